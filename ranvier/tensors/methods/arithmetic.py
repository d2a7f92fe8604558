"""Arithmetic: ``+ - * / // % ** @`` and their named forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

from ranvier import dtypes, ops
from ranvier.errors import DTypeError, ValueRangeError
from ranvier.graph import Node
from ranvier.tensors.methods.handle import Handle
from ranvier.tensors.methods.operands import node_of


class Arithmetic(Handle):
    """Operators on numbers."""

    __slots__ = ()

    def __add__(self, other: Any) -> Self:
        return self._new(ops.add(self._node, node_of(other, self)))

    def __radd__(self, other: Any) -> Self:
        return self._new(ops.add(node_of(other, self), self._node))

    def __sub__(self, other: Any) -> Self:
        return self._new(_difference(self._node, node_of(other, self)))

    def __rsub__(self, other: Any) -> Self:
        return self._new(_difference(node_of(other, self), self._node))

    def __mul__(self, other: Any) -> Self:
        return self._new(ops.mul(self._node, node_of(other, self)))

    def __rmul__(self, other: Any) -> Self:
        return self._new(ops.mul(node_of(other, self), self._node))

    def __truediv__(self, other: Any) -> Self:
        return self._new(ops.div(self._node, node_of(other, self)))

    def __rtruediv__(self, other: Any) -> Self:
        return self._new(ops.div(node_of(other, self), self._node))

    def div(self, other: Any, *, rounding_mode: str | None = None) -> Self:
        """``self / other``; with `rounding_mode` "floor" or "trunc" rounded down or
        towards 0, and then of integers an integer.
        """
        if rounding_mode is None:
            return self.__truediv__(other)
        if rounding_mode == "floor":
            return self.__floordiv__(other)
        if rounding_mode != "trunc":
            raise ValueRangeError(
                f"div: rounding_mode is {rounding_mode!r}; expected None, 'floor' or "
                "'trunc'."
            )
        return self._divided(ops.trunc, self._node, node_of(other, self))

    divide = div
    true_divide = div

    def __floordiv__(self, other: Any) -> Self:
        return self._floordiv(self._node, node_of(other, self))

    def __rfloordiv__(self, other: Any) -> Self:
        return self._floordiv(node_of(other, self), self._node)

    def _floordiv(self, a: Node, b: Node) -> Self:
        return self._divided(ops.floor, a, b)

    def _divided(self, whole: Callable[[Node], Node], a: Node, b: Node) -> Self:
        kind = ops.common(a, b)
        if kind.is_float:
            return self._new(whole(ops.div(a, b)))
        wide = ops.div(ops.cast(a, dtypes.float64), ops.cast(b, dtypes.float64))
        return self._new(ops.cast(whole(wide), kind))

    def __mod__(self, other: Any) -> Self:
        return self._new(ops.mod(self._node, node_of(other, self)))

    def __rmod__(self, other: Any) -> Self:
        return self._new(ops.mod(node_of(other, self), self._node))

    def fmod(self, other: Any) -> Self:
        """What is left of x / other, with the sign of x."""
        return self._new(ops.fmod(self._node, node_of(other, self)))

    def __matmul__(self, other: Any) -> Self:
        return self._new(ops.matmul(self._node, node_of(other, self)))

    def __rmatmul__(self, other: Any) -> Self:
        return self._new(ops.matmul(node_of(other, self), self._node))

    def __neg__(self) -> Self:
        if self._node.dtype.order == 0:
            raise DTypeError("- of booleans; use ~ for not.")
        return self._new(ops.neg(self._node))

    def __pos__(self) -> Self:
        return self

    def __abs__(self) -> Self:
        return self._new(ops.absolute(self._node))

    def __pow__(self, exponent: Any) -> Self:
        if (
            isinstance(exponent, (int, float))
            and exponent in (2, 3, 4)
            and not isinstance(exponent, bool)
        ):
            x = self._node
            if isinstance(exponent, float):
                x = ops.floating(x)
            square = ops.mul(x, x)
            if exponent == 2:
                return self._new(square)
            return self._new(ops.mul(square, x if exponent == 3 else square))
        if isinstance(exponent, float) and exponent == 0.5:
            return self._new(ops.sqrt(self._node))
        if isinstance(exponent, int) and exponent < 0 and not self.dtype.is_float:
            raise ValueRangeError(
                f"pow: integers to the power {exponent}; use .float() first."
            )
        return self._new(ops.power(self._node, node_of(exponent, self)))

    def float_power(self, exponent: Any) -> Self:
        """x to that power in float64."""
        x = self._new(ops.cast(self._node, dtypes.float64))
        if isinstance(exponent, Handle):
            exponent = self._new(ops.cast(exponent._node, dtypes.float64))
        return x.__pow__(exponent)

    def __rpow__(self, base: Any) -> Self:
        return self._new(ops.power(node_of(base, self), self._node))

    def add(self, other: Any, *, alpha: float = 1) -> Self:
        """``self + alpha * other``."""
        return self.__add__(other if alpha == 1 else other * alpha)

    def sub(self, other: Any, *, alpha: float = 1) -> Self:
        """``self - alpha * other``."""
        return self.__sub__(other if alpha == 1 else other * alpha)

    mul = __mul__
    multiply = __mul__
    subtract = sub
    positive = __pos__

    floor_divide = __floordiv__
    remainder = __mod__
    neg = __neg__
    negative = __neg__
    matmul = __matmul__
    pow = __pow__


def _difference(a: Node, b: Node) -> Node:
    if a.dtype.order == 0 and b.dtype.order == 0:
        raise DTypeError("- between booleans; use ^ for those that differ.")
    return ops.sub(a, b)
