"""PyTorch's other data sets: several side by side, and those that only go forward."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from ranvier.data.dataset import Dataset
from ranvier.errors import DataError


class StackDataset(Dataset):
    """Data sets of equal length side by side: row i is a tuple of their rows i, or a
    dict where they are given by name.

    Raises DataError: none, by place and by name at once, different lengths.

    >>> StackDataset(a=[1, 2], b="xy")[1]
    {'a': 2, 'b': 'y'}
    """

    datasets: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        parts = kwargs or args
        if bool(args) == bool(kwargs):
            raise DataError(
                "StackDataset: expected data sets by place, or by name, not both: "
                "StackDataset(images, labels)."
            )
        lengths = [len(d) for d in (kwargs.values() if kwargs else args)]
        if len(set(lengths)) > 1:
            raise DataError(
                f"StackDataset: the data sets have {lengths} rows; expected as many "
                "in each."
            )
        object.__setattr__(self, "datasets", parts)

    def _item(self, row: int) -> Any:
        if isinstance(self.datasets, dict):
            return {name: data[row] for name, data in self.datasets.items()}
        return tuple(data[row] for data in self.datasets)

    def __len__(self) -> int:
        parts = self.datasets
        return len(next(iter(parts.values() if isinstance(parts, dict) else parts)))


class IterableDataset:
    """Base of data sets without row numbers: a subclass's `__iter__` gives the items,
    anew in every epoch. For Python loops over a DataLoader.
    """

    def __class_getitem__(cls, item: Any) -> type[IterableDataset]:
        return cls

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError(f"{type(self).__name__} has no __iter__")

    def __add__(self, other: IterableDataset) -> ChainDataset:
        return ChainDataset([self, other])


class ChainDataset(IterableDataset):
    """The items of several iterable data sets, one after the other."""

    def __init__(self, datasets: Iterable[IterableDataset]) -> None:
        self.datasets = list(datasets)

    def __iter__(self) -> Iterator[Any]:
        return chain.from_iterable(self.datasets)
