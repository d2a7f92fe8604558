"""Which rows a loader goes through, in which order: PyTorch's samplers.

A sampler is anything that can be gone through and gives row numbers; a batch sampler
gives lists of them. Numbers are drawn from `rv.manual_seed`'s generator, or another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Sized
from typing import Any

import numpy as np

from ranvier import random
from ranvier.data.arrays import is_whole
from ranvier.errors import ValueRangeError

Array = np.ndarray[Any, Any]


class Sampler:
    """Base of samplers: `__iter__` gives row numbers, `__len__` says how many."""

    def __init__(self, data_source: Any = None) -> None:
        pass

    def __class_getitem__(cls, item: Any) -> type[Sampler]:
        return cls

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError


class SequentialSampler(Sampler):
    """0, 1, 2 …

    >>> list(SequentialSampler("abc"))
    [0, 1, 2]
    """

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler):
    """Rows in an order drawn anew every time; with `replacement` one may come again.

    num_samples: how many rows; by default as many as there are.
    Raises ValueRangeError: num_samples below 1.
    """

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: random.Generator | None = None,
    ) -> None:
        if num_samples is not None:
            check_count("RandomSampler", num_samples)
        self.data_source = data_source
        self.replacement = replacement
        self.generator = generator
        self._count = num_samples

    @property
    def num_samples(self) -> int:
        """How many rows it gives."""
        return len(self.data_source) if self._count is None else self._count

    def __iter__(self) -> Iterator[int]:
        numbers, rows, count = drawing(self.generator), len(self), self.num_samples
        available = len(self.data_source)
        if self.replacement:
            return iter(numbers.integers(0, available, rows).tolist())
        rounds = [numbers.permutation(available) for _ in range(-(-count // available))]
        return iter(np.concatenate(rounds)[:count].tolist())

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler):
    """The given rows, each once, in an order drawn anew every time."""

    def __init__(
        self, indices: Sequence[int], generator: random.Generator | None = None
    ) -> None:
        self.indices = indices
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        order = drawing(self.generator).permutation(len(self.indices))
        return (int(self.indices[i]) for i in order)

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler):
    """Rows drawn with chances in proportion to `weights`, one number a row.

    Raises ValueRangeError: weights that are negative, not finite or all 0; num_samples
        below 1, or without replacement above the number of weights that are not 0.

    >>> list(WeightedRandomSampler([0.0, 3.0, 0.0], 2))
    [1, 1]
    """

    def __init__(
        self,
        weights: Any,
        num_samples: int,
        replacement: bool = True,
        generator: random.Generator | None = None,
    ) -> None:
        name = "WeightedRandomSampler"
        check_count(name, num_samples)
        self.weights: Array = np.asarray(weights, np.float64)
        right = self.weights.ndim == 1 and np.isfinite(self.weights).all()
        if not (right and (self.weights >= 0).all() and self.weights.any()):
            raise ValueRangeError(
                f"{name}: weights are {weights!r:.60}; expected one number from 0 on a "
                "row, not all of them 0."
            )
        if not replacement and num_samples > np.count_nonzero(self.weights):
            raise ValueRangeError(
                f"{name}: num_samples {num_samples} of {len(self.weights)} rows "
                f"({np.count_nonzero(self.weights)} with a weight above 0) without "
                "replacement; use replacement=True or fewer."
            )
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        chances = self.weights / self.weights.sum()
        rows = drawing(self.generator).choice(
            len(chances), self.num_samples, self.replacement, chances
        )
        return iter(rows.tolist())

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler):
    """The rows of another sampler as lists of `batch_size`.

    >>> list(BatchSampler(SequentialSampler(range(5)), 2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """

    def __init__(
        self, sampler: Iterable[int], batch_size: int, drop_last: bool
    ) -> None:
        check_count("BatchSampler", batch_size, "batch_size")
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[int]]:
        return in_batches(self.sampler, self.batch_size, self.drop_last)

    def __len__(self) -> int:
        rows = length(self.sampler)
        return batches(rows, self.batch_size, self.drop_last)


def in_batches(
    items: Iterable[Any], batch_size: int, drop_last: bool
) -> Iterator[list[Any]]:
    """Items in lists of `batch_size`, the last one shorter unless it is dropped."""
    batch = []
    for item in items:
        batch.append(item)
        if len(batch) == batch_size:
            yield batch
            batch = []
    if batch and not drop_last:
        yield batch


def batches(rows: int, batch_size: int, drop_last: bool) -> int:
    """How many mini-batches so many rows make.

    >>> batches(5, 2, drop_last=False)
    3
    """
    return rows // batch_size if drop_last else -(-rows // batch_size)


def length(sampler: Any) -> int:
    """How many it gives. Raises TypeError, as `len`, where it does not say."""
    return len(sampler)


def drawing(generator: random.Generator | None) -> np.random.Generator:
    """What the numbers are drawn from."""
    return (generator or random.default_generator).numpy


def check_count(name: str, count: Any, what: str = "num_samples") -> None:
    if not is_whole(count):
        raise ValueRangeError(
            f"{name}: {what} is {count!r}; expected a whole number of rows, at least 1."
        )
