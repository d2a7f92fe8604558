"""Spread and size: variances, norms, correlations."""

from __future__ import annotations

import math
from typing import Any, Self

from ranvier import ops
from ranvier.errors import DTypeError, ShapeError, ValueRangeError
from ranvier.tensors.methods.counting import Counting


class Statistics(Counting):
    """Variances, norms, correlations."""

    __slots__ = ()

    def var(
        self,
        dim: Any = None,
        unbiased: bool = True,
        keepdim: bool = False,
        *,
        correction: int | None = None,
    ) -> Self:
        """Variance: Σ (x - mean)² / (n - 1), or / n with unbiased=False."""
        return self.var_mean(dim, unbiased, keepdim, correction=correction)[0]

    def std(
        self,
        dim: Any = None,
        unbiased: bool = True,
        keepdim: bool = False,
        *,
        correction: int | None = None,
    ) -> Self:
        """Square root of the variance."""
        return self.var(dim, unbiased, keepdim, correction=correction).sqrt()

    def var_mean(
        self,
        dim: Any = None,
        unbiased: bool = True,
        keepdim: bool = False,
        *,
        correction: int | None = None,
    ) -> tuple[Self, Self]:
        """Variance and mean."""
        if isinstance(dim, bool):
            dim, unbiased = None, dim
        if not self.dtype.is_float:
            raise DTypeError(f"var and std of {self.dtype.name}; use .float() first.")
        x, off = self._node, correction if correction is not None else int(unbiased)
        over = ops.axes(dim, self.ndim, "var")
        count = math.prod(self.shape[i] for i in over)
        mean = ops.mean(x, over, True)
        apart = ops.sub(x, mean)
        squares = ops.total(ops.mul(apart, apart), over, keepdim)
        scale = 1.0 / (count - off) if count > off else math.nan
        middle = mean if keepdim else ops.drop(mean, over)
        return self._new(ops.mul(squares, ops.like(squares, scale))), self._new(middle)

    def std_mean(
        self,
        dim: Any = None,
        unbiased: bool = True,
        keepdim: bool = False,
        *,
        correction: int | None = None,
    ) -> tuple[Self, Self]:
        """Standard deviation and mean."""
        both = self.var_mean(dim, unbiased, keepdim, correction=correction)
        return both[0].sqrt(), both[1]

    def norm(
        self,
        p: Any = "fro",
        dim: Any = None,
        keepdim: bool = False,
        dtype: Any = None,
    ) -> Self:
        """(Σ |x|^p)^(1/p); for p = 2 the gradient at 0 is 0, as in PyTorch.

        p is a number, ±∞ for the largest or smallest |x|, 0 for how many are not 0, or
        "fro" for 2.
        """
        x = self._new(self._as(dtype))
        if not x.dtype.is_float:
            raise DTypeError(f"norm of {x.dtype.name}; use .float() first.")
        if p in ("fro", None):
            p = 2
        if not isinstance(p, (int, float)):
            raise ValueRangeError(
                f"norm: p is {p!r}; expected a number or 'fro'. rv.linalg.matrix_norm "
                "has 'nuc'."
            )
        return x._norm(float(p), dim, keepdim)

    def _norm(self, p: float, dim: Any, keepdim: bool) -> Self:
        size = self.abs()
        if p == 2:
            total = self.square().sum(dim, keepdim)._node
            none, zero = ops.eq(total, ops.like(total, 0.0)), ops.like(total, 0.0)
            root = ops.sqrt(ops.where(none, ops.like(total, 1.0), total))
            return self._new(ops.where(none, zero, root))
        if p == 0:
            return self._new(ops.cast(self.ne(0)._node, self.dtype)).sum(dim, keepdim)
        if p == 1:
            return size.sum(dim, keepdim)
        if math.isinf(p):
            return size.amax(dim, keepdim) if p > 0 else size.amin(dim, keepdim)
        x = size._node
        total = ops.total(ops.power(x, ops.like(x, p)), dim, keepdim)
        none = ops.eq(total, ops.like(total, 0.0))
        safe = ops.where(none, ops.like(total, 1.0), total)
        root = ops.power(safe, ops.like(total, 1 / p))
        return self._new(ops.where(none, total, root))

    def dist(self, other: Any, p: float = 2) -> Self:
        """The p-norm of ``x - other``."""
        return (self - self._lift(other)).norm(p)

    def renorm(self, p: float, dim: int, maxnorm: float) -> Self:
        """Slices along `dim` made shorter where their p-norm is above `maxnorm`."""
        d = ops.axis(dim, self.ndim, "renorm")
        over = tuple(i for i in range(self.ndim) if i != d)
        size = self._norm(float(p), over, True)._node
        factor = ops.div(ops.like(size, maxnorm), ops.add(size, ops.like(size, 1e-7)))
        long = ops.gt(size, ops.like(size, maxnorm))
        scale = ops.where(long, factor, ops.like(size, 1.0))
        return self._new(ops.mul(self._node, scale))

    def cov(
        self, *, correction: int = 1, fweights: Any = None, aweights: Any = None
    ) -> Self:
        """The covariances of the rows, whose columns are observations; `fweights` says
        how often each was made, `aweights` how much it counts.
        """
        if self.ndim > 2:
            raise ShapeError(f"cov: {self.shape}; at most two dimensions.")
        x = self if self.ndim == 2 else self.reshape(1, -1)
        x = self._new(ops.floating(x._node))
        n = x.shape[1]
        weight = x._new(ops.expand(ops.like(x._node, 1.0), (n,)))
        if fweights is not None:
            weight = weight * self._lift(fweights)
        if aweights is not None:
            weight = weight * self._lift(aweights)
        total = weight.sum()
        apart = x - (x * weight).sum(1, True) / total
        count = total - correction
        if aweights is not None and correction:
            count = total - correction * (weight * self._lift(aweights)).sum() / total
        out = (apart * weight) @ apart.t() / count
        return out if self.ndim == 2 else out.reshape(())

    def corrcoef(self) -> Self:
        """The correlations of the rows: covariance over both standard deviations."""
        c = self.cov()
        if not c.ndim:
            return c / c
        spread = c.diagonal().sqrt()
        out = c / spread.unsqueeze(1) / spread.unsqueeze(0)
        return out.clamp(-1.0, 1.0)
