"""Mini-batches, in an order that is known for every epoch beforehand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sized
from typing import Any

import numpy as np

from ranvier import random
from ranvier.data.collate import default_collate, default_convert
from ranvier.data.combined import IterableDataset
from ranvier.data.dataset import (
    Dataset,
    as_dataset,
    has_own_items,
    refuse_unfilled,
)
from ranvier.data.loader_checks import (
    check_alone,
    check_batch_size,
    check_exclusive,
    check_seed,
)
from ranvier.data.ordering import sampled, shuffled, visited
from ranvier.data.samplers import (
    BatchSampler,
    RandomSampler,
    SequentialSampler,
    batches,
    in_batches,
)
from ranvier.errors import DataError, UnsupportedError
from ranvier.tensor import Tensor, flush_pending

Array = np.ndarray[Any, Any]

AT_ONCE = 100_000  # rows drawn together: the words stay in the processor's cache


class DataLoader:
    """Goes through a data set in mini-batches, as PyTorch's class of this name.

    dataset: a Dataset, a tuple of arrays, an object or list with rows by number, or an
        IterableDataset. Items of a class or list are asked for in every epoch.
    batch_size: rows in a mini-batch; the last one is smaller unless drop_last. With
        None items are given one by one as they are.
    shuffle: a new order every epoch, drawn from `seed` and the epoch's number alone;
        without a seed one is drawn from `generator` or `rv.manual_seed`'s at first use.
    sampler, batch_sampler: what gives the row numbers, or lists of them, instead.
    collate_fn: what makes a mini-batch of a list of items; `default_collate`.
    num_workers, pin_memory and all others of PyTorch's: taken, without effect; items
        are read where the loop runs.
    Raises ValueRangeError: batch_size below 1, or larger than the data with drop_last;
        options that exclude each other.

        for x, y in DataLoader(train, batch_size=100, shuffle=True):
            loss = step(x, y)
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable[int] | None = None,
        batch_sampler: Iterable[list[int]] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None,
        multiprocessing_context: Any = None,
        generator: random.Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
        seed: int | None = None,
    ) -> None:
        self.dataset: Any = rows_of(dataset)
        self.is_iterable = isinstance(self.dataset, IterableDataset)
        given = sampler is not None or bool(shuffle)
        check_exclusive(shuffle, sampler, self.is_iterable)
        if batch_sampler is not None:
            check_alone(given or drop_last or batch_size != 1)
            batch_size = None
        elif batch_size is not None:
            counted = not self.is_iterable and (
                sampler is None or isinstance(sampler, Sized)
            )
            rows = visited(self.dataset, sampler) if counted else None
            check_batch_size(batch_size, rows, drop_last)
        check_seed(seed)
        self.batch_size: Any = None if batch_size is None else int(batch_size)
        self.shuffle = bool(shuffle)
        self.drop_last = bool(drop_last)
        self.num_workers, self.pin_memory = num_workers, pin_memory
        self.generator = generator
        self.epoch = 0
        self._seed = seed
        self._sampler, self._batch_sampler = sampler, batch_sampler
        self._collate = collate_fn
        self._read: Dataset | None = None

    # ---- in which order --------------------------------------------------------------

    @property
    def seed(self) -> int:
        """What the order of every epoch is drawn from."""
        if self._seed is None:
            generator = self.generator
            drawn = random.draw_seed() if generator is None else generator.draw_seed()
            self._seed = drawn
        return self._seed

    @property
    def sampler(self) -> Any:
        """What gives the row numbers."""
        if self._sampler is not None or self.is_iterable:
            return self._sampler
        if self.shuffle:
            return RandomSampler(self.dataset, generator=self.generator)
        return SequentialSampler(self.dataset)

    @property
    def batch_sampler(self) -> Any:
        """What gives the row numbers of each mini-batch."""
        if self._batch_sampler is not None or self.batch_size is None:
            return self._batch_sampler
        return BatchSampler(self.sampler, self.batch_size, self.drop_last)

    @property
    def collate_fn(self) -> Callable[[Any], Any]:
        """What makes a mini-batch of a list of items."""
        alone = self.batch_size is None and self._batch_sampler is None
        return self._collate or (default_convert if alone else default_collate)

    @property
    def mixes(self) -> bool:
        """Whether rows come in another order than they stand, or not all of them."""
        return self.shuffle or self._sampler is not None

    def order(self, epoch: int) -> Array:
        """The rows in the order in which epoch `epoch` visits them, (n,) int32.

        0 … n-1 without shuffle. With it, the rows sorted by a random word each, that of
        row r being word r mod 4 of Philox 4x32-10 with the seed as key and the counter
        (r div 4, epoch mod 2³², epoch div 2³², 1). No epoch needs the ones before it.
        A sampler is asked anew, whatever the epoch is.
        """
        order: Array = self.orders(epoch, 1)[0]
        return order

    def orders(self, first_epoch: int, count: int) -> Array:
        """`order` of `count` epochs, (count, n) int32; together they cost less."""
        rows = len(self.dataset)
        if self._sampler is not None:
            return np.array([sampled(self._sampler, rows) for _ in range(count)])
        if not self.shuffle:
            return np.tile(np.arange(rows, dtype=np.int32), (count, 1))
        orders = np.empty((count, rows), np.int32)
        some = max(1, AT_ONCE // rows)
        for start in range(0, count, some):
            part = orders[start : start + some]
            part[:] = shuffled(self.seed, first_epoch + start, len(part), rows)
        return orders

    @property
    def visited(self) -> int:
        """Rows that an epoch goes through."""
        return visited(self.dataset, self._sampler)

    def __len__(self) -> int:
        """Mini-batches in an epoch."""
        if self._batch_sampler is not None:
            return visited(self.dataset, self._batch_sampler)
        if self.batch_size is None:
            return self.visited
        return batches(self.visited, self.batch_size, self.drop_last)

    # ---- for runs that gather their mini-batches themselves --------------------------

    @property
    def rows(self) -> Dataset:
        """All rows as arrays, for step.over.

        Raises UnsupportedError: mini-batches that only a Python loop can make.
        """
        if self._read is None:
            self._refuse_python()
            self._read = as_dataset(self.dataset)
        return self._read

    def _refuse_python(self) -> None:
        python = {
            "collate_fn": self._collate,
            "batch_sampler": self._batch_sampler,
            "batch_size=None": True if self.batch_size is None else None,
            "an IterableDataset": self.is_iterable or None,
        }
        for name, value in python.items():
            if value is not None:
                raise UnsupportedError(
                    f"this DataLoader has {name}, and a run that gathers its "
                    "mini-batches itself (rv.fit, rv.evaluate, step.over) cannot call "
                    "Python for them. Write `for batch in loader: step(*batch)`, or "
                    "bring all rows to one shape and leave it out."
                )

    def whole(self, what: str) -> Dataset:
        """All rows, for those who choose the order themselves.

        Raises UnsupportedError: as `rows`, or a sampler, which would have no say.
        """
        if self._sampler is not None:
            raise UnsupportedError(
                f"{what}: the DataLoader has a sampler, and {what} goes through all "
                "rows itself. Pass a Subset of the data, or write the loop with "
                "step.over(loader)."
            )
        return self.rows

    # ---- in Python -------------------------------------------------------------------

    def __iter__(self) -> Iterator[Any]:
        """The next epoch; begun is counted, finished or not."""
        self.epoch += 1
        if self.is_iterable:
            return self._collated(self._streamed())
        if self._batch_sampler is not None:
            return self._collated(map(self._items, self._batch_sampler))
        if self.is_plain:
            return self._batches(self.order(self.epoch - 1))
        rows = self._sampler
        rows = self.order(self.epoch - 1).tolist() if rows is None else rows
        if self.batch_size is None:
            return self._collated(self.dataset[row] for row in rows)
        some = in_batches(rows, self.batch_size, self.drop_last)
        return self._collated(map(self._items, some))

    @property
    def is_plain(self) -> bool:
        """Whether mini-batches are gathered from arrays, without Python of others."""
        arrays = isinstance(self.dataset, Dataset) and not has_own_items(self.dataset)
        return arrays and self._collate is None and self.batch_size is not None

    def _batches(self, order: Array) -> Iterator[list[Tensor]]:
        """Mini-batches of arrays, gathered by NumPy."""
        for batch in range(batches(len(order), self.batch_size, self.drop_last)):
            flush_pending()
            start = batch * self.batch_size
            rows = order[start : start + self.batch_size]
            raw = [array[rows] for array in self.dataset.arrays]
            if self.dataset.augmentation is not None:
                yield list(self.dataset.prepare(*map(Tensor, raw)))
            else:
                yield [Tensor(a) for a in self.dataset.prepare_numpy(*raw)]

    def _streamed(self) -> Iterator[Any]:
        """Lists of items, or items, that an iterable data set gives."""
        if self.batch_size is None:
            return iter(self.dataset)
        return in_batches(self.dataset, self.batch_size, self.drop_last)

    def _collated(self, parts: Iterable[Any]) -> Iterator[Any]:
        for part in parts:
            flush_pending()
            yield self.collate_fn(part)

    def _items(self, rows: Any) -> Any:
        if hasattr(self.dataset, "__getitems__"):
            return self.dataset.__getitems__(rows)
        if isinstance(self.dataset, np.ndarray | Tensor):
            array = np.asarray(self.dataset)
            return [Tensor(np.asarray(array[row])) for row in rows]
        return [self.dataset[row] for row in rows]

    def __repr__(self) -> str:
        return (
            f"DataLoader({self.dataset!r}, batch_size={self.batch_size}, "
            f"shuffle={self.shuffle}, drop_last={self.drop_last})"
        )


def rows_of(dataset: Any) -> Any:
    """What rows are taken from: a tuple of arrays as a Dataset, all else as it is."""
    if isinstance(dataset, Dataset) and has_own_items(dataset):
        refuse_unfilled(dataset, True)
        return dataset
    if isinstance(dataset, Dataset | tuple):
        return as_dataset(dataset)
    by_number = hasattr(dataset, "__len__") and hasattr(dataset, "__getitem__")
    if isinstance(dataset, IterableDataset):
        return dataset
    if not by_number or isinstance(dataset, str | type) or hasattr(dataset, "loc"):
        return as_dataset(dataset)
    if not len(dataset):
        raise DataError(
            f"DataLoader: there are no rows in the {type(dataset).__name__}; expected "
            "at least one example."
        )
    return dataset
