"""The gradient of a 3x3 convolution's weights by Winograd's method: the transpose of
F(2x2, 3x3) in the kernel,

    w' = Gᵀ [ Σ_t (Bᵀ d B) ∘ (A g Aᵀ) ] G

where t goes over the patches of all images, d is 4x4 places of the image and g the 2x2
places of the result's gradient that come from them; Bᵀ, G, Aᵀ as in `fuse.winograd`.
For each of the 16 places the sum is a matrix product (C, T) (T, O). It is cut into P
pieces of K blocks of at most B patches; with 2 roundings in each inner transform and 4
at the end,

    |ŵ' - w'| ≤ 16 γ(B + K + P + 8) max|d| Σ|g|
"""

from __future__ import annotations

import math
from typing import NamedTuple

from ranvier import dtypes
from ranvier.compiler.fuse.group import Grouping
from ranvier.compiler.fuse.target import Target
from ranvier.compiler.fuse.tiles import Tile
from ranvier.compiler.fuse.winograd import (
    LINE,
    LOST,
    PLACES,
    SIDE,
    TRANSFORM,
    contiguous,
    rows_there,
    take_room,
    unpadded,
    vectors,
)
from ranvier.graph import Node

UNITS = 8  # parts that threads can share
RANGE = 64  # input channels of a part
FEW = 32  # patches below which a part is not worth its own sums
BLOCK = 64  # patches of a block where the sums stay near
LARGE = 128 * 128  # pairs of channels whose sums do not
STEP = 4  # patches written out in the loop over them
LAST = 60.0  # cycles of a vector of the last transform, and of each part's sums


class Gathered(NamedTuple):
    """How the sums are cut: `pieces` of `each` patches of the `total`, for `ranges` of
    `deep` input channels; `block` patches at a time, `rows` by `columns` channels in
    registers.
    """

    down: int
    across: int
    total: int
    pieces: int
    each: int
    ranges: int
    deep: int
    block: int
    rows: int
    columns: int

    @property
    def pitch(self) -> int:
        """Numbers from one patch to the next; a line more than a power of two."""
        return self.deep + LINE

    @property
    def left(self) -> int:
        """Numbers of one of the 16 places of a block, of the image's channels."""
        return self.block * self.pitch + LINE

    def right(self, results: int) -> int:
        """The same of the output channels."""
        return self.block * results + LINE

    @staticmethod
    def of(node: Node, target: Target) -> Gathered:
        """For the gradient of the weights that `node` is, or is made from."""
        x, g = node.srcs
        images, height, width, results = g.shape
        channels = x.shape[-1]
        down, across = -(-height // SIDE), -(-width // SIDE)
        total = images * down * across
        fitting = (n for n in (8, 4, 2) if channels % (n * target.lanes) == 0)
        ranges = next((n for n in fitting if channels // n >= RANGE), 1)
        pieces = max(1, min(UNITS // ranges, total // FEW))
        block = BLOCK if channels * results <= LARGE else 2 * BLOCK
        each = -(-total // (pieces * STEP)) * STEP
        width = 2 if results % (2 * target.lanes) == 0 else 1
        rows = min(14, (target.budget - width - 1) // width, channels // ranges)
        return Gathered(
            down, across, total, pieces, each, ranges, channels // ranges,
            min(block, each), rows, width * target.lanes,
        )  # fmt: skip


def possible(node: Node, target: Target) -> bool:
    """Whether the node is the float32 gradient of the weights of such a convolution."""
    if node.op != "conv_weight" or node.dtype is not dtypes.float32:
        return False
    if node.attrs != (((1, 1), (1, 1), 1), (3, 3)) or len(node.shape) != 4:
        return False
    whole = all(n % target.lanes == 0 for n in node.shape[2:])
    return whole and math.prod(node.srcs[1].shape) > 0


def direct_cycles(node: Node, target: Target) -> float:
    """Of the sum as it is written; rows of zeros are left out."""
    x, g = node.srcs
    products = vectors(math.prod(g.shape) * 9 * x.shape[-1], target)
    return LOST * rows_there(x, g.shape[1]) * products


def patch_cycles(node: Node, target: Target) -> float:
    """Of the transforms and the products."""
    channels, results = node.shape[2:]
    how = Gathered.of(node, target)
    last = (1 + how.pieces) * LAST * channels * results / target.lanes
    return work(how, channels, results, target) + last


def work(how: Gathered, channels: int, results: int, target: Target) -> float:
    """Cycles of the transforms and products."""
    products = LOST * how.total * PLACES * channels * results
    around = how.total * (channels + how.ranges * results) * TRANSFORM
    return vectors(products + around, target)


def by_patches(node: Node, target: Target) -> Node:
    x, g = node.srcs
    image, border = unpadded(x)
    how = Gathered.of(node, target)
    channels, results = node.shape[2:]
    shape = (how.pieces, PLACES, channels * results + LINE)
    sums = Node("winograd_sums", (image, g), border, shape, node.dtype, False)
    return Node("winograd_weight", (sums,), None, node.shape, node.dtype, False)


def lay_out_sums(grouping: Grouping, node: Node, target: Target) -> None:
    """Transforms and products in one kernel, with room for patches."""
    for src in node.srcs:
        contiguous(grouping, src)
    how = Gathered.of(node, target)
    channels, results = (s.shape[-1] for s in node.srcs)
    kernel = grouping.open("winograd", node.shape)
    kernel.tile = Tile(how.rows, how.columns, 0.0)
    kernel.block, kernel.closed = how.block, True
    kernel.cost = work(how, channels, results, target)
    grouping.add(kernel, node)
    size = PLACES * (how.left + how.right(results))
    take_room(grouping, kernel, size)
