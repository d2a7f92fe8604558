"""Mean 0 and standard deviation 1."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from ranvier.data.transforms.transform import Transform, inputs_of, like
from ranvier.errors import DataError, ShapeError

Array = np.ndarray[Any, Any]
AT_ONCE = 4096  # rows whose squares are taken together


@dataclass(frozen=True, eq=False)
class Normalize(Transform):
    """y = (x - mean) / std, for every column of (n, f) or channel of (n, c, …).

    mean, std: one number, or one a column or channel; by default those of the data
        that it is fitted on. What does not vary has std 1.
    Raises ShapeError: as many numbers as there are columns or channels were expected.

    >>> normalize = Normalize().fit(np.array([[1.0, 5.0], [3.0, 5.0]]))
    >>> normalize(np.array([[3.0, 6.0]]))
    array([[1., 1.]])
    >>> normalize.inverse(np.array([[1.0, 1.0]]))
    array([[3., 6.]])
    """

    is_native = True

    mean: Any = None
    std: Any = None

    def __post_init__(self) -> None:
        for name in ("mean", "std"):
            value = getattr(self, name)
            if value is not None:
                numbers = np.atleast_1d(np.asarray(value, np.float64))
                object.__setattr__(self, name, numbers)
        if self.std is not None and not (np.isfinite(self.std) & (self.std > 0)).all():
            raise DataError(
                f"Normalize: std is {self.std.tolist()!s:.60}; expected more than 0."
            )

    def fit(self, x: Any) -> Self:
        found = inputs_of(x)
        axes = (0, *range(2, found.ndim))
        count = found.size // max(1, found.shape[1] if found.ndim > 1 else 1)
        mean = found.mean(axes, dtype=np.float64)
        shaped = mean.reshape(-1, *(1,) * max(0, found.ndim - 2))
        total = np.zeros_like(mean)
        for start in range(0, len(found), AT_ONCE):
            total += np.square(found[start : start + AT_ONCE] - shaped).sum(axes)
        std = np.sqrt(total / count)
        flat = std <= 1e-12 * np.maximum(np.abs(mean), 1)
        return replace(self, mean=mean, std=np.where(flat, 1.0, std))

    def __call__(self, x: Any) -> Any:
        mean, std = self.shaped(x)
        return (x - mean) / std

    def inverse(self, y: Any) -> Any:
        mean, std = self.shaped(y)
        return y * std + mean

    def is_fitted(self) -> bool:
        return self.mean is not None and self.std is not None

    def shaped(self, x: Any) -> tuple[Array, Array]:
        """mean and std so that they meet dimension 1 of `x`."""
        self.require_fitted()
        width = x.shape[1] if x.ndim > 1 else 1
        for name in ("mean", "std"):
            if len(getattr(self, name)) not in (1, width):
                raise ShapeError(
                    f"Normalize: {len(getattr(self, name))} numbers in {name}, and an "
                    f"input of shape {tuple(x.shape)}, which has {width} columns or "
                    "channels in dimension 1; expected one for each."
                )
        ones = (1,) * max(0, x.ndim - 2)
        return like(self.mean.reshape(-1, *ones), x), like(
            self.std.reshape(-1, *ones), x
        )
