"""Which dimension of a product lies in the vector lanes.

"n": the columns of the result; the right factor must be contiguous along them, or is
copied so. "m": the rows; for results of one column. "k": the inner dimension; both
factors contiguous along it, nothing is copied, the lanes are added up at the end. The
cheaper by `tiles` is taken.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from ranvier.compiler.fuse.group import Grouping
from ranvier.compiler.fuse.target import Target
from ranvier.compiler.fuse.tiles import Tile, best_k, best_n
from ranvier.compiler.fuse.view import View
from ranvier.graph import Node

COPY_CYCLES = 2.5  # a number moved by a transposing copy


class Choice(NamedTuple):
    """lanes, the tile, whether the right (left for "m") factor is copied first, total
    cycles.
    """

    lanes: str
    tile: Tile
    copied: bool
    cycles: float


def choose(node: Node, a: View, b: View, target: Target) -> list[Choice]:
    """The possible layouts, best first."""
    *batch, m, n = (max(1, size) for size in node.shape)
    if node.dtype.itemsize == 8:
        target = target._replace(lanes=max(2, target.lanes // 2))
    k = node.srcs[0].shape[-1]
    times = max(1, math.prod(batch))
    options = []
    tile = best_n(m, n, k, target)
    copied = n > 1 and b.strides[-1] != 1
    size = math.prod(node.srcs[1].shape)
    options.append(
        Choice("n", tile, copied, times * tile.cycles + copied * COPY_CYCLES * size)
    )
    if n == 1 and m > 1:
        tile = best_n(n, m, k, target)
        copied = a.strides[-2] != 1
        size = math.prod(node.srcs[0].shape)
        options.append(
            Choice("m", tile, copied, times * tile.cycles + copied * COPY_CYCLES * size)
        )
    if k > 1 and a.strides[-1] == 1 and b.strides[-2] == 1:
        tile = best_k(m, n, k, target)
        options.append(Choice("k", tile, False, times * tile.cycles))
    return sorted(options, key=lambda c: c.cycles)


def lay_out(grouping: Grouping, node: Node, target: Target) -> None:
    """Open the kernel of a product, its factors copied where the layout needs it."""
    a, b = (grouping.view(s) for s in node.srcs)
    options = choose(node, a, b, target)
    best = options[0]
    if best.copied:
        node = _copied(grouping, node, best.lanes)
    kernel = grouping.open("matmul", node.shape)
    kernel.lanes = best.lanes  # type: ignore[assignment]
    kernel.cost = best.cycles
    kernel.tile = best.tile
    kernel.why = ", ".join(f"{c.lanes} {c.cycles:.0f}" for c in options)
    grouping.add(kernel, node)


def _copied(grouping: Grouping, node: Node, lanes: str) -> Node:
    """Put the factor that must be contiguous along the lanes into memory of that
    order.
    """
    which = 1 if lanes == "n" else 0
    src = node.srcs[which]
    if lanes == "n":
        grouping.views[src] = grouping.view(grouping.copy(src))
    else:
        rank = len(src.shape)
        flipped = Node(
            "permute",
            (src,),
            (*range(rank - 2), rank - 1, rank - 2),
            (*src.shape[:-2], src.shape[-1], src.shape[-2]),
            src.dtype,
            False,
        )
        packed = grouping.view(grouping.copy(flipped))
        strides = (*packed.strides[:-2], packed.strides[-1], packed.strides[-2])
        grouping.views[src] = packed._replace(strides=strides)
    return node
