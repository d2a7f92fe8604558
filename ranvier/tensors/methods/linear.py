"""Matrices and vectors: products, and what `rv.linalg` does not have."""

from __future__ import annotations

from typing import Any, Self

from ranvier import ops
from ranvier.errors import DTypeError, ShapeError, ValueRangeError
from ranvier.tensors.methods.operands import node_of
from ranvier.tensors.methods.solving import Solving


class Linear(Solving):
    """Matrices and vectors."""

    __slots__ = ()

    def _ranks(self, what: str, *expected: tuple[Any, int]) -> list[Self]:
        """The operands, each with as many dimensions as it must have."""
        found = []
        for value, rank in expected:
            x = value if value is self else self._lift(value)
            if x.ndim != rank:
                shapes = ", ".join(str(self._lift(v).shape) for v, _ in expected)
                raise ShapeError(
                    f"{what}: got shapes {shapes}; {_named(expected)} expected. "
                    "rv.matmul takes any."
                )
            found.append(x)
        return found

    def mm(self, mat2: Any) -> Self:
        """The product of two matrices."""
        a, b = self._ranks("mm", (self, 2), (mat2, 2))
        return a @ b

    def bmm(self, mat2: Any) -> Self:
        """The products of two stacks of matrices, of equal number."""
        a, b = self._ranks("bmm", (self, 3), (mat2, 3))
        if a.shape[0] != b.shape[0]:
            raise ShapeError(f"bmm: {a.shape[0]} matrices and {b.shape[0]}.")
        return a @ b

    def mv(self, vec: Any) -> Self:
        """The product of a matrix and a vector."""
        a, b = self._ranks("mv", (self, 2), (vec, 1))
        return a @ b

    def dot(self, tensor: Any) -> Self:
        """Σ x y of two vectors."""
        a, b = self._ranks("dot", (self, 1), (tensor, 1))
        return a @ b

    vdot = dot

    def outer(self, vec2: Any) -> Self:
        """``y[i, j] = x[i] * vec2[j]``."""
        a, b = self._ranks("outer", (self, 1), (vec2, 1))
        return a.unsqueeze(1) * b.unsqueeze(0)

    ger = outer

    def inner(self, other: Any) -> Self:
        """Σ x y over the last dimension of both.

        >>> import ranvier as rv
        >>> rv.ones(2, 3).inner(rv.ones(4, 3)).shape
        (2, 4)
        """
        y = self._lift(other)
        if not self.ndim or not y.ndim:
            return self * y
        if self.shape[-1] != y.shape[-1]:
            raise ShapeError(
                f"inner: {self.shape} and {y.shape}; the last sizes must be equal."
            )
        rows = self.reshape(-1 if self.numel() else 0, self.shape[-1])
        columns = y.reshape(-1 if y.numel() else 0, y.shape[-1]).t()
        return (rows @ columns).reshape(*self.shape[:-1], *y.shape[:-1])

    # ---- β x + α a b -----------------------------------------------------------------

    def _plus(self, product: Self, beta: float, alpha: float) -> Self:
        """β x + α product; x is not asked for where β is 0."""
        scaled = product if alpha == 1 else product * alpha
        if beta == 0:
            shape = ops.broadcast(self.shape, product.shape, "addmm")
            return scaled.expand(shape).clone()
        return (self if beta == 1 else self * beta) + scaled

    def addmm(self, mat1: Any, mat2: Any, *, beta: float = 1, alpha: float = 1) -> Self:
        """``beta * x + alpha * (mat1 @ mat2)``."""
        return self._plus(self._lift(mat1).mm(mat2), beta, alpha)

    def addmv(self, mat: Any, vec: Any, *, beta: float = 1, alpha: float = 1) -> Self:
        """``beta * x + alpha * (mat @ vec)``."""
        return self._plus(self._lift(mat).mv(vec), beta, alpha)

    def addr(self, vec1: Any, vec2: Any, *, beta: float = 1, alpha: float = 1) -> Self:
        """``beta * x + alpha * outer(vec1, vec2)``."""
        return self._plus(self._lift(vec1).outer(vec2), beta, alpha)

    def baddbmm(
        self, batch1: Any, batch2: Any, *, beta: float = 1, alpha: float = 1
    ) -> Self:
        """``beta * x + alpha * bmm(batch1, batch2)``."""
        return self._plus(self._lift(batch1).bmm(batch2), beta, alpha)

    def addbmm(
        self, batch1: Any, batch2: Any, *, beta: float = 1, alpha: float = 1
    ) -> Self:
        """``beta * x + alpha * Σ bmm(batch1, batch2)`` over the stack."""
        return self._plus(self._lift(batch1).bmm(batch2).sum(0), beta, alpha)

    # ---- others ----------------------------------------------------------------------

    def trace(self) -> Self:
        """The sum of the diagonal of a matrix."""
        (x,) = self._ranks("trace", (self, 2))
        return x.diagonal().sum()

    def kron(self, other: Any) -> Self:
        """The Kronecker product: every element of x times all of `other`."""
        y = self._lift(other)
        rank = max(self.ndim, y.ndim)
        a = (1,) * (rank - self.ndim) + self.shape
        b = (1,) * (rank - y.ndim) + y.shape
        left = self.reshape(tuple(n for m in a for n in (m, 1)))
        right = y.reshape(tuple(n for m in b for n in (1, m)))
        sizes = tuple(n * m for n, m in zip(a, b, strict=True))
        return (left * right).reshape(sizes)

    def cross(self, other: Any, dim: int | None = None) -> Self:
        """The vector product along `dim`, of size 3 (the first such one)."""
        a, b = ops.expand(*_alike(self._node, node_of(other, self))), self._lift(other)
        b = self._new(ops.expand(b._node, a.shape))
        sizes = [d for d, n in enumerate(a.shape) if n == 3]
        if dim is None and not sizes:
            raise ShapeError(f"cross: no dimension of {a.shape} has size 3.")
        d = sizes[0] if dim is None else ops.axis(dim, len(a.shape), "cross")
        if a.shape[d] != 3:
            raise ShapeError(f"cross: dimension {dim} of {a.shape} has not size 3.")
        x = self._new(a)
        return x.roll(-1, d) * b.roll(-2, d) - x.roll(-2, d) * b.roll(-1, d)

    def matrix_power(self, n: int) -> Self:
        """The product of n copies of a square matrix; for negative n of its inverse."""
        if self.ndim < 2 or self.shape[-1] != self.shape[-2]:
            raise ShapeError(f"matrix_power: {self.shape}; square ones are expected.")
        base = self.inverse() if n < 0 else self
        out = None
        for bit in bin(abs(n))[:1:-1]:
            if bit == "1":
                out = base if out is None else out @ base
            base = base @ base
        if out is not None:
            return out
        ones = ops.expand(ops.like(self._node, 1), self.shape[:-1])
        return self._new(ones).diag_embed()

    def cdist(self, x2: Any, p: float = 2.0, compute_mode: Any = None) -> Self:
        """The p-norm distance of every row of x from every row of `x2`."""
        y = self._lift(x2)
        if self.ndim < 2 or y.ndim < 2 or self.shape[-1] != y.shape[-1]:
            raise ShapeError(
                f"cdist: {self.shape} and {y.shape}; both need rows of equal length."
            )
        if p < 0:
            raise ValueRangeError(f"cdist: p is {p}; it must not be negative.")
        if not self.dtype.is_float:
            raise DTypeError(f"cdist of {self.dtype.name}; use .float() first.")
        return (self.unsqueeze(-2) - y.unsqueeze(-3))._norm(float(p), -1, False)


def _alike(a: Any, b: Any) -> tuple[Any, tuple[int, ...]]:
    return a, ops.broadcast(a.shape, b.shape, "cross")


def _named(expected: tuple[tuple[Any, int], ...]) -> str:
    words = {1: "a vector", 2: "a matrix", 3: "a stack of matrices (3 dimensions)"}
    return " and ".join(words[rank] for _, rank in expected) + " is"
