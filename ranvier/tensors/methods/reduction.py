"""Sums, means and extremes over dimensions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Self

from ranvier import dtypes, ops
from ranvier.errors import DTypeError, ShapeError
from ranvier.graph import Node, grad_mode
from ranvier.tensors.methods.handle import Extremes, Handle, MaxResult
from ranvier.tensors.methods.pieces import Pieces


class Reduction(Pieces):
    """Sums, means and extremes over dimensions."""

    __slots__ = ()

    def sum(self, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Self:
        """Sum over `dim` (all when None); integers and booleans give int64."""
        x = self._as(dtype)
        out = ops.total(x, dim, keepdim)
        if dtype is not None and out.dtype is not x.dtype:
            out = ops.cast(out, x.dtype)
        return self._new(out)

    def nansum(self, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Self:
        """Sum without what is NaN."""
        return self._filled().sum(dim, keepdim, dtype)

    def mean(self, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Self:
        """Mean over `dim` (all when None)."""
        x = self._as(dtype)
        if not x.dtype.is_float:
            raise DTypeError(f"mean() of {x.dtype.name}; use .float().mean().")
        return self._new(ops.mean(x, dim, keepdim))

    def nanmean(self, dim: Any = None, keepdim: bool = False) -> Self:
        """Mean of what is not NaN."""
        there = self.eq(self).sum(dim, keepdim)
        return self._filled().sum(dim, keepdim) / there

    def _filled(self) -> Self:
        """0 in place of NaN."""
        x = self._node
        return self._new(ops.where(ops.eq(x, x), x, ops.like(x, 0)))

    def _as(self, dtype: Any) -> Node:
        if dtype is None:
            return self._node
        return ops.cast(self._node, dtypes.as_dtype(dtype))

    def prod(
        self, dim: int | None = None, keepdim: bool = False, dtype: Any = None
    ) -> Self:
        """Product over `dim` (all when None); integers and booleans give int64."""
        return self._new(ops.prod(self._as(dtype), dim, keepdim))

    def count_nonzero(self, dim: Any = None) -> Self:
        """How many elements are not 0."""
        return self.ne(0).sum(dim)

    # ---- extremes --------------------------------------------------------------------

    def amax(self, dim: Any = None, keepdim: bool = False) -> Self:
        """Largest element over `dim`; equal ones share the gradient."""
        self._not_empty("amax", dim)
        return self._new(ops.amax(self._node, dim, keepdim))

    def amin(self, dim: Any = None, keepdim: bool = False) -> Self:
        """Smallest element over `dim`; equal ones share the gradient."""
        self._not_empty("amin", dim)
        return self._new(ops.amin(self._node, dim, keepdim))

    def aminmax(
        self, *, dim: int | None = None, keepdim: bool = False
    ) -> Extremes[Self]:
        """Smallest and largest element over `dim`."""
        return Extremes(self.amin(dim, keepdim), self.amax(dim, keepdim))

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
        return self._place("argmax", ops.argmax, dim, keepdim)

    def argmin(self, dim: int | None = None, keepdim: bool = False) -> Self:
        """Position of the smallest element along `dim`, or in the flattened tensor."""
        return self._place("argmin", ops.argmin, dim, keepdim)

    def _place(
        self, what: str, find: Callable[..., Node], dim: int | None, keepdim: bool
    ) -> Self:
        self._not_empty(what, dim)
        x = ops.detach(self._node)
        if dim is not None:
            ops.axis(dim, self.ndim, what)
            return self._new(find(x, dim, keepdim))
        place = find(ops.reshape(x, (self.numel(),)), 0, False)
        return self._new(ops.reshape(place, (1,) * self.ndim if keepdim else ()))

    def _not_empty(self, what: str, dim: Any = None) -> None:
        if 0 not in self._node.shape:
            return
        over = ops.axes(dim, self.ndim, what)
        if any(not self._node.shape[d] for d in over):
            raise ShapeError(
                f"{what}() over dimensions {list(over)} of a tensor of shape "
                f"{self._node.shape}: there are no elements."
            )

    def all(self, dim: Any = None, keepdim: bool = False) -> Self:
        """Whether all elements are true (not 0)."""
        return self._truth(ops.amin, True, dim, keepdim)

    def any(self, dim: Any = None, keepdim: bool = False) -> Self:
        """Whether some element is true (not 0)."""
        return self._truth(ops.amax, False, dim, keepdim)

    def _truth(
        self, reduce: Callable[..., Node], none: bool, dim: Any, keepdim: bool
    ) -> Self:
        over = ops.axes(dim, self.ndim, "all and any")
        truths = ops.ne(self._node, ops.like(self._node, 0))
        if self.numel():
            return self._new(reduce(truths, over, keepdim))
        kept = [1 if i in over else n for i, n in enumerate(self.shape)]
        left = kept if keepdim else [n for i, n in enumerate(kept) if i not in over]
        return self._new(ops.expand(ops.const(none, dtypes.bool_), tuple(left)))

    # ---- of exponentials -------------------------------------------------------------

    def softmax(self, dim: int, dtype: Any = None) -> Self:
        """e^x / Σ e^x along `dim`, shifted by the largest for stability."""
        x = self._new(ops.floating(self._as(dtype)))
        e = (x - x._top(dim, "softmax")).exp()
        return e / e.sum(dim, True)

    def log_softmax(self, dim: int, dtype: Any = None) -> Self:
        """ln softmax(x) along `dim`: x - max - ln Σ e^(x - max)."""
        x = self._new(ops.floating(self._as(dtype)))
        shifted = x - x._top(dim, "log_softmax")
        return shifted - shifted.exp().sum(dim, True).log()

    def logsumexp(self, dim: Any, keepdim: bool = False) -> Self:
        """ln Σ e^x along `dim`."""
        x = self._new(ops.floating(self._node))
        if not x.numel():
            return x.exp().sum(dim, keepdim).log()
        high = x._top(dim, "logsumexp")
        endless = high.abs().eq(math.inf)._node
        top = self._new(ops.where(endless, ops.like(high._node, 0.0), high._node))
        out = (x - top).exp().sum(dim, True).log() + top
        if keepdim:
            return out
        return self._new(ops.drop(out._node, ops.axes(dim, self.ndim, "logsumexp")))

    def _top(self, dim: Any, what: str) -> Self:
        ops.axes(dim, self.ndim, what)  # before amax says its own name
        if not self.numel():
            return self.sum(dim, True)
        return self._new(ops.detach(self.amax(dim, True)._node))
