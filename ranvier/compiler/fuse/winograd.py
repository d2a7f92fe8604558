"""Convolutions with 3x3 kernels by Winograd's minimal filtering, where that pays.

2x2 results come from a patch d of 4x4 places of the image and the kernel g as

    y = Aᵀ [ Σ_c (G g Gᵀ) ∘ (Bᵀ d B) ] A

with 16 multiplications instead of 36 for each pair of channels: F(2x2, 3x3) of Lavin
and Gray, CVPR 2016, arXiv 1509.09308. The sums over the channels are matrix products,
one for each of the 16 places.

B and A hold 0 and ±1 only, G also ±1/2, so counting roundings as in Higham, "Accuracy
and Stability of Numerical Algorithms", 3.1 (2 in Bᵀ d B, 4 in G g Gᵀ, C in the sum, 4
in the last step) gives, with u = 2⁻²⁴ and γ(n) = n u / (1 - n u),

    |ŷ - y| ≤ γ(C + 10) |A|ᵀ [ Σ_c (|G| |g| |G|ᵀ) ∘ (|B|ᵀ |d| |B|) ] |A|
            ≤ 16 γ(C + 10) max|d| Σ|g|

where the sum as it is written has γ(9 C) max|d| Σ|g|: about twice as much at worst. On
random images the errors are smaller than those of that sum, which is nine times as
long. F(4x4, 3x3) from the points 0, ±1, ±2 has four times the errors of that sum and is
not used.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from ranvier import dtypes
from ranvier.compiler.fuse.group import Grouping
from ranvier.compiler.fuse.schedule import Kernel
from ranvier.compiler.fuse.target import Target
from ranvier.compiler.fuse.tiles import Tile, best_n, per_vector
from ranvier.graph import Node

Matrix = tuple[tuple[float, ...], ...]

# Bᵀ, G and Aᵀ, from the points 0, 1, -1 and infinity.
INPUTS: Matrix = ((1, 0, -1, 0), (0, 1, 1, 0), (0, -1, 1, 0), (0, 1, 0, -1))
KERNEL: Matrix = ((1, 0, 0), (0.5, 0.5, 0.5), (0.5, -0.5, 0.5), (0, 0, 1))
OUTPUTS: Matrix = ((1, 1, 1, 0), (0, 1, -1, -1))

SIDE = len(OUTPUTS)  # results of a patch in each direction
PATCH = len(INPUTS)  # places of the image that they come from
PLACES = PATCH * PATCH
LINE = 16  # numbers of a line of the cache, that keep planes apart
NEAR = 256 * 1024  # bytes of patches that stay in the second cache
FAR = 8 * 1024 * 1024  # bytes of kernels that come from memory
MANY = 64  # patches of a block; so many pay for fetching kernels from there

TRANSFORM = 72.0  # vectors' time of a multiply-add: one vector of a patch, each way
MADE, FETCHED = 50.0, 200.0  # cycles of a vector of the kernels, near and far
LOST = 1.1  # what products take beyond their multiply-adds


class Border(NamedTuple):
    """Rows and columns of zeros before the image."""

    top: int
    left: int


class Patches(NamedTuple):
    """How patches are gone through: `down` times `across` of each image, `total` in
    all, `block` of them at a time; products of `rows` patches with `columns` output
    channels stay in registers.
    """

    down: int
    across: int
    total: int
    block: int
    rows: int
    columns: int

    def plane(self, channels: int) -> int:
        """Numbers of one of the 16 places of a block."""
        return self.block * channels + LINE

    @staticmethod
    def of(node: Node, channels: int, target: Target) -> Patches:
        """For the results of `node` from an image with so many channels."""
        images, height, width, results = node.shape
        down, across = -(-height // SIDE), -(-width // SIDE)
        total = images * down * across
        vectors = 2 if results % (2 * target.lanes) == 0 else 1
        rows = min(14, (target.budget - vectors - 1) // vectors)
        near = NEAR // (4 * PLACES * channels)
        most = MANY if _far(channels, results) else min(near, MANY)
        pairs = -(-total // (2 * max(most, 2 * rows)))  # of blocks, for two threads
        block = rows * -(-total // (2 * pairs * rows))
        return Patches(down, across, total, block, rows, vectors * target.lanes)


def possible(node: Node, target: Target) -> bool:
    """Whether the node is a float32 convolution with a 3x3 kernel that goes on place by
    place, its channels whole vectors.
    """
    if node.op != "conv" or node.dtype is not dtypes.float32:
        return False
    if node.srcs[1].shape[:-2] != (3, 3) or node.attrs != ((1, 1), (1, 1), 1):
        return False
    whole = all(n % target.lanes == 0 for n in node.srcs[1].shape[2:])
    return whole and math.prod(node.shape) > 0


def direct_cycles(node: Node, target: Target) -> float:
    """Of the convolution as it is written; rows of zeros are left out."""
    images, height, width, results = node.shape
    tile = best_n(width, results, 9 * node.srcs[0].shape[-1], target, height)
    return images * tile.cycles * rows_there(node.srcs[0], height)


def rows_there(image: Node, height: int) -> float:
    """Which part of the rows that `height` rows of kernels read is not padding."""
    x = uncut(image)
    if x.op != "pad":
        return 1.0
    before, after, between = x.attrs[1]
    rows = 3 * height - max(0, before) - max(0, after)
    part: float = max(1, rows) / (3 * height * (between + 1))
    return part


def patch_cycles(node: Node, target: Target) -> float:
    """Of the three transforms and the products."""
    channels, results = node.srcs[1].shape[2:]
    how = Patches.of(node, channels, target)
    count = -(-how.total // how.rows) * how.rows
    products = LOST * vectors(count * PLACES * channels * results, target)
    around = vectors(how.total * (channels + results) * TRANSFORM, target)
    weights = channels * results
    each = FETCHED if _far(channels, results) else MADE
    return products + around + each * weights / target.lanes


def _far(channels: int, results: int) -> bool:
    """Whether the kernels, transformed, come from memory."""
    return 4 * PLACES * channels * results > FAR


def vectors(multiplications: float, target: Target) -> float:
    return multiplications / target.lanes * per_vector(target)


# ---- the new nodes -------------------------------------------------------------------


def unpadded(image: Node) -> tuple[Node, Border]:
    """The image without zeros around it, and how many there are before it."""
    x = uncut(image)
    if x.op != "pad" or x.srcs[0].shape[-1] != image.shape[-1]:
        return image, Border(0, 0)
    images, rows, columns, channels = x.attrs
    plain = not (any(images) or channels[0] or rows[2] or columns[2])
    if not plain or min(*rows, *columns) < 0:
        return image, Border(0, 0)
    return x.srcs[0], Border(rows[0], columns[0])


def uncut(image: Node) -> Node:
    """The image with the channels that only keep its places apart."""
    cut = image.op == "cut" and image.shape[:-1] == image.srcs[0].shape[:-1]
    return image.srcs[0] if cut else image


def by_patches(node: Node, target: Target) -> Node:
    image, w = node.srcs
    x, border = unpadded(image)
    channels, results = w.shape[2:]
    columns = Patches.of(node, channels, target).columns
    shape = (results // columns, PLACES, channels * columns + LINE)
    u = Node("winograd_kernel", (w,), columns, shape, node.dtype, False)
    return Node("winograd", (x, u), border, node.shape, node.dtype, False)


# ---- their kernels -------------------------------------------------------------------


def lay_out_kernel(grouping: Grouping, node: Node) -> None:
    """G g Gᵀ in panels of output channels: (O / width, 16, C, width)."""
    contiguous(grouping, node.srcs[0])
    grouping.add(grouping.open("move", node.shape), node)


def lay_out_patches(grouping: Grouping, node: Node, target: Target) -> None:
    """Transforms and products in one kernel, with room for patches."""
    x = node.srcs[0]
    contiguous(grouping, x)
    channels, results = x.shape[-1], node.shape[-1]
    how = Patches.of(node, channels, target)
    kernel = grouping.open("winograd", node.shape)
    kernel.tile = Tile(how.rows, how.columns, 0.0)
    kernel.block = how.block
    products = LOST * how.total * PLACES * channels * results
    around = how.total * (channels + results) * TRANSFORM
    kernel.cost = vectors(products + around, target)
    grouping.add(kernel, node)
    size = PLACES * (how.plane(channels) + how.plane(how.columns))
    take_room(grouping, kernel, size)


def take_room(grouping: Grouping, kernel: Kernel, size: int) -> None:
    """Memory for so many numbers, each thread's own (see `share.repeat`)."""
    room = Node("patches", (), None, (size,), dtypes.float32, False)
    kernel.nodes.append(room)
    grouping.home[room] = kernel
    grouping.stored.add(room)


def contiguous(grouping: Grouping, x: Node) -> None:
    if x.shape[-1] > 1 and grouping.view(x).strides[-1] != 1:
        grouping.views[x] = grouping.view(grouping.copy(x))
