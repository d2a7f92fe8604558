"""The column to predict: classes or a measured value."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from ranvier.data.table import Table, is_text, missing_in
from ranvier.data.transforms.categories import Categories, listed
from ranvier.data.transforms.normalize import Normalize
from ranvier.data.transforms.transform import Transform
from ranvier.errors import DataError, UnknownNameError, nearest

Array = np.ndarray[Any, Any]
CLASSIFICATION: Final = "classification"
REGRESSION: Final = "regression"
MOST_CLASSES: Final = 20
ROWS_A_CLASS: Final = 10


@dataclass(frozen=True, eq=False)
class Target:
    """What is predicted, as the model sees it and as the user does.

    why: how the task was found out, in words.
    transform: Normalize for measured values, Categories for classes; its inverse gives
        back the user's units or names.
    """

    name: str
    task: str
    why: str
    transform: Transform

    @classmethod
    def of(cls, table: Table, name: str, task: str | None = None) -> Target:
        """The task that fits a column, or the one that was asked for.

        Raises UnknownNameError: no such column or task; DataError: nothing in it, one
            value only, more classes than rows.
        """
        check_task(task)
        values = table[name]
        values = values[~missing_in(values)]
        check_varies(table, name, values)
        found, why = inferred(values)
        if task is not None and task != found:
            found, why = task, "as asked"
        if found == REGRESSION:
            if is_text(values):
                raise DataError(
                    f"{table.where}: '{name}' holds texts such as {values[0]!r:.40}; "
                    "regression needs numbers. Use task='classification'."
                )
            check_finite(table, name)
            return cls(name, found, why, Normalize())
        check_classes(table, name, values)
        return cls(name, found, why, Categories(tuple(ordered(values))))

    @property
    def classes(self) -> tuple[str, ...] | None:
        """The names of the classes; None for a measured value."""
        if isinstance(self.transform, Categories) and self.transform.names:
            return tuple(self.transform.names)
        return None

    def fit(self, train: Table) -> Target:
        """Normalised as the training part says; classes are known already."""
        if self.task == CLASSIFICATION:
            return self
        return replace(self, transform=self.transform.fit(train[self.name][:, None]))

    def labels(self, table: Table) -> Array:
        """Class numbers from 0, (n,) int64."""
        found: Array = self.transform(table[self.name]) - 1
        return found

    def __call__(self, table: Table) -> Array:
        """Targets as the model sees them: (n,) int64, or (n, 1) float32."""
        if self.task == CLASSIFICATION:
            return self.labels(table)
        values: Array = self.transform(table[self.name][:, None])
        return values.astype(np.float32)


def inferred(values: Array) -> tuple[str, str]:
    """Regression or classification, and the reason."""
    if is_text(values):
        return CLASSIFICATION, f"{len(set(values.tolist())):,} different texts"
    distinct = np.unique(values)
    are = "different values"
    if not (np.isfinite(distinct).all() and (distinct == np.round(distinct)).all()):
        return REGRESSION, f"{len(distinct):,} {are}, not all whole"
    few = len(distinct) <= MOST_CLASSES
    if few and len(values) >= ROWS_A_CLASS * len(distinct):
        return CLASSIFICATION, f"{len(distinct)} {are}, all whole"
    return REGRESSION, f"{len(distinct):,} {are}"


def ordered(values: Array) -> list[str]:
    """The names of the classes: numbers by size, texts by letters."""
    return [
        str(value) for value in listed(np.array(sorted(set(values.tolist())), object))
    ]


def check_task(task: str | None) -> None:
    if task is not None and task not in (CLASSIFICATION, REGRESSION):
        hint = nearest(str(task), (CLASSIFICATION, REGRESSION)) or "."
        raise UnknownNameError(
            f"no task is called {task!r}{hint} There are: {CLASSIFICATION}, "
            f"{REGRESSION}."
        )


def check_varies(table: Table, name: str, values: Array) -> None:
    """There is something to predict."""
    if not len(values):
        raise DataError(
            f"{table.where}: '{name}' has no value in any row; choose another target."
        )
    if len(set(values.tolist())) == 1:
        (only,) = listed(values[:1])
        raise DataError(
            f"{table.where}: '{name}' is {only!r} in every row; there is nothing to "
            "tell apart. Choose another target."
        )


def check_finite(table: Table, name: str) -> None:
    infinite = np.isinf(table[name])
    if infinite.any():
        raise DataError(
            f"{table.place(int(infinite.argmax()), name)}: the target "
            "is infinite; expected finite numbers."
        )


def check_classes(table: Table, name: str, values: Array) -> None:
    """Enough rows to learn a class from some and to test it on others."""
    counts = Counter(values.tolist())
    if len(counts) >= len(values) / 2:
        raise DataError(
            f"{table.where}: '{name}' has {len(counts):,} classes in {len(values):,} "
            "rows; a class cannot be learned from one row. For a measured value use "
            "task='regression', else choose another target."
        )
