"""Transforms under torchvision's names: what a data set's pixels become.

They are kept as numbers, scale and shift, so that a compiled run applies them inside
its loop instead of a picture at a time in Python.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ranvier.data import Dataset
from ranvier.errors import ShapeError, UnknownAttributeError, ValueRangeError


class Pixels:
    """A transform of all pixels alike."""

    def applied(self, dataset: Dataset) -> Dataset:
        """The data set with this done to its pixels."""
        raise NotImplementedError


class ToTensor(Pixels):
    """Pixels as numbers from 0 to 1: so they are already."""

    def applied(self, dataset: Dataset) -> Dataset:
        return dataset


class Normalize(Pixels):
    """y = (x - mean) / std, with one mean and deviation for each channel.

    >>> from ranvier import vision
    >>> t = vision.transforms
    >>> digits = vision.datasets.MNIST(
    ...     transform=t.Compose([t.ToTensor(), t.Normalize((0.5,), (0.5,))])
    ... )
    >>> digits.scale * 255, digits.shift
    (2.0, -1.0)
    """

    def __init__(
        self, mean: Sequence[float], std: Sequence[float], inplace: bool = False
    ) -> None:
        self.mean = [float(m) for m in mean]
        self.std = [float(s) for s in std]
        if min(self.std, default=0) <= 0:
            raise ValueRangeError(f"Normalize: std={std!r}; expected numbers above 0.")

    def applied(self, dataset: Dataset) -> Dataset:
        channels = (dataset.image_shape or (1,))[0]
        for name, numbers in (("mean", self.mean), ("std", self.std)):
            if len(numbers) != 1 or channels != 1:
                raise ShapeError(
                    f"Normalize: {name} has {len(numbers)} numbers, the pictures have "
                    f"{channels} channel; expected one for each: (0.5,)."
                )
        mean, std = self.mean[0], self.std[0]
        shift = (dataset.shift - mean) / std
        return replace(dataset, scale=dataset.scale / std, shift=shift)


class Compose(Pixels):
    """Transforms one after the other."""

    def __init__(self, transforms: Sequence[Pixels]) -> None:
        self.transforms = list(transforms)

    def applied(self, dataset: Dataset) -> Dataset:
        for transform in self.transforms:
            dataset = transform.applied(dataset)
        return dataset


if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise UnknownAttributeError(
            f"ranvier.vision.transforms has no '{name}'; there are ToTensor, Normalize "
            "and Compose. Other changes: on the arrays, before the DataLoader."
        )
