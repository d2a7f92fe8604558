"""GoogLeNet (Szegedy et al., 2015) with batch norm and auxiliary heads."""

from __future__ import annotations

from typing import Any, NamedTuple

from ranvier import nn
from ranvier.models.options import count, is_small, made
from ranvier.tensor import Tensor
from ranvier.tensors.joining import cat

# (mean, deviation) of each channel as the published weights' transforms have them.
IMAGENET = ((0.485, 0.229), (0.456, 0.224), (0.406, 0.225))


class GoogLeNetOutputs(NamedTuple):
    """What a model with auxiliary heads gives while it trains."""

    logits: Tensor
    aux_logits2: Tensor
    aux_logits1: Tensor


class BasicConv2d(nn.Module):
    """Convolution, batch norm, ReLU."""

    def __init__(self, in_channels: int, out_channels: int, **options: Any) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, bias=False, **options)
        self.bn = nn.BatchNorm2d(out_channels, eps=0.001)

    def forward(self, x: Tensor) -> Tensor:
        """relu(bn(conv(x)))."""
        return nn.functional.relu(self.bn(self.conv(x)))


class Inception(nn.Module):
    """Four branches side by side, their channels one after the other.

    The third has a kernel of 3, where the paper has 5: so have torchvision's weights.
    """

    def __init__(
        self,
        in_channels: int,
        ch1x1: int,
        ch3x3red: int,
        ch3x3: int,
        ch5x5red: int,
        ch5x5: int,
        pool_proj: int,
    ) -> None:
        super().__init__()
        self.branch1 = BasicConv2d(in_channels, ch1x1, kernel_size=1)
        self.branch2 = nn.Sequential(
            BasicConv2d(in_channels, ch3x3red, kernel_size=1),
            BasicConv2d(ch3x3red, ch3x3, kernel_size=3, padding=1),
        )
        self.branch3 = nn.Sequential(
            BasicConv2d(in_channels, ch5x5red, kernel_size=1),
            BasicConv2d(ch5x5red, ch5x5, kernel_size=3, padding=1),
        )
        self.branch4 = nn.Sequential(
            nn.MaxPool2d(kernel_size=3, stride=1, padding=1, ceil_mode=True),
            BasicConv2d(in_channels, pool_proj, kernel_size=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, in_channels, H, W) → (N, sum of the branches' channels, H, W)."""
        return cat([branch(x) for branch in self.children()], 1)


class InceptionAux(nn.Module):
    """A classifier half-way, whose loss reaches the lower layers."""

    def __init__(
        self, in_channels: int, num_classes: int, dropout: float = 0.7
    ) -> None:
        super().__init__()
        self.conv = BasicConv2d(in_channels, 128, kernel_size=1)
        self.fc1 = nn.Linear(2048, 1024)
        self.fc2 = nn.Linear(1024, num_classes)
        self.dropout = nn.Dropout(p=dropout)

    def forward(self, x: Tensor) -> Tensor:
        """One score a class."""
        x = self.conv(nn.functional.adaptive_avg_pool2d(x, (4, 4)))
        x = nn.functional.relu(self.fc1(x.flatten(1)))
        scores: Tensor = self.fc2(self.dropout(x))
        return scores


class GoogLeNet(nn.Module):
    """Nine inception blocks.

    Shapes: (N, 3, H, W) → (N, num_classes); in training mode with aux_logits
    GoogLeNetOutputs of three such. Up to 64x64 the first convolution is 3x3 with stride
    1 and the first pooling is left out.
    """

    aux1: InceptionAux | None
    aux2: InceptionAux | None

    def __init__(
        self,
        num_classes: int = 1000,
        aux_logits: bool = True,
        transform_input: bool = False,
        init_weights: bool | None = None,
        dropout: float = 0.2,
        dropout_aux: float = 0.7,
        image_size: int = 224,
    ) -> None:
        super().__init__()
        small = is_small("googlenet", image_size)
        count("googlenet", "num_classes", num_classes)
        self.aux_logits = aux_logits
        self.transform_input = transform_input
        first = {"kernel_size": 7, "stride": 2, "padding": 3}
        self.conv1 = BasicConv2d(
            3, 64, **({"kernel_size": 3, "padding": 1} if small else first)
        )
        self.maxpool1 = nn.Identity() if small else _halved(3)
        self.conv2 = BasicConv2d(64, 64, kernel_size=1)
        self.conv3 = BasicConv2d(64, 192, kernel_size=3, padding=1)
        self.maxpool2 = _halved(3)
        self.inception3a = Inception(192, 64, 96, 128, 16, 32, 32)
        self.inception3b = Inception(256, 128, 128, 192, 32, 96, 64)
        self.maxpool3 = _halved(3)
        self.inception4a = Inception(480, 192, 96, 208, 16, 48, 64)
        self.inception4b = Inception(512, 160, 112, 224, 24, 64, 64)
        self.inception4c = Inception(512, 128, 128, 256, 24, 64, 64)
        self.inception4d = Inception(512, 112, 144, 288, 32, 64, 64)
        self.inception4e = Inception(528, 256, 160, 320, 32, 128, 128)
        self.maxpool4 = _halved(2)
        self.inception5a = Inception(832, 256, 160, 320, 32, 128, 128)
        self.inception5b = Inception(832, 384, 192, 384, 48, 128, 128)
        self.register_module("aux1", None)
        self.register_module("aux2", None)
        if aux_logits:
            self.aux1 = InceptionAux(512, num_classes, dropout=dropout_aux)
            self.aux2 = InceptionAux(528, num_classes, dropout=dropout_aux)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.dropout = nn.Dropout(p=dropout)
        self.fc = nn.Linear(1024, num_classes)
        if init_weights is None or init_weights:
            self.apply(_initialise)

    def forward(self, x: Tensor) -> Tensor | GoogLeNetOutputs:
        """One score a class; those of the auxiliary heads too while they train."""
        if self.transform_input:
            x = transformed(x)
        x = self.maxpool2(self.conv3(self.conv2(self.maxpool1(self.conv1(x)))))
        x = self.maxpool3(self.inception3b(self.inception3a(x)))
        low = self.inception4a(x)
        high = self.inception4d(self.inception4c(self.inception4b(low)))
        x = self.maxpool4(self.inception4e(high))
        x = self.avgpool(self.inception5b(self.inception5a(x)))
        logits: Tensor = self.fc(self.dropout(x.flatten(1)))
        if self.training and self.aux1 is not None and self.aux2 is not None:
            return GoogLeNetOutputs(logits, self.aux2(high), self.aux1(low))
        return logits


def _halved(window: int) -> nn.MaxPool2d:
    return nn.MaxPool2d(window, stride=2, ceil_mode=True)


def _initialise(layer: nn.Module) -> None:
    # torchvision cuts the normal distribution at ±2, which is 200 deviations away
    if isinstance(layer, nn.Conv2d | nn.Linear):
        nn.init.normal_(layer.weight, 0, 0.01)


def transformed(x: Tensor) -> Tensor:
    """Pictures normalised by ImageNet's means and deviations, normalised to -1 … 1."""
    channels = [
        x[:, i : i + 1] * (deviation / 0.5) + (mean - 0.5) / 0.5
        for i, (mean, deviation) in enumerate(IMAGENET)
    ]
    return cat(channels, 1)


def googlenet(**options: Any) -> GoogLeNet:
    """GoogLeNet: 13,004,888 parameters with auxiliary heads, 6,624,904 without.

    Options: num_classes, aux_logits, transform_input, init_weights, dropout,
    dropout_aux, image_size. The paper adds 0.3 of each auxiliary loss.
    Source: Going deeper with convolutions, 2015.

    >>> from ranvier import models
    >>> model = models.googlenet(num_classes=10, aux_logits=False, image_size=32)
    >>> model.summary((1, 3, 32, 32)).depth
    22
    """
    return made("googlenet", GoogLeNet, (), options)
