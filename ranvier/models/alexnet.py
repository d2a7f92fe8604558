"""AlexNet (Krizhevsky, 2014: the form on one device)."""

from __future__ import annotations

from typing import Any

from ranvier import nn
from ranvier.models.options import count, initialise_small, is_small, made
from ranvier.tensor import Tensor


class AlexNet(nn.Module):
    """Five convolutions, three linear layers.

    Shapes: (N, 3, H, W) → (N, num_classes). Up to 64x64 the first convolution is 3x3
    with stride 2, windows of pooling are 2x2 and the linear layers are 512 wide.
    """

    features: nn.Sequential
    avgpool: nn.AdaptiveAvgPool2d
    classifier: nn.Sequential

    def __init__(
        self, num_classes: int = 1000, dropout: float = 0.5, image_size: int = 224
    ) -> None:
        super().__init__()
        small = is_small("alexnet", image_size)
        count("alexnet", "num_classes", num_classes)
        window = 2 if small else 3
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, kernel_size=3, stride=2, padding=1)
            if small
            else nn.Conv2d(3, 64, kernel_size=11, stride=4, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(window, stride=2),
            nn.Conv2d(64, 192, kernel_size=2 * window - 1, padding=window - 1),
            nn.ReLU(),
            nn.MaxPool2d(window, stride=2),
            nn.Conv2d(192, 384, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.Conv2d(384, 256, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.Conv2d(256, 256, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(window, stride=2),
        )
        side, width = (2, 512) if small else (6, 4096)
        self.avgpool = nn.AdaptiveAvgPool2d((side, side))
        self.classifier = nn.Sequential(
            nn.Dropout(p=dropout),
            nn.Linear(256 * side**2, width),
            nn.ReLU(),
            nn.Dropout(p=dropout),
            nn.Linear(width, width),
            nn.ReLU(),
            nn.Linear(width, num_classes),
        )
        if small:
            initialise_small(self.features, self.classifier)

    def forward(self, x: Tensor) -> Tensor:
        """One score a class."""
        x = self.avgpool(self.features(x))
        scores: Tensor = self.classifier(x.flatten(1))
        return scores


def alexnet(**options: Any) -> AlexNet:
    """AlexNet: 61,100,840 parameters for 1,000 classes.

    Options: num_classes, dropout, image_size.
    Source: One weird trick for parallelizing convolutional neural networks, 2014.

    >>> from ranvier import models
    >>> models.alexnet(num_classes=10, image_size=32).summary((1, 3, 32, 32)).depth
    8
    """
    return made("alexnet", AlexNet, (), options)
