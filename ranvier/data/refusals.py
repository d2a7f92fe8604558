"""What data sets refuse: rows that are not there, changes where rows must stay."""

from __future__ import annotations

from typing import Any

import numpy as np

from ranvier.errors import DataError

Array = np.ndarray[Any, Any]


class RowError(DataError, IndexError):
    """A row is asked for that the data set does not have."""


def refuse_drawn(data: Any, what: str) -> None:
    """Raise DataError where items that change would be kept as they are."""
    if data.source is not None:
        raise DataError(
            f"{data.name}: its items are others at every reading, and {what} would "
            "keep one reading for good. Make the random changes with "
            "data.augmented(…), or in a Python loop over the DataLoader."
        )


def refuse_augmented(data: Any, what: str) -> None:
    """Raise DataError where parts that are judged would be changed at random."""
    if data.augmentation is not None:
        raise DataError(
            f"{data.name}: {what} of a data set that is augmented ("
            f"{data.augmentation!r}), so parts that are judged would be changed too. "
            "Split first, then train = train.augmented(…)."
        )


def check_rows(rows: int, indices: Array) -> None:
    wrong = indices[(indices < -rows) | (indices >= rows)] if len(indices) else indices
    if indices.dtype.kind not in "iu" or indices.ndim != 1 or len(wrong):
        raise RowError(
            f"Subset: the data set has {rows:,} rows, the indices are "
            f"{wrong.tolist()[:3] or indices.dtype}; expected row numbers."
        )
