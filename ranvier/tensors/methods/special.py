"""Trigonometric, hyperbolic and special functions."""

from __future__ import annotations

import math
from typing import Any, Self

from ranvier import ops
from ranvier.errors import UnsupportedError, ValueRangeError
from ranvier.graph import Node
from ranvier.tensors.methods.elementwise import Elementwise
from ranvier.tensors.methods.operands import node_of


class Special(Elementwise):
    """Trigonometric, hyperbolic and special functions."""

    __slots__ = ()

    def sin(self) -> Self:
        """Sine of radians."""
        return self._new(ops.sin(self._node))

    def cos(self) -> Self:
        """Cosine of radians."""
        return self._new(ops.cos(self._node))

    def tan(self) -> Self:
        """Tangent of radians."""
        return self._new(ops.tan(self._node))

    def asin(self) -> Self:
        """The angle in [-π/2, π/2] with that sine; NaN outside [-1, 1]."""
        return self._new(ops.asin(self._node))

    def acos(self) -> Self:
        """The angle in [0, π] with that cosine; NaN outside [-1, 1]."""
        return self._new(ops.acos(self._node))

    def atan(self) -> Self:
        """The angle in (-π/2, π/2) with that tangent."""
        return self._new(ops.atan(self._node))

    def atan2(self, other: Any) -> Self:
        """The angle of the point (other, self), in (-π, π]."""
        return self._new(ops.atan2(self._node, node_of(other, self)))

    def sinh(self) -> Self:
        """(e^x - e^-x) / 2."""
        return self._new(ops.sinh(self._node))

    def cosh(self) -> Self:
        """(e^x + e^-x) / 2."""
        return self._new(ops.cosh(self._node))

    def tanh(self) -> Self:
        """Hyperbolic tangent."""
        return self._new(ops.tanh(self._node))

    def asinh(self) -> Self:
        """The inverse of sinh."""
        return self._new(ops.asinh(self._node))

    def acosh(self) -> Self:
        """The inverse of cosh; NaN below 1."""
        return self._new(ops.acosh(self._node))

    def atanh(self) -> Self:
        """The inverse of tanh; NaN outside [-1, 1]."""
        return self._new(ops.atanh(self._node))

    arcsin = asin
    arccos = acos
    arctan = atan
    arctan2 = atan2
    arcsinh = asinh
    arccosh = acosh
    arctanh = atanh

    def deg2rad(self) -> Self:
        """Degrees as radians."""
        return self._times(math.pi / 180)

    def rad2deg(self) -> Self:
        """Radians as degrees."""
        return self._times(180 / math.pi)

    def _times(self, factor: float) -> Self:
        x = ops.floating(self._node)
        return self._new(ops.mul(x, ops.like(x, factor)))

    def sinc(self) -> Self:
        """sin(πx) / πx; 1 at 0."""
        x = ops.floating(self._node)
        none = ops.eq(x, ops.like(x, 0.0))
        turn = ops.mul(x, ops.like(x, math.pi))
        safe = ops.where(none, ops.like(x, 1.0), turn)
        # Near 0 the first terms of the series, so that its derivatives are right there.
        square = ops.mul(turn, turn)
        series = ops.horner(square, (1.0, -1 / 6, 1 / 120))
        return self._new(ops.where(none, series, ops.div(ops.sin(safe), safe)))

    # ---- error function and Γ --------------------------------------------------------

    def erf(self) -> Self:
        """Error function."""
        return self._new(ops.erf(self._node))

    def erfc(self) -> Self:
        """1 - erf(x), precise where it is small."""
        return self._new(ops.erfc(self._node))

    def erfinv(self) -> Self:
        """The inverse of erf; ±∞ at ±1."""
        return self._new(ops.erfinv(self._node))

    def lgamma(self) -> Self:
        """ln |Γ(x)|."""
        return self._new(ops.lgamma(self._node))

    def digamma(self) -> Self:
        """The derivative of ln Γ(x)."""
        return self._new(ops.digamma(self._node))

    def polygamma(self, n: int) -> Self:
        """The n-th derivative of the digamma function, n = 0 or 1."""
        if n < 0:
            raise ValueRangeError(f"polygamma: n is {n}; it must not be negative.")
        if n > 1:
            raise UnsupportedError(
                f"polygamma with n = {n}: there are n = 0 (digamma) and 1 (trigamma)."
            )
        make = ops.trigamma if n else ops.digamma
        return self._new(make(self._node))

    def mvlgamma(self, p: int) -> Self:
        """ln Γ_p(x) = p (p - 1) / 4 ln π + Σ ln Γ(x - i/2) for i = 0 … p - 1."""
        x = ops.floating(self._node)
        total = ops.like(x, p * (p - 1) / 4 * math.log(math.pi))
        for i in range(p):
            total = ops.add(total, ops.lgamma(ops.sub(x, ops.like(x, i / 2))))
        return self._new(total)

    def logit(self, eps: float | None = None) -> Self:
        """ln(x / (1 - x)); with `eps`, of x limited to [eps, 1 - eps]."""
        x = self if eps is None else self.clamp(eps, 1 - eps)
        p = ops.floating(x._node)
        return self._new(ops.log(ops.div(p, ops.sub(ops.like(p, 1.0), p))))

    def xlogy(self, other: Any) -> Self:
        """``x ln(other)``; 0 where x is 0, unless `other` is NaN."""
        return self._new(_xlog(self._node, node_of(other, self), ops.log))

    def xlog1py(self, other: Any) -> Self:
        """``x ln(1 + other)``; 0 where x is 0, unless `other` is NaN."""
        return self._new(_xlog(self._node, node_of(other, self), ops.log1p))

    # ---- of two ----------------------------------------------------------------------

    def hypot(self, other: Any) -> Self:
        """√(x² + other²) without overflow."""
        return self._new(ops.hypot(self._node, node_of(other, self)))

    def logaddexp(self, other: Any) -> Self:
        """ln(e^x + e^other), by the larger of both."""
        return self._new(_logaddexp(self._node, node_of(other, self)))

    def logaddexp2(self, other: Any) -> Self:
        """log2(2^x + 2^other)."""
        ln2 = math.log(2.0)
        x, y = self._times(ln2), self._new(node_of(other, self))._times(ln2)
        return x.logaddexp(y)._times(1 / ln2)


def _xlog(x: Node, y: Node, log: Any) -> Node:
    x, y = ops.floating(x), ops.floating(y)
    edge = -1.0 if log is ops.log1p else 0.0
    ends = ops.either(ops.le(y, ops.like(y, edge)), ops.eq(y, ops.like(y, math.inf)))
    none = ops.both(ops.eq(x, ops.like(x, 0.0)), ends)
    safe = ops.where(none, ops.like(y, 1.0), y)
    return ops.where(none, ops.like(y, 0.0), ops.mul(x, log(safe)))


def _logaddexp(a: Node, b: Node) -> Node:
    """Infinite where both are alike infinite: their difference is not asked for."""
    high, low = ops.maximum(a, b), ops.minimum(a, b)
    same = ops.eq(a, b)
    apart = ops.where(same, ops.like(low, 0.0), ops.sub(low, high))
    return ops.add(high, ops.log1p(ops.exp(apart)))
