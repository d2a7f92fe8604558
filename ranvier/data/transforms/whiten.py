"""No correlation between inputs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from ranvier.data.transforms.transform import Transform, inputs_of, like
from ranvier.errors import ShapeError, ValueRangeError

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class Whiten(Transform):
    """y = (x - mean) W, W = U (Λ + eps)^(-1/2) Uᵀ, for rows or flattened pictures.

    U Λ Uᵀ is the covariance of what it is fitted on, so that of y is the identity but
    for eps. This W (ZCA) is the one that changes x least (Bell and Sejnowski, 1997).
    eps: added to the variances; where some inputs never vary, 0 would divide by 0.

    >>> x = np.random.default_rng(0).normal(size=(500, 2)) @ np.array([[2, 1], [0, 1]])
    >>> y = Whiten(eps=0.0).fit(x)(x)
    >>> np.abs(np.cov(y.T, bias=True) - np.eye(2)).max() < 1e-9
    np.True_
    """

    is_native = True

    eps: float = 1e-2
    mean: Any = None
    forward: Any = None
    backward: Any = None

    def __post_init__(self) -> None:
        if not (np.isfinite(self.eps) and self.eps >= 0):
            raise ValueRangeError(
                f"Whiten: eps is {self.eps!r}; expected a number of at least 0."
            )

    def fit(self, x: Any) -> Self:
        rows = flat(inputs_of(x)).astype(np.float64)
        mean = rows.mean(0)
        rows -= mean
        variances, axes = np.linalg.eigh(rows.T @ rows / len(rows))
        scale = np.sqrt(np.maximum(variances, 0) + self.eps)
        if not scale.all():
            raise ValueRangeError(
                "Whiten: some inputs never vary, or depend on others, so eps=0 would "
                "divide by 0. Use eps=0.01."
            )
        forward, backward = ((axes * s) @ axes.T for s in (1 / scale, scale))
        return replace(self, mean=mean, forward=forward, backward=backward)

    def __call__(self, x: Any) -> Any:
        self.require_fitted()
        self.check(x)
        rows = (flat(x) - like(self.mean, x)) @ like(self.forward, x)
        return rows.reshape(x.shape)

    def inverse(self, y: Any) -> Any:
        self.require_fitted()
        self.check(y)
        rows = flat(y) @ like(self.backward, y) + like(self.mean, y)
        return rows.reshape(y.shape)

    def is_fitted(self) -> bool:
        return self.mean is not None

    def check(self, x: Any) -> None:
        width = int(np.prod(x.shape[1:]))
        if width != len(self.mean):
            raise ShapeError(
                f"Whiten: fitted on {len(self.mean)} inputs a row, got {width} (shape "
                f"{tuple(x.shape)})."
            )


def flat(x: Any) -> Any:
    """(n, …) as (n, inputs), of a floating type."""
    if isinstance(x, np.ndarray) and x.dtype.kind != "f":
        x = x.astype(np.float32)
    return x.reshape(x.shape[0], -1)
