"""Where the mini-batches of a whole run come from."""

from __future__ import annotations

from typing import Any

import numpy as np

from ranvier.errors import DataError
from ranvier.graph import Array
from ranvier.tensor import Tensor, default_array


class Everything:
    """A tuple of arrays or tensors as a loader of one step an epoch."""

    mixes = False
    drop_last = False
    way = ()
    source = None

    def __init__(self, data: Any) -> None:
        parts = data if isinstance(data, (tuple, list)) else (data,)
        self.arrays = [default_array(p) for p in parts]
        if not self.arrays or not all(
            a.ndim and len(a) == len(self.arrays[0]) > 0 for a in self.arrays
        ):
            shapes = ", ".join(str(a.shape) for a in self.arrays)
            raise DataError(
                f"over() got arrays of shapes {shapes}; expected equal lengths from 1."
            )
        self.rows = self
        self.visited = self.batch_size = len(self.arrays[0])
        self.epoch = 0

    def prepare(self, *batch: Tensor) -> tuple[Tensor, ...]:
        return batch


class Feed:
    """Where the mini-batches of a whole run come from: arrays, and the order of their
    rows.
    """

    def __init__(self, loader: Any) -> None:
        self.loader = loader
        self.data = loader.rows
        self.arrays: list[Array] = [np.ascontiguousarray(a) for a in self.data.arrays]
        self.rows: int = len(self.arrays[0])
        visited: int = loader.visited
        self.batch: int = min(loader.batch_size, visited)
        self.mixes: bool = loader.mixes
        rest = visited % self.batch
        self.full: int = visited // self.batch
        self.rest: int = 0 if loader.drop_last else rest
        self.whole = self.full == 1 and not self.rest and not self.mixes

    @staticmethod
    def of(loader: Any) -> Feed:
        """The feed of a DataLoader, or of a tuple of arrays taken whole in every
        step.
        """
        return Feed(loader if hasattr(loader, "order") else Everything(loader))

    @property
    def changes(self) -> bool:
        """Whether the rows are others at every reading."""
        return self.data.source is not None

    def renew(self) -> None:
        """Read rows again that are others at every reading."""
        if self.changes:
            again = self.data.read_again()
            self.arrays = [np.ascontiguousarray(a) for a in again.arrays]

    def key(self) -> Any:
        facts = tuple((a.shape, a.dtype.str) for a in self.arrays)
        return (facts, self.batch, self.rest, self.whole, self.data.way)

    @property
    def sizes(self) -> list[int]:
        """Rows of each kind of step."""
        return [self.batch] + [self.rest] * bool(self.rest)

    @property
    def counts(self) -> list[int]:
        """Steps of each kind in an epoch."""
        return [self.full] + [1] * bool(self.rest)

    def counts_of(self, steps: range) -> list[int]:
        """... and among these steps of it.

        >>> Feed.of((np.zeros(10),)).counts_of(range(1))
        [1]
        """
        found, start = [], 0
        for count in self.counts:
            low, high = max(steps.start, start), min(steps.stop, start + count)
            found.append(max(0, high - low))
            start += count
        return found

    @property
    def used(self) -> int:
        """Rows an epoch goes through."""
        return self.full * self.batch + self.rest

    def order(self, first: int, epochs: int) -> Array:
        """Row numbers of `epochs` epochs, one after the other, and those of one
        mini-batch more: the last step asks for the rows of the next, too.
        """
        order = np.zeros(epochs * self.used + self.batch, np.int32)
        rows = order[: epochs * self.used].reshape(epochs, self.used)
        if self.mixes:
            rows[:] = self.loader.orders(first, epochs)[:, : self.used]
        else:
            rows[:] = np.arange(self.used, dtype=np.int32)
        return order
