"""Data sets that a learner writes as a class, and PyTorch's names for what there is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ranvier as rv
from ranvier import data, nn, optim
from ranvier.errors import DataError, ValueRangeError
from ranvier.utils.data import DataLoader, Dataset, TensorDataset, random_split


class Squares(Dataset):
    """As in a lecture: nothing but the two methods."""

    def __init__(self, rows: int) -> None:
        self.classes = ["even", "odd"]
        self.name = "squares"
        self.x = np.arange(rows, dtype=np.float32)

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, row: Any) -> tuple[Any, ...]:
        return rv.tensor([float(self.x[row])]), float(self.x[row] ** 2)


class Plain:
    """Not even a base class."""

    def __len__(self) -> int:
        return 3

    def __getitem__(self, row: int) -> tuple[Any, ...]:
        return np.full(2, row), row


def test_a_loader_stacks_the_items() -> None:
    x, y = next(iter(DataLoader(Squares(6), batch_size=4)))
    assert (x.shape, x.dtype, y.dtype) == ((4, 1), rv.float32, rv.float64)
    assert y.tolist() == [0, 1, 4, 9]
    x, y = next(iter(DataLoader(Plain(), batch_size=3)))
    assert (x.shape, y.dtype, y.tolist()) == ((3, 2), rv.int64, [0, 1, 2])


def test_fit_over_and_split_take_it() -> None:
    rows, model = Squares(8), nn.Sequential(nn.Linear(1, 1), nn.Flatten(0))
    optimizer = optim.SGD(model.parameters(), lr=0.001)
    run = rv.fit(
        model, rows, loss=nn.MSELoss(), optimizer=optimizer, epochs=2, batch_size=4
    )
    assert run.epochs == 2
    assert [len(part) for part in rows.split(5, 3)] == [5, 3]
    assert "8 rows" in repr(rows)

    @rv.compile
    def step(x: Any, y: Any) -> Any:
        return nn.functional.mse_loss(model(x), y)

    assert len(step.over(DataLoader(rows, batch_size=2))) == 4


def test_a_transform_of_one_s_own_is_left_to_the_class() -> None:
    """PyTorch's usual attribute; ours of that name is something else."""
    squares = Squares(4)
    squares.transform = lambda x: x + 1  # type: ignore[assignment, misc]
    x, _ = next(iter(DataLoader(squares, batch_size=4)))
    assert x.tolist() == [[0.0], [1.0], [2.0], [3.0]]


def test_super_may_be_called_and_lists_of_items_do() -> None:
    class Called(Plain, Dataset):
        def __init__(self) -> None:
            super().__init__()

    for rows in (Called(), [(rv.zeros(2), 0), (rv.ones(2), 1), (rv.ones(2), 2)]):
        _, y = next(iter(DataLoader(rows, batch_size=3)))
        assert y.tolist() == [0, 1, 2]


def test_what_is_missing_is_named() -> None:
    class Half(Dataset):
        def __init__(self) -> None:
            pass

        def __getitem__(self, row: Any) -> tuple[Any, ...]:
            return (row,)

    with pytest.raises(DataError, match="Half has no __len__"):
        DataLoader(Half())


def test_items_of_different_shapes() -> None:
    class Ragged(Plain):
        def __getitem__(self, row: int) -> tuple[Any, ...]:
            return np.zeros(row + 1), row

    with pytest.raises(DataError, match=r"item 1 holds an array of shape \(2,\)"):
        next(iter(DataLoader(Ragged(), batch_size=2)))
    with pytest.raises(DataError, match=r"Ragged: item 1 holds an array of shape"):
        data.as_dataset(Ragged())


def test_tensor_dataset_and_random_split() -> None:
    rows = TensorDataset(rv.zeros(10, 2), rv.arange(10))
    assert len(rows) == 10
    rv.manual_seed(0)
    a, b = random_split(rows, [7, 3])
    assert sorted([*a.arrays[1], *b.arrays[1]]) == list(range(10))
    shares = random_split(rows, [0.5, 0.25, 0.25])
    assert [len(part) for part in shares] == [6, 2, 2]
    with pytest.raises(ValueRangeError, match="add up to 9"):
        random_split(rows, [5, 4])
    assert data.TensorDataset is TensorDataset
