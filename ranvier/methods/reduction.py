"""Sums, means and extremes over dimensions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

from ranvier import dtypes, ops
from ranvier.errors import DTypeError, ShapeError
from ranvier.graph import grad_mode
from ranvier.methods.handle import Handle, MaxResult
from ranvier.methods.movement import Movement


class Reduction(Movement):
    """Sums, means and extremes over dimensions."""

    __slots__ = ()

    def sum(self, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Self:
        """Sum over `dim` (all when None); integers and booleans give int64."""
        x = (
            self._node
            if dtype is None
            else ops.cast(self._node, dtypes.as_dtype(dtype))
        )
        return self._new(ops.total(x, dim, keepdim))

    def mean(self, dim: Any = None, keepdim: bool = False) -> Self:
        """Mean over `dim` (all when None)."""
        if not self.dtype.is_float:
            raise DTypeError(f"mean() of {self.dtype.name}; use .float().mean().")
        return self._new(ops.mean(self._node, dim, keepdim))

    def prod(self, dim: int | None = None, keepdim: bool = False) -> Self:
        """Product over `dim` (all when None)."""
        return self._new(ops.prod(self._node, dim, keepdim))

    def var(
        self,
        dim: Any = None,
        unbiased: bool = True,
        keepdim: bool = False,
        *,
        correction: int | None = None,
    ) -> Self:
        """Variance: Σ (x - mean)² / (n - 1), or / n with unbiased=False."""
        off = correction if correction is not None else int(unbiased)
        count = 1
        for i in ops.axes(dim, self.ndim, "var"):
            count *= self.shape[i]
        centred = self - self.mean(dim, True)
        return (centred * centred).sum(dim, keepdim) * (
            1.0 / (count - off) if count > off else float("nan")
        )

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

    def norm(self, p: float = 2, dim: Any = None, keepdim: bool = False) -> Self:
        """(Σ |x|^p)^(1/p); for p = 2 the gradient at 0 is 0, as in PyTorch."""
        if p == 2:
            total = self.square().sum(dim, keepdim)._node
            none, zero = ops.eq(total, ops.like(total, 0.0)), ops.like(total, 0.0)
            root = ops.sqrt(ops.where(none, ops.like(total, 1.0), total))
            return self._new(ops.where(none, zero, root))
        if p == 1:
            return self.abs().sum(dim, keepdim)
        if p == float("inf"):
            return self.abs().amax(dim, keepdim)
        return (self.abs() ** p).sum(dim, keepdim) ** (1 / p)

    def all(self, dim: Any = None, keepdim: bool = False) -> Self:
        """Whether all elements are true (not 0)."""
        if not self.numel():
            return self._new(ops.const(True, dtypes.bool_))
        return self._new(ops.amin(self.ne(0)._node, dim, keepdim))

    def any(self, dim: Any = None, keepdim: bool = False) -> Self:
        """Whether some element is true (not 0)."""
        if not self.numel():
            return self._new(ops.const(False, dtypes.bool_))
        return self._new(ops.amax(self.ne(0)._node, dim, keepdim))

    def amax(self, dim: Any = None, keepdim: bool = False) -> Self:
        """Largest element over `dim`; equal ones share the gradient."""
        self._not_empty("amax")
        return self._new(ops.amax(self._node, dim, keepdim))

    def amin(self, dim: Any = None, keepdim: bool = False) -> Self:
        """Smallest element over `dim`; equal ones share the gradient."""
        self._not_empty("amin")
        return self._new(ops.amin(self._node, dim, keepdim))

    def max(self, dim: Any = None, keepdim: bool = False) -> Any:
        """Largest element; with `dim` the pair (values, indices), of which the
        gradient goes to the element at the index; with a tensor, `maximum`.
        """
        if isinstance(dim, Handle):
            return self.maximum(dim)
        if dim is None:
            return self.amax()
        return self._extreme(self.amax, self.argmax(dim, True), dim, keepdim)

    def min(self, dim: Any = None, keepdim: bool = False) -> Any:
        """Smallest element; with `dim` the pair (values, indices), of which the
        gradient goes to the element at the index; with a tensor, `minimum`.
        """
        if isinstance(dim, Handle):
            return self.minimum(dim)
        if dim is None:
            return self.amin()
        return self._extreme(self.amin, self.argmin(dim, True), dim, keepdim)

    def _extreme(
        self,
        value: Callable[..., Self],
        index: Self,
        dim: int,
        keepdim: bool,
    ) -> MaxResult[Self]:
        """Values with their places. What `value` gives shares its gradient among
        equals; where one is asked for, the element at `index` is picked instead.
        """
        if self._node.rg and grad_mode.enabled and self.ndim:
            picked = self._new(ops.pick(self._node, index._node, dim))
        else:
            picked = value(dim, True)
        if keepdim or not self.ndim:
            return MaxResult(picked, index)
        over = ops.axes(dim, self.ndim, "max")
        return MaxResult(
            self._new(ops.drop(picked._node, over)),
            self._new(ops.drop(index._node, over)),
        )

    def argmax(self, dim: int | None = None, keepdim: bool = False) -> Self:
        """Position of the largest element along `dim`, or in the flattened tensor."""
        self._not_empty("argmax")
        x = self._node if dim is not None else ops.reshape(self._node, (self.numel(),))
        return self._new(
            ops.argmax(ops.detach(x), dim if dim is not None else 0, keepdim)
        )

    def argmin(self, dim: int | None = None, keepdim: bool = False) -> Self:
        """Position of the smallest element along `dim`, or in the flattened tensor."""
        self._not_empty("argmin")
        x = self._node if dim is not None else ops.reshape(self._node, (self.numel(),))
        return self._new(
            ops.argmin(ops.detach(x), dim if dim is not None else 0, keepdim)
        )

    def _not_empty(self, what: str) -> None:
        if self.numel() == 0:
            raise ShapeError(f"{what}() of an empty tensor of shape {self.shape}.")

    def softmax(self, dim: int) -> Self:
        """e^x / Σ e^x along `dim`, shifted by the largest for stability."""
        e = (self - self._new(ops.detach(self.amax(dim, True)._node))).exp()
        return e / e.sum(dim, True)

    def log_softmax(self, dim: int) -> Self:
        """ln softmax(x) along `dim`: x - max - ln Σ e^(x - max)."""
        shifted = self - self._new(ops.detach(self.amax(dim, True)._node))
        return shifted - shifted.exp().sum(dim, True).log()

    def logsumexp(self, dim: Any, keepdim: bool = False) -> Self:
        """ln Σ e^x along `dim`."""
        top = self._new(ops.detach(self.amax(dim, True)._node))
        out = (self - top).exp().sum(dim, True).log() + top
        return out if keepdim else out.sum(dim)
