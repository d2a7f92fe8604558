"""The multi-layer perceptron."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from ranvier import nn
from ranvier.errors import DTypeError
from ranvier.models.options import count, made
from ranvier.tensor import Tensor


class MLP(nn.Module):
    """Linear layers with an activation (and dropout) between them.

    Shapes: (N, …) with in_features numbers a row → (N, num_classes); in_features is
    in_channels image_size² unless given.
    """

    layers: nn.Sequential

    def __init__(
        self,
        num_classes: int = 10,
        hidden: Sequence[int] = (256, 128),
        dropout: float = 0.0,
        activation: Callable[[], nn.Module] = nn.ReLU,
        image_size: int = 28,
        in_channels: int = 1,
        in_features: int | None = None,
    ) -> None:
        super().__init__()
        for what, n in (("image_size", image_size), ("in_channels", in_channels)):
            count("mlp", what, n)
        if isinstance(hidden, int | str):
            raise DTypeError(f"mlp: hidden={hidden!r}; expected widths: hidden=(256,).")
        first = in_channels * image_size**2 if in_features is None else in_features
        widths = [count("mlp", "a width", n) for n in (first, *hidden, num_classes)]
        layers: list[Any] = [nn.Flatten()]
        for inputs, outputs in pairwise(widths):
            layers += [nn.Linear(inputs, outputs), activation()]
            layers += [nn.Dropout(dropout)] if dropout else []
        self.layers = nn.Sequential(*layers[: -2 if dropout else -1])

    def forward(self, x: Tensor) -> Tensor:
        """One score a class."""
        scores: Tensor = self.layers(x)
        return scores


def mlp(num_classes: int = 10, **options: Any) -> MLP:
    """A multi-layer perceptron, 784-256-128-10 unless told otherwise.

    Options: hidden, dropout, activation (a class such as ``nn.Tanh``), in_features, or
    image_size and in_channels.

    >>> from ranvier import models
    >>> model = models.mlp(10, hidden=(10, 14))
    >>> model.summary((1, 1, 28, 28)).parameters
    8154
    >>> small = models.mlp(10, image_size=32, in_channels=3)
    >>> small.layers[1].in_features
    3072
    """
    return made("mlp", MLP, (num_classes,), options)
