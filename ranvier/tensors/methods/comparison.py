"""Comparisons, logic, bits, and questions about single elements."""

from __future__ import annotations

import math
from typing import Any, Self

from ranvier import dtypes, ops
from ranvier.errors import DTypeError, ShapeError
from ranvier.graph import Node
from ranvier.tensors.methods.arithmetic import Arithmetic
from ranvier.tensors.methods.operands import node_of


class Comparison(Arithmetic):
    """Operators that give booleans, and those on booleans and bits."""

    __slots__ = ()

    def __eq__(self, other: Any) -> Self:  # type: ignore[override]
        if other is None:
            return NotImplemented
        return self._new(ops.eq(self._node, node_of(other, self)))

    def __ne__(self, other: Any) -> Self:  # type: ignore[override]
        if other is None:
            return NotImplemented
        return self._new(ops.ne(self._node, node_of(other, self)))

    def eq(self, other: Any) -> Self:
        """Whether equal, element by element."""
        return self._new(ops.eq(self._node, node_of(other, self)))

    def ne(self, other: Any) -> Self:
        """Whether different, element by element."""
        return self._new(ops.ne(self._node, node_of(other, self)))

    def __lt__(self, other: Any) -> Self:
        return self._new(ops.lt(self._node, node_of(other, self)))

    def __le__(self, other: Any) -> Self:
        return self._new(ops.le(self._node, node_of(other, self)))

    def __gt__(self, other: Any) -> Self:
        return self._new(ops.gt(self._node, node_of(other, self)))

    def __ge__(self, other: Any) -> Self:
        return self._new(ops.ge(self._node, node_of(other, self)))

    not_equal = ne
    lt = __lt__
    less = __lt__
    le = __le__
    less_equal = __le__
    gt = __gt__
    greater = __gt__
    ge = __ge__
    greater_equal = __ge__

    def equal(self, other: Any) -> bool:
        """Whether both have the same shape and the same values."""
        if self.shape != other.shape:
            return False
        same = ops.eq(self._node, node_of(other, self))
        return bool(self._new(ops.amin(same))._value()) if self.numel() else True

    def isclose(
        self,
        other: Any,
        rtol: float = 1e-05,
        atol: float = 1e-08,
        equal_nan: bool = False,
    ) -> Self:
        """``|self - other| <= atol + rtol * |other|`` element by element."""
        a, b = ops.detach(self._node), ops.detach(node_of(other, self))
        apart = ops.absolute(ops.sub(a, b))
        size = ops.absolute(b)
        within = ops.add(ops.mul(size, ops.const(rtol, dtypes.float32)), _number(atol))
        finite = ops.lt(apart, _number(math.inf))
        close = ops.both(ops.le(apart, within), finite)
        close = ops.either(close, ops.eq(a, b))
        if equal_nan:
            close = ops.either(close, ops.both(ops.ne(a, a), ops.ne(b, b)))
        return self._new(close)

    def allclose(
        self,
        other: Any,
        rtol: float = 1e-05,
        atol: float = 1e-08,
        equal_nan: bool = False,
    ) -> bool:
        """Whether `isclose` everywhere."""
        close = self.isclose(other, rtol, atol, equal_nan)
        return not close.numel() or bool(self._new(ops.amin(close._node))._value())

    # ---- logic and bits --------------------------------------------------------------

    def _bits(self, what: str, other: Any) -> tuple[Node, Node]:
        a, b = self._node, node_of(other, self)
        for x in (a, b):
            if x.dtype.is_float:
                raise DTypeError(
                    f"{what} of {x.dtype.name}; it takes integers and booleans. "
                    "Use .bool() or .long() first."
                )
        return a, b

    def bitwise_and(self, other: Any) -> Self:
        """Bits that are set in both; of booleans, whether both are true."""
        return self._new(ops.both(*self._bits("bitwise_and", other)))

    def bitwise_or(self, other: Any) -> Self:
        """Bits that are set in one or both."""
        return self._new(ops.either(*self._bits("bitwise_or", other)))

    def bitwise_xor(self, other: Any) -> Self:
        """Bits that are set in one alone."""
        return self._new(ops.exclusive(*self._bits("bitwise_xor", other)))

    def bitwise_not(self) -> Self:
        """Bits turned over; of booleans, not."""
        if self.dtype.order == 0:
            return self.logical_not()
        ones = 255 if self.dtype.name == "uint8" else -1
        x, _ = self._bits("bitwise_not", self)
        return self._new(ops.exclusive(x, ops.like(x, ones)))

    def bitwise_left_shift(self, other: Any) -> Self:
        """``x * 2^other``."""
        a, b = self._bits("bitwise_left_shift", other)
        return self._new(ops.mul(a, ops.power(ops.like(b, 2), b)))

    def bitwise_right_shift(self, other: Any) -> Self:
        """``x / 2^other``, rounded down."""
        a, b = self._bits("bitwise_right_shift", other)
        return self._new(a)._floordiv(a, ops.power(ops.like(b, 2), b))

    def __and__(self, other: Any) -> Self:
        return self.bitwise_and(other)

    def __or__(self, other: Any) -> Self:
        return self.bitwise_or(other)

    def __xor__(self, other: Any) -> Self:
        return self.bitwise_xor(other)

    def __invert__(self) -> Self:
        return self.bitwise_not()

    __rand__ = __and__
    __ror__ = __or__
    __rxor__ = __xor__
    __lshift__ = bitwise_left_shift
    __rshift__ = bitwise_right_shift

    def _truths(self, other: Any) -> tuple[Node, Node]:
        return ops.cast(self._node, dtypes.bool_), ops.cast(
            node_of(other, self), dtypes.bool_
        )

    def logical_and(self, other: Any) -> Self:
        """Whether both are true (not 0)."""
        return self._new(ops.both(*self._truths(other)))

    def logical_or(self, other: Any) -> Self:
        """Whether one or both are true (not 0)."""
        return self._new(ops.either(*self._truths(other)))

    def logical_xor(self, other: Any) -> Self:
        """Whether one alone is true (not 0)."""
        return self._new(ops.exclusive(*self._truths(other)))

    def logical_not(self) -> Self:
        """Not; for numbers, whether equal to 0."""
        return self._new(ops.eq(self._node, ops.like(self._node, 0)))

    # ---- questions -------------------------------------------------------------------

    def isnan(self) -> Self:
        """Whether NaN."""
        return self.ne(self)

    def isinf(self) -> Self:
        """Whether infinite."""
        return self._new(ops.eq(ops.absolute(self._floats()), _number(math.inf)))

    def isposinf(self) -> Self:
        """Whether +∞."""
        return self._new(ops.eq(self._floats(), _number(math.inf)))

    def isneginf(self) -> Self:
        """Whether -∞."""
        return self._new(ops.eq(self._floats(), _number(-math.inf)))

    def isfinite(self) -> Self:
        """Whether neither infinite nor NaN."""
        return self._new(ops.lt(ops.absolute(self._floats()), _number(math.inf)))

    def is_nonzero(self) -> bool:
        """Whether the one element is not 0."""
        if math.prod(self.shape) != 1:
            raise ShapeError(f"is_nonzero of shape {self.shape}; one element is taken.")
        return bool(self._value() != 0)

    def isreal(self) -> Self:
        """True: there are no complex numbers."""
        return self._new(ops.expand(ops.const(True, dtypes.bool_), self.shape))

    def _floats(self) -> Node:
        return ops.floating(ops.detach(self._node))

    def signbit(self) -> Self:
        """Whether the sign is minus, also that of -0."""
        x = self._node
        if not x.dtype.is_float:
            return self._new(ops.lt(x, ops.like(x, 0)))
        below = ops.lt(ops.div(ops.like(x, 1.0), x), ops.like(x, 0.0))
        small = ops.eq(x, ops.like(x, 0.0))
        negative = ops.lt(x, ops.like(x, 0.0))
        return self._new(ops.where(small, below, negative))


def _number(value: float) -> Node:
    return ops.const(value, dtypes.float32)
