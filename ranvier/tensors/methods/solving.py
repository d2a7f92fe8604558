"""Linear algebra that NumPy computes: inverses, determinants, factors."""

from __future__ import annotations

from typing import Generic, NamedTuple, Self, TypeVar

from ranvier import ops
from ranvier.errors import DTypeError, ShapeError, UnsupportedError
from ranvier.graph import Node
from ranvier.ops import linalg
from ranvier.tensors.handles import hooks
from ranvier.tensors.methods.statistics import Statistics

T = TypeVar("T")


class SlogdetResult(NamedTuple, Generic[T]):
    """Sign and logarithm of the size of a determinant."""

    sign: T
    logabsdet: T


class QRResult(NamedTuple, Generic[T]):
    """The factors Q and R."""

    Q: T
    R: T


class SVDResult(NamedTuple, Generic[T]):
    """The factors U, S and V or its transpose."""

    U: T
    S: T
    Vh: T


class Solving(Statistics):
    """Inverses, determinants, factors."""

    __slots__ = ()

    def _factored(self, what: str, square: bool = True) -> Node:
        """The node, where such an operation may stand."""
        if hooks.recorder is not None:
            raise UnsupportedError(
                f"linalg.{what} is computed by NumPy and has no native form, so it "
                "cannot stand in a compiled function. Call it outside and pass the "
                "result in, or leave this function uncompiled."
            )
        if not self.dtype.is_float:
            raise DTypeError(f"linalg.{what} of {self.dtype.name}; use .float() first.")
        if self.ndim < 2 or (square and self.shape[-1] != self.shape[-2]):
            kind = "square matrices (…, n, n)" if square else "matrices (…, m, n)"
            raise ShapeError(f"linalg.{what}: {self.shape}; {kind} are expected.")
        return self._node

    def inverse(self) -> Self:
        """The inverse of square matrices.

        >>> import ranvier as rv
        >>> rv.tensor([[2.0, 0.0], [0.0, 4.0]]).inverse()
        tensor([[0.5000, 0.0000],
                [0.0000, 0.2500]])
        """
        return self._new(linalg.inverse(self._factored("inv")))

    def det(self) -> Self:
        """The determinant of square matrices."""
        return self._new(linalg.det(self._factored("det")))

    def slogdet(self) -> SlogdetResult[Self]:
        """The sign of the determinant, and ln |det|."""
        a = self._factored("slogdet")
        return SlogdetResult(
            self._new(linalg.detsign(a)), self._new(linalg.logabsdet(a))
        )

    def logdet(self) -> Self:
        """ln det; NaN where it is negative."""
        sign, size = self.slogdet()
        return size + sign.log()

    def cholesky(self, upper: bool = False) -> Self:
        """The lower triangular L with L Lᵀ = x; with `upper` its transpose."""
        out = self._new(linalg.cholesky(self._factored("cholesky")))
        return out.mT if upper else out

    def qr(self, some: bool = True) -> QRResult[Self]:
        """Q with orthonormal columns and R, upper triangular, with Q R = x."""
        if not some:
            raise UnsupportedError("qr with some=False: only the reduced form is here.")
        a = self._factored("qr", False)
        if self._node.rg and a.shape[-2] < a.shape[-1]:
            raise UnsupportedError(
                f"qr of {a.shape} with a gradient: it is known for at least as many "
                "rows as columns. Use x.detach()."
            )
        q, r = linalg.qr(a)
        return QRResult(self._new(q), self._new(r))

    def svd(self, some: bool = True, compute_uv: bool = True) -> SVDResult[Self]:
        """U, S and V with x = U diag(S) Vᵀ; `rv.linalg.svd` gives Vᵀ."""
        if not (some and compute_uv):
            raise UnsupportedError("svd: some=True and compute_uv=True are here.")
        u, s, vt = linalg.svd(self._factored("svd", False))
        return SVDResult(self._new(u), self._new(s), self._new(vt).mT)

    def pinverse(self, rcond: float = 1e-15) -> Self:
        """The Moore-Penrose inverse."""
        u, s, v = self.svd()
        largest = s.amax(-1, True)
        small = s <= largest._new(ops.detach(largest._node)) * rcond
        inverse = 1 / s.masked_fill(small, float("inf"))
        return (v * inverse.unsqueeze(-2)) @ u.mT
