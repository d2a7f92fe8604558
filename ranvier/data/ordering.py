"""The order of the rows in an epoch: shuffled by counter, or as a sampler says."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ranvier.errors import DataError
from ranvier.ops.random import philox

Array = np.ndarray[Any, Any]
LOW = np.uint64(0xFFFFFFFF)


def shuffled(seed: int, first_epoch: int, count: int, rows: int) -> Array:
    """Row numbers sorted by random words, (count, rows): one order an epoch."""
    epoch = np.arange(first_epoch, first_epoch + count, dtype=np.uint64)[:, None]
    block = np.arange(math.ceil(rows / 4), dtype=np.uint64)
    # The 1 keeps these words apart from those that dropout draws with the same seed.
    counter = (block, epoch & LOW, epoch >> np.uint64(32), np.uint64(1))
    words = np.stack(philox(counter, (seed & 0xFFFFFFFF, seed >> 32)), axis=-1)
    keys = words.reshape(count, -1)[:, :rows] << np.uint64(32)
    keys |= np.arange(rows, dtype=np.uint64)  # equal words: by number
    keys.sort(axis=1)
    return keys & LOW


def sampled(sampler: Any, rows: int) -> Array:
    """The row numbers that a sampler gives, int32; from the end where negative."""
    found = np.array([int(row) for row in sampler], np.int64)
    wrong = found[(found < -rows) | (found >= rows)]
    if len(wrong):
        raise DataError(
            f"DataLoader: the sampler gives row {wrong[0]}; the data set has {rows:,} "
            f"rows, 0 to {rows - 1}."
        )
    return np.where(found < 0, found + rows, found).astype(np.int32)


def visited(dataset: Any, sampler: Any) -> int:
    """Rows of an epoch. Raises TypeError, as `len`, for what does not say how many."""
    return len(dataset) if sampler is None else len(sampler)
