"""The settings of many runs, from lists of values."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ranvier.errors import DTypeError, ValueRangeError

Settings = dict[str, Any]
MANY = 100_000


def settings_of(grid: Any, seeds: Any) -> list[Settings]:
    """One dict of settings a run: every combination of a dict's lists, or a list of
    dicts as it is; each with every seed.

    >>> settings_of({"lr": [0.1, 0.01]}, None)
    [{'lr': 0.1, 'seed': 0}, {'lr': 0.01, 'seed': 0}]
    >>> settings_of(None, 2)
    [{'seed': 0}, {'seed': 1}]
    """
    if grid is None and seeds is None:
        raise ValueRangeError(
            "sweep: there is nothing to vary; pass grid={'lr': [0.01, 0.1]}, or "
            "seeds=5."
        )
    rows = [{}] if grid is None else rows_of(grid)
    if seeds is not None and any("seed" in row for row in rows):
        raise ValueRangeError(
            "sweep: seeds are given twice, as seeds=… and in the grid; leave one out."
        )
    numbers = seeds_of(seeds)
    runs = [{"seed": n} | row for row in rows for n in numbers]
    for run in runs:
        run["seed"] = seed_of(run.pop("seed"))
    return runs


def rows_of(grid: Any) -> list[Settings]:
    if isinstance(grid, Mapping):
        return combinations(grid)
    if isinstance(grid, Sequence) and not isinstance(grid, str):
        if not grid:
            raise ValueRangeError("sweep: the grid is an empty list; it has no runs.")
        if all(isinstance(row, Mapping) for row in grid):
            return [dict(row) for row in grid]
    raise DTypeError(
        f"sweep: grid is {grid!r:.60}; expected a dict of lists, such as "
        "{'lr': [0.01, 0.1]}, or a list of dicts, one a run."
    )


def combinations(grid: Mapping[str, Any]) -> list[Settings]:
    """Every combination; the last name changes fastest."""
    if not grid:
        raise ValueRangeError(
            "sweep: the grid is empty; name what is to vary, such as "
            "grid={'lr': [0.01, 0.1]}."
        )
    columns = [values_of(name, values) for name, values in grid.items()]
    count = int(np.prod([float(len(column)) for column in columns]))
    if count > MANY:
        raise ValueRangeError(
            f"sweep: the grid has {count:,} combinations; {MANY:,} runs are the most. "
            "Take fewer values, or draw some of them with rv.search."
        )
    return [dict(zip(grid, row, strict=True)) for row in itertools.product(*columns)]


def values_of(name: Any, values: Any) -> list[Any]:
    """The values of one name as a list of at least one."""
    if not isinstance(name, str):
        raise DTypeError(f"sweep: grid has the name {name!r}; expected a string.")
    single = isinstance(values, str | bytes | Mapping)
    if single or not hasattr(values, "__iter__"):
        raise DTypeError(
            f"sweep: {name} is {values!r:.40}; expected a list of the values to try, "
            f"such as {{'{name}': [{values!r:.40}]}}."
        )
    found = [v.item() if isinstance(v, np.generic) else v for v in values]
    if not found:
        raise ValueRangeError(
            f"sweep: the grid has no value for {name}, so there is no run. Give at "
            "least one, or leave the name out."
        )
    return found


def seeds_of(seeds: Any, who: str = "sweep") -> list[Any]:
    """`seeds=5` is 0 to 4; without seeds all runs have seed 0."""
    if seeds is None:
        return [0]
    if isinstance(seeds, int | np.integer) and not isinstance(seeds, bool):
        if seeds < 1:
            raise ValueRangeError(f"{who}: seeds={seeds}; expected at least 1.")
        return list(range(int(seeds)))
    return values_of("seeds", seeds)


def seed_of(seed: Any) -> int:
    """A whole number that fits into 64 bits."""
    whole = isinstance(seed, int | np.integer) and not isinstance(seed, bool)
    if not (whole and 0 <= seed < 2**64):
        raise ValueRangeError(
            f"sweep: a seed is {seed!r:.40}; expected a whole number from 0 up to "
            "2**64, so that the run can be made again."
        )
    return int(seed)
