"""Stretches of a sequence, each with what follows it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ranvier.data.arrays import as_array, is_whole
from ranvier.data.dataset import Dataset
from ranvier.errors import DataError, ShapeError, ValueRangeError

Array = np.ndarray[Any, Any]


def windows(
    series: Any,
    length: int,
    horizon: int = 1,
    *,
    stride: int = 1,
    target: int | None = None,
    name: str = "windows",
) -> Dataset:
    """Every stretch of `length` values as inputs, the `horizon` after it as targets.

    series: (time,) or (time, features), oldest first.
    horizon: how many values are to be predicted.
    stride: from one window's start to the next.
    target: the feature that is to be predicted; by default all.
    Gives inputs (n, length[, features]) and targets (n, horizon[, features]), in the
    order of time: split them with `time_split`. Its `persistence`, which `rv.evaluate`
    compares with, is the last value of every stretch.
    Raises ValueRangeError: no positive whole numbers; DataError: a series that is too
        short; ShapeError: more than two dimensions.

    >>> x, y = windows(np.arange(6.0), length=3, horizon=2).arrays
    >>> x.tolist(), y.tolist()
    ([[0.0, 1.0, 2.0], [1.0, 2.0, 3.0]], [[3.0, 4.0], [4.0, 5.0]])
    """
    values = checked(series, length, horizon, stride, target)
    count = (len(values) - length - horizon) // stride + 1
    starts = np.arange(count) * stride
    inputs = values[starts[:, None] + np.arange(length)]
    after = values if target is None else values[:, target]
    targets = after[starts[:, None] + (length + np.arange(horizon))]
    last = after[starts[:, None] + np.full(horizon, length - 1)]
    return Dataset((inputs, targets), name=name, persistence=last)


def next_steps(
    sequence: Any, length: int, *, stride: int | None = None, name: str = "sequence"
) -> Dataset:
    """Stretches of `length` values; the targets are the same, one step later.

    What a model that predicts the next character learns from: (n, length) both.
    stride: from one stretch's start to the next; by default they do not overlap.

    >>> x, y = next_steps(np.arange(7), length=3).arrays
    >>> x.tolist(), y.tolist()
    ([[0, 1, 2], [3, 4, 5]], [[1, 2, 3], [4, 5, 6]])
    """
    step = length if stride is None else stride
    values = checked(sequence, length, 1, step, None)
    count = (len(values) - length - 1) // step + 1
    rows = np.arange(count)[:, None] * step + np.arange(length)
    return Dataset((values[rows], values[rows + 1]), name=name)


def checked(
    series: Any, length: Any, horizon: Any, stride: Any, target: int | None
) -> Array:
    """The series as an array, if these windows can be cut from it."""
    for what, value in (("length", length), ("horizon", horizon), ("stride", stride)):
        if not is_whole(value):
            raise ValueRangeError(
                f"windows: {what} is {value!r}; expected a whole number of at least 1."
            )
    values = as_array("the series", series)
    if values.ndim not in (1, 2):
        raise ShapeError(
            f"windows: the series has shape {values.shape}; expected (time,) or (time, "
            "features)."
        )
    if target is not None and not (
        values.ndim == 2 and -values.shape[1] <= target < values.shape[1]
    ):
        raise ShapeError(
            f"windows: target {target} is no feature of a series of shape "
            f"{values.shape}."
        )
    if len(values) < length + horizon:
        raise DataError(
            f"windows: the series has {len(values):,} values; length {length} and "
            f"horizon {horizon} need at least {length + horizon:,}."
        )
    return values
