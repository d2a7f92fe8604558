"""VGG (Simonyan and Zisserman, 2015), with and without batch norm."""

from __future__ import annotations

from typing import Any

from ranvier import nn
from ranvier.models.options import count, initialise_small, is_small, made
from ranvier.tensor import Tensor

# Convolutions in each of the five stages.
STAGES = {11: (1, 1, 2, 2, 2), 13: (2,) * 5, 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
CHANNELS = (64, 128, 256, 512, 512)


class VGG(nn.Module):
    """Convolutions of 3x3 in five stages with pooling, three linear layers.

    Shapes: (N, 3, H, W) → (N, num_classes). Up to 64x64 the linear layers are 512 wide
    and see one pixel of 512 channels.
    """

    features: nn.Sequential
    avgpool: nn.AdaptiveAvgPool2d
    classifier: nn.Sequential

    def __init__(
        self,
        features: nn.Sequential,
        num_classes: int = 1000,
        init_weights: bool = True,
        dropout: float = 0.5,
        image_size: int = 224,
    ) -> None:
        super().__init__()
        small = is_small("vgg", image_size)
        side, width = (1, 512) if small else (7, 4096)
        count("vgg", "num_classes", num_classes)
        self.features = features
        self.avgpool = nn.AdaptiveAvgPool2d((side, side))
        self.classifier = nn.Sequential(
            nn.Linear(512 * side**2, width),
            nn.ReLU(),
            nn.Dropout(p=dropout),
            nn.Linear(width, width),
            nn.ReLU(),
            nn.Dropout(p=dropout),
            nn.Linear(width, num_classes),
        )
        if init_weights:
            if small:
                initialise_small(self.features, self.classifier)
            else:
                self.apply(_initialise)

    def forward(self, x: Tensor) -> Tensor:
        """One score a class."""
        x = self.avgpool(self.features(x))
        scores: Tensor = self.classifier(x.flatten(1))
        return scores


def _initialise(layer: nn.Module) -> None:
    if isinstance(layer, nn.Conv2d):
        nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
    elif isinstance(layer, nn.Linear):
        nn.init.normal_(layer.weight, 0, 0.01)
    if isinstance(layer, nn.Conv2d | nn.Linear) and layer.bias is not None:
        nn.init.zeros_(layer.bias)


def make_layers(stages: tuple[int, ...], batch_norm: bool = False) -> nn.Sequential:
    """So many convolutions a stage, each stage ended by pooling."""
    layers: list[nn.Module] = []
    inputs = 3
    for convolutions, outputs in zip(stages, CHANNELS, strict=True):
        for _ in range(convolutions):
            layers.append(nn.Conv2d(inputs, outputs, kernel_size=3, padding=1))
            layers += [nn.BatchNorm2d(outputs)] if batch_norm else []
            layers.append(nn.ReLU())
            inputs = outputs
        layers.append(nn.MaxPool2d(kernel_size=2, stride=2))
    return nn.Sequential(*layers)


def _vgg(depth: int, batch_norm: bool, options: dict[str, Any]) -> VGG:
    name = f"vgg{depth}{'_bn' if batch_norm else ''}"
    return made(name, VGG, (make_layers(STAGES[depth], batch_norm),), options)


def vgg11(**options: Any) -> VGG:
    """VGG with 11 layers: 132,863,336 parameters.

    Options of all: num_classes, init_weights, dropout, image_size.
    Source: Very deep convolutional networks for large-scale image recognition, 2015.

    >>> from ranvier import models
    >>> models.vgg11(num_classes=10, image_size=32).summary((1, 3, 32, 32)).depth
    11
    """
    return _vgg(11, False, options)


def vgg13(**options: Any) -> VGG:
    """VGG with 13 layers: 133,047,848 parameters."""
    return _vgg(13, False, options)


def vgg16(**options: Any) -> VGG:
    """VGG with 16 layers: 138,357,544 parameters."""
    return _vgg(16, False, options)


def vgg19(**options: Any) -> VGG:
    """VGG with 19 layers: 143,667,240 parameters."""
    return _vgg(19, False, options)


def vgg11_bn(**options: Any) -> VGG:
    """VGG with 11 layers and batch norm: 132,868,840 parameters."""
    return _vgg(11, True, options)


def vgg13_bn(**options: Any) -> VGG:
    """VGG with 13 layers and batch norm: 133,053,736 parameters."""
    return _vgg(13, True, options)


def vgg16_bn(**options: Any) -> VGG:
    """VGG with 16 layers and batch norm: 138,365,992 parameters."""
    return _vgg(16, True, options)


def vgg19_bn(**options: Any) -> VGG:
    """VGG with 19 layers and batch norm: 143,678,248 parameters."""
    return _vgg(19, True, options)
