"""Transforms under torchvision's names: what a data set's pixels become.

Of a data set of ours they are kept as numbers, scale and shift, so that a compiled run
applies them inside its loop. Called on a picture, as in a `__getitem__` of one's own or
among functions of one's own, they change that one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ranvier.data import Dataset
from ranvier.errors import ShapeError, UnknownAttributeError, ValueRangeError
from ranvier.tensor import Tensor


class Pixels:
    """A transform of all pixels alike."""

    def applied(self, dataset: Dataset) -> Dataset:
        """The data set with this done to its pixels."""
        raise NotImplementedError

    def __call__(self, picture: Any) -> Any:
        """One picture with this done to it."""
        raise NotImplementedError


class ToTensor(Pixels):
    """Pixels as numbers from 0 to 1: so they are already in a data set of ours. A
    picture of Pillow or an array (height, width[, channels]) becomes a tensor
    (channels, height, width); bytes are divided by 255.
    """

    def applied(self, dataset: Dataset) -> Dataset:
        return dataset

    def __call__(self, picture: Any) -> Tensor:
        pixels = np.asarray(picture)
        if pixels.ndim not in (2, 3):
            raise ShapeError(
                f"ToTensor: a picture of shape {pixels.shape}; expected (height, "
                "width) or (height, width, channels)."
            )
        pixels = np.atleast_3d(pixels).transpose(2, 0, 1)
        if pixels.dtype == np.uint8:
            pixels = pixels.astype(np.float32) / np.float32(255)
        return Tensor(np.ascontiguousarray(pixels))


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

    def __call__(self, picture: Tensor) -> Tensor:
        numbers = [
            np.array(n, np.float32)[:, None, None] for n in (self.mean, self.std)
        ]
        channels = picture.shape[-3]
        if any(len(n) not in (1, channels) for n in numbers):
            raise ShapeError(
                f"Normalize: {len(self.mean)} means and {len(self.std)} deviations for "
                f"a picture of {channels} channels; expected one for each."
            )
        mean, std = (Tensor(n).to(picture.dtype) for n in numbers)
        return (picture - mean) / std


class Lambda:
    """A function of one's own, among transforms."""

    def __init__(self, lambd: Callable[[Any], Any]) -> None:
        self.lambd = lambd

    def __call__(self, picture: Any) -> Any:
        return self.lambd(picture)


class Compose(Pixels):
    """Transforms, and functions of one's own, one after the other."""

    def __init__(self, transforms: Sequence[Callable[[Any], Any]]) -> None:
        self.transforms = list(transforms)

    def applied(self, dataset: Dataset) -> Dataset:
        for transform in self.transforms:
            assert isinstance(transform, Pixels), "asked with is_native"
            dataset = transform.applied(dataset)
        return dataset

    def __call__(self, picture: Any) -> Any:
        for transform in self.transforms:
            picture = transform(picture)
        return picture


def is_native(transform: Any) -> bool:
    """Whether it takes a whole data set at once, not a picture at a time in Python."""
    if isinstance(transform, Compose):
        return all(map(is_native, transform.transforms))
    return isinstance(transform, Pixels)


if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise UnknownAttributeError(
            f"ranvier.vision.transforms has no '{name}'; there are ToTensor, "
            "Normalize, Lambda and Compose. Random changes: "
            "data.augmented(rv.data.transforms.…)."
        )
