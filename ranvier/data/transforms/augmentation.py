"""Random changes in a row, as a data set carries them into the run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from ranvier.data.transforms.augment import Augment, Lambda
from ranvier.data.transforms.geometry import Geometric, resampled
from ranvier.data.transforms.mixup import MixUp
from ranvier.data.transforms.pixels import GaussianNoise
from ranvier.data.transforms.transform import Transform
from ranvier.errors import DataError, DTypeError, ValueRangeError
from ranvier.tensor import Tensor


class Augmentation:
    """Changes applied to a mini-batch, one after the other.

    image_shape: (channels, height, width) where inputs are flattened pictures.
    """

    def __init__(
        self, changes: Iterable[Augment], image_shape: tuple[int, ...] | None = None
    ) -> None:
        self.changes = tuple(changes)
        self.image_shape = image_shape

    def __call__(self, x: Tensor, *targets: Tensor) -> tuple[Tensor, ...]:
        shape = x.shape
        if self.image_shape is not None:
            x = x.reshape(shape[0], *self.image_shape)
        batch = (x, *targets)
        for change in grouped(self.changes):
            batch = change(*batch)
        x, *targets_ = batch
        return (x.reshape(shape), *targets_)

    def __repr__(self) -> str:
        return ", ".join(map(repr, self.changes))


def grouped(
    changes: Sequence[Augment],
) -> Iterator[Callable[..., tuple[Tensor, ...]]]:
    """Maps of places that follow one another are one map, and pixels are mixed once."""

    def kind(change: Augment) -> tuple[bool, float]:
        is_map = isinstance(change, Geometric)
        return is_map, change.fill if isinstance(change, Geometric) else 0.0

    for (is_map, _), some in groupby(changes, key=kind):
        if is_map:
            yield at_once(list(some))
        else:
            yield from (change.batch for change in some)


def at_once(maps: Any) -> Callable[..., tuple[Tensor, ...]]:
    def batch(x: Tensor, *targets: Tensor) -> tuple[Tensor, ...]:
        return (resampled(x, maps), *targets)

    return batch


def augmentation(
    name: str,
    changes: Sequence[Any],
    image_shape: tuple[int, ...] | None,
    has_pictures: bool,
    num_classes: int | None,
) -> Augmentation:
    """The changes checked against the data that they are meant for.

    Raises DTypeError: what is no random change; DataError: changes of pictures where
        there are none; ValueRangeError: a number of classes that is another.
    """
    made = []
    for change in changes:
        if isinstance(change, Transform | type):
            raise DTypeError(
                f"{name}: augmented() got {change!r:.60}; expected random changes such "
                "as RandomRotation(15). What is fitted goes into transformed()."
            )
        made.append(change if isinstance(change, Augment) else Lambda(change))
        check(name, made[-1], has_pictures)
        if isinstance(made[-1], MixUp):
            made[-1] = with_classes(name, made[-1], num_classes)
    if not made:
        raise DataError(f"{name}: augmented() without changes; name at least one.")
    return Augmentation(made, image_shape)


def check(name: str, change: Augment, has_pictures: bool) -> None:
    if change.needs_pictures and not has_pictures:
        raise DataError(
            f"{name}: {change!r} changes pictures, and a row of this data is none. "
            "Load pictures with flatten=False, or give (n, channels, height, width)."
        )
    if isinstance(change, GaussianNoise) and change.clip and not has_pictures:
        raise ValueRangeError(
            f"{name}: GaussianNoise keeps values in 0 … 1, where pixels are; this data "
            "are no pictures. Pass clip=False."
        )


def with_classes(name: str, mixup: MixUp, num_classes: int | None) -> MixUp:
    """The number of classes that the data has."""
    if mixup.num_classes is None or num_classes is None:
        given = mixup.num_classes if num_classes is None else num_classes
        return MixUp(alpha=mixup.alpha, num_classes=given)
    if mixup.num_classes < num_classes:
        raise ValueRangeError(
            f"{name}: MixUp has num_classes={mixup.num_classes}, the data has "
            f"{num_classes} classes. Leave it out."
        )
    return mixup
