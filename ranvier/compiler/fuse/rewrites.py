"""Rewrites that look at shapes: each takes a node and gives a better one or None.

`simplify` applies them; what they give is simplified in turn.
"""

from __future__ import annotations

import math

from ranvier import ops
from ranvier.graph import Node, Shape


def composite(n: Node) -> Node | None:
    """Primitives that have a gradient rule but no kernel are what they are made of."""
    made = ops.COMPOSITES.get(n.op)
    return None if made is None else made(n.attrs, *n.srcs)


def side_by_side(n: Node) -> Node | None:
    """Windows that lie side by side are a reshape."""
    if n.op == "window" and ops.disjoint(n.srcs[0].shape, n.attrs):
        return ops.reshape(n.srcs[0], n.shape)
    return None


def outward(n: Node) -> Node | None:
    """f(merge(z), y) = merge(f(z, split(y))) where z was just computed, and the same
    for reductions: the two are then one loop over the finer shape (the gradient of a
    pooling, the mask of the ReLU before it, the sums of a batch norm before that).
    """
    if n.op in ("sum", "amax", "amin"):
        return _reduced(n)
    if not _elementwise(n) or n.op == "copy" or any(map(_elsewhere, n.srcs)):
        return None
    for s in n.srcs:
        if s.op == "reshape" and s.shape == n.shape and _computed(s.srcs[0]):
            fine = s.srcs[0].shape
            parts = grouped(fine, n.shape)
            if parts is not None:
                srcs = tuple(_split(y, n.shape, fine, parts) for y in n.srcs)
                made = Node(n.op, srcs, n.attrs, fine, n.dtype, False)
                return ops.reshape(made, n.shape)
    return None


def _reduced(n: Node) -> Node | None:
    """A reduction of merge(z) over whole groups of dimensions."""
    x = n.srcs[0]
    if x.op != "reshape" or not _elementwise(x.srcs[0]):
        return None
    z = x.srcs[0]
    parts = grouped(z.shape, x.shape)
    if parts is None:
        return None
    over = tuple(d for dim in n.attrs for d in parts[dim])
    return ops.reshape(_summed(n.op, z, over), n.shape)


def _elsewhere(s: Node) -> bool:
    """Whether a source is better followed where it is made (a product's epilogue), or
    is an array of the user.
    """
    return s.op in ("conv", "matmul", "input")


def _computed(z: Node) -> bool:
    return z.op == "expand" or _elementwise(z)


def _elementwise(z: Node) -> bool:
    return z.op in ops.TABLE and ops.TABLE[z.op].kind == "elementwise"


def grouped(fine: Shape, coarse: Shape) -> list[tuple[int, ...]] | None:
    """For each dimension of `coarse` those of `fine` that it merges; None if it is not
    a mere merge of more dimensions.

    >>> grouped((8, 14, 2, 14, 2, 6), (8, 28, 28, 6))
    [(0,), (1, 2), (3, 4), (5,)]
    """
    if len(fine) <= len(coarse) or 0 in fine:
        return None
    groups: list[tuple[int, ...]] = []
    d = 0
    for n in coarse:
        group, size = [d], fine[d] if d < len(fine) else 0
        d += 1
        while size < n and d < len(fine):
            size *= fine[d]
            group.append(d)
            d += 1
        if size != n:
            return None
        groups.append(tuple(group))
    return groups if d == len(fine) else None


def _split(y: Node, shape: Shape, fine: Shape, parts: list[tuple[int, ...]]) -> Node:
    """`y`, which broadcasts to `shape`, as what broadcasts to `fine`."""
    if not y.shape:
        return y
    if _made_again(y):
        srcs = tuple(_split(s, shape, fine, parts) for s in y.srcs)
        wanted = _finer(y.shape, shape, fine, parts)
        return Node(y.op, srcs, y.attrs, wanted, y.dtype, False)
    return ops.reshape(y, _finer(y.shape, shape, fine, parts))


def _made_again(y: Node) -> bool:
    """Whether `y` is better computed twice than written and read: a comparison, or an
    array and the mean of its channels.
    """
    if not _elementwise(y) or y.dtype.order == 0:
        return _elementwise(y)
    small = [s for s in y.srcs if s.shape != y.shape]
    return (
        y.op in ("add", "sub", "mul")
        and len(small) == 1
        and _elementwise(small[0])
        and bool(small[0].shape)
    )


def _finer(
    own: Shape, shape: Shape, fine: Shape, parts: list[tuple[int, ...]]
) -> Shape:
    out: list[int] = []
    own = (1,) * (len(shape) - len(own)) + own
    for n, m, group in zip(own, shape, parts, strict=True):
        out += [fine[d] if n == m else 1 for d in group]
    return tuple(out)


PIECES = 8  # that a long sum is cut into at least
PIECE = 16  # terms that a piece has at least
LONG = 32_768  # elements of a sum that is worth cutting


def in_pieces(n: Node) -> Node | None:
    """A long sum with few results in a fixed number of pieces, which threads can share,
    and the sum of the pieces. It depends on the shape alone: same bits for any number
    of threads.
    """
    if n.op not in ("sum", "amax", "amin") or math.prod(n.srcs[0].shape) <= LONG:
        return None
    x, over = n.srcs[0], n.attrs
    kept = math.prod(n.shape)
    if (kept if len(x.shape) - 1 in over else kept // 16) >= PIECES:
        return None
    first: list[int] = []
    while math.prod(x.shape[d] for d in first) < PIECES and len(first) < len(over):
        first.append(over[len(first)])
    rest = over[len(first) :]
    if math.prod(x.shape[d] for d in rest) >= PIECE:
        return _summed(n.op, _summed(n.op, x, rest), tuple(first))
    return _divided(n) if len(over) == 1 else None


def _summed(op: str, x: Node, over: tuple[int, ...]) -> Node:
    shape = tuple(1 if d in over else n for d, n in enumerate(x.shape))
    return Node(op, (x,), over, shape, x.dtype, False)


def _divided(n: Node) -> Node | None:
    """One reduced dimension as two: pieces, and places in a piece."""
    x, (d,) = n.srcs[0], n.attrs
    size = x.shape[d]
    fitting = [p for p in range(64, PIECES - 1, -1) if not size % p]
    if not fitting or size // fitting[0] < PIECE:
        return None
    shape = (*x.shape[:d], fitting[0], size // fitting[0], *x.shape[d + 1 :])
    pieces = _summed(n.op, ops.reshape(x, shape), (d + 1,))
    return ops.reshape(_summed(n.op, pieces, (d,)), n.shape)
