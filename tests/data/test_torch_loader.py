"""What PyTorch's loader, samplers and data sets do, ours do."""

from __future__ import annotations

import random
from collections import Counter, namedtuple
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import ranvier as rv
from ranvier import nn, optim
from ranvier.errors import DataError, DTypeError, UnsupportedError, ValueRangeError
from ranvier.utils import data as td


class Noisy(td.Dataset):
    """Items with a random change, as in a tutorial on transforms."""

    def __init__(self, rows: int = 6, draw: Any = random.random) -> None:
        self.rows, self.draw, self.read = rows, draw, Counter[int]()

    def __len__(self) -> int:
        return self.rows

    def __getitem__(self, row: int) -> Any:
        self.read[row] += 1
        return rv.tensor([row + self.draw()]), row % 2


class Counting(td.IterableDataset):
    def __init__(self, end: int) -> None:
        super().__init__()
        self.end = end

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.end))


def lists(loader: Any) -> list[Any]:
    return [batch.tolist() for batch in loader]


# ---- random items --------------------------------------------------------------------


def test_a_loop_reads_items_anew_in_every_epoch() -> None:
    rows = Noisy()
    loader = td.DataLoader(rows, batch_size=4)
    assert loader.dataset is rows and not rows.read
    epochs = [np.concatenate([x.numpy() for x, _ in loader]) for _ in range(2)]
    assert (epochs[0] != epochs[1]).all() and set(rows.read.values()) == {2}


@pytest.mark.parametrize(
    "draw",
    [
        random.random,
        np.random.random,
        lambda: rv.rand(1).item(),
        np.random.default_rng(0).random,
    ],
    ids=["python", "numpy", "ranvier", "its own generator"],
)
def test_a_native_run_reads_them_anew_too(draw: Any) -> None:
    @rv.compile
    def step(x: Any, y: Any) -> Any:
        return x.sum()

    sums = step.over(td.DataLoader(Noisy(draw=draw), batch_size=6), epochs=4)
    assert len(set(sums.tolist())) == 4


def test_items_that_stay_are_read_once() -> None:
    rows, seen = Noisy(40, lambda: 0.5), []
    loader = td.DataLoader(rows, batch_size=8, shuffle=True, seed=0)
    step = rv.compile(lambda x, y: x.sum())
    for _ in range(2):
        seen.append(step.over(loader, epochs=3).tolist())
    assert max(rows.read.values()) == 2  # the second time to see whether they stay


def test_fit_and_evaluate_and_what_needs_the_same_rows_twice() -> None:
    rows = Noisy(8)
    model = nn.Sequential(nn.Linear(1, 2))
    run = rv.fit(
        model,
        rows,
        val=rows,
        loss=nn.CrossEntropyLoss(),
        optimizer=optim.SGD(model.parameters(), lr=0.01),
        epochs=3,
        batch_size=4,
    )
    assert run.epochs == 3 and min(rows.read.values()) >= 6
    assert 0 <= rv.evaluate(model, rows)["accuracy"] <= 1
    with pytest.raises(DataError, match="others at every reading, and rewind"):
        run.rewind(1)
    part = rv.data.as_dataset(rows).take(np.arange(4))
    assert isinstance(part.source, td.Subset) and len(part.read_again()) == 4


# ---- orders --------------------------------------------------------------------------


def test_samplers() -> None:
    rv.manual_seed(0)
    assert sorted(td.RandomSampler(range(5))) == [0, 1, 2, 3, 4]
    assert len(list(td.RandomSampler(range(5), num_samples=12))) == 12
    drawn = list(td.RandomSampler(range(2), replacement=True, num_samples=50))
    assert set(drawn) == {0, 1} and len(drawn) == 50
    some = td.SubsetRandomSampler([7, 8, 9])
    orders = {tuple(some) for _ in range(50)}
    assert len(orders) == 6 and len(some) == 3
    weighted = td.WeightedRandomSampler([1, 0, 3], 4000)
    shares = Counter(weighted)
    assert set(shares) == {0, 2} and abs(shares[2] - 3000) < 140  # five deviations
    assert set(td.WeightedRandomSampler([1, 1, 0], 2, replacement=False)) == {0, 1}
    same = [list(td.RandomSampler(range(9), generator=rv.Generator(3))) for _ in "ab"]
    assert same[0] == same[1]
    batches = td.BatchSampler(td.SequentialSampler(range(5)), 2, True)
    assert list(batches) == [[0, 1], [2, 3]] and len(batches) == 2


def test_a_loader_with_samplers() -> None:
    rows = (np.arange(6.0),)
    loader = td.DataLoader(rows, 2, sampler=[5, 0, -1])
    assert [x.tolist() for (x,) in loader] == [[5, 0], [5]] and len(loader) == 2
    batches = td.DataLoader(rows, batch_sampler=[[0], [2, 3, 4]])
    assert [x.tolist() for (x,) in batches] == [[0], [2, 3, 4]] and len(batches) == 2
    step = rv.compile(lambda x: x.sum())
    assert step.over(loader).tolist() == [5, 5]
    weights = td.WeightedRandomSampler([0, 1, 0, 0, 0, 0], 4)
    assert step.over(td.DataLoader(rows, 2, sampler=weights), epochs=2).tolist() == [
        2,
        2,
        2,
        2,
    ]
    assert len(td.DataLoader(rows, 4, sampler=weights).sampler) == 4
    with pytest.raises(DataError, match="the sampler gives row 6"):
        next(iter(td.DataLoader(rows, sampler=[6])))


def test_a_generator_makes_the_order() -> None:
    orders = [
        td.DataLoader(range(20), shuffle=True, generator=rv.Generator(5)).order(0)
        for _ in range(2)
    ]
    assert orders[0].tolist() == orders[1].tolist()


# ---- mini-batches --------------------------------------------------------------------


def test_default_collate() -> None:
    Point = namedtuple("Point", "x y")
    batch = [
        {"a": (1, 2.5), "b": "x", "c": Point(np.ones(2), True)},
        {"a": (3, 4.5), "b": "y", "c": Point(np.zeros(2), False)},
    ]
    found = td.default_collate(batch)
    whole, broken = found["a"]
    assert (whole.tolist(), whole.dtype) == ([1, 3], rv.int64)
    assert (broken.tolist(), broken.dtype) == ([2.5, 4.5], rv.float64)
    assert found["b"] == ["x", "y"] and isinstance(found["c"], Point)
    assert found["c"].x.shape == (2, 2) and found["c"].y.dtype is rv.bool
    x = rv.ones(2, requires_grad=True)
    assert td.default_collate([x, x]).requires_grad
    with pytest.raises(DTypeError, match=r"holds a NoneType.*collate_fn"):
        td.default_collate([None])
    with pytest.raises(DataError, match="item 1 has 1 parts, item 0 has 2"):
        td.default_collate([(1, 2), (3,)])


def test_collate_fn_gets_items_and_is_refused_where_it_cannot_be_called() -> None:
    words = [rv.arange(n) for n in (3, 1, 2)]
    pad = nn.utils.rnn.pad_sequence
    loader = td.DataLoader(words, 3, collate_fn=lambda b: pad(b, batch_first=True))
    assert lists(loader) == [[[0, 1, 2], [0, 0, 0], [0, 1, 0]]]
    rows = td.TensorDataset(rv.ones(2, 3), rv.arange(2))
    items = td.DataLoader(rows, 2, collate_fn=list)
    ((x, y), _) = next(iter(items))
    assert x.shape == (3,) and y.shape == () and y.dtype is rv.int64
    with pytest.raises(UnsupportedError, match="has collate_fn, and a run"):
        rv.compile(lambda x: x.sum()).over(loader)
    with pytest.raises(UnsupportedError, match="fit: the DataLoader has a sampler"):
        td.DataLoader((np.ones(3),), sampler=[0]).whole("fit")


def test_without_batches_and_forward_only() -> None:
    assert list(td.DataLoader([3, 4], batch_size=None)) == [3, 4]
    loader = td.DataLoader(Counting(5), batch_size=2)
    assert lists(loader) == [[0, 1], [2, 3], [4]]
    assert lists(td.DataLoader(Counting(5), 2, drop_last=True)) == [[0, 1], [2, 3]]
    assert lists(td.DataLoader(Counting(1) + Counting(2), 3)) == [[0, 0, 1]]
    with pytest.raises(TypeError):
        len(loader)
    with pytest.raises(UnsupportedError, match="an IterableDataset"):
        rv.compile(lambda x: x).over(loader)


def test_plain_tensors_lists_and_dicts() -> None:
    assert lists(td.DataLoader(rv.arange(5), batch_size=2)) == [[0, 1], [2, 3], [4]]
    assert lists(td.DataLoader(np.arange(3), batch_size=3)) == [[0, 1, 2]]
    (found,) = td.DataLoader([{"x": 1}, {"x": 2}], batch_size=2)
    assert found["x"].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sampler": [0], "shuffle": True}, "both say"),
        ({"batch_sampler": [[0]], "batch_size": 2}, "leave out batch_size"),
        ({"batch_sampler": [[0]], "drop_last": True}, "leave out batch_size"),
    ],
)
def test_options_that_exclude_each_other(options: Any, message: str) -> None:
    with pytest.raises(ValueRangeError, match=message):
        td.DataLoader(range(3), **options)
    with pytest.raises(ValueRangeError, match="IterableDataset says itself"):
        td.DataLoader(Counting(3), shuffle=True)


def test_what_has_no_effect_is_taken() -> None:
    loader = td.DataLoader(
        range(2),
        num_workers=2,
        timeout=5,
        worker_init_fn=print,
        prefetch_factor=4,
        persistent_workers=True,
        pin_memory_device="",
    )
    assert lists(loader) == [[0], [1]] and loader.num_workers == 2
    assert td.get_worker_info() is None


# ---- data sets -----------------------------------------------------------------------


def test_parts_of_arrays_are_arrays_and_of_classes_are_asked() -> None:
    rows = td.TensorDataset(rv.arange(6).float(), rv.arange(6))
    part = td.Subset(rows, [4, 1])
    assert part.indices == [4, 1] and part.dataset is rows
    assert [a.tolist() for a in part.arrays] == [[4, 1], [4, 1]]
    noisy = Noisy(10)
    a, b = td.random_split(noisy, [0.7, 0.3], generator=rv.Generator(0))
    assert (len(a), len(b)) == (7, 3) and not noisy.read
    assert sorted([*a.indices, *b.indices]) == list(range(10))
    assert a[0][0].item() != a[0][0].item()
    again, _ = td.random_split(noisy, [7, 3], generator=rv.Generator(0))
    assert again.indices == a.indices
    assert [y for _, y in td.Subset(a, [0])] == [a.indices[0] % 2]


def test_one_after_the_other_and_side_by_side() -> None:
    a, b = td.TensorDataset(rv.zeros(2, 3)), td.TensorDataset(rv.ones(3, 3))
    both = a + b
    assert len(both) == 5 and both.arrays[0].sum() == 9
    mixed = td.ConcatDataset([a, Noisy(4), [7, 8]])
    assert len(mixed) == 8 and mixed[-1] == 8 and mixed[2][1] == 0
    assert mixed.cumulative_sizes == [2, 6, 8]
    stacked = td.StackDataset(Noisy(2), ["a", "b"])
    assert len(stacked) == 2 and stacked[1][1] == "b"
    assert td.StackDataset(x=[1, 2], y=[3, 4])[1] == {"x": 2, "y": 4}
    with pytest.raises(DataError, match=r"have \[1, 2\] rows"):
        td.StackDataset([1], [1, 2])


def test_items_are_tensors() -> None:
    x, y = rv.data.load("digits")[0]
    assert isinstance(x, rv.Tensor) and type(y) is int
    a, b = td.TensorDataset(rv.ones(3, 2), rv.arange(3))[:2]
    assert a.shape == (2, 2) and b.tolist() == [0, 1]


def test_a_dataset_may_be_subscripted_and_have_any_fields() -> None:
    class Typed(td.Dataset[int]):
        def __init__(self) -> None:
            self.split, self.numpy, self.source = "train", 1, "folder"

        def __len__(self) -> int:
            return 2

        def __getitem__(self, row: int) -> int:
            return row

    parts = td.random_split(Typed(), [1, 1], rv.Generator(0))
    assert sorted(part[0] for part in parts) == [0, 1]
    assert lists(td.DataLoader(Typed(), 2)) == [[0, 1]]
