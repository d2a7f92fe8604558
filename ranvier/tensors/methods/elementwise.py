"""Functions of one element at a time, and of two."""

from __future__ import annotations

import math
from typing import Any, Self

from ranvier import dtypes, ops
from ranvier.errors import DTypeError, RanvierError
from ranvier.graph import Node
from ranvier.tensors.methods.comparison import Comparison
from ranvier.tensors.methods.operands import node_of


class Elementwise(Comparison):
    """Functions of one element at a time, and of two."""

    __slots__ = ()

    def _lift(self, value: Any) -> Self:
        """An operand as a tensor."""
        return self._new(node_of(value, self))

    def abs(self) -> Self:
        """|x|; gradient sign(x)."""
        return self._new(ops.absolute(self._node))

    absolute = abs

    def sign(self) -> Self:
        """-1, 0 or 1; gradient 0."""
        return self._new(ops.sign(self._node))

    sgn = sign

    def exp(self) -> Self:
        """e^x."""
        return self._new(ops.exp(self._node))

    def exp2(self) -> Self:
        """2^x."""
        x = ops.floating(self._node)
        return self._new(ops.power(ops.like(x, 2.0), x))

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
        return self._new(_log_to(self._node, 2.0))

    def log10(self) -> Self:
        """Logarithm to base 10."""
        return self._new(_log_to(self._node, 10.0))

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

    def sigmoid(self) -> Self:
        """1 / (1 + e^-x)."""
        return self._new(ops.sigmoid(self._node))

    def relu(self) -> Self:
        """max(x, 0); gradient 0 at 0."""
        return self._new(ops.relu(self._node))

    # ---- to whole numbers ------------------------------------------------------------

    def floor(self) -> Self:
        """Largest integer not above x; gradient 0."""
        return self._whole(ops.floor)

    def ceil(self) -> Self:
        """Smallest integer not below x; gradient 0."""
        return self._whole(ops.ceil)

    def trunc(self) -> Self:
        """The integer towards 0; gradient 0."""
        return self._whole(ops.trunc)

    fix = trunc

    def round(self, *, decimals: int = 0) -> Self:
        """Nearest integer, or number of so many `decimals`, halves to the even one;
        gradient 0.
        """
        if not decimals:
            return self._whole(ops.rint)
        x, scale = self._node, ops.like(self._node, 10.0 ** abs(decimals))
        if decimals > 0:
            return self._new(ops.div(ops.rint(ops.mul(x, scale)), scale))
        return self._new(ops.mul(ops.rint(ops.div(x, scale)), scale))

    def frac(self) -> Self:
        """What is behind the point, with the sign of x."""
        return self - self.trunc()

    def _whole(self, make: Any) -> Self:
        return self._new(make(self._node)) if self.dtype.is_float else self.clone()

    # ---- limits ----------------------------------------------------------------------

    def clamp(self, min: Any = None, max: Any = None) -> Self:
        """x limited to [min, max]; the gradient passes where x lies inside, ends
        included.
        """
        if min is None and max is None:
            raise RanvierError("clamp: give min=, max= or both.")
        x = self._node
        if min is not None:
            low = node_of(min, self)
            x = ops.where(ops.lt(x, low), low, x)
        if max is not None:
            high = node_of(max, self)
            x = ops.where(ops.gt(x, high), high, x)
        return self._new(x)

    clip = clamp

    def clamp_min(self, min: Any) -> Self:
        """x, at least `min`."""
        return self.clamp(min=min)

    def clamp_max(self, max: Any) -> Self:
        """x, at most `max`."""
        return self.clamp(max=max)

    def nan_to_num(
        self,
        nan: float = 0.0,
        posinf: float | None = None,
        neginf: float | None = None,
    ) -> Self:
        """NaN as `nan`, ±∞ as `posinf` and `neginf`: the ends of the type unless given.

        >>> import ranvier as rv
        >>> rv.tensor([float("nan"), 1.0]).nan_to_num()
        tensor([0., 1.])
        """
        if not self.dtype.is_float:
            return self.clone()
        x, facts = self._node, dtypes.finfo(self.dtype)
        high = ops.like(x, facts.max if posinf is None else posinf)
        low = ops.like(x, facts.min if neginf is None else neginf)
        y = ops.where(ops.ne(x, x), ops.like(x, nan or 0.0), x)
        y = ops.where(ops.eq(x, ops.like(x, math.inf)), high, y)
        return self._new(ops.where(ops.eq(x, ops.like(x, -math.inf)), low, y))

    # ---- of two and three ------------------------------------------------------------

    def maximum(self, other: Any) -> Self:
        """Element-wise larger of the two; ties share the gradient."""
        return self._new(ops.maximum(self._node, node_of(other, self)))

    def minimum(self, other: Any) -> Self:
        """Element-wise smaller of the two; ties share the gradient."""
        return self._new(ops.minimum(self._node, node_of(other, self)))

    def fmax(self, other: Any) -> Self:
        """The larger of the two, or the one that is not NaN; x where they are equal."""
        a, b = self._node, node_of(other, self)
        first = ops.either(ops.ge(a, b), ops.ne(b, b))
        return self._new(ops.where(first, a, b))

    def fmin(self, other: Any) -> Self:
        """The smaller of the two, or the one that is not NaN; x where they are
        equal.
        """
        a, b = self._node, node_of(other, self)
        first = ops.either(ops.le(a, b), ops.ne(b, b))
        return self._new(ops.where(first, a, b))

    def copysign(self, other: Any) -> Self:
        """|x| with the sign of `other`, also of -0."""
        x = ops.floating(self._node)
        turned = ops.ne(self._lift(other).signbit()._node, self.signbit()._node)
        return self._new(ops.where(turned, ops.neg(x), x))

    def heaviside(self, values: Any) -> Self:
        """0 below 0, 1 above, `values` at 0."""
        x = ops.detach(self._node)
        at, zero = node_of(values, self), ops.like(x, 0)
        if at.dtype is not x.dtype:
            raise DTypeError(
                f"heaviside: values of {at.dtype.name} for {x.dtype.name}; both have "
                "one type."
            )
        step = ops.cast(ops.gt(x, zero), x.dtype)
        step = ops.where(ops.ne(x, x), x, step)
        return self._new(ops.where(ops.eq(x, zero), ops.detach(at), step))

    def lerp(self, end: Any, weight: Any) -> Self:
        """``x + weight * (end - x)``."""
        other, w = self._lift(end), self._lift(weight)
        if not other.dtype.is_float or other.dtype is not self.dtype:
            raise DTypeError(
                f"lerp between {self.dtype.name} and {other.dtype.name}; both have one "
                "floating type."
            )
        return self + w * (other - self)

    def addcmul(self, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Self:
        """``x + value * tensor1 * tensor2``."""
        product = self._lift(tensor1) * tensor2
        return self.__add__(product if value == 1 else product * value)

    def addcdiv(self, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Self:
        """``x + value * tensor1 / tensor2``."""
        a, b = self._lift(tensor1), self._lift(tensor2)
        if not (a.dtype.is_float or b.dtype.is_float):
            raise DTypeError("addcdiv of integers; use .float() first.")
        part = a / b
        return self.__add__(part if value == 1 else part * value)


def _log_to(x: Node, base: float) -> Node:
    x = ops.floating(x)
    return ops.div(ops.log(x), ops.like(x, math.log(base)))
