"""Thin products as loops.

A product with an inner dimension of 1, or with a vector, computes nothing that a loop
does not: as element-wise multiplications and sums it joins what stands before and
behind it, where a product would read and write memory.
"""

from __future__ import annotations

import math

import numpy as np

from ranvier import ops
from ranvier.compiler.fuse.rewriting import Rewriting
from ranvier.graph import Node, Shape

COMPUTED = {"elementwise", "reduce"}
MOST = 65_536  # multiplications; larger products with vectors stay products


def outer(r: Rewriting, n: Node) -> Node | None:
    """With an inner dimension of 1, every result is one multiplication."""
    if n.op != "matmul" or n.srcs[0].shape[-1] != 1:
        return None
    a, b = n.srcs
    if np.broadcast_shapes(a.shape, b.shape) != n.shape:
        return None
    return r.make("mul", n.srcs, None, n.shape, n.dtype)


def vector(r: Rewriting, n: Node) -> Node | None:
    """A b for a column b: the rows of A times bᵀ, added up; a row as its transpose.

    A is gone through as it lies: A = Bᵀ is read as B, and added up over its rows.
    """
    if n.op != "matmul" or len(n.shape) != 2 or 1 not in n.shape:
        return None
    a, b = n.srcs
    if n.shape[0] == 1:
        a, b = (_transposed(r, s) for s in (b, a))
    if 1 in a.shape or math.prod(a.shape) > MOST:
        return None
    over = 1
    if a.op == "permute":
        a, over = a.srcs[0], 0
    shape = tuple(size if d == over else 1 for d, size in enumerate(a.shape))
    b = r.make("reshape", (b,), shape, shape, b.dtype)
    product = r.make("mul", (a, b), None, a.shape, n.dtype)
    kept = tuple(1 if d == over else size for d, size in enumerate(a.shape))
    total = r.make("sum", (product,), (over,), kept, n.dtype)
    return r.make("reshape", (total,), n.shape, n.shape, n.dtype)


def sink(r: Rewriting, n: Node) -> Node | None:
    """What is computed from a sum given another name for its dimensions is computed
    under the sum's own: a bias's update joins the loop that adds up its gradient.
    """
    if _kind(n) != "elementwise" or not _uniform(n) or not n.shape:
        return None
    for source in n.srcs:
        x = source.srcs[0] if source.op == "reshape" else source
        if x is not source and _kind(x) in COMPUTED and _before(x.shape, n.shape):
            return r.make(
                "reshape", (_named(r, n, x.shape),), n.shape, n.shape, n.dtype
            )
    return None


def _named(r: Rewriting, x: Node, shape: Shape) -> Node:
    """`x` with its dimensions named as in `shape`, and so is what it is made from."""
    if not x.shape:
        return x
    if _kind(x) == "elementwise" and _uniform(x):
        srcs = tuple(_named(r, s, shape) for s in x.srcs)
        return r.make(x.op, srcs, x.attrs, shape, x.dtype)
    return r.make("reshape", (x,), shape, shape, x.dtype)


def _uniform(x: Node) -> bool:
    """Whether nothing is repeated but scalars."""
    return all(s.shape in ((), x.shape) for s in x.srcs)


def _before(a: Shape, b: Shape) -> bool:
    """Whether `a` names the same elements as `b`, in an order of names that keeps two
    sums from calling each other back and forth.
    """
    same = [n for n in a if n != 1] == [n for n in b if n != 1]
    return same and (-len(a), a) < (-len(b), b)


def _kind(x: Node) -> str:
    return ops.TABLE[x.op].kind if x.op in ops.TABLE else x.op


def _transposed(r: Rewriting, x: Node) -> Node:
    return r.make("permute", (x,), (1, 0), x.shape[::-1], x.dtype)
