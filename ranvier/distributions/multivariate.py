"""The Gaussian distribution of vectors."""

from __future__ import annotations

import math
from typing import ClassVar

from ranvier import linalg
from ranvier.distributions.distribution import Distribution, Sizes, gaussian
from ranvier.errors import ShapeError, ValueRangeError
from ranvier.tensor import Tensor, not_a_tensor
from ranvier.tensors.creation import eye


class MultivariateNormal(Distribution):
    """Vectors with mean `loc` and one of `covariance_matrix`, `precision_matrix` (its
    inverse) and `scale_tril` (L with L Lᵀ the covariance).

    log_prob and drawing use `rv.linalg`, which NumPy computes: not inside compiled
    functions.

    >>> import ranvier as rv
    >>> d = rv.distributions.MultivariateNormal(rv.zeros(2), rv.eye(2))
    >>> d.log_prob(rv.zeros(2))
    tensor(-1.8379)
    """

    arg_names: ClassVar = ("loc", "scale_tril")
    tails: ClassVar = {"loc": 1, "scale_tril": 2}
    has_rsample = True

    def __init__(
        self,
        loc: Tensor,
        covariance_matrix: Tensor | None = None,
        precision_matrix: Tensor | None = None,
        scale_tril: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        if not isinstance(loc, Tensor):
            raise not_a_tensor("MultivariateNormal", loc)
        given = [covariance_matrix, precision_matrix, scale_tril]
        matrices = [m for m in given if m is not None]
        if len(matrices) != 1:
            raise ValueRangeError(
                "MultivariateNormal: give one of covariance_matrix, precision_matrix "
                f"and scale_tril; {len(matrices)} are given."
            )
        matrix = matrices[0]
        k = loc.shape[-1] if loc.ndim else 0
        if not loc.ndim or matrix.ndim < 2 or matrix.shape[-2:] != (k, k):
            raise ShapeError(
                f"MultivariateNormal: loc of shape {loc.shape} and a matrix of shape "
                f"{matrix.shape}; expected (…, k) and (…, k, k)."
            )
        if covariance_matrix is not None:
            self.scale_tril = linalg.cholesky(matrix)
        elif precision_matrix is not None:
            self.scale_tril = _of_precision(matrix)
        else:
            self.scale_tril = matrix
        batch = (loc[..., 0] + self.scale_tril[..., 0, 0]).shape
        self.loc = loc.expand(*batch, k)
        self.scale_tril = self.scale_tril.expand(*batch, k, k)
        super().__init__(batch, (k,), validate_args)

    @property
    def covariance_matrix(self) -> Tensor:
        """L Lᵀ."""
        return self.scale_tril @ self.scale_tril.mT

    @property
    def precision_matrix(self) -> Tensor:
        """The inverse of the covariance."""
        return linalg.inv(self.covariance_matrix)

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        return (self.scale_tril**2).sum(-1)

    def rsample(self, sample_shape: Sizes = ()) -> Tensor:
        noise = gaussian(self._shape(sample_shape), self.loc)
        return self.loc + (self.scale_tril @ noise.unsqueeze(-1)).squeeze(-1)

    def log_prob(self, value: Tensor) -> Tensor:
        off = (self._value(value) - self.loc).unsqueeze(-1)
        factor = self.scale_tril.expand(*off.shape[:-2], *self.scale_tril.shape[-2:])
        distance = (linalg.solve(factor, off) ** 2).sum((-2, -1))
        return -0.5 * (self._constant() + distance) - self._half_log_det()

    def _constant(self) -> float:
        return self._event[0] * math.log(2 * math.pi)

    def _half_log_det(self) -> Tensor:
        return self.scale_tril.diagonal(dim1=-2, dim2=-1).log().sum(-1)

    def entropy(self) -> Tensor:
        return 0.5 * (self._event[0] + self._constant()) + self._half_log_det()


def _of_precision(precision: Tensor) -> Tensor:
    """L of the inverse: from the factor of the matrix turned about."""
    factor = linalg.cholesky(precision.flip(-2, -1)).flip(-2, -1).mT
    return linalg.solve_triangular(factor, _unit(precision), upper=False)


def _unit(like: Tensor) -> Tensor:
    k = like.shape[-1]
    return eye(k, dtype=like.dtype).expand(*like.shape[:-2], k, k)
