"""Arithmetic: ``+ - * / // % ** @`` and their named forms."""

from __future__ import annotations

from typing import Any, Self

from ranvier import dtypes, ops
from ranvier.graph import Node
from ranvier.methods.handle import Handle
from ranvier.methods.operands import node_of


class Arithmetic(Handle):
    """Operators on numbers."""

    __slots__ = ()

    def __add__(self, other: Any) -> Self:
        return self._new(ops.add(self._node, node_of(other, self)))

    def __radd__(self, other: Any) -> Self:
        return self._new(ops.add(node_of(other, self), self._node))

    def __sub__(self, other: Any) -> Self:
        return self._new(ops.sub(self._node, node_of(other, self)))

    def __rsub__(self, other: Any) -> Self:
        return self._new(ops.sub(node_of(other, self), self._node))

    def __mul__(self, other: Any) -> Self:
        return self._new(ops.mul(self._node, node_of(other, self)))

    def __rmul__(self, other: Any) -> Self:
        return self._new(ops.mul(node_of(other, self), self._node))

    def __truediv__(self, other: Any) -> Self:
        return self._new(ops.div(self._node, node_of(other, self)))

    def __rtruediv__(self, other: Any) -> Self:
        return self._new(ops.div(node_of(other, self), self._node))

    def __floordiv__(self, other: Any) -> Self:
        return self._floordiv(self._node, node_of(other, self))

    def __rfloordiv__(self, other: Any) -> Self:
        return self._floordiv(node_of(other, self), self._node)

    def _floordiv(self, a: Node, b: Node) -> Self:
        kind = dtypes.promote(a.dtype, b.dtype)
        if kind.is_float:
            return self._new(ops.floor(ops.div(a, b)))
        wide = ops.floor(
            ops.div(ops.cast(a, dtypes.float64), ops.cast(b, dtypes.float64))
        )
        return self._new(ops.cast(wide, kind))

    def __mod__(self, other: Any) -> Self:
        return self._new(ops.mod(self._node, node_of(other, self)))

    def __matmul__(self, other: Any) -> Self:
        return self._new(ops.matmul(self._node, node_of(other, self)))

    def __rmatmul__(self, other: Any) -> Self:
        return self._new(ops.matmul(node_of(other, self), self._node))

    def __neg__(self) -> Self:
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
            square = ops.mul(x, x)
            if exponent == 2:
                return self._new(square)
            return self._new(ops.mul(square, x if exponent == 3 else square))
        if isinstance(exponent, float) and exponent == 0.5:
            return self._new(ops.sqrt(self._node))
        return self._new(ops.power(self._node, node_of(exponent, self)))

    def __rpow__(self, base: Any) -> Self:
        return self._new(ops.power(node_of(base, self), self._node))

    def add(self, other: Any, *, alpha: float = 1) -> Self:
        """``self + alpha * other``."""
        return self.__add__(other if alpha == 1 else other * alpha)

    def sub(self, other: Any, *, alpha: float = 1) -> Self:
        """``self - alpha * other``."""
        return self.__sub__(other if alpha == 1 else other * alpha)

    mul = multiply = __mul__
    div = divide = true_divide = __truediv__
    floor_divide = __floordiv__
    remainder = __mod__
    neg = negative = __neg__
    matmul = mm = bmm = __matmul__
    pow = __pow__

    def maximum(self, other: Any) -> Self:
        """Element-wise larger of the two; ties share the gradient."""
        return self._new(ops.maximum(self._node, node_of(other, self)))

    def minimum(self, other: Any) -> Self:
        """Element-wise smaller of the two; ties share the gradient."""
        return self._new(ops.minimum(self._node, node_of(other, self)))
