"""ResNet (He, Zhang, Ren and Sun, 2016)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ranvier import nn
from ranvier.errors import UnsupportedError, ValueRangeError
from ranvier.models.options import count, is_small, made
from ranvier.tensor import Tensor

Norm = Callable[[int], nn.Module]


class BasicBlock(nn.Module):
    """relu(f(x) + x) with f two convolutions of 3x3."""

    expansion = 1

    def __init__(
        self,
        inplanes: int,
        planes: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        norm_layer: Norm = nn.BatchNorm2d,
        groups: int = 1,
        base_width: int = 64,
    ) -> None:
        super().__init__()
        if groups != 1 or base_width != 64:
            raise ValueRangeError(
                f"BasicBlock: groups={groups} and width_per_group={base_width}; it has "
                "1 and 64 only. Use resnet50, resnet101 or resnet152."
            )
        self.conv1 = _conv3x3(inplanes, planes, stride)
        self.bn1 = norm_layer(planes)
        self.relu = nn.ReLU()
        self.conv2 = _conv3x3(planes, planes)
        self.bn2 = norm_layer(planes)
        self.downsample = downsample

    def forward(self, x: Tensor) -> Tensor:
        """(N, inplanes, H, W) → (N, planes, H / stride, W / stride)."""
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        same = x if self.downsample is None else self.downsample(x)
        result: Tensor = self.relu(y + same)
        return result


class Bottleneck(nn.Module):
    """relu(f(x) + x) with f convolutions of 1x1, 3x3 and 1x1.

    The stride is in the 3x3 one, as torchvision's weights have it.
    """

    expansion = 4

    def __init__(
        self,
        inplanes: int,
        planes: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        norm_layer: Norm = nn.BatchNorm2d,
        groups: int = 1,
        base_width: int = 64,
    ) -> None:
        super().__init__()
        width = int(planes * (base_width / 64)) * groups
        self.conv1 = _conv1x1(inplanes, width)
        self.bn1 = norm_layer(width)
        self.conv2 = _conv3x3(width, width, stride, groups)
        self.bn2 = norm_layer(width)
        self.conv3 = _conv1x1(width, planes * self.expansion)
        self.bn3 = norm_layer(planes * self.expansion)
        self.relu = nn.ReLU()
        self.downsample = downsample

    def forward(self, x: Tensor) -> Tensor:
        """(N, inplanes, H, W) → (N, 4 planes, H / stride, W / stride)."""
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        same = x if self.downsample is None else self.downsample(x)
        result: Tensor = self.relu(y + same)
        return result


def _conv3x3(inputs: int, outputs: int, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    return nn.Conv2d(
        inputs, outputs, kernel_size=3, stride=stride, padding=1, groups=groups,
        bias=False,
    )  # fmt: skip


def _conv1x1(inputs: int, outputs: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, kernel_size=1, stride=stride, bias=False)


class ResNet(nn.Module):
    """Four stages of residual blocks.

    Shapes: (N, 3, H, W) → (N, num_classes). Up to 64x64 the first convolution is 3x3
    with stride 1 and the first pooling is left out.
    """

    def __init__(
        self,
        block: type[BasicBlock] | type[Bottleneck],
        layers: Sequence[int],
        num_classes: int = 1000,
        zero_init_residual: bool = False,
        groups: int = 1,
        width_per_group: int = 64,
        replace_stride_with_dilation: Any = None,
        norm_layer: Norm | None = None,
        image_size: int = 224,
    ) -> None:
        super().__init__()
        if replace_stride_with_dilation and any(replace_stride_with_dilation):
            raise UnsupportedError(
                "resnet: replace_stride_with_dilation (for segmentation) is not built; "
                "leave it out."
            )
        small = is_small("resnet", image_size)
        count("resnet", "num_classes", num_classes)
        norm = nn.BatchNorm2d if norm_layer is None else norm_layer
        self.conv1 = (
            _conv3x3(3, 64)
            if small
            else nn.Conv2d(3, 64, kernel_size=7, stride=2, padding=3, bias=False)
        )
        self.bn1 = norm(64)
        self.relu = nn.ReLU()
        self.maxpool = nn.Identity() if small else nn.MaxPool2d(3, stride=2, padding=1)
        inputs = 64
        for i, blocks in enumerate(layers):
            options = {"groups": groups, "base_width": width_per_group}
            stage = _stage(block, inputs, 64 << i, blocks, min(i, 1) + 1, norm, options)
            self.register_module(f"layer{i + 1}", stage)
            inputs = (64 << i) * block.expansion
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(inputs, num_classes)
        self.apply(_initialise)
        if zero_init_residual:
            self.apply(_silence)

    def forward(self, x: Tensor) -> Tensor:
        """One score a class."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        scores: Tensor = self.fc(self.avgpool(x).flatten(1))
        return scores


def _stage(
    block: type[BasicBlock] | type[Bottleneck],
    inputs: int,
    planes: int,
    blocks: int,
    stride: int,
    norm: Norm,
    options: dict[str, int],
) -> nn.Sequential:
    """Blocks of one width; the first of them halves the picture and fits the input."""
    outputs = planes * block.expansion
    fitted = None
    if stride != 1 or inputs != outputs:
        fitted = nn.Sequential(_conv1x1(inputs, outputs, stride), norm(outputs))
    first = block(inputs, planes, stride, fitted, norm, **options)
    rest = (block(outputs, planes, 1, None, norm, **options) for _ in range(blocks - 1))
    return nn.Sequential(first, *rest)


def _initialise(layer: nn.Module) -> None:
    if isinstance(layer, nn.Conv2d):
        nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")


def _silence(layer: nn.Module) -> None:
    """A block begins as the identity."""
    last = {BasicBlock: "bn2", Bottleneck: "bn3"}.get(type(layer))
    if last is not None:
        nn.init.zeros_(getattr(layer, last).weight)


def _resnet(
    name: str, block: type[Any], layers: Sequence[int], options: dict[str, Any]
) -> ResNet:
    return made(name, ResNet, (block, layers), options)


def resnet18(**options: Any) -> ResNet:
    """ResNet with 18 layers: 11,689,512 parameters.

    Options of all: num_classes, zero_init_residual, groups, width_per_group,
    norm_layer, image_size.
    Source: Deep residual learning for image recognition, 2016.

    >>> from ranvier import models
    >>> models.resnet18(num_classes=10, image_size=32).summary((1, 3, 32, 32)).depth
    18
    """
    return _resnet("resnet18", BasicBlock, (2, 2, 2, 2), options)


def resnet34(**options: Any) -> ResNet:
    """ResNet with 34 layers: 21,797,672 parameters."""
    return _resnet("resnet34", BasicBlock, (3, 4, 6, 3), options)


def resnet50(**options: Any) -> ResNet:
    """ResNet with 50 layers: 25,557,032 parameters."""
    return _resnet("resnet50", Bottleneck, (3, 4, 6, 3), options)


def resnet101(**options: Any) -> ResNet:
    """ResNet with 101 layers: 44,549,160 parameters."""
    return _resnet("resnet101", Bottleneck, (3, 4, 23, 3), options)


def resnet152(**options: Any) -> ResNet:
    """ResNet with 152 layers: 60,192,808 parameters."""
    return _resnet("resnet152", Bottleneck, (3, 8, 36, 3), options)
