"""A validation set taken from the training set: drawn, or the last rows in time."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ranvier.data.dataset import Dataset, as_dataset
from ranvier.data.splits import random_rows, stratified_rows
from ranvier.errors import ValueRangeError

Array = np.ndarray[Any, Any]
SHARE = 0.2
LAST = "last"


class Parts(NamedTuple):
    """Training and validation set, and a sentence on how they came about."""

    train: Dataset
    val: Dataset
    note: str


def is_asked(val: Any) -> bool:
    """Whether `val` says how to take rows rather than which."""
    return isinstance(val, str | float | int)


def hold_out(train: Any, val: Any, seed: int) -> Parts:
    """Part `train` as `val` says: a share, drawn by chance, or "last", a fifth.

    Class numbers are drawn so that every class keeps its share. The validation part is
    never augmented; that of "last" knows the target of the row before each.
    Raises ValueRangeError: another `val`, or too few rows.

    >>> x, y = np.arange(10.0), np.array([0, 1] * 5)
    >>> train, val, note = hold_out((x, y), 0.2, seed=0)
    >>> sorted(val.arrays[1].tolist()), note
    ([0, 1], 'validation: 2 of 10 rows, drawn with seed 0, every class with its share')
    """
    data = as_dataset(train)
    count = held_count(val, len(data))
    sizes = [len(data) - count, count]
    labels = classes_of(data)
    if val == LAST:
        rows = np.split(np.arange(len(data)), sizes[:1])
        how = "the last ones"
    elif labels is None:
        rows = random_rows(len(data), sizes, seed)
        how = f"drawn with seed {seed}"
    else:
        rows = stratified_rows(labels, sizes, seed)
        how = f"drawn with seed {seed}, every class with its share"
    kept, held = rows
    note = f"validation: {count:,} of {len(data):,} rows, {how}"
    judged = data.plain().take(held)
    if val == LAST and judged.persistence is None and len(data.arrays) == 2:
        judged = judged.copy(persistence=data.arrays[1][held - 1])
    return Parts(data.take(kept), judged, note)


def held_count(val: Any, rows: int) -> int:
    """How many rows are held out; at least one on either side."""
    share = SHARE if val == LAST else val
    is_share = isinstance(share, float) and math.isfinite(share) and 0 < share < 1
    if not is_share:
        raise ValueRangeError(
            f"fit: val is {val!r}; expected a data set, a share of the training set "
            'such as val=0.2, or val="last" for its last fifth (rows in order of time).'
        )
    count = round(share * rows)
    if not 0 < count < rows:
        raise ValueRangeError(
            f"fit: val={val!r} of {rows:,} rows leaves {rows - count:,} to learn from "
            f"and {count:,} to judge by; expected at least one of each."
        )
    return count


def classes_of(data: Dataset) -> Array | None:
    """The rows' classes, where targets are class numbers, or yes and no."""
    targets = data.arrays[1] if len(data.arrays) > 1 else np.zeros(0)
    flat: Array = targets.ravel()
    if len(flat) != len(data):
        return None
    is_yes_no = targets.dtype.kind == "f" and bool(np.isin(flat, (0, 1)).all())
    return flat if targets.dtype.kind in "iub" or is_yes_no else None
