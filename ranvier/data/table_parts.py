"""From a table to data sets: what the target is, what is left out, what is learned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ranvier.data import splits
from ranvier.data.dataset import Dataset
from ranvier.data.features import Features
from ranvier.data.sources import as_table
from ranvier.data.table import Table, is_text, missing_in
from ranvier.data.target import CLASSIFICATION, Target
from ranvier.errors import DataError, ValueRangeError

Array = np.ndarray[Any, Any]
PARTS: Final = ("training set", "validation set", "test set")
MOST_IDENTIFYING: Final = 0.5
FEWEST_ROWS: Final = 5


@dataclass(frozen=True, eq=False, repr=False)
class Tabular:
    """A table made ready: three data sets, and how they were made.

    train, val, test: inputs float32 (n, inputs), normalised; targets class numbers
        (n,), or normalised float32 (n, 1), with `target_transform` to go back.
    features, target: the maps, fitted on the training part; `state` keeps them.
    dropped: columns that are left out, each with the reason. notes: what else was done.
    """

    name: str
    train: Dataset
    val: Dataset
    test: Dataset
    features: Features
    target: Target
    dropped: dict[str, str]
    notes: tuple[str, ...]
    split: str

    @property
    def task(self) -> str:
        """ "classification" or "regression"."""
        return self.target.task

    def __repr__(self) -> str:
        sizes = ", ".join(f"{len(p):,}" for p in (self.train, self.val, self.test))
        return (
            f"Tabular({self.name}: {self.task} of '{self.target.name}', "
            f"{self.features.width} inputs, {sizes} rows)"
        )


def tabular(
    data: Any,
    target: str,
    *,
    task: str | None = None,
    lengths: Sequence[float] = (0.64, 0.16, 0.20),
    seed: int = 0,
    time: str | None = None,
    group: str | None = None,
    drop: Sequence[str] = (),
    categories: Sequence[str] = (),
) -> Tabular:
    """Training, validation and test set from a table with a column to predict.

    data: a Table, a data frame, a dict of columns, or the path of a .csv or .parquet
        file.
    task: "regression" or "classification"; by default classes where the target is text
        or at most 20 different whole numbers of ten rows each.
    lengths: the parts' shares or rows. They are drawn by chance, every class in its
        share; with `time` (a column) the newest rows are validation and test, with
        `group` rows of one group are never divided.
    drop: columns to leave out. categories: columns whose numbers are names.
    Numbers are normalised, missing ones become the median; a text becomes one input a
    category. All of it is fitted on the training part alone.
    Raises UnknownNameError: no such column; DataError: a target that is constant or
        missing, fewer rows than classes, no features; ValueRangeError.

        table = rv.data.tabular("houses.csv", target="price")
        run = rv.fit(model, table.train, val=table.val, …)
    """
    table = as_table(data, text=categories)
    for name in (*drop, *categories, *filter(None, (time, group))):
        _ = table[name]
    goal = Target.of(table, target, task)
    table, notes = with_target(table, target)
    rows = parts_of(table, goal, lengths, seed, time, group)
    aside = {target, *filter(None, (time, group))}
    kept, dropped = kept_columns(table, rows[0], aside, set(drop), set(categories))
    reasons = {time: "rows are ordered by it", group: "rows are divided by it"}
    dropped |= {name: reasons[name] for name in (time, group) if name}
    if not kept:
        listed = "; ".join(f"{name}: {why}" for name, why in dropped.items())
        raise DataError(
            f"{table.where}: no column is left to predict '{target}' from ({listed})."
        )
    learned = table.take(rows[0])
    features = Features.fit(learned, kept, set(categories))
    goal = goal.fit(learned)
    train, val, test = (made(table.take(part), features, goal) for part in rows)
    if time:
        val, test = last_seen((train, val, test), sortable(table, time), rows)
    notes += features.notes(table) + ambiguous(table, target)
    how = "time" if time else "group" if group else "stratified" if goal.classes else ""
    parts = (train, val, test)
    return Tabular(
        table.name, *parts, features, goal, dropped, (*table.notes, *notes), how
    )


def made(table: Table, features: Features, goal: Target) -> Dataset:
    """The data set of some rows."""
    return Dataset(
        (features(table), goal(table)),
        name=table.name,
        classes=list(goal.classes) if goal.classes else None,
        target_transform=goal.transform,
    )


def last_seen(
    parts: Sequence[Dataset], times: Array, rows: Sequence[Array]
) -> list[Dataset]:
    """All parts but the first, with the target of the last row of an earlier time."""
    by_time = times[np.concatenate(rows)]
    targets = np.concatenate([part.arrays[1] for part in parts])
    before = targets[np.searchsorted(by_time, by_time) - 1]
    lasts = np.split(before, np.cumsum([len(part) for part in parts])[:-1])
    return [
        part.copy(persistence=last)
        for part, last in zip(parts[1:], lasts[1:], strict=True)
    ]


def with_target(table: Table, target: str) -> tuple[Table, tuple[str, ...]]:
    """The rows that have a target, and a note about the others."""
    missing = missing_in(table[target])
    count = int(missing.sum())
    if not count:
        return table, ()
    note = f"{count:,} rows without '{target}' were left out"
    return table.take(np.flatnonzero(~missing)), (note,)


def ambiguous(table: Table, target: str) -> tuple[str, ...]:
    """A note where several columns had the target's name."""
    same = [n for n in table.names if n.removeprefix(f"{target}.").isdecimal()]
    if not same:
        return ()
    return (f"the target is '{target}'; there are {', '.join(same)} as well",)


def parts_of(
    table: Table,
    goal: Target,
    lengths: Sequence[float],
    seed: int,
    time: str | None,
    group: str | None,
) -> list[Array]:
    """The rows of the training, validation and test part."""
    if len(lengths) != 3:
        raise ValueRangeError(
            f"tabular: lengths has {len(lengths)} numbers; expected three, for "
            "training, validation and test."
        )
    if time and group:
        raise ValueRangeError(
            "tabular: time and group were both given; a split keeps one of them."
        )
    if len(table) < FEWEST_ROWS:
        raise DataError(
            f"{table.where}: {len(table)} rows with a target; at least "
            f"{FEWEST_ROWS} are needed, to learn from, to validate and to test."
        )
    sizes = splits.sizes_of("tabular", lengths, len(table))
    if time:
        return splits.time_rows(sortable(table, time), sizes)
    if group:
        values = table[group]
        return splits.grouped_rows(np.array([str(v) for v in values]), sizes, seed)
    if goal.task == CLASSIFICATION:
        return splits.stratified_rows(goal.labels(table), sizes, seed)
    return splits.random_rows(len(table), sizes, seed)


def sortable(table: Table, time: str) -> Array:
    """Times as something that has an order; none may be missing."""
    values = table[time]
    missing = missing_in(values)
    if missing.any():
        place = table.place(int(missing.argmax()), time)
        raise DataError(f"{place}: the time is missing.")
    return values.astype(str) if is_text(values) else values


def kept_columns(
    table: Table,
    train: Array,
    aside: set[str],
    dropped_by_name: set[str],
    categories: set[str],
) -> tuple[list[str], dict[str, str]]:
    """The columns that something can be learned from; the others with the reason."""
    kept, dropped = [], {}
    for name in table.names:
        if name in aside:
            continue
        reason = "as asked" if name in dropped_by_name else None
        reason = reason or useless(table, name, train, name in categories)
        if reason is None:
            kept.append(name)
        else:
            dropped[name] = reason
    return kept, dropped


def useless(table: Table, name: str, train: Array, is_category: bool) -> str | None:
    """Why nothing can be learned from a column; None if something can."""
    whole = table[name]
    values = whole[train]
    present = values[~missing_in(values)]
    if not len(present):
        return "no value in the training part"
    if len(set(present.tolist())) == 1 and len(present) == len(values):
        return f"constant: {present[0]}"
    if is_text(values):
        count = len(set(present.tolist()))
        if count > 20 and count > MOST_IDENTIFYING * len(present):
            return f"text with {count:,} different values in {len(present):,} rows"
    elif not is_category and counts_rows(whole):
        return "counts the rows"
    return None


def counts_rows(values: Array) -> bool:
    """Whether a column is the number of the row, from any start."""
    return len(values) > 2 and bool((np.diff(values) == 1).all())
