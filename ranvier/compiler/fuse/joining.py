"""Sums of padded pieces that do not overlap: the pieces side by side.

The gradient of cutting a tensor into pieces, such as the gates of an LSTM, is a sum of
such pads. Side by side, every piece is written to its place by who makes it.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from ranvier import ops
from ranvier.compiler.fuse.rewriting import Rewriting
from ranvier.graph import Node


class Pieces(NamedTuple):
    """What is not 0 along `dim`: (start, stop, node) in ascending order."""

    dim: int
    parts: list[tuple[int, int, Node]]


def joined_pads(r: Rewriting, n: Node) -> Node | None:
    """pad(a) + pad(b) = concat(a, b) where they fill different places."""
    if n.op != "add" or any(s.shape != n.shape for s in n.srcs):
        return None
    found = [p for s in n.srcs if (p := _pieces(s)) is not None]
    if len(found) != 2 or found[0].dim != found[1].dim:
        return None
    dim, parts = found[0].dim, sorted(found[0].parts + found[1].parts, key=_start)
    if any(a[1] > b[0] for a, b in pairwise(parts)):
        return None
    srcs: list[Node] = []
    at = 0
    for start, stop, node in parts:
        srcs += [_zeros(r, n, dim, start - at)] if start > at else []
        srcs.append(node)
        at = stop
    srcs += [_zeros(r, n, dim, n.shape[dim] - at)] if n.shape[dim] > at else []
    return r.make("concat", tuple(srcs), dim, n.shape, n.dtype)


def _start(part: tuple[int, int, Node]) -> int:
    return part[0]


def _zeros(r: Rewriting, n: Node, dim: int, size: int) -> Node:
    shape = (*n.shape[:dim], size, *n.shape[dim + 1 :])
    return r.make("expand", (ops.const(0.0, n.dtype),), shape, shape, n.dtype)


def _pieces(node: Node) -> Pieces | None:
    """The pieces of a pad along one dimension, or of a concat with zeros in it."""
    if node.op == "pad":
        padded = [d for d, p in enumerate(node.attrs) if any(p)]
        if len(padded) != 1 or node.attrs[padded[0]][2]:
            return None
        (dim,) = padded
        start, (src,) = node.attrs[dim][0], node.srcs
        return Pieces(dim, [(start, start + src.shape[dim], src)])
    if node.op != "concat":
        return None
    at, parts = 0, []
    for src in node.srcs:
        stop = at + src.shape[node.attrs]
        if not _is_zero(src):
            parts.append((at, stop, src))
        at = stop
    return Pieces(node.attrs, parts) if len(parts) < len(node.srcs) else None


def _is_zero(node: Node) -> bool:
    return node.op == "expand" and node.srcs[0].op == "const" and not node.srcs[0].attrs
