"""In-place forms: the handle gets a new node."""

from __future__ import annotations

from typing import Any, Self

from ranvier import ops, random
from ranvier.errors import UnsupportedError
from ranvier.graph import leaf
from ranvier.handles import hooks
from ranvier.methods.conversion import Conversion
from ranvier.methods.operands import node_of


class InPlace(Conversion):
    """In-place forms."""

    __slots__ = ()

    def add_(self, other: Any, *, alpha: float = 1) -> Self:
        """In-place add."""
        return self._assign(self.add(other, alpha=alpha)._node, "add_")

    def sub_(self, other: Any, *, alpha: float = 1) -> Self:
        """In-place sub."""
        return self._assign(self.sub(other, alpha=alpha)._node, "sub_")

    def mul_(self, other: Any) -> Self:
        """In-place mul."""
        return self._assign((self * other)._node, "mul_")

    def div_(self, other: Any) -> Self:
        """In-place div."""
        return self._assign((self / other)._node, "div_")

    def pow_(self, exponent: Any) -> Self:
        """In-place pow."""
        return self._assign((self**exponent)._node, "pow_")

    def clamp_(self, min: Any = None, max: Any = None) -> Self:
        """In-place clamp."""
        return self._assign(self.clamp(min, max)._node, "clamp_")

    def zero_(self) -> Self:
        """Set every element to 0."""
        return self._fill(0, "zero_")

    def fill_(self, value: Any) -> Self:
        """Set every element to `value`."""
        return self._fill(value, "fill_")

    def _fill(self, value: Any, what: str) -> Self:
        return self._assign(ops.expand(node_of(value, self), self.shape), what)

    def uniform_(self, a: float = 0.0, b: float = 1.0) -> Self:
        """Fill with numbers drawn evenly from [a, b)."""
        self._not_traced("uniform_")
        draw = random.default_generator.uniform(a, b, self.shape, self.dtype.np)
        return self._assign(leaf(draw), "uniform_")

    def normal_(self, mean: float = 0.0, std: float = 1.0) -> Self:
        """Fill with Gaussian numbers."""
        self._not_traced("normal_")
        draw = random.default_generator.normal(mean, std, self.shape, self.dtype.np)
        return self._assign(leaf(draw), "normal_")

    def _not_traced(self, what: str) -> None:
        if hooks.recorder is not None:
            raise UnsupportedError(
                f"{what}() inside a compiled function would give the same numbers at "
                f"every "
                "call; use rv.rand or rv.randn there."
            )

    def copy_(self, other: Any) -> Self:
        """Take over the values of `other`, converted to this type."""
        node = node_of(other, self)
        return self._assign(ops.cast(node, self.dtype), "copy_")

    def __iadd__(self, other: Any) -> Self:
        return self._assign((self + other)._node, "+=")

    def __isub__(self, other: Any) -> Self:
        return self._assign((self - other)._node, "-=")

    def __imul__(self, other: Any) -> Self:
        return self._assign((self * other)._node, "*=")

    def __itruediv__(self, other: Any) -> Self:
        return self._assign((self / other)._node, "/=")
