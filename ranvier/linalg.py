"""`rv.linalg`: linear algebra for small work. What is a factorisation is computed by
NumPy: with gradients, but not inside compiled functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ranvier import ops
from ranvier.absent import unknown
from ranvier.errors import GradientError, ShapeError, ValueRangeError
from ranvier.graph import grad_mode, leaf
from ranvier.ops import linalg as factors
from ranvier.tensor import Tensor, _wrap, not_a_tensor
from ranvier.tensors.contraction import chain_matmul
from ranvier.tensors.methods.solving import QRResult, SlogdetResult, SVDResult


class EighResult(NamedTuple):
    """Eigenvalues in rising order and eigenvectors."""

    eigenvalues: Tensor
    eigenvectors: Tensor


class LstsqResult(NamedTuple):
    """What `lstsq` gives."""

    solution: Tensor
    residuals: Tensor
    rank: Tensor
    singular_values: Tensor


def _matrix(what: str, A: Any) -> Tensor:
    if not isinstance(A, Tensor):
        raise not_a_tensor(f"linalg.{what}", A)
    if A.ndim < 2:
        raise ShapeError(f"linalg.{what}: {A.shape}; matrices are expected.")
    return A


# ---- norms ---------------------------------------------------------------------------


def vector_norm(
    x: Tensor,
    ord: float = 2,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
) -> Tensor:
    """(Σ |x|^ord)^(1/ord) over `dim` (all when None); ±∞: largest or smallest |x|."""
    if isinstance(ord, str):
        raise ValueRangeError(f"linalg.vector_norm: ord is {ord!r}; a number.")
    return x.norm(ord, dim, keepdim, dtype)


def matrix_norm(
    A: Tensor,
    ord: Any = "fro",
    dim: Sequence[int] = (-2, -1),
    keepdim: bool = False,
    *,
    dtype: Any = None,
) -> Tensor:
    """The norm of matrices: "fro" √Σ a², "nuc" Σ of singular values, ±2 the largest or
    smallest of them, ±1 and ±∞ the largest or smallest sum of |a| in a column or row.
    """
    _matrix("matrix_norm", A)
    if len(tuple(dim)) != 2:
        raise ShapeError(f"linalg.matrix_norm: dim is {dim}; two dimensions.")
    x = A if dtype is None else A.to(dtype)
    if ord == "fro":
        return x.norm(2, tuple(dim), keepdim)
    out = _matrix_norm(x.movedim(tuple(dim), (-2, -1)), ord)
    if not keepdim:
        return out
    for d in sorted(ops.axis(d, A.ndim, "matrix_norm") for d in dim):
        out = out.unsqueeze(d)
    return out


def _matrix_norm(x: Tensor, ord: Any) -> Tensor:
    if ord == "nuc":
        return x.svd().S.sum(-1)
    if ord in (2, -2):
        sizes = x.svd().S
    elif ord in (1, -1):
        sizes = x.abs().sum(-2)
    elif ord in (float("inf"), -float("inf")):
        sizes = x.abs().sum(-1)
    else:
        raise ValueRangeError(
            f"linalg.matrix_norm: ord is {ord!r}; expected 'fro', 'nuc', ±1, ±2 or "
            "±inf."
        )
    return sizes.amax(-1) if ord > 0 else sizes.amin(-1)


def norm(
    A: Tensor,
    ord: Any = None,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
) -> Tensor:
    """The 2-norm of all elements; with `ord` a vector's or, of two dimensions, a
    matrix's norm.
    """
    if not isinstance(A, Tensor):
        raise not_a_tensor("linalg.norm", A)
    several = isinstance(dim, (tuple, list)) and len(dim) == 2
    if ord is not None and (several or (dim is None and A.ndim == 2)):
        return matrix_norm(A, ord, dim or (-2, -1), keepdim, dtype=dtype)
    if isinstance(ord, str):
        raise ValueRangeError(
            f"linalg.norm: ord {ord!r} is of matrices; give two dims."
        )
    return vector_norm(A, 2 if ord is None else ord, dim, keepdim, dtype=dtype)


# ---- equations -----------------------------------------------------------------------


def inv(A: Tensor) -> Tensor:
    """The inverse of square matrices."""
    return _matrix("inv", A).inverse()


def solve(A: Tensor, B: Tensor, *, left: bool = True) -> Tensor:
    """X with A X = B (left=False: X A = B); B may be a vector, or vectors for matrices.

    >>> import ranvier as rv
    >>> solve(rv.tensor([[2.0, 0.0], [0.0, 4.0]]), rv.tensor([2.0, 2.0]))
    tensor([1.0000, 0.5000])
    """
    a = _matrix("solve", A)._factored("solve")
    if not isinstance(B, Tensor):
        raise not_a_tensor("linalg.solve", B)
    vector = B.ndim == 1 or (B.ndim == A.ndim - 1 and B.shape == A.shape[:-1])
    b = ops.reshape(B._node, (*B.shape, 1)) if vector else B._node
    if not left:
        a, b = ops.swap(a), b if vector else ops.swap(b)
    if b.shape[-2] != a.shape[-1] or B.dtype is not A.dtype:
        raise ShapeError(
            f"linalg.solve: A is {A.dtype.name} {A.shape}, B {B.dtype.name} {B.shape}; "
            "one type and as many rows are expected."
        )
    x = factors.solve(a, b)
    if vector:
        return _wrap(ops.reshape(x, x.shape[:-1]))
    return _wrap(x if left else ops.swap(x))


def solve_triangular(
    A: Tensor,
    B: Tensor,
    *,
    upper: bool,
    left: bool = True,
    unitriangular: bool = False,
) -> Tensor:
    """`solve` with the upper (lower) half of A alone."""
    half = A.triu() if upper else A.tril()
    if unitriangular:
        unit = factors.unit(A._node)
        half = _wrap(ops.where(ops.ne(unit, ops.like(unit, 0)), unit, half._node))
    return solve(half, B, left=left)


def lstsq(
    A: Tensor, B: Tensor, rcond: float | None = None, *, driver: str | None = None
) -> LstsqResult:
    """X that makes |A X - B| least, what is left, A's rank and singular values."""
    _outside("lstsq", A, B)
    if B.ndim != A.ndim or B.shape[:-1] != A.shape[:-1] or A.ndim != 2:
        raise ShapeError(f"linalg.lstsq: {A.shape} and {B.shape}; (m, n) and (m, k).")
    found = np.linalg.lstsq(A._value(), B._value(), rcond)
    kind = A.dtype.np
    arrays = [np.asarray(found[0], kind), np.asarray(found[1], kind)]
    arrays += [np.asarray(found[2], np.int64), np.asarray(found[3], kind)]
    return LstsqResult(*(_wrap(leaf(a)) for a in arrays))


def _outside(what: str, *tensors: Tensor) -> None:
    """Refuse where a gradient or a program is asked for."""
    for x in tensors:
        _matrix(what, x)._factored(what, False)
        if x._node.rg and grad_mode.enabled:
            raise GradientError(
                f"linalg.{what} has no gradient here; use x.detach(), or "
                "rv.linalg.pinv, solve or svd(full_matrices=False)."
            )


def pinv(
    A: Tensor,
    *,
    atol: float | None = None,
    rtol: float | None = None,
    hermitian: bool = False,
) -> Tensor:
    """The Moore-Penrose inverse: singular values up to the tolerance count as 0."""
    u, s, v = _matrix("pinv", A).svd()
    small = s <= _tolerance(A, s, atol, rtol)
    inverse = 1 / s.masked_fill(small, float("inf"))
    return (v * inverse.unsqueeze(-2)) @ u.mT


def _tolerance(A: Tensor, s: Tensor, atol: Any, rtol: Any) -> Tensor:
    """max(atol, rtol · largest singular value); rtol is ε · the longer side unless
    given.
    """
    if rtol is None:
        eps = float(np.finfo(A.dtype.np).eps)
        rtol = eps * max(A.shape[-2:]) if not atol else 0.0
    largest: Tensor = s.detach().amax(-1, True) * rtol
    return largest.clamp(min=0.0 if atol is None else atol)


def matrix_rank(
    A: Tensor,
    *,
    atol: float | None = None,
    rtol: float | None = None,
    hermitian: bool = False,
) -> Tensor:
    """How many singular values are above the tolerance."""
    s = _matrix("matrix_rank", A).detach().svd().S
    return (s > _tolerance(A, s, atol, rtol)).sum(-1)


def cond(A: Tensor, p: Any = None) -> Tensor:
    """The condition number: largest by smallest singular value, or ‖A‖ ‖A⁻¹‖ in the
    norm p.
    """
    if p in (None, 2, -2):
        s = _matrix("cond", A).svd().S
        return s.amax(-1) / s.amin(-1) if p != -2 else s.amin(-1) / s.amax(-1)
    return matrix_norm(A, p) * matrix_norm(inv(A), p)


# ---- determinants and factors --------------------------------------------------------


def det(A: Tensor) -> Tensor:
    """The determinant of square matrices."""
    return _matrix("det", A).det()


def slogdet(A: Tensor) -> SlogdetResult[Tensor]:
    """The sign of the determinant, and ln |det|."""
    return _matrix("slogdet", A).slogdet()


def cholesky(A: Tensor, *, upper: bool = False) -> Tensor:
    """The lower triangular L with L Lᵀ = A; with `upper` its transpose."""
    return _matrix("cholesky", A).cholesky(upper)


def qr(A: Tensor, mode: str = "reduced") -> QRResult[Tensor]:
    """Q with orthonormal columns and R, upper triangular, with Q R = A."""
    _matrix("qr", A)
    if mode == "reduced":
        return A.qr()
    if mode not in ("complete", "r"):
        raise ValueRangeError(f"linalg.qr: mode is {mode!r}.")
    _outside("qr", A)
    if mode == "r":
        return QRResult(_wrap(leaf(np.zeros(0, A.dtype.np))), A.qr().R)
    q, r = np.linalg.qr(A._value(), mode="complete")
    return QRResult(_wrap(leaf(q)), _wrap(leaf(r)))


def svd(
    A: Tensor, full_matrices: bool = True, *, driver: str | None = None
) -> SVDResult[Tensor]:
    """U, S and Vᵀ with A = U diag(S) Vᵀ, S falling. A gradient needs
    full_matrices=False, or a square A.
    """
    _matrix("svd", A)
    if not full_matrices or A.shape[-1] == A.shape[-2]:
        u, s, v = A.svd()
        return SVDResult(u, s, v.mT)
    _outside("svd", A)
    found = np.linalg.svd(A._value())
    return SVDResult(*(_wrap(leaf(np.ascontiguousarray(a))) for a in found))


def svdvals(A: Tensor, *, driver: str | None = None) -> Tensor:
    """Singular values, falling."""
    return _matrix("svdvals", A).svd().S


def eigh(A: Tensor, UPLO: str = "L") -> EighResult:
    """Eigenvalues in rising order and eigenvectors of symmetric matrices, of which the
    lower (upper) half is read.
    """
    half = _symmetric(_matrix("eigh", A), UPLO)
    values, vectors = factors.eigh(half._factored("eigh"))
    return EighResult(_wrap(values), _wrap(vectors))


def eigvalsh(A: Tensor, UPLO: str = "L") -> Tensor:
    """Eigenvalues of symmetric matrices, in rising order."""
    return eigh(A, UPLO).eigenvalues


def _symmetric(A: Tensor, UPLO: str) -> Tensor:
    A._factored("eigh")
    if UPLO not in ("L", "U"):
        raise ValueRangeError(f"linalg.eigh: UPLO is {UPLO!r}; 'L' or 'U'.")
    return A if UPLO == "L" else A.mT


# ---- products ------------------------------------------------------------------------


def multi_dot(tensors: Sequence[Tensor]) -> Tensor:
    """The product of matrices in the cheapest order; the ends may be vectors."""
    return chain_matmul(list(tensors))


def matmul(input: Tensor, other: Tensor) -> Tensor:
    """``input @ other``."""
    return input @ other


def matrix_power(A: Tensor, n: int) -> Tensor:
    """The product of n copies of square matrices; for negative n of the inverse."""
    return A.matrix_power(n)


def cross(input: Tensor, other: Tensor, *, dim: int = -1) -> Tensor:
    """The vector product along `dim`."""
    return input.cross(other, dim)


def vecdot(x: Tensor, y: Tensor, *, dim: int = -1) -> Tensor:
    """Σ x y along `dim`."""
    return (x * y).sum(dim)


def diagonal(A: Tensor, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """The diagonals of matrices."""
    return A.diagonal(offset, dim1, dim2)


_GENERAL = (
    "its results are complex numbers, which are not here; rv.linalg.eigh is for "
    "symmetric matrices, or use np.linalg.{}(x.numpy())"
)
INSTEAD = {
    "vander": "use rv.vander(x, N, increasing=True)",
    "eig": _GENERAL.format("eig"),
    "eigvals": _GENERAL.format("eigvals"),
    "lu": "use rv.linalg.solve(A, B)",
    "lu_factor": "use rv.linalg.solve(A, B)",
    "matrix_exp": "use scipy.linalg.expm(x.numpy()), without a gradient",
    "tensorinv": "use rv.linalg.inv of a reshaped tensor",
    "tensorsolve": "use rv.linalg.solve of reshaped tensors",
}


def __getattr__(name: str) -> Any:
    known = [n for n in globals() if n[0] != "_" and n.islower()]
    raise unknown(__name__, name, known, INSTEAD)
