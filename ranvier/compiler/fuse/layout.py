"""Which dimension of a product lies in the vector lanes.

"n": the columns of the result; the right factor must be contiguous along them, or is
copied so. "m": the rows; for results of one column. "k": the inner dimension; both
factors contiguous along it, nothing is copied, the lanes are added up at the end. The
cheaper by `tiles` is taken.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from ranvier.compiler.fuse.contraction import Contraction, Dim
from ranvier.compiler.fuse.group import Grouping
from ranvier.compiler.fuse.schedule import Kernel
from ranvier.compiler.fuse.target import Target
from ranvier.compiler.fuse.tiles import Tile, best_k, best_n
from ranvier.compiler.fuse.view import View
from ranvier.compiler.fuse.winograd import lay_out_kernel, lay_out_patches
from ranvier.compiler.fuse.winograd_weight import lay_out_sums
from ranvier.graph import Node, Shape

COPY_CYCLES = 0.6  # a number moved by a transposing copy
PLACES = 1024  # summed in registers by the gradient of a convolution's weights
FAR = 512  # bytes between rows, numbers in a panel: from there on panels pay
MANY = 16  # tiles that read a panel
SOME = 4  # the same, where all panels together do not stay near: each is fetched again
SHORT = 32  # a block of terms that would not pay for adding to memory
CROWDED = 1024  # bytes between rows: a multiple of it puts them on a few cache sets
LINE = 64  # bytes of a line of the cache
NEAR = 256 * 1024  # bytes of weights that stay in the second cache


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


def lay_out(
    grouping: Grouping, node: Node, target: Target, packed: bool = False
) -> None:
    """Open the kernel of a product, its factors copied where the layout needs it.
    `packed` says that a copy of the right factor costs nothing: it is made once for
    many products.
    """
    if node.op == "matmul":
        return _product(grouping, node, target, packed)
    if node.op in ("winograd_kernel", "winograd_weight"):
        return lay_out_kernel(grouping, node)
    if node.op == "winograd_sums":
        return lay_out_sums(grouping, node, target)
    if node.op == "winograd":
        return lay_out_patches(grouping, node, target)
    return _convolution(grouping, node, target)


def _product(grouping: Grouping, node: Node, target: Target, packed: bool) -> None:
    a, b = (grouping.view(s) for s in node.srcs)
    options = choose(node, a, b, target)
    best = options[0]
    panel, (left, right) = 0, node.srcs
    if packed or _worth_panels(node, best):
        best = next(c for c in options if c.lanes == "n")
        best = best._replace(cycles=best.tile.cycles if packed else best.cycles)
        right, panel = _in_panels(grouping, right, best.tile.columns)
    elif best.copied:
        node = _copied(grouping, node, best.lanes)
    if best.lanes == "n" and _crowded(node, a):
        _apart(grouping, left)
    kernel = grouping.open("matmul", node.shape)
    kernel.factors = (left, right)
    kernel.lanes = best.lanes  # type: ignore[assignment]
    kernel.cost = best.cycles
    kernel.tile = best.tile
    kernel.panel = panel
    kernel.why = "cycles: " + ", ".join(f"{c.lanes} {c.cycles:.0f}" for c in options)
    if panel:
        kernel.why += f", right factor in panels of {panel}"
    grouping.add(kernel, node)
    if best.lanes == "n" and a.strides[-1] != 1:
        kernel.rows = _row_block(node, best.tile)
        kernel.block = 0 if kernel.rows else _inner_block(node)
        # The update of large weights goes through five arrays, best straight on.
        large = math.prod(node.shape) * node.dtype.itemsize > NEAR // 4
        kernel.closed = large or bool(kernel.block)
    kernel.columns_first = _columns_first(node.shape, best)


def _worth_panels(node: Node, best: Choice) -> bool:
    """Whether a copy of the right factor in panels pays: rows far apart share a place
    in the first cache, so a factor read by many tiles is fetched again for each.
    """
    if len(node.srcs[1].shape) != 2 or best.lanes != "n":
        return False
    k, n = node.srcs[1].shape
    far = n * node.dtype.itemsize >= FAR and k * best.tile.columns >= FAR
    return far and node.shape[-2] >= MANY * best.tile.rows


def _crowded(node: Node, left: View) -> bool:
    """Whether the left factor is read across its rows, often, and the rows lie so that
    they drive each other out of the first cache.
    """
    if len(node.shape) != 2 or left.strides[-2] != 1:
        return False
    k, n = node.srcs[1].shape
    apart = left.strides[-1] * node.dtype.itemsize
    return apart % CROWDED == 0 and k >= SHORT and n >= SHORT


def _apart(grouping: Grouping, left: Node) -> None:
    """Copy the left factor with a line of the cache between its rows."""
    m, k = left.shape
    more = LINE // left.dtype.itemsize
    across = Node("permute", (left,), (1, 0), (k, m), left.dtype, False)
    pads = ((0, 0, 0), (0, more, 0))
    wide = Node("pad", (across,), pads, (k, m + more), left.dtype, False)
    grouping.add(grouping.open("move", wide.shape), wide)
    grouping.views[left] = grouping.view(wide)._replace(strides=(1, m + more))


def _row_block(node: Node, tile: Tile) -> int:
    """How many rows are gone through for all columns before the next, where the left
    factor is too large to stay near: as many as do, about evenly. 0: all.
    """
    k, m = node.srcs[0].shape[-1], node.shape[-2]
    if len(node.shape) != 2 or m * k * node.dtype.itemsize <= NEAR:
        return 0
    most = NEAR // 2 // (k * node.dtype.itemsize) // tile.rows * tile.rows
    if most < 8 * tile.rows:
        return 0
    blocks = -(-m // most)
    return -(-m // blocks // tile.rows) * tile.rows


def _inner_block(node: Node) -> int:
    """How many terms of the sums are added up in registers before the sums go to
    memory, where the left factor is read across its rows: so many that what is read
    for the next columns is still near. 0: all.
    """
    k, m = node.srcs[0].shape[-1], node.shape[-2]
    if len(node.shape) != 2 or m * k * node.dtype.itemsize <= NEAR:
        return 0
    most = max(1, NEAR // (m * node.dtype.itemsize))
    return next((n for n in range(most, SHORT - 1, -1) if k % n == 0), 0)


def _columns_first(shape: Shape, best: Choice) -> bool:
    """Which loop is outside, to be shared by threads: the one with more blocks."""
    *batch, m, n = shape
    if math.prod(batch) != 1:
        return True
    if best.lanes == "m":
        m, n = n, m
    return -(-m // best.tile.rows) <= -(-n // best.tile.columns)


def _convolution(grouping: Grouping, node: Node, target: Target) -> None:
    """Channels of the result lie in the lanes; a kernel that is not contiguous along
    them is copied, in panels of the tile's width where that divides them.
    """
    kernel = Kernel(-1, "matmul", node.shape, None)
    kernel.nodes.append(node)
    kernel.factors = node.srcs
    kernel.operands = {s: grouping.view(s) for s in node.srcs}
    loops = Contraction.of(kernel)
    wide = (
        target
        if node.dtype.itemsize == 4
        else target._replace(lanes=max(2, target.lanes // 2))
    )
    block = _block(loops) if node.op == "conv_weight" else 0
    depth = loops.depth if not block else loops.depth // loops.inner[0].size * block
    *outer, rows = _joined(loops.rows)
    sparse = loops.skip is not None and loops.skip.every > 1
    before = outer[-1].size if outer and not sparse else 1
    columns = loops.columns.size // loops.groups
    tile = best_n(rows.size, columns, depth, wide, before)
    times = math.prod(d.size for d in (*loops.batch, *outer)) / before * loops.groups
    if block:
        times *= -(-loops.inner[0].size // block)
    x, w = node.srcs
    panel = 0
    whole = loops.groups == 1 and not loops.batch
    if (loops.columns.right != 1 and columns > 1) or (whole and _far(loops, tile)):
        w, panel = _in_panels(grouping, w, tile.columns if whole else 0)
    made = grouping.open("matmul", node.shape)
    made.factors = (x, w)
    made.tile, made.panel = tile, panel
    made.cost = times * tile.cycles
    made.why = f"cycles: n {made.cost:.0f}" + (
        f", weights in panels of {panel}" if panel else ""
    )
    grouping.add(made, node)
    made.block, made.closed = block, bool(block)
    made.columns_first = bool(block) or _weights_outside(loops, tile)


def _far(loops: Contraction, tile: Tile) -> bool:
    """Whether the rows of a contiguous right factor lie far apart and are read often
    (see `_worth_panels`).
    """
    columns = loops.columns.size
    tiles = math.prod(d.size for d in loops.rows) / tile.height
    often = MANY if 4 * columns * loops.depth <= NEAR else SOME
    return 4 * columns >= FAR and columns % tile.columns == 0 and tiles >= often


def _joined(rows: tuple[Dim, ...]) -> list[Dim]:
    """Rows that lie one behind the other as one dimension."""
    out: list[Dim] = []
    for d in (d for d in rows if d.size != 1):
        if out and out[-1].left == d.left * d.size:
            out[-1] = Dim(out[-1].size * d.size, d.left, 0)
        else:
            out.append(d)
    return out or [rows[-1]]


def _block(loops: Contraction) -> int:
    """How many images are summed in registers before the sum goes to memory: about a
    thousand places, so that what is read again and again stays near.
    """
    images, *places = (d.size for d in loops.inner)
    some = max(1, min(images, PLACES // math.prod(places)))
    return next(n for n in range(some, 0, -1) if images % n == 0)


def _weights_outside(loops: Contraction, tile: Tile) -> bool:
    """Whether the outer loop goes over panels of weights (images are read once a panel)
    rather than over rows of images (weights are read once a row).
    """
    weights = loops.depth * loops.columns.size
    if 4 * weights <= NEAR:
        return False
    rows = math.prod(d.size for d in loops.rows)
    images = loops.rows[0].size * abs(loops.rows[0].left)
    by_row = rows / (loops.rows[-1].size * tile.deep) * weights
    by_panel = loops.columns.size / tile.columns * images
    return by_panel < by_row


def _in_panels(grouping: Grouping, w: Node, width: int) -> tuple[Node, int]:
    """The kernel (*K, C, O) copied as (O / width, *K, C, width), or as it is where the
    width does not divide O.
    """
    *inner, o = w.shape
    if not width or o % width or o == width:
        grouping.views[w] = grouping.view(grouping.copy(w))
        return w, 0
    rank = len(inner)
    split = Node(
        "reshape",
        (w,),
        (*inner, o // width, width),
        (*inner, o // width, width),
        w.dtype,
        False,
    )
    order = (rank, *range(rank), rank + 1)
    shape = tuple(split.shape[i] for i in order)
    return grouping.copy(Node("permute", (split,), order, shape, w.dtype, False)), width


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
