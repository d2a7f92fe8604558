"""What a DataLoader checks of its options."""

from __future__ import annotations

from typing import Any

import numpy as np

from ranvier.data.arrays import is_whole
from ranvier.errors import ValueRangeError


def check_batch_size(batch_size: Any, rows: int | None, drop_last: bool) -> None:
    """A positive whole number that leaves at least one mini-batch."""
    if not is_whole(batch_size):
        raise ValueRangeError(
            f"DataLoader: batch_size is {batch_size!r}; expected a whole number of "
            "rows, at least 1."
        )
    if drop_last and rows is not None and batch_size > rows:
        raise ValueRangeError(
            f"DataLoader: batch_size {batch_size} is larger than the data ({rows} "
            "rows), so drop_last=True leaves no mini-batch. Use batch_size="
            f"{rows} or drop_last=False."
        )


def check_exclusive(shuffle: Any, sampler: Any, is_iterable: bool) -> None:
    """One says in which order rows come."""
    if sampler is not None and shuffle:
        raise ValueRangeError(
            "DataLoader: sampler and shuffle=True both say in which order rows come; "
            "leave shuffle out."
        )
    if is_iterable and (shuffle or sampler is not None):
        raise ValueRangeError(
            "DataLoader: an IterableDataset says itself in which order its items come; "
            "leave out shuffle and sampler."
        )


def check_alone(others: bool) -> None:
    if others:
        raise ValueRangeError(
            "DataLoader: batch_sampler says which rows a mini-batch has; leave out "
            "batch_size, shuffle, sampler and drop_last."
        )


def check_seed(seed: Any) -> None:
    """None, or a whole number that fits into 64 bits."""
    whole = isinstance(seed, int | np.integer) and not isinstance(seed, bool)
    if seed is not None and not (whole and 0 <= seed < 2**64):
        raise ValueRangeError(
            f"DataLoader: seed is {seed!r}; expected a whole number from 0 up to 2**64."
        )
