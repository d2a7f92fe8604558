"""Data sets that somebody wrote as a class: their items, stacked into arrays once.

A native run gathers its mini-batches itself, so it needs arrays, not a method to call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ranvier.errors import DataError, RanvierError
from ranvier.tensor import Tensor, default_array

Array = np.ndarray[Any, Any]
KNOWN = (list, tuple, str, bytes, Mapping, np.ndarray, Tensor)


def has_items(data: Any) -> bool:
    """Whether it is an object with `__len__` and `__getitem__` by number."""
    methods = hasattr(data, "__len__") and hasattr(data, "__getitem__")
    return methods and not isinstance(data, (*KNOWN, type)) and not hasattr(data, "loc")


def collected(data: Any) -> tuple[Array, ...]:
    """Every item once, in order, stacked: (inputs, targets).

    Items are tuples of numbers, arrays or tensors. Numbers get the default types
    (float32, int64), arrays and tensors keep theirs.
    Raises DataError: no items, items that are no tuples, of different shapes.
    """
    name = type(data).__name__
    items = [parts(name, row, data[row]) for row in range(len(data))]
    if not items:
        raise DataError(f"{name}: there are no rows; expected at least one example.")
    for row, item in enumerate(items):
        if len(item) != len(items[0]):
            raise DataError(
                f"{name}: item {row} has {len(item)} parts, item 0 has "
                f"{len(items[0])}; expected as many in every item."
            )
    return tuple(stacked(name, column) for column in zip(*items, strict=True))


def parts(name: str, row: int, item: Any) -> Sequence[Any]:
    if isinstance(item, tuple | list) and item:
        return item
    if isinstance(item, int | float | np.ndarray | np.generic | Tensor):
        return (item,)
    raise DataError(
        f"{name}: item {row} is {type(item).__name__}; expected a tuple "
        "(input, target) of numbers, arrays or tensors from __getitem__."
    )


def stacked(name: str, column: Sequence[Any]) -> Array:
    """One part of all items, as one array."""
    if all(isinstance(value, int | float) for value in column):
        return default_array(list(column))
    rows = [part(value) for value in column]
    for number, row in enumerate(rows):
        if row.shape != rows[0].shape:
            raise DataError(
                f"{name}: item {number} holds an array of shape {row.shape}, item 0 "
                f"one of shape {rows[0].shape}; expected the same shape in every item. "
                "Crop or pad them in __getitem__."
            )
    return np.stack(rows)


def part(value: Any) -> Array:
    if isinstance(value, Tensor):
        return value.detach().numpy()
    if isinstance(value, list | tuple):
        try:
            return default_array(value)
        except RanvierError as error:
            raise DataError(f"a part of an item: {error}") from None
    return np.asarray(value)
