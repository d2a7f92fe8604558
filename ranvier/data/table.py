"""A table: named columns of numbers or of text, before it becomes a data set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ranvier.errors import DataError, DTypeError, UnknownNameError, nearest

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False, repr=False)
class Table:
    """Named columns of equal length.

    columns: float64 arrays with NaN where a number is missing, or object arrays of
        texts with None where one is missing; made from arrays and lists of either.
    name: what messages and reports call it.
    lines: for each row the line of the file that it was read from; rows: its number in
        the table that this one was taken from.
    notes: what a reader changed, in words, such as names given to columns.
    source: the file that it was read from, for messages.
    Raises DataError: no columns, no rows, different lengths, more than one dimension;
        DTypeError: values that are neither numbers nor texts.

    >>> table = Table({"size": [50, 80, None], "town": ["Ulm", None, "Bonn"]})
    >>> table
    Table(table: 3 rows, size, town)
    >>> table["size"]
    array([50., 80., nan])
    """

    columns: Mapping[str, Any]
    name: str = "table"
    lines: Array | None = None
    notes: tuple[str, ...] = ()
    source: str = ""
    rows: Array | None = None

    def __post_init__(self) -> None:
        made = {str(k): column(str(k), v) for k, v in self.columns.items()}
        if not made:
            raise DataError(f"{self.where}: there are no columns.")
        lengths = {name: len(values) for name, values in made.items()}
        first, rows = next(iter(lengths.items()))
        other = next((name for name, n in lengths.items() if n != rows), None)
        if other is not None:
            raise DataError(
                f"{self.where}: column '{other}' has {lengths[other]:,} rows, '{first}'"
                f" has {rows:,}; expected as many in every column."
            )
        if not rows:
            raise DataError(
                f"{self.where}: there are no rows below the names of the columns; "
                "expected at least one."
            )
        object.__setattr__(self, "columns", made)

    @property
    def where(self) -> str:
        """What messages call it: its file, else its name."""
        return self.source or self.name

    @property
    def names(self) -> list[str]:
        """The names of the columns, in order."""
        return list(self.columns)

    def __getitem__(self, name: str) -> Array:
        """A column; an unknown name gets the nearest one suggested."""
        if name not in self.columns:
            raise unknown_column(self.where, name, self.columns)
        found: Array = self.columns[name]
        return found

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def take(self, rows: Array) -> Table:
        """The table of these rows, in this order."""
        lines = self.lines[rows] if self.lines is not None else None
        numbers = np.arange(len(self)) if self.rows is None else self.rows
        columns = {name: values[rows] for name, values in self.columns.items()}
        return replace(self, columns=columns, lines=lines, rows=numbers[rows])

    def place(self, row: int, name: str) -> str:
        """Where a cell stands, for messages: ``a.csv, line 7, column 'age'``."""
        number = row if self.rows is None else self.rows[row]
        where = f"row {number}" if self.lines is None else f"line {self.lines[row]}"
        return f"{self.where}, {where}, column '{name}'"

    def __repr__(self) -> str:
        some = ", ".join(self.names[:8]) + ", …" * (len(self.columns) > 8)
        return f"Table({self.name}: {len(self):,} rows, {some})"


def column(name: str, values: Any) -> Array:
    """float64 with NaN, or an object array of texts and None."""
    array = values if isinstance(values, np.ndarray) else as_objects(list(values))
    if array.ndim != 1:
        raise DataError(
            f"column '{name}' has {array.ndim} dimensions; expected one value a row."
        )
    if array.dtype.kind in "biuf":
        return array.astype(np.float64, copy=False)
    if array.dtype.kind in "US":
        return as_objects([str(value) for value in array.tolist()])
    kinds = {type(value) for value in array if value is not None}
    if all(issubclass(kind, int | float | np.number | np.bool_) for kind in kinds):
        return np.array([np.nan if v is None else v for v in array], np.float64)
    if kinds <= {str}:
        return array
    mixed = ", ".join(sorted(kind.__name__ for kind in kinds))
    raise DTypeError(
        f"column '{name}' holds {mixed}; expected numbers only or texts only. Convert "
        "it, for example with [str(v) for v in column]."
    )


def as_objects(values: list[Any]) -> Array:
    """An object array of one dimension, whatever the values are."""
    array = np.empty(len(values), object)
    array[:] = values
    return array


def is_text(values: Array) -> bool:
    """Whether a column of a table holds texts."""
    return bool(values.dtype == object)


def missing_in(values: Array) -> Array:
    """Which rows of a column have no value: (n,) bool."""
    if is_text(values):
        return np.array([value is None for value in values], bool)
    return np.asarray(np.isnan(values))


def unknown_column(table: str, name: str, names: Iterable[str]) -> UnknownNameError:
    """The error for a column that is not there."""
    known = list(names)
    shown = ", ".join(known[:20]) + ", …" * (len(known) > 20)
    hint = nearest(str(name), known) or "."
    return UnknownNameError(
        f"{table}: there is no column '{name}'{hint} There are: {shown}."
    )
