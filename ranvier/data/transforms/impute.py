"""Something in the place of what is missing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final, Self

import numpy as np

from ranvier.data.transforms.transform import Transform, inputs_of
from ranvier.errors import DataError, UnknownNameError, nearest

Array = np.ndarray[Any, Any]
STRATEGIES: Final = ("median", "mean", "most_frequent")


@dataclass(frozen=True, eq=False)
class Impute(Transform):
    """NaN becomes the column's median, mean or most frequent value: (n, f) → (n, f).

    strategy: scikit-learn's words "median", "mean", "most_frequent".
    values: what is filled in, one number a column; by default found by `fit`.
    Raises DataError: a column without any value.

    >>> impute = Impute().fit(np.array([[1.0], [2.0], [9.0], [np.nan]]))
    >>> impute(np.array([[np.nan], [4.0]])).tolist()
    [[2.0], [4.0]]
    >>> impute.missing(np.array([[np.nan], [4.0]]))
    1
    """

    strategy: str = "median"
    values: Any = None

    def __post_init__(self) -> None:
        if self.strategy not in STRATEGIES:
            hint = nearest(str(self.strategy), STRATEGIES) or "."
            raise UnknownNameError(
                f"Impute: no strategy is called {self.strategy!r}{hint} There are: "
                f"{', '.join(STRATEGIES)}."
            )
        if self.values is not None:
            numbers = np.atleast_1d(np.asarray(self.values, np.float64))
            object.__setattr__(self, "values", numbers)

    def fit(self, x: Any) -> Self:
        rows = inputs_of(x)
        columns = rows[:, None] if rows.ndim == 1 else rows
        return replace(self, values=[self.of(c, i) for i, c in enumerate(columns.T)])

    def of(self, column: Array, place: int) -> float:
        """What stands for a missing value of one column."""
        present = column[~np.isnan(column)]
        if not present.size:
            raise DataError(f"Impute: column {place} holds no value; leave it out.")
        if self.strategy == "most_frequent":
            found, counts = np.unique(present, return_counts=True)
            return float(found[counts.argmax()])
        return float(
            np.median(present) if self.strategy == "median" else present.mean()
        )

    def __call__(self, x: Any) -> Array:
        self.require_fitted()
        rows = np.asarray(x)
        return np.where(np.isnan(rows), self.values.astype(rows.dtype), rows)

    def missing(self, x: Any) -> int:
        """How many values would be filled in."""
        return int(np.isnan(np.asarray(x)).sum())

    def inverse(self, y: Any) -> Any:
        """`y` itself: what was there is still there."""
        return y

    def is_fitted(self) -> bool:
        return self.values is not None
