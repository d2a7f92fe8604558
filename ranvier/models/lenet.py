"""LeNet-5 (LeCun, Bottou, Bengio and Haffner, 1998)."""

from __future__ import annotations

from typing import Any

from ranvier import nn
from ranvier.errors import ValueRangeError
from ranvier.models.options import count, made
from ranvier.tensor import Tensor


class LeNet5(nn.Module):
    """Two convolutions of 5x5 with pooling, three linear layers.

    Shapes: (N, in_channels, image_size, image_size) → (N, num_classes). The paper's
    pictures are 32x32; those of 28x28 get a border of 2.
    """

    features: nn.Sequential
    classifier: nn.Sequential

    def __init__(
        self,
        num_classes: int = 10,
        image_size: int = 28,
        in_channels: int = 1,
        activation: Any = nn.Tanh,
        pooling: Any = nn.AvgPool2d,
    ) -> None:
        super().__init__()
        if image_size not in (28, 32):
            raise ValueRangeError(
                f"lenet5: image_size={image_size!r}; LeNet-5 takes 28 or 32."
            )
        count("lenet5", "in_channels", in_channels)
        border = (32 - image_size) // 2
        self.features = nn.Sequential(
            nn.Conv2d(in_channels, 6, kernel_size=5, padding=border),
            activation(),
            pooling(2),
            nn.Conv2d(6, 16, kernel_size=5),
            activation(),
            pooling(2),
        )
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Linear(400, 120),
            activation(),
            nn.Linear(120, 84),
            activation(),
            nn.Linear(84, count("lenet5", "num_classes", num_classes)),
        )

    def forward(self, x: Tensor) -> Tensor:
        """One score a class."""
        scores: Tensor = self.classifier(self.features(x))
        return scores


def lenet5(num_classes: int = 10, **options: Any) -> LeNet5:
    """LeNet-5: 61,706 parameters for ten classes and one channel.

    Options: image_size (28 or 32), in_channels, activation, pooling (classes). Tanh and
    averages are the paper's; ``activation=nn.ReLU, pooling=nn.MaxPool2d`` learns
    faster.
    Source: Gradient-based learning applied to document recognition, Proc. IEEE 1998.

    >>> from ranvier import models
    >>> models.lenet5().summary((1, 1, 28, 28)).parameters
    61706
    """
    return made("lenet5", LeNet5, (num_classes,), options)
