# ruff: noqa: E501  (the table)
"""Primitives that NumPy's linear algebra computes. They have gradient rules like all
others and no native form: a graph that holds one is interpreted.

What has several results gives them side by side in one array: `eigh` (w | V), `svd`
(s | Uᵀ | Vᵀ), `qr` (Qᵀ | R), each row by row.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ranvier.errors import ValueRangeError
from ranvier.graph import Node
from ranvier.ops.contract import matmul
from ranvier.ops.elementwise import add, div, eq, gt, like, mul, neg, sub, where
from ranvier.ops.movement import cut, reshape, swap
from ranvier.ops.primitive import broadcast, cast, node, row
from ranvier.ops.reduce import expand, iota

KIND = "numpy"


def _told(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with NumPy's complaint in our words."""

    def run(attrs: Any, *arrays: Any) -> Any:
        try:
            return function(*arrays)
        except np.linalg.LinAlgError as error:
            raise ValueRangeError(
                f"linalg.{name}: {error} (shapes {[a.shape for a in arrays]})."
            ) from None

    return run


# ---- systems of equations ------------------------------------------------------------


def solve(a: Node, b: Node) -> Node:
    """X with A X = B, for A (…, n, n) and B (…, n, k)."""
    front = broadcast(a.shape[:-2], b.shape[:-2], "linalg.solve")
    a, b = expand(a, front + a.shape[-2:]), expand(b, front + b.shape[-2:])
    return node("solve", (a, b), None, b.shape, b.dtype)


def _solve_grad(g: Node, y: Node, a: Node, b: Node, attrs: Any) -> tuple[Node, Node]:
    to_b = solve(swap(a), g)
    return neg(matmul(to_b, swap(y))), to_b


def unit(a: Node) -> Node:
    """The unit matrices of the size of `a`."""
    n = a.shape[-1]
    one = eq(reshape(iota(n), (n, 1)), iota(n))
    return expand(cast(one, a.dtype), a.shape)


def inverse(a: Node) -> Node:
    """A⁻¹."""
    return solve(a, unit(a))


def det(a: Node) -> Node:
    """The determinant of (…, n, n)."""
    return node("det", (a,), None, a.shape[:-2], a.dtype)


def detsign(a: Node) -> Node:
    """The sign of the determinant."""
    return node("detsign", (a,), None, a.shape[:-2], a.dtype)


def logabsdet(a: Node) -> Node:
    """ln |det A|."""
    return node("logabsdet", (a,), None, a.shape[:-2], a.dtype)


def _wide(g: Node) -> Node:
    return reshape(g, (*g.shape, 1, 1))


def _det_grad(g: Node, y: Node, a: Node, attrs: Any) -> tuple[Node]:
    return (mul(_wide(mul(g, y)), inverse(swap(a))),)


def _logabsdet_grad(g: Node, y: Node, a: Node, attrs: Any) -> tuple[Node]:
    return (mul(_wide(g), inverse(swap(a))),)


# ---- factors -------------------------------------------------------------------------


def cholesky(a: Node) -> Node:
    """The lower triangular L with L Lᵀ = A."""
    return node("cholesky", (a,), None, a.shape, a.dtype)


def _cholesky_grad(g: Node, y: Node, a: Node, attrs: Any) -> tuple[Node]:
    """L⁻ᵀ Φ(Lᵀ g) L⁻¹ made symmetric, where Φ keeps the lower half and half the
    diagonal (Murray, 2016).
    """
    p = _lower(matmul(swap(y), g))
    s = swap(solve(swap(y), swap(solve(swap(y), p))))
    return (mul(add(s, swap(s)), like(s, 0.5)),)


def _lower(x: Node) -> Node:
    n = x.shape[-1]
    i, j = reshape(iota(n), (n, 1)), iota(n)
    below = where(gt(i, j), x, like(x, 0.0))
    return add(below, where(eq(i, j), mul(x, like(x, 0.5)), like(x, 0.0)))


def eigh(a: Node) -> tuple[Node, Node]:
    """Eigenvalues w (…, n) in rising order and eigenvectors V of symmetric matrices."""
    n = a.shape[-1]
    y = node("eigh", (a,), None, (*a.shape[:-1], n + 1), a.dtype)
    w, v = _columns(y, 1, n)
    return reshape(w, a.shape[:-1]), v


def _eigh_numpy(a: Any) -> Any:
    w, v = np.linalg.eigh(a)
    return np.concatenate([w[..., None], v], -1)


def _eigh_grad(g: Node, y: Node, a: Node, attrs: Any) -> tuple[Node]:
    """V (diag(gw) + (Vᵀ gV) / E) Vᵀ with E[i, j] = w[j] - w[i]."""
    n = a.shape[-1]
    (gw, gv), (w, v) = _columns(g, 1, n), _columns(y, 1, n)
    inner = add(mul(matmul(swap(v), gv), _inverse(sub(swap(w), w))), mul(gw, unit(a)))
    return (matmul(matmul(v, inner), swap(v)),)


def svd(a: Node) -> tuple[Node, Node, Node]:
    """U (…, m, k), S (…, k) falling and Vᵀ (…, k, n) with A = U diag(S) Vᵀ, where
    k = min(m, n).
    """
    m, n = a.shape[-2:]
    k = min(m, n)
    y = node("svd", (a,), None, (*a.shape[:-2], k, 1 + m + n), a.dtype)
    s, ut, vt = _columns(y, 1, m, n)
    return swap(ut), reshape(s, (*a.shape[:-2], k)), vt


def _svd_numpy(a: Any) -> Any:
    u, s, vt = np.linalg.svd(a, full_matrices=False)
    return np.concatenate([s[..., None], np.swapaxes(u, -1, -2), vt], -1)


def _svd_grad(g: Node, y: Node, a: Node, attrs: Any) -> tuple[Node]:
    """U [(skew(Uᵀ gU) / E) S + S (skew(Vᵀ gV) / E) + diag(gS)] Vᵀ with
    E[i, j] = s[j]² - s[i]², and what lies outside the span of U and of V (Townsend,
    2016).
    """
    m, n = a.shape[-2:]
    k = min(m, n)
    (gs, gut, gvt), (s, ut, vt) = _columns(g, 1, m, n), _columns(y, 1, m, n)
    u, gu, v, gv, across = swap(ut), swap(gut), swap(vt), swap(gvt), swap(s)
    apart = _inverse(sub(mul(across, across), mul(s, s)))
    inner = add(
        mul(mul(_skew(matmul(ut, gu)), apart), across),
        mul(s, mul(_skew(matmul(vt, gv)), apart)),
    )
    inner = add(inner, mul(gs, unit(inner)))
    out = matmul(matmul(u, inner), vt)
    if m > k:
        rest = sub(gu, matmul(u, matmul(ut, gu)))
        out = add(out, matmul(div(rest, across), vt))
    if n > k:
        rest = sub(gvt, matmul(matmul(gvt, v), vt))
        out = add(out, matmul(u, div(rest, s)))
    return (out,)


def qr(a: Node) -> tuple[Node, Node]:
    """Q (…, m, k) with orthonormal columns and R (…, k, n), upper triangular."""
    m, n = a.shape[-2:]
    y = node("qr", (a,), None, (*a.shape[:-2], min(m, n), m + n), a.dtype)
    qt, r = _columns(y, m, n)
    return swap(qt), r


def _qr_numpy(a: Any) -> Any:
    q, r = np.linalg.qr(a)
    return np.concatenate([np.swapaxes(q, -1, -2), r], -1)


def _qr_grad(g: Node, y: Node, a: Node, attrs: Any) -> tuple[Node]:
    """(gQ + Q sym(M)) R⁻ᵀ with M = R gRᵀ - gQᵀ Q, whose lower half sym() mirrors; for
    m ≥ n.
    """
    m, n = a.shape[-2:]
    (gqt, gr), (qt, r) = _columns(g, m, n), _columns(y, m, n)
    q = swap(qt)
    mirror = _lower(sub(matmul(r, swap(gr)), matmul(gqt, q)))
    inner = add(swap(gqt), matmul(q, add(mirror, swap(mirror))))
    return (swap(solve(r, swap(inner))),)


def _columns(x: Node, *sizes: int) -> tuple[Node, ...]:
    """Pieces of the last dimension."""
    out, at = [], 0
    for size in sizes:
        parts = tuple((0, n, 1) for n in x.shape[:-1])
        out.append(cut(x, (*parts, (at, at + size, 1))))
        at += size
    return tuple(out)


def _skew(x: Node) -> Node:
    return sub(x, swap(x))


def _inverse(x: Node) -> Node:
    """1 / x, and 0 where x is 0."""
    none = eq(x, like(x, 0.0))
    return where(none, like(x, 0.0), div(like(x, 1.0), where(none, like(x, 1.0), x)))


# fmt: off
row("solve",     KIND, _told("solve", np.linalg.solve),                     _solve_grad,     "")
row("det",       KIND, _told("det", np.linalg.det),                         _det_grad,       "")
row("detsign",   KIND, _told("slogdet", lambda a: np.linalg.slogdet(a)[0]), lambda g, y, a, attrs: (None,), "")
row("logabsdet", KIND, _told("slogdet", lambda a: np.linalg.slogdet(a)[1]), _logabsdet_grad, "")
row("cholesky",  KIND, _told("cholesky", np.linalg.cholesky),               _cholesky_grad,  "")
row("eigh",      KIND, _told("eigh", _eigh_numpy),                          _eigh_grad,      "")
row("svd",       KIND, _told("svd", _svd_numpy),                            _svd_grad,       "")
row("qr",        KIND, _told("qr", _qr_numpy),                              _qr_grad,        "")
# fmt: on
