"""A matrix product, a convolution or the gradient of one, as the same nest of loops:

    y[batch, rows, columns] =
        Σ_inner left[batch, rows, inner] right[batch, inner, columns]

Rows and inner may be several dimensions each: those of a convolution are (image,
places) and (places of the kernel, channels), read from the image where it lies.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from ranvier.compiler.fuse.schedule import Kernel
from ranvier.compiler.fuse.view import View
from ranvier.graph import Node


class Dim(NamedTuple):
    """A loop: its size, and how far a step goes in the left and the right factor."""

    size: int
    left: int
    right: int


class Skip(NamedTuple):
    """Terms that are zero because they read padding: with row `row` of the dimension
    `along` of the rows, only those steps k of the inner dimension `inner` count for
    which row * row_step + k * step is one of first, first + every, … last.
    """

    along: int
    inner: int
    row_step: int
    step: int
    first: int
    last: int
    every: int


class Contraction(NamedTuple):
    """The loops of a product. Dimensions of the kernel's space are the batch, then rows
    and columns (`column` is the dimension of the columns).

    With `groups`, columns are cut into as many parts; in the left factor a part begins
    `group` elements after the one before.
    """

    left: View
    right: View
    batch: tuple[Dim, ...]
    rows: tuple[Dim, ...]
    columns: Dim
    inner: tuple[Dim, ...]
    column: int
    groups: int = 1
    group: int = 0
    skip: Skip | None = None

    @property
    def depth(self) -> int:
        """Terms of each sum."""
        return math.prod(d.size for d in self.inner)

    @staticmethod
    def of(kernel: Kernel) -> Contraction:
        """The loops of a product kernel."""
        node = kernel.nodes[0]
        a, b = (kernel.operands[s] for s in kernel.factors)
        if node.op == "matmul":
            if kernel.panel:
                b = b._replace(strides=b.strides[-2:])
            return _product(node, a, b, kernel.lanes == "m")
        image = kernel.factors[0]
        if node.op == "conv":
            return _forward(node, image, a, b, kernel.panel)
        return _weight(node, image, a, b, kernel.panel)


def _product(node: Node, a: View, b: View, rows_in_lanes: bool) -> Contraction:
    a, b = (_repeated(v, s.shape) for v, s in zip((a, b), node.srcs, strict=True))
    *batch, m, n = node.shape
    k = node.srcs[0].shape[-1]
    front = len(batch)
    steps = [(0,) * (front + 2 - len(v.strides)) + v.strides for v in (a, b)]
    outer = tuple(Dim(s, x, y) for s, x, y in zip(batch, *steps, strict=False))
    row, left = a.strides[-2:]
    right, column = b.strides[-2:]
    if rows_in_lanes:
        rows, columns = (Dim(n, column, 0),), Dim(m, 0, row)
        outer = tuple(Dim(d.size, d.right, d.left) for d in outer)
        return Contraction(b, a, outer, rows, columns, (Dim(k, right, left),), front)
    rows, columns = (Dim(m, row, 0),), Dim(n, 0, column)
    return Contraction(a, b, outer, rows, columns, (Dim(k, left, right),), front + 1)


def _repeated(view: View, shape: tuple[int, ...]) -> View:
    """The view with steps of 0 along the batch dimensions that are broadcast."""
    batch = (0 if n == 1 else s for n, s in zip(shape[:-2], view.strides, strict=False))
    return view._replace(strides=(*batch, *view.strides[-2:]))


def _forward(node: Node, image: Node, x: View, w: View, panel: int) -> Contraction:
    """y[n, p, o] = Σ_{k, c} x[n, s p + d k, c] w[k, c, o]."""
    window = node.attrs
    n, *places, o = node.shape
    steps = x.strides[1:-1]
    rows = [Dim(n, x.strides[0], 0)]
    rows += [
        Dim(p, s * t, 0) for p, s, t in zip(places, window.stride, steps, strict=True)
    ]
    kernel = node.srcs[1].shape
    right = w.strides[1:-1] if panel else w.strides[:-1]
    left = [d * t for d, t in zip(window.dilation, steps, strict=True)]
    inner = [Dim(*d) for d in zip(kernel, (*left, x.strides[-1]), right, strict=False)]
    skip = None
    if len(places) > 1 and kernel[0] > 1:
        skip = _padding(image, 0, window.stride[0], window.dilation[0])
    each = kernel[-2]
    lanes = 1 if each == 1 and o == window.groups and x.strides[-1] == 1 else 0
    return Contraction(
        x, w, (), tuple(rows), Dim(o, lanes, w.strides[-1]), _merged(inner),
        len(node.shape) - 1, 1 if lanes else window.groups, each * x.strides[-1], skip,
    )  # fmt: skip


def _weight(node: Node, image: Node, x: View, g: View, panel: int) -> Contraction:
    """w[k, c, o] = Σ_{n, p} x[n, s p + d k, c] g[n, p, o]."""
    window, kernel = node.attrs
    n, *places, o = node.srcs[1].shape
    steps = x.strides[1:-1]
    *_, each, _ = node.shape
    rows = [
        Dim(k, d * t, 0) for k, d, t in zip(kernel, window.dilation, steps, strict=True)
    ]
    rows.append(Dim(each, x.strides[-1], 0))
    skip = None
    if len(places) > 1:
        skip = _padding(image, 1, window.dilation[0], window.stride[0])
    steps_g = g.strides[1:] if panel else g.strides
    left = [s * t for s, t in zip(window.stride, steps, strict=True)]
    inner = [
        Dim(*d) for d in zip((n, *places), (x.strides[0], *left), steps_g, strict=False)
    ]
    lanes = 1 if each == 1 and o == window.groups and x.strides[-1] == 1 else 0
    return Contraction(
        x, g, (), tuple(rows), Dim(o, lanes, g.strides[-1]), tuple(inner),
        len(node.shape) - 1, 1 if lanes else window.groups, each * x.strides[-1], skip,
    )  # fmt: skip


def _padding(image: Node, inner: int, row_step: int, step: int) -> Skip | None:
    """What need not be added where the image was padded in its first direction. The
    rows' dimension is 1 (after the images) when the inner one is 0 (of the kernel), and
    0 (of the kernel) when it is 1 (after the images).
    """
    if image.op == "cut" and image.shape[:-1] == image.srcs[0].shape[:-1]:
        image = image.srcs[0]  # channels that only keep places apart
    if image.op != "pad":
        return None
    before, after, between = image.attrs[1]
    every = between + 1
    if not (before or after or between) or (every > 1 and step > 1):
        return None
    last = before + (image.srcs[0].shape[1] - 1) * every
    return Skip(1 - inner, inner, row_step, step, before, last, every)


def _merged(dims: list[Dim]) -> tuple[Dim, ...]:
    """Neighbours that both factors step through as one dimension become one."""
    out: list[Dim] = []
    for d in (d for d in dims if d.size != 1):
        if (
            out
            and out[-1].left == d.left * d.size
            and out[-1].right == d.right * d.size
        ):
            out[-1] = Dim(out[-1].size * d.size, d.left, d.right)
        else:
            out.append(d)
    return tuple(out)
