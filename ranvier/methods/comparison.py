"""Comparisons, logic, and questions about single elements."""

from __future__ import annotations

from typing import Any, Self

from ranvier import dtypes, ops
from ranvier.methods.arithmetic import Arithmetic
from ranvier.methods.operands import node_of


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

    def __and__(self, other: Any) -> Self:
        return self._new(ops.both(self._node, node_of(other, self)))

    def __or__(self, other: Any) -> Self:
        return self._new(ops.either(self._node, node_of(other, self)))

    def __xor__(self, other: Any) -> Self:
        return self._new(ops.exclusive(self._node, node_of(other, self)))

    def __invert__(self) -> Self:
        return self.logical_not()

    def logical_not(self) -> Self:
        """Not; for integers, whether equal to 0."""
        return self._new(ops.eq(self._node, ops.like(self._node, 0)))

    def isnan(self) -> Self:
        """Whether NaN."""
        return self.ne(self)

    def isinf(self) -> Self:
        """Whether infinite."""
        x = ops.absolute(self._node)
        return self._new(ops.eq(x, ops.const(float("inf"), dtypes.float32)))

    def isfinite(self) -> Self:
        """Whether neither infinite nor NaN."""
        x = ops.absolute(self._node)
        if not self.dtype.is_float:
            return self.eq(self)
        return self._new(ops.lt(x, ops.like(x, float("inf"))))
