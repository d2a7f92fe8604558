"""Splits that keep classes, groups and time."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranvier.data import grouped_split, stratified_split, time_split
from ranvier.data.dataset import Dataset
from ranvier.data.splits import grouped_rows, stratified_rows, time_rows
from ranvier.errors import DataError, ValueRangeError
from ranvier.random import Generator

SIZES = st.lists(st.integers(1, 40), min_size=1, max_size=4)


def covers(parts: list[np.ndarray], rows: int) -> bool:
    return sorted(np.concatenate(parts).tolist()) == list(range(rows))


@settings(max_examples=200, deadline=None)
@given(SIZES, st.integers(1, 5), st.integers(0, 2**32), st.data())
def test_every_class_has_its_share(
    sizes: list[int], classes: int, seed: int, data: st.DataObject
) -> None:
    rows = sum(sizes)
    labels = np.array(
        data.draw(st.lists(st.integers(0, classes - 1), min_size=rows, max_size=rows))
    )
    parts = stratified_rows(labels, sizes, seed)
    assert [len(part) for part in parts] == sizes
    assert covers(parts, rows)
    for label in np.unique(labels):
        count = int((labels == label).sum())
        for part, size in zip(parts, sizes, strict=True):
            found = int((labels[part] == label).sum())
            assert abs(found - count * size / rows) <= len(sizes)


def test_a_stratified_share_is_met_to_one_row() -> None:
    labels = np.repeat([0, 1, 2], [500, 300, 7])
    parts = stratified_rows(labels, [516, 129, 162], 0)
    for part, share in zip(parts, (0.64, 0.16, 0.2), strict=True):
        found = np.bincount(labels[part], minlength=3)
        assert np.abs(found - share * np.array([500, 300, 7])).max() <= 1.01


@settings(max_examples=200, deadline=None)
@given(SIZES, st.integers(0, 2**32), st.data())
def test_groups_are_never_divided(
    sizes: list[int], seed: int, data: st.DataObject
) -> None:
    rows = sum(sizes)
    groups = np.array(
        data.draw(st.lists(st.integers(0, 9), min_size=rows, max_size=rows))
    )
    if len(np.unique(groups)) < len(sizes):
        with pytest.raises(ValueRangeError, match="a group is never divided"):
            grouped_rows(groups, sizes, seed)
        return
    parts = grouped_rows(groups, sizes, seed)
    assert covers(parts, rows) and all(len(part) for part in parts)
    owners = [set(groups[part].tolist()) for part in parts]
    assert all(not a & b for i, a in enumerate(owners) for b in owners[:i])


@settings(max_examples=200, deadline=None)
@given(SIZES, st.data())
def test_time_goes_one_way(sizes: list[int], data: st.DataObject) -> None:
    rows = sum(sizes)
    times = np.array(
        data.draw(st.lists(st.integers(0, 30), min_size=rows, max_size=rows))
    )
    if len(np.unique(times)) < len(sizes):
        with pytest.raises(ValueRangeError, match="different times are too few"):
            time_rows(times, sizes)
        return
    try:
        parts = time_rows(times, sizes)
    except ValueRangeError:  # a time with so many rows that a part is left empty
        return
    assert covers(parts, rows)
    for before, after in pairwise(parts):
        assert times[before].max() < times[after].min()


def test_dates_are_times() -> None:
    dates = ["2024-02-01", "2023-12-31", "2024-01-15", "2024-03-01"]
    old, new = time_split((np.arange(4.0), np.arange(4)), [2, 2], times=dates)
    assert old.arrays[1].tolist() == [1, 2]
    assert new.arrays[1].tolist() == [0, 3]


def test_same_generator_same_parts() -> None:
    data = (np.arange(30.0), np.arange(30) % 3)
    a, b = (stratified_split(data, [0.5, 0.5], Generator(5)) for _ in range(2))
    assert a[0].arrays[0].tolist() == b[0].arrays[0].tolist()
    assert a[0].arrays[0].tolist() != sorted(a[0].arrays[0].tolist())


def test_what_is_refused() -> None:
    x, y = np.arange(6.0), np.arange(6) % 2
    for words, call in (
        ("must add up", lambda: stratified_split((x, y), [3, 4])),
        ("expected whole numbers", lambda: stratified_split((x, y), [0.5, 0.6])),
        ("measured values", lambda: stratified_split((x, x), [0.5, 0.5])),
        ("groups have shape", lambda: grouped_split((x, y), [1, 2], [0.5, 0.5])),
        ("a row in every part", lambda: time_split((x, y), [0.95, 0.05])),
    ):
        with pytest.raises((ValueRangeError, DataError), match=words):
            call()
    noisy = Dataset((x, y)).augmented(lambda batch: batch * 2)
    with pytest.raises(DataError, match="Split first, then"):
        time_split(noisy, [3, 3])
    with pytest.raises(DataError, match="Split first, then"):
        noisy.split(3, 3)
