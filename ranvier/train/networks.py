"""The networks that a few characters describe: a perceptron, a small convolutional one,
and one that embeds its categories.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from ranvier import nn
from ranvier.errors import UnknownNameError, nearest
from ranvier.tensor import Tensor
from ranvier.tensors.joining import cat
from ranvier.train.architecture import (
    ACTIVATIONS,
    CHANNELS,
    CNN,
    check_pictures,
    widths,
)


def network(
    text: str,
    activation: str = "relu",
    *,
    image_shape: Sequence[int] | None = None,
    outputs: int = 0,
    categories: Sequence[int] = (),
) -> Any:
    """The network of a text.

    image_shape: (channels, height, width) of the pictures of a "cnn", whose inputs are
        rows (n, channels * height * width); outputs: one score a class.
    categories: of how many categories each column of names has, behind the numbers;
        they become embeddings.
    """
    if text == CNN:
        check_pictures(image_shape, "the data")
        assert image_shape is not None, "checked"
        return convolutional(image_shape, outputs, activation)
    if not categories:
        return perceptron(text, activation)
    numbers = widths(text)
    embedded = Embedded(numbers[0] - sum(categories), categories)
    inside = "-".join(map(str, [embedded.width, *numbers[1:]]))
    return nn.Sequential(embedded, *perceptron(inside, activation))


def perceptron(text: str, activation: str = "relu") -> Any:
    """Linear layers of these widths with an activation between them.

    >>> len(perceptron("784-256-10"))
    3
    """
    numbers, act = widths(text), activated(activation)
    layers: list[Any] = []
    for inputs, outputs in pairwise(numbers):
        layers += [nn.Linear(inputs, outputs), act()]
    return nn.Sequential(*layers[:-1])


def activated(name: str) -> Any:
    """The class of an activation."""
    if name not in ACTIVATIONS:
        hint = nearest(name, ACTIVATIONS) or "."
        raise UnknownNameError(
            f"no activation is called {name!r}{hint} There are: "
            f"{', '.join(ACTIVATIONS)}."
        )
    return getattr(nn, ACTIVATIONS[name])


def convolutional(
    image_shape: Sequence[int], outputs: int, activation: str = "relu"
) -> Any:
    """Three convolutions of 3x3 (16, 32, 64 channels) with batch norm and pooling, two
    linear layers.

    >>> sum(p.numel() for p in convolutional((1, 28, 28), 10).parameters())
    98666
    """
    channels, height, width = image_shape
    act = activated(activation)
    layers: list[Any] = [nn.Unflatten(1, (channels, height, width))]
    for inputs, filters in pairwise((channels, *CHANNELS)):
        layers += [nn.Conv2d(inputs, filters, kernel_size=3, padding=1)]
        layers += [nn.BatchNorm2d(filters), act(), nn.MaxPool2d(2)]
    inside = CHANNELS[-1] * (height // 8) * (width // 8)
    layers += [nn.Flatten(), nn.Linear(inside, 128), act(), nn.Linear(128, outputs)]
    return nn.Sequential(*layers)


class Embedded(nn.Module):
    """Numbers as they are, and every block of categories by its embedding.

        y = [x_numbers | x_1 W_1ᵀ | x_2 W_2ᵀ | …],   x_i one input a category

    A row of x_i has one 1, so that x_i W_iᵀ is a row of a table of embeddings; a
    category that is not known is 0 everywhere. Shapes: (n, numbers + Σ sizes) →
    (n, width).

    >>> Embedded(3, [2, 40])
    Embedded(
      numbers=3, categories=[2, 40]
      (tables): ModuleList(
        (0): Linear(in_features=2, out_features=2, bias=False)
        (1): Linear(in_features=40, out_features=13, bias=False)
      )
    )
    """

    tables: nn.ModuleList

    def __init__(self, numbers: int, sizes: Sequence[int]) -> None:
        super().__init__()
        self.numbers, self.sizes = numbers, list(sizes)
        dims = [embedding_dim(size) for size in sizes]
        pairs = zip(sizes, dims, strict=True)
        self.tables = nn.ModuleList(nn.Linear(n, dim, bias=False) for n, dim in pairs)
        self.width = numbers + sum(dims)

    def forward(self, x: Tensor) -> Tensor:
        """Numbers, then the embedding of every column."""
        parts = [x[:, : self.numbers]] if self.numbers else []
        begin = self.numbers
        for size, table in zip(self.sizes, self.tables, strict=True):
            parts.append(table(x[:, begin : begin + size]))
            begin += size
        return cat(parts, 1)

    def extra_repr(self) -> str:
        return f"numbers={self.numbers}, categories={self.sizes}"


def embedding_dim(categories: int) -> int:
    """1.6 n^0.56, the rule of thumb of fast.ai's library.

    >>> [embedding_dim(n) for n in (1, 2, 5, 50)]
    [1, 2, 4, 14]
    """
    dim: int = max(1, min(categories, round(1.6 * categories**0.56)))
    return dim
