"""Parts of a data set that keep what a plain draw may break: classes, groups, time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ranvier import random
from ranvier.data.arrays import is_whole
from ranvier.data.dataset import Dataset, as_dataset
from ranvier.data.refusals import refuse_augmented
from ranvier.data.torch_names import shares
from ranvier.errors import DataError, ValueRangeError

Array = np.ndarray[Any, Any]


def stratified_split(
    dataset: Any,
    lengths: Sequence[float],
    generator: random.Generator | None = None,
    *,
    labels: Any = None,
) -> list[Dataset]:
    """Parts drawn by chance in which every class has its share, to within one row.

    lengths: numbers of rows, or shares that add up to 1.
    labels: what the classes are; by default the targets.
    Raises ValueRangeError: lengths that do not add up; DataError: targets that are no
        class numbers.

    >>> data = (np.arange(10.0), np.array([0, 1] * 5))
    >>> train, val = stratified_split(data, [0.6, 0.4])
    >>> sorted(train.arrays[1].tolist()), sorted(val.arrays[1].tolist())
    ([0, 0, 0, 1, 1, 1], [0, 0, 1, 1])
    """
    data, sizes = checked("stratified_split", dataset, lengths)
    labels = data.arrays[1] if labels is None else np.asarray(labels)
    one_each("stratified_split", "labels", labels, len(data))
    if labels.dtype.kind == "f":
        raise DataError(
            f"stratified_split: targets of {data.name} are {labels.dtype}, measured "
            "values; expected class numbers. Use random_split, or pass labels=."
        )
    rows = stratified_rows(labels, sizes, drawn(generator))
    return [data.take(part) for part in rows]


def grouped_split(
    dataset: Any,
    groups: Any,
    lengths: Sequence[float],
    generator: random.Generator | None = None,
) -> list[Dataset]:
    """Parts drawn by chance in which a group (a patient, a writer) is never divided.

    groups: one value a row; rows of the same value stay together, so the parts are as
        large as was asked for only about.
    Raises ValueRangeError: fewer groups than parts, lengths that do not add up.
    """
    data, sizes = checked("grouped_split", dataset, lengths)
    groups = np.asarray(groups)
    one_each("grouped_split", "groups", groups, len(data))
    rows = grouped_rows(groups, sizes, drawn(generator))
    return [data.take(part) for part in rows]


def time_split(
    dataset: Any, lengths: Sequence[float], times: Any = None
) -> list[Dataset]:
    """Parts in the order of time: the first is the oldest, nothing is drawn.

    times: one value a row, numbers or ISO dates; by default rows are in order already.
    Rows of the same time are never divided, so that no part knows another's moment.

    >>> train, test = time_split((np.arange(10.0), np.arange(10)), [0.8, 0.2])
    >>> test.arrays[0].tolist()
    [8.0, 9.0]
    """
    data, sizes = checked("time_split", dataset, lengths)
    times = np.arange(len(data)) if times is None else np.asarray(times)
    one_each("time_split", "times", times, len(data))
    return [data.take(part) for part in time_rows(times, sizes)]


# ---- the rows of each part -----------------------------------------------------------


def random_rows(count: int, sizes: Sequence[int], seed: int) -> list[Array]:
    """The order of NumPy's Generator(Philox(seed)), cut into runs of these sizes."""
    return cut(generator_of(seed).permutation(count), sizes)


def stratified_rows(labels: Array, sizes: Sequence[int], seed: int) -> list[Array]:
    """One class after the other, each in an order drawn by chance, dealt out."""
    numbers = generator_of(seed)
    order = numbers.permutation(len(labels))
    by_class = np.unique(labels[order], return_inverse=True)[1]
    parts = deal(order[np.argsort(by_class, kind="stable")], sizes)
    return [numbers.permutation(part) for part in parts]


def deal(rows: Array, sizes: Sequence[int]) -> list[Array]:
    """Rows one by one, evenly, so that every stretch of them is shared out as well."""
    whole = sum(sizes)
    due = np.concatenate(
        [(np.arange(size) + 0.5) * (whole / size) for size in sizes if size]
    )
    owner = np.repeat(np.arange(len(sizes)), sizes)[np.argsort(due, kind="stable")]
    return [rows[: len(owner)][owner == part] for part in range(len(sizes))]


def grouped_rows(groups: Array, sizes: Sequence[int], seed: int) -> list[Array]:
    """Groups, the largest first, each to the part that has most room left."""
    names, inverse, counts = np.unique(groups, return_inverse=True, return_counts=True)
    if len(names) < len(sizes):
        raise ValueRangeError(
            f"grouped_split: {len(names)} groups for {len(sizes)} parts; a group is "
            "never divided. Ask for fewer parts."
        )
    numbers = generator_of(seed)
    mixed = numbers.permutation(len(names))
    order = mixed[np.argsort(-counts[mixed], kind="stable")]
    room = np.array(sizes, np.float64)
    owner, empty = np.empty(len(names), np.int64), set(range(len(sizes)))
    for left, group in zip(range(len(order), 0, -1), order, strict=True):
        open_parts = sorted(empty) if left <= len(empty) else range(len(sizes))
        part = max(open_parts, key=lambda p: room[p])
        owner[group] = part
        room[part] -= counts[group]
        empty.discard(part)
    found = [np.flatnonzero(owner[inverse] == part) for part in range(len(sizes))]
    return [numbers.permutation(part) for part in found]


def time_rows(times: Array, sizes: Sequence[int]) -> list[Array]:
    """The rows by time, cut where a new time begins."""
    order = np.argsort(times, kind="stable")
    by_time = times[order]
    wanted = np.cumsum(sizes)[:-1]
    first = by_time[np.minimum(wanted, len(times) - 1)]
    cuts = np.searchsorted(by_time, first)
    parts = np.split(order, cuts)
    if not all(len(part) for part in parts):
        raise ValueRangeError(
            f"time_split: {len(np.unique(by_time))} different times are too few for "
            f"parts of {', '.join(map(str, sizes))} rows; rows of one time are never "
            "divided."
        )
    return parts


def cut(order: Array, sizes: Sequence[int]) -> list[Array]:
    return np.split(order, np.cumsum(sizes))[: len(sizes)]


def generator_of(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(seed))


def drawn(generator: random.Generator | None) -> int:
    return random.draw_seed() if generator is None else generator.draw_seed()


def checked(
    what: str, dataset: Any, lengths: Sequence[float]
) -> tuple[Dataset, list[int]]:
    """The data set, and the lengths as numbers of rows that add up."""
    data = as_dataset(dataset)
    refuse_augmented(data, what)
    return data, sizes_of(what, lengths, len(data))


def sizes_of(what: str, lengths: Sequence[float], rows: int) -> list[int]:
    """Lengths as numbers of rows, none of them 0."""
    if all(map(is_whole, lengths)) and lengths:
        sizes = [int(n) for n in lengths]
    else:
        sizes = shares(lengths, rows, what)
    if sum(sizes) != rows or not all(sizes):
        raise ValueRangeError(
            f"{what}: the lengths {list(lengths)} make parts of {sizes} rows, the data "
            f"set has {rows:,}; they must add up, with a row in every part."
        )
    return sizes


def one_each(what: str, name: str, values: Array, rows: int) -> None:
    if values.shape != (rows,):
        raise DataError(
            f"{what}: {name} have shape {values.shape}; expected one value a row, "
            f"({rows},)."
        )
