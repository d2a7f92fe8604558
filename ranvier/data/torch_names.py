"""PyTorch's names for what `Dataset` does: `TensorDataset` and `random_split`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ranvier import random
from ranvier.data.arrays import is_whole
from ranvier.data.dataset import Dataset, Subset, as_dataset
from ranvier.data.refusals import refuse_augmented
from ranvier.errors import ValueRangeError
from ranvier.tensor import Tensor


class TensorDataset(Dataset):
    """A Dataset of tensors or arrays of equal length, given one by one; a row is a
    tuple of tensors.
    """

    def __init__(self, *tensors: Any) -> None:
        super().__init__(tensors)
        object.__setattr__(self, "tensors", tensors)

    def _item(self, row: int) -> Any:
        return tuple(Tensor(np.asarray(array[row])) for array in self.arrays)


def random_split(
    dataset: Any,
    lengths: Sequence[float],
    generator: random.Generator | None = None,
) -> list[Subset]:
    """Parts of these sizes, or of these shares that add up to 1, drawn by chance.

    A class of one's own is asked for its items only when they are needed.
    Raises ValueRangeError: sizes that do not add up to the number of rows.
    """
    data = as_dataset(dataset) if isinstance(dataset, tuple) else dataset
    if isinstance(data, Dataset):
        refuse_augmented(data, "random_split")
    sizes = [int(n) for n in lengths] if all(map(is_whole, lengths)) else None
    if sizes is None:
        sizes = shares(lengths, len(data))
    if sum(sizes) != len(data):
        raise ValueRangeError(
            f"random_split: the lengths {list(lengths)} add up to {sum(sizes):,}, the "
            f"data set has {len(data):,} rows; they must be equal."
        )
    seed = random.draw_seed() if generator is None else generator.draw_seed()
    order = np.random.Generator(np.random.Philox(seed)).permutation(len(data))
    runs = np.split(order, np.cumsum(sizes)[:-1])
    return [Subset(data, rows.tolist()) for rows in runs]


def shares(
    lengths: Sequence[float], rows: int, what: str = "random_split"
) -> list[int]:
    """Each share of the rows rounded down; the first parts get what is left.

    >>> shares([0.7, 0.3], 11)
    [8, 3]
    """
    positive = bool(lengths) and all(0 < share < 1 for share in lengths)
    if not (positive and math.isclose(sum(lengths), 1)):
        raise ValueRangeError(
            f"{what}: lengths are {list(lengths)}; expected whole numbers that "
            f"add up to {rows:,}, or shares that add up to 1."
        )
    sizes = [math.floor(rows * share) for share in lengths]
    for part in range(rows - sum(sizes)):
        sizes[part % len(sizes)] += 1
    return sizes
