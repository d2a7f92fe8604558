"""DataLoader: PyTorch's behaviour, and an order known for every epoch beforehand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ranvier.data.loader as loader_module
from ranvier import random
from ranvier.data import DataLoader, Dataset
from ranvier.errors import DataError, ValueRangeError
from ranvier.ops.random import philox
from ranvier.tensor import Tensor


def rows(n: int = 10) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    return np.arange(n * 2, dtype=np.float32).reshape(n, 2), np.arange(n)


def targets(loader: DataLoader) -> list[list[int]]:
    return [y.numpy().tolist() for _, y in loader]


def seen(loader: DataLoader) -> list[int]:
    return [row for batch in targets(loader) for row in batch]


def test_batches_in_order() -> None:
    loader = DataLoader(rows(5), batch_size=2)
    assert targets(loader) == [[0, 1], [2, 3], [4]]
    assert len(loader) == 3


def test_drop_last() -> None:
    loader = DataLoader(rows(5), batch_size=2, drop_last=True)
    assert targets(loader) == [[0, 1], [2, 3]]
    assert len(loader) == 2


def test_one_smaller_batch_when_the_data_is_short() -> None:
    assert targets(DataLoader(rows(3), batch_size=100)) == [[0, 1, 2]]


def test_pytorch_s_defaults_and_names() -> None:
    loader = DataLoader(dataset=rows(2), num_workers=2, pin_memory=True)
    assert targets(loader) == [[0], [1]]


def test_batches_are_prepared_tensors() -> None:
    x = np.array([[0, 255], [51, 102]], np.uint8)
    data = Dataset((x, np.array([1, 0])), scale=1 / 255)
    ((a, b),) = DataLoader(data, batch_size=2)
    assert isinstance(a, Tensor)
    np.testing.assert_array_equal(a.numpy(), data.numpy()[0])
    assert a.numpy().dtype == np.float32
    assert b.numpy().tolist() == [1, 0]


def test_shuffled_epochs_visit_every_row_once_and_differ() -> None:
    loader = DataLoader(rows(50), batch_size=7, shuffle=True, seed=1)
    first, second = (seen(loader) for _ in range(2))
    assert sorted(first) == sorted(second) == list(range(50))
    assert first != second
    assert first == loader.order(0).tolist()
    assert second == loader.order(1).tolist()


def test_the_order_is_the_documented_one() -> None:
    order = DataLoader(rows(9), shuffle=True, seed=5).order(7)
    words = [philox((row // 4, 7, 0, 1), (5, 0))[row % 4] for row in range(9)]
    assert order.dtype == np.int32
    assert order.tolist() == np.argsort(words).tolist()


@pytest.mark.parametrize("rows_", [1, 3, 4, 30])
@pytest.mark.parametrize("shuffle", [True, False])
def test_many_orders_at_once_are_those_of_each_epoch(
    monkeypatch: pytest.MonkeyPatch, rows_: int, shuffle: bool
) -> None:
    monkeypatch.setattr(loader_module, "AT_ONCE", 40)
    loader = DataLoader(rows(rows_), shuffle=shuffle, seed=2**40 + 1)
    orders = loader.orders(2**32 - 3, 50)
    assert orders.shape == (50, rows_)
    assert orders.dtype == np.int32
    for number, order in enumerate(orders):
        assert order.tolist() == loader.order(2**32 - 3 + number).tolist()


def test_every_order_is_as_likely() -> None:
    orders = DataLoader(rows(3), shuffle=True, seed=0).orders(0, 6000)
    _, counts = np.unique(orders, axis=0, return_counts=True)
    assert len(counts) == 6
    assert np.all(abs(counts - 1000) < 150)  # five standard deviations


def test_the_order_without_shuffle() -> None:
    order = DataLoader(rows(4)).order(3)
    assert order.dtype == np.int32
    assert order.tolist() == [0, 1, 2, 3]


def test_a_begun_epoch_counts() -> None:
    loader = DataLoader(rows(4), shuffle=True, seed=0)
    next(iter(loader))
    assert loader.epoch == 1
    loader.epoch = 6
    assert seen(loader) == loader.order(6).tolist()
    assert loader.epoch == 7


def test_the_largest_seed_is_a_seed() -> None:
    order = DataLoader(rows(4), shuffle=True, seed=2**64 - 1).order(0)
    assert sorted(order.tolist()) == [0, 1, 2, 3]


def test_a_seed_is_drawn_once_and_only_for_shuffling(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn = iter([42])
    monkeypatch.setattr(random, "draw_seed", lambda: next(drawn))
    targets(DataLoader(rows(4)))
    loader = DataLoader(rows(20), shuffle=True)
    same = DataLoader(rows(20), shuffle=True, seed=42)
    assert loader.order(0).tolist() == same.order(0).tolist()
    assert loader.order(3).tolist() == same.order(3).tolist()


def test_manual_seed_makes_the_order() -> None:
    orders = []
    for _ in range(2):
        random.manual_seed(4)
        orders.append(DataLoader(rows(30), shuffle=True).order(0).tolist())
    assert orders[0] == orders[1]


def test_what_is_pending_is_computed_before_every_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = []
    monkeypatch.setattr(loader_module, "flush_pending", lambda: calls.append(1))
    for taken, _ in enumerate(DataLoader(rows(3)), start=1):
        assert len(calls) == taken


@pytest.mark.parametrize("batch_size", [0, -1, 1.5, "10", True])
def test_a_batch_size_that_is_none(batch_size: Any) -> None:
    with pytest.raises(ValueRangeError, match="expected a whole number of rows"):
        DataLoader(rows(3), batch_size=batch_size)


def test_drop_last_that_leaves_nothing() -> None:
    with pytest.raises(ValueRangeError, match="larger than the data") as caught:
        DataLoader(rows(3), batch_size=4, drop_last=True)
    assert "batch_size=3" in str(caught.value)


@pytest.mark.parametrize("seed", [-1, 2**64, 1.0, "0", True])
def test_a_seed_that_is_none(seed: Any) -> None:
    with pytest.raises(ValueRangeError, match="seed is"):
        DataLoader(rows(3), seed=seed)


def test_empty_data() -> None:
    with pytest.raises(DataError, match="there are no rows"):
        DataLoader((np.zeros((0, 2)), np.zeros(0)))
