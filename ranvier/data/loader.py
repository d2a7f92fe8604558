"""Mini-batches, in an order that is known for every epoch beforehand."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ranvier import random
from ranvier.data.arrays import is_whole
from ranvier.data.dataset import Dataset, as_dataset
from ranvier.errors import ValueRangeError
from ranvier.ops.random import philox
from ranvier.tensor import Tensor, flush_pending

Array = np.ndarray[Any, Any]

AT_ONCE = 100_000  # rows drawn together: the words stay in the processor's cache
LOW = np.uint64(0xFFFFFFFF)


class DataLoader:
    """Goes through a data set in mini-batches, as PyTorch's class of this name.

    dataset: a Dataset, a tuple of arrays, or an object with `__len__` and
        `__getitem__`, whose items are asked for once and kept as arrays.
    batch_size: rows in a mini-batch; the last one is smaller unless drop_last.
    shuffle: a new order every epoch, drawn from `seed` and the epoch's number alone;
        without a seed one is drawn from `rv.manual_seed`'s generator at first use.
    num_workers, pin_memory: taken for PyTorch's sake and without effect; data is in
        memory, and there is no other device.
    Raises ValueRangeError: batch_size below 1, or larger than the data with drop_last.

        for x, y in DataLoader(train, batch_size=100, shuffle=True):
            loss = step(x, y)
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int = 1,
        shuffle: bool = False,
        *,
        drop_last: bool = False,
        seed: int | None = None,
        num_workers: int = 0,
        pin_memory: bool = False,
    ) -> None:
        self.dataset: Dataset = as_dataset(dataset)
        check_batch_size(batch_size, len(self.dataset), drop_last)
        check_seed(seed)
        self.batch_size = int(batch_size)
        self.shuffle = bool(shuffle)
        self.drop_last = bool(drop_last)
        self.epoch = 0
        self._seed = seed

    @property
    def seed(self) -> int:
        """What the order of every epoch is drawn from."""
        if self._seed is None:
            self._seed = random.draw_seed()
        return self._seed

    def order(self, epoch: int) -> Array:
        """The rows in the order in which epoch `epoch` visits them, (n,) int32.

        0 … n-1 without shuffle. With it, the rows sorted by a random word each, that of
        row r being word r mod 4 of Philox 4x32-10 with the seed as key and the counter
        (r div 4, epoch mod 2³², epoch div 2³², 1). No epoch needs the ones before it.
        """
        order: Array = self.orders(epoch, 1)[0]
        return order

    def orders(self, first_epoch: int, count: int) -> Array:
        """`order` of `count` epochs, (count, n) int32; together they cost less."""
        rows = len(self.dataset)
        if not self.shuffle:
            return np.tile(np.arange(rows, dtype=np.int32), (count, 1))
        orders = np.empty((count, rows), np.int32)
        some = max(1, AT_ONCE // rows)
        for start in range(0, count, some):
            part = orders[start : start + some]
            part[:] = shuffled(self.seed, first_epoch + start, len(part), rows)
        return orders

    def __len__(self) -> int:
        """Mini-batches in an epoch."""
        batches = len(self.dataset) / self.batch_size
        return math.floor(batches) if self.drop_last else math.ceil(batches)

    def __iter__(self) -> Iterator[tuple[Tensor, ...]]:
        """The next epoch; begun is counted, finished or not."""
        order = self.order(self.epoch)
        self.epoch += 1
        return self._batches(order)

    def _batches(self, order: Array) -> Iterator[tuple[Tensor, ...]]:
        for batch in range(len(self)):
            flush_pending()
            start = batch * self.batch_size
            rows = order[start : start + self.batch_size]
            raw = [array[rows] for array in self.dataset.arrays]
            if self.dataset.augmentation is not None:
                yield self.dataset.prepare(*map(Tensor, raw))
            else:
                yield tuple(Tensor(a) for a in self.dataset.prepare_numpy(*raw))

    def __repr__(self) -> str:
        return (
            f"DataLoader({self.dataset!r}, batch_size={self.batch_size}, "
            f"shuffle={self.shuffle}, drop_last={self.drop_last})"
        )


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


def check_batch_size(batch_size: Any, rows: int, drop_last: bool) -> None:
    """A positive whole number that leaves at least one mini-batch."""
    if not is_whole(batch_size):
        raise ValueRangeError(
            f"DataLoader: batch_size is {batch_size!r}; expected a whole number of "
            "rows, at least 1."
        )
    if drop_last and batch_size > rows:
        raise ValueRangeError(
            f"DataLoader: batch_size {batch_size} is larger than the data ({rows} "
            "rows), so drop_last=True leaves no mini-batch. Use batch_size="
            f"{rows} or drop_last=False."
        )


def check_seed(seed: Any) -> None:
    """None, or a whole number that fits into 64 bits."""
    whole = isinstance(seed, int | np.integer) and not isinstance(seed, bool)
    if seed is not None and not (whole and 0 <= seed < 2**64):
        raise ValueRangeError(
            f"DataLoader: seed is {seed!r}; expected a whole number from 0 up to 2**64."
        )
