"""From element to element along one dimension: running sums, maxima, differences."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Self

import numpy as np

from ranvier import dtypes, ops
from ranvier.errors import ShapeError, ValueRangeError
from ranvier.graph import Node
from ranvier.tensors import picking
from ranvier.tensors.methods.handle import MaxResult
from ranvier.tensors.methods.operands import node_of
from ranvier.tensors.methods.picking import Picking


class Running(Picking):
    """From element to element along one dimension."""

    __slots__ = ()

    def cumsum(self, dim: int, dtype: Any = None) -> Self:
        """Running sums along `dim`: ``y[i] = x[0] + … + x[i]``."""
        return self._new(ops.cumsum(self._as(dtype), dim))

    def cumprod(self, dim: int, dtype: Any = None) -> Self:
        """Running products along `dim`: ``y[i] = x[0] · … · x[i]``."""
        return self._new(ops.cumprod(self._as(dtype), dim))

    def cummax(self, dim: int) -> MaxResult[Self]:
        """The largest element so far along `dim`, and where it stands (the last of
        equal ones).
        """
        return self._record("cummax", ops.maximum, -1, dim)

    def cummin(self, dim: int) -> MaxResult[Self]:
        """The smallest element so far along `dim`, and where it stands (the last of
        equal ones).
        """
        return self._record("cummin", ops.minimum, 1, dim)

    def _record(
        self, what: str, better: Callable[[Node, Node], Node], worst: int, dim: int
    ) -> MaxResult[Self]:
        d = ops.axis(dim, self.ndim, what)
        if not self.ndim or not self.numel():
            place = ops.expand(ops.const(0, dtypes.int64), self.shape)
            return MaxResult(self.clone(), self._new(place))
        x = ops.detach(self._node)
        if x.dtype.order == 0:
            x = ops.cast(x, dtypes.uint8)
        best = _running(x, d, better, _end(x, worst))
        hit = ops.either(ops.eq(x, best), ops.ne(x, x))
        n = x.shape[d]
        places = ops.reshape(ops.iota(n), (n,) + (1,) * (self.ndim - d - 1))
        mine = ops.where(hit, places, ops.const(0, dtypes.int64))
        place = _running(mine, d, ops.maximum, 0)
        return MaxResult(self._at(place, d), self._new(place))

    def _at(self, places: Node, dim: int) -> Self:
        """The elements at numbers that are known to be right."""
        d = ops.axis(dim, self.ndim, "sort")
        return self._new(picking.picked(self._node, d, places))

    def logcumsumexp(self, dim: int) -> Self:
        """``y[i] = ln(e^x[0] + … + e^x[i])`` along `dim`."""
        d = ops.axis(dim, self.ndim, "logcumsumexp")
        if not self.ndim:
            return self.clone()

        def joined(a: Node, b: Node) -> Node:
            return self._new(a).logaddexp(self._new(b))._node

        return self._new(_running(ops.floating(self._node), d, joined, -math.inf))

    # ---- differences and areas -------------------------------------------------------

    def diff(
        self, n: int = 1, dim: int = -1, prepend: Any = None, append: Any = None
    ) -> Self:
        """``x[i + 1] - x[i]`` along `dim`, `n` times; `prepend` and `append` are joined
        on first.
        """
        if not self.ndim:
            raise ShapeError("diff of a tensor without dimensions.")
        if n < 0:
            raise ValueRangeError(f"diff: n is {n}; it must not be negative.")
        d = ops.axis(dim, self.ndim, "diff")
        given = [x for x in (prepend, self, append) if x is not None]
        nodes = [node_of(x, self) for x in given]
        x = self if len(nodes) == 1 else self._new(ops.concat(nodes, d))
        for _ in range(n):
            size = x.shape[d]
            after = x._slice(d, min(1, size), size)
            before = x._slice(d, 0, max(0, size - 1))
            x = after ^ before if x.dtype.order == 0 else after - before
        return x

    def trapezoid(self, x: Any = None, *, dx: float = 1, dim: int = -1) -> Self:
        """The area below the values as a function of `x` (or with the distance `dx`),
        by the trapezoidal rule.
        """
        return self._areas(x, dx, dim).sum(dim)

    trapz = trapezoid

    def cumulative_trapezoid(
        self, x: Any = None, *, dx: float = 1, dim: int = -1
    ) -> Self:
        """The area up to each value but the first."""
        return self._areas(x, dx, dim).cumsum(dim)

    def _areas(self, x: Any, dx: float, dim: int) -> Self:
        d = ops.axis(dim, self.ndim, "trapezoid")
        n = self.shape[d]
        sums = self._slice(d, 1, n) + self._slice(d, 0, n - 1)
        if x is None:
            return sums * (dx / 2)
        at = self._lift(x)
        width = at.diff(dim=-1 if at.ndim == 1 else d)
        if at.ndim == 1:
            width = width.reshape((n - 1,) + (1,) * (self.ndim - d - 1))
        return sums * width / 2


def _running(
    x: Node, d: int, join: Callable[[Node, Node], Node], neutral: float
) -> Node:
    """Joined with everything before, in steps of 1, 2, 4, …"""
    n, step = x.shape[d], 1
    while step < n:
        parts = [(0, m, 1) for m in x.shape]
        parts[d] = (0, n - step, 1)
        front = tuple((step * (i == d), 0, 0) for i in range(len(x.shape)))
        x = join(x, ops.pad(ops.cut(x, tuple(parts)), front, neutral))
        step *= 2
    return x


def _end(x: Node, sign: int) -> float:
    """The largest value of its type, or the smallest."""
    if x.dtype.is_float:
        return sign * math.inf
    facts = np.iinfo(x.dtype.np)
    return int(facts.max if sign > 0 else facts.min)
