"""The columns that a prediction is made from, as one array of inputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ranvier.data.table import Table, as_objects, is_text, missing_in
from ranvier.data.transforms.categories import OneHot
from ranvier.data.transforms.impute import Impute
from ranvier.data.transforms.normalize import Normalize
from ranvier.errors import DataError

Array = np.ndarray[Any, Any]
MOST_CATEGORIES: Final = 50


@dataclass(frozen=True, eq=False)
class Features:
    """[normalised numbers | one input a category], in float32.

    numbers: columns of numbers; impute and normalize hold a value for each.
    categories: columns of names, each with its OneHot.
    """

    numbers: tuple[str, ...]
    impute: Impute
    normalize: Normalize
    categories: tuple[tuple[str, OneHot], ...]

    @classmethod
    def fit(cls, train: Table, names: Sequence[str], as_names: set[str]) -> Features:
        """The maps that the training part gives; at most 50 categories a column."""
        texts = [n for n in names if is_text(train[n]) or n in as_names]
        numbers = tuple(n for n in names if n not in texts)
        one_hot = ((n, OneHot(most=MOST_CATEGORIES).fit(train[n])) for n in texts)
        raw = stacked(train, numbers)
        impute = Impute().fit(raw)
        return cls(numbers, impute, Normalize().fit(impute(raw)), tuple(one_hot))

    def __call__(self, table: Table) -> Array:
        """(n, inputs) float32; the columns may be in any order, others are ignored.

        Raises UnknownNameError: a column is missing; DataError: texts where numbers
            were learned from, infinite numbers.
        """
        parts = [one_hot(as_names(table[name])) for name, one_hot in self.categories]
        if self.numbers:
            raw = self.impute(stacked(table, self.numbers))
            parts.insert(0, self.normalize(raw).astype(np.float32))
        return np.concatenate(parts, 1)

    @property
    def names(self) -> list[str]:
        """What each input is: ``age``, ``town=Ulm``."""
        found = list(self.numbers)
        for name, one_hot in self.categories:
            found += [f"{name}={category}" for category in one_hot.names or ()]
        return found

    @property
    def width(self) -> int:
        """How many inputs a row has."""
        return len(self.names)

    @property
    def columns(self) -> list[str]:
        """The columns that a table has to have."""
        return [*self.numbers, *(name for name, _ in self.categories)]

    def notes(self, table: Table) -> tuple[str, ...]:
        """What was filled in and what was not known, in words."""
        told = []
        for name, value in zip(self.numbers, self.filled(), strict=True):
            count = int(missing_in(table[name]).sum())
            if count:
                told.append(
                    f"'{name}': {count:,} missing values became the median, {value:.6g}"
                )
        for name, one_hot in self.categories:
            values = as_names(table[name])
            count = int((~one_hot(values).any(1) & ~missing_in(values)).sum())
            if count:
                known = len(one_hot.names or ())
                told.append(
                    f"'{name}': {count:,} values are not among the {known} categories "
                    "of the training part; they count as none of them"
                )
        return tuple(told)

    def filled(self) -> list[float]:
        """What stands for a missing value of each column of numbers."""
        return [] if self.impute.values is None else self.impute.values.tolist()


def stacked(table: Table, names: Sequence[str]) -> Array:
    """Columns of numbers side by side, (n, columns) float64."""
    raw = np.empty((len(table), len(names)))
    for place, name in enumerate(names):
        values = table[name]
        if is_text(values) and not missing_in(values).all():
            row = int(np.argmin(missing_in(values)))
            raise DataError(
                f"{table.place(row, name)}: {values[row]!r:.40} is not a "
                "number; the model learned this column as numbers."
            )
        raw[:, place] = np.nan if is_text(values) else values
    infinite = np.isinf(raw)
    if infinite.any():
        row, place = (int(i) for i in np.unravel_index(infinite.argmax(), raw.shape))
        raise DataError(
            f"{table.place(row, names[place])}: {raw[row, place]} is no "
            "finite number. Leave the cell empty if the value is missing."
        )
    return raw


def as_names(values: Array) -> Array:
    """A column as names: a number as it would be written, a missing one as None."""
    if is_text(values):
        return values
    written = [None if v != v else f"{v:.15g}" for v in values.tolist()]
    return as_objects(written)
