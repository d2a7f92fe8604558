"""A list of items as one mini-batch, as PyTorch's `default_collate` makes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ranvier.errors import DataError, DTypeError
from ranvier.tensor import Tensor
from ranvier.tensors.joining import stack

Array = np.ndarray[Any, Any]
TEXT = (str, bytes)


def default_collate(batch: Sequence[Any]) -> Any:
    """Items with their parts stacked: tensors and arrays along a new first dimension.

    Numbers become a tensor (of float64, int64 or bool), texts stay a list; dicts,
    tuples and lists are gone through: those of the items become one of mini-batches.
    Raises DataError: shapes that differ; DTypeError: what none of these is.

    >>> default_collate([(1, "a"), (2, "b")])
    [tensor([1, 2]), ['a', 'b']]
    """
    first = batch[0]
    if isinstance(first, Tensor) and any(x.requires_grad for x in batch):
        return stack(batch)
    if isinstance(first, Tensor | np.ndarray | np.generic | int | float):
        return Tensor(stacked(batch))
    if isinstance(first, TEXT):
        return list(batch)
    if isinstance(first, Mapping):
        return {key: default_collate([item[key] for item in batch]) for key in first}
    if isinstance(first, tuple | list):
        return in_parts(batch)
    raise DTypeError(
        f"default_collate: an item holds a {type(first).__name__}; expected tensors, "
        "arrays, numbers, texts, or dicts, tuples and lists of these. Turn it into one "
        "in __getitem__, or pass collate_fn= to the DataLoader."
    )


def in_parts(batch: Sequence[Any]) -> Any:
    """Tuples or lists of parts as a list (or named tuple) of mini-batches of parts."""
    first = batch[0]
    for number, item in enumerate(batch):
        if len(item) != len(first):
            raise DataError(
                f"default_collate: item {number} has {len(item)} parts, item 0 has "
                f"{len(first)}; expected as many in every item. Items of different "
                "lengths need a collate_fn= that pads them."
            )
    columns = [default_collate(column) for column in zip(*batch, strict=True)]
    return type(first)(*columns) if hasattr(first, "_fields") else columns


def stacked(column: Sequence[Any]) -> Array:
    """Tensors, arrays or numbers of one shape as one array."""
    if all(isinstance(value, int | float | np.generic) for value in column):
        return np.array(column)
    rows = [
        x.detach().numpy() if isinstance(x, Tensor) else np.asarray(x) for x in column
    ]
    for number, row in enumerate(rows):
        if row.shape != rows[0].shape:
            raise DataError(
                f"item {number} holds an array of shape {row.shape}, item 0 one of "
                f"shape {rows[0].shape}; expected the same shape in every item. Crop "
                "or pad them in __getitem__, or with the DataLoader's collate_fn=."
            )
    return np.stack(rows)


def default_convert(item: Any) -> Any:
    """One item with its arrays as tensors, for loaders with ``batch_size=None``.

    >>> default_convert({"x": np.ones(2), "n": 3})
    {'x': tensor([1., 1.], dtype=ranvier.float64), 'n': 3}
    """
    if isinstance(item, np.ndarray | np.generic) and item.dtype.kind in "biuf":
        return Tensor(np.asarray(item))
    if isinstance(item, Mapping):
        return {key: default_convert(value) for key, value in item.items()}
    if isinstance(item, tuple) and hasattr(item, "_fields"):
        return type(item)(*map(default_convert, item))
    if isinstance(item, tuple | list):
        return [default_convert(value) for value in item]
    return item
