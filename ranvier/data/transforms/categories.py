"""Categories as numbers: an index for an embedding, or one input a category."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Self

import numpy as np

from ranvier.data.transforms.transform import Transform
from ranvier.errors import DataError

Array = np.ndarray[Any, Any]
UNKNOWN: Final = 0


@dataclass(frozen=True, eq=False)
class Categories(Transform):
    """Category → index: 1 … k in sorted order, 0 for what was not seen or is missing.

    So `nn.Embedding(len(categories.names) + 1, dim)` has a row for each.
    names: the categories; by default those of the data that it is fitted on.
    most: keep only so many, the most frequent ones; the others are index 0.

    >>> towns = Categories().fit(["Ulm", "Bonn", "Ulm"])
    >>> towns(["Bonn", "Ulm", "Rome", None])
    array([1, 2, 0, 0])
    >>> towns.inverse(np.array([1, 0]))
    ['Bonn', None]
    """

    names: Sequence[str] | None = None
    most: int | None = None

    def fit(self, x: Any) -> Self:
        values = [str(value) for value in listed(x) if value is not None]
        found, counts = np.unique(np.array(values, str), return_counts=True)
        order = np.argsort(-counts, kind="stable")[: self.most]
        return replace(self, names=tuple(sorted(found[order].tolist())))

    def __call__(self, x: Any) -> Array:
        self.require_fitted()
        assert self.names is not None, "fitted"
        place: dict[str | None, int] = {n: i for i, n in enumerate(self.names, 1)}
        keys = (None if value is None else str(value) for value in listed(x))
        return np.array([place.get(key, UNKNOWN) for key in keys], np.int64)

    def inverse(self, y: Any) -> list[str | None]:
        self.require_fitted()
        assert self.names is not None, "fitted"
        names = [None, *self.names]
        indices = np.asarray(y)
        if indices.size and not 0 <= indices.min() <= indices.max() < len(names):
            raise DataError(
                f"Categories: index {indices.max()} has no category; there are "
                f"{len(self.names)}."
            )
        return [names[index] for index in indices.tolist()]

    def is_fitted(self) -> bool:
        return self.names is not None


@dataclass(frozen=True, eq=False)
class OneHot(Categories):
    """One input a category, 1 where it is the row's, else 0: (n,) → (n, k) float32.

    A category that was not seen, and a missing one, is 0 everywhere.

    >>> OneHot(["no", "yes"])(["yes", "no", "perhaps"])
    array([[0., 1.],
           [1., 0.],
           [0., 0.]], dtype=float32)
    """

    def __call__(self, x: Any) -> Array:
        index = super().__call__(x)
        assert self.names is not None, "fitted"
        hits: Array = index[:, None] == np.arange(1, len(self.names) + 1)
        return hits.astype(np.float32)

    def inverse(self, y: Any) -> list[str | None]:
        """The category of the greatest input of a row."""
        rows = np.asarray(y)
        return super().inverse(np.where(rows.any(1), rows.argmax(1) + 1, UNKNOWN))


def listed(x: Any) -> list[Any]:
    """The values of one column; whole numbers without a point."""
    values = x.tolist() if hasattr(x, "tolist") else list(x)
    whole = (v if not isinstance(v, float) or v % 1 else int(v) for v in values)
    return [None if v != v else v for v in whole]
