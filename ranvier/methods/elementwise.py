"""Functions of one element at a time."""

from __future__ import annotations

import math
from typing import Any, Self

from ranvier import ops
from ranvier.errors import RanvierError
from ranvier.methods.comparison import Comparison
from ranvier.methods.operands import node_of


class Elementwise(Comparison):
    """Functions of one element at a time."""

    __slots__ = ()

    def abs(self) -> Self:
        """|x|; gradient sign(x)."""
        return self._new(ops.absolute(self._node))

    def sign(self) -> Self:
        """-1, 0 or 1; gradient 0."""
        return self._new(ops.sign(self._node))

    def exp(self) -> Self:
        """e^x."""
        return self._new(ops.exp(self._node))

    def expm1(self) -> Self:
        """e^x - 1, precise near 0."""
        return self._new(ops.expm1(self._node))

    def log(self) -> Self:
        """Natural logarithm."""
        return self._new(ops.log(self._node))

    def log1p(self) -> Self:
        """ln(1 + x), precise near 0."""
        return self._new(ops.log1p(self._node))

    def log2(self) -> Self:
        """Logarithm to base 2."""
        return self.log() / math.log(2.0)

    def log10(self) -> Self:
        """Logarithm to base 10."""
        return self.log() / math.log(10.0)

    def sqrt(self) -> Self:
        """Square root."""
        return self._new(ops.sqrt(self._node))

    def rsqrt(self) -> Self:
        """1 / sqrt(x)."""
        return 1 / self.sqrt()

    def square(self) -> Self:
        """x²."""
        return self._new(ops.mul(self._node, self._node))

    def reciprocal(self) -> Self:
        """1 / x."""
        return 1 / self

    def sin(self) -> Self:
        """Sine of radians."""
        return self._new(ops.sin(self._node))

    def cos(self) -> Self:
        """Cosine of radians."""
        return self._new(ops.cos(self._node))

    def tanh(self) -> Self:
        """Hyperbolic tangent."""
        return self._new(ops.tanh(self._node))

    def sigmoid(self) -> Self:
        """1 / (1 + e^-x)."""
        return self._new(ops.sigmoid(self._node))

    def relu(self) -> Self:
        """max(x, 0); gradient 0 at 0."""
        return self._new(ops.relu(self._node))

    def erf(self) -> Self:
        """Error function."""
        return self._new(ops.erf(self._node))

    def floor(self) -> Self:
        """Largest integer not above x; gradient 0."""
        return self._new(ops.floor(self._node)) if self.dtype.is_float else self.clone()

    def ceil(self) -> Self:
        """Smallest integer not below x; gradient 0."""
        return self._new(ops.ceil(self._node)) if self.dtype.is_float else self.clone()

    def round(self) -> Self:
        """Nearest integer, halves to the even one; gradient 0."""
        return self._new(ops.rint(self._node)) if self.dtype.is_float else self.clone()

    def clamp(self, min: Any = None, max: Any = None) -> Self:
        """x limited to [min, max]; the gradient passes where x lies inside, ends
        included.
        """
        if min is None and max is None:
            raise RanvierError("clamp: give min=, max= or both.")
        x = self
        if min is not None:
            low = self._new(node_of(min, self))
            x = self._new(ops.where((x < low)._node, low._node, x._node))
        if max is not None:
            high = self._new(node_of(max, self))
            x = self._new(ops.where((x > high)._node, high._node, x._node))
        return x

    clip = clamp
