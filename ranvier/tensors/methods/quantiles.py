"""Where elements stand among the sorted: median, mode, quantiles."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from ranvier import dtypes, ops
from ranvier.errors import DTypeError, ShapeError, ValueRangeError
from ranvier.graph import Node
from ranvier.tensors import picking
from ranvier.tensors.methods.handle import MaxResult
from ranvier.tensors.methods.order import Order


class Quantiles(Order):
    """Median, mode, quantiles."""

    __slots__ = ()

    def median(self, dim: int | None = None, keepdim: bool = False) -> Any:
        """The middle one of the sorted elements, the lower one of two; NaN where one is
        among them. With `dim` the pair (values, indices).
        """
        return self._median("median", False, dim, keepdim)

    def nanmedian(self, dim: int | None = None, keepdim: bool = False) -> Any:
        """The median of what is not NaN."""
        return self._median("nanmedian", True, dim, keepdim)

    def _median(
        self, what: str, skips: bool, dim: int | None, keepdim: bool
    ) -> Self | MaxResult[Self]:
        if dim is None:
            x = self.ravel()
            middle = x._median(what, skips, 0, True) if x.numel() else None
            if not isinstance(middle, MaxResult):
                return self._new(ops.expand(self._lift([float("nan")])._node, (1,)))[0]
            return self._new(_shared(x._node, middle.values._node))
        d, n = self._extent(what, dim)
        if not self.ndim:
            return MaxResult(self.clone(), self._new(ops.const(0, dtypes.int64)))
        if not n:
            raise ShapeError(f"{what}: dimension {dim} of {self.shape} is empty.")
        order = self.argsort(d)._node
        place = ops.expand(
            _middle(ops.detach(self._node), d, skips), _with(self.shape, d, 1)
        )
        return self._one_of(picking.picked(order, d, place), d, keepdim)

    def mode(self, dim: int = -1, keepdim: bool = False) -> MaxResult[Self]:
        """The most frequent element along `dim`, the smallest of several, and the last
        place where it stands.
        """
        d, n = self._extent("mode", dim)
        if not self.ndim:
            return MaxResult(self.clone(), self._new(ops.const(0, dtypes.int64)))
        if not n:
            raise ShapeError(f"mode: dimension {dim} of {self.shape} is empty.")
        order = self.argsort(d)
        x = self._new(ops.detach(self._at(order._node, d)._node))
        same = x._slice(d, 1, n).eq(x._slice(d, 0, n - 1))
        first = self._new(
            ops.pad(ops.cast(same._node, dtypes.int64), _front(x.shape, d))
        )
        place = self._new(_places(n, d, self.ndim))
        start = self._new(
            ops.where(first.ne(0)._node, ops.const(-1, dtypes.int64), place._node)
        )
        length = place - start.cummax(d).values
        at = length.argmax(d, True)._node
        return self._one_of(picking.picked(order._node, d, at), d, keepdim)

    def quantile(
        self,
        q: Any,
        dim: int | None = None,
        keepdim: bool = False,
        *,
        interpolation: str = "linear",
    ) -> Self:
        """The value below which the share `q` of the elements lies, between the two
        nearest by "linear", "lower", "higher", "midpoint" or "nearest" `interpolation`.
        Several q (a tensor of one dimension) become dimension 0.

        >>> import ranvier as rv
        >>> rv.arange(5.0).quantile(0.5)
        tensor(2.)
        """
        return self._quantile("quantile", q, dim, keepdim, interpolation)

    def nanquantile(
        self,
        q: Any,
        dim: int | None = None,
        keepdim: bool = False,
        *,
        interpolation: str = "linear",
    ) -> Self:
        """The quantile of what is not NaN."""
        return self._quantile("nanquantile", q, dim, keepdim, interpolation)

    def _quantile(
        self, what: str, q: Any, dim: int | None, keepdim: bool, way: str
    ) -> Self:
        shares = self._lift(q)
        if not self.dtype.is_float:
            raise DTypeError(f"{what} of {self.dtype.name}; use .float() first.")
        if shares.ndim > 1:
            raise ShapeError(f"{what}: q of shape {shares.shape}; one dimension.")
        if isinstance(q, (int, float)) and not 0 <= q <= 1:
            raise ValueRangeError(f"{what}: q is {q}; it lies in 0 to 1.")
        x = self.movedim(dim, -1) if dim is not None and self.ndim else self.ravel()
        if not x.shape[-1]:
            raise ShapeError(f"{what} of an empty dimension of {self.shape}.")
        row = ops.reshape(ops.cast(shares._node, self.dtype), (shares.numel(),))
        out = self._new(_between(x.sort(-1).values._node, row, what[0] == "n", way))
        if keepdim:
            d = ops.axis(dim, self.ndim, what) if dim is not None else 0
            kept = _with(self.shape, d, 1) if dim is not None else (1,) * self.ndim
            out = out.movedim(-1, 0).reshape(shares.numel(), *kept)
        else:
            out = out.movedim(-1, 0)
        return out if shares.ndim else out.select(0, 0)


def _with(shape: tuple[int, ...], d: int, n: int) -> tuple[int, ...]:
    return (*shape[:d], n, *shape[d + 1 :])


def _front(shape: tuple[int, ...], d: int) -> tuple[tuple[int, int, int], ...]:
    """One 0 before everything along `d`."""
    return tuple((int(i == d), 0, 0) for i in range(len(shape)))


def _places(n: int, d: int, rank: int) -> Node:
    return ops.reshape(ops.iota(n), (n,) + (1,) * (rank - d - 1))


def _shared(x: Node, value: Node) -> Node:
    """`value`, one of `x`, so that equal ones share its gradient; NaN as it is."""
    found = ops.detach(ops.reshape(value, ()))
    hit = ops.where(ops.eq(x, found), x, ops.like(x, _lowest(x)))
    return ops.where(ops.ne(found, found), found, ops.amax(hit, 0))


def _lowest(x: Node) -> float:
    if x.dtype.is_float:
        return -np.inf
    return int(np.iinfo(x.dtype.np).min)


def _middle(x: Node, d: int, skips: bool) -> Node:
    """Where the median stands among the sorted elements: behind all numbers where it is
    NaN, or in the middle of the numbers.
    """
    n = ops.const(x.shape[d], dtypes.int64)
    one, two = ops.const(1, dtypes.int64), ops.const(2.0, dtypes.float64)
    numbers = ops.total(ops.eq(x, x), d, True)
    count = numbers if skips else ops.like(numbers, x.shape[d])
    wide = ops.cast(ops.sub(count, one), dtypes.float64)
    half = ops.cast(ops.floor(ops.div(wide, two)), dtypes.int64)
    whole = ops.gt(numbers, ops.like(numbers, 0)) if skips else ops.eq(numbers, n)
    return ops.where(whole, half, ops.like(half, 0 if skips else x.shape[d] - 1))


def _between(x: Node, q: Node, skips: bool, way: str) -> Node:
    """Quantiles of sorted rows, as a new last dimension."""
    ways = ("linear", "lower", "higher", "midpoint", "nearest")
    if way not in ways:
        raise ValueRangeError(
            f"quantile: interpolation is {way!r}; expected one of {', '.join(ways)}."
        )
    d, n = len(x.shape) - 1, x.shape[-1]
    numbers = ops.cast(ops.total(ops.eq(x, x), d, True), x.dtype)
    last = ops.sub(numbers, ops.like(x, 1.0))
    rank = ops.mul(q, ops.maximum(last, ops.like(x, 0.0)))
    if not skips:  # NaN is sorted behind all numbers
        some = ops.lt(numbers, ops.like(x, float(n)))
        rank = ops.where(some, ops.like(x, n - 1.0), ops.mul(q, ops.like(x, n - 1.0)))
        rank = ops.expand(rank, (*x.shape[:-1], q.shape[0]))
    if way in ("lower", "higher", "nearest"):
        whole = {"lower": ops.floor, "higher": ops.ceil, "nearest": ops.rint}[way]
        return picking.picked(x, d, ops.cast(whole(rank), dtypes.int64))
    low, high = ops.floor(rank), ops.ceil(rank)
    a = picking.picked(x, d, ops.cast(low, dtypes.int64))
    b = picking.picked(x, d, ops.cast(high, dtypes.int64))
    w = ops.like(x, 0.5) if way == "midpoint" else ops.sub(rank, low)
    return ops.add(a, ops.mul(w, ops.sub(b, a)))
