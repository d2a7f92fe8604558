"""Kernels that move rows and pieces: scatter-add, concatenate, pad. One thread runs
them.
"""

from __future__ import annotations

import math

from ranvier import dtypes
from ranvier.compiler.fuse.schedule import Kernel
from ranvier.compiler.fuse.target import Target
from ranvier.compiler.fuse.view import View
from ranvier.compiler.lower import elementwise as ew
from ranvier.compiler.lower.body import Body, Index
from ranvier.compiler.lower.loops import Lowered
from ranvier.compiler.lower.text import Value
from ranvier.graph import Shape


class PieceWriter:
    def __init__(self, kernel: Kernel, target: Target) -> None:
        self.kernel = kernel
        self.body = Body(kernel, target, tuple((d,) for d in range(len(kernel.space))))
        self.w = self.body.w
        self.node = kernel.nodes[0]
        self.pointer = self.body.pointer[self.node]

    def clear(self) -> None:
        """Set the whole result to 0."""
        size = math.prod(self.node.shape)
        zero = ew.constant(0, self.node.dtype, 1)
        self.w.loop(0, size, 1, lambda i, _: self._put(i, zero))

    def _put(self, at: Index, value: Value) -> list[str]:
        self.body.store_at(self.pointer, value, at)
        return []

    def copy(
        self,
        source: View,
        dtype: dtypes.DType,
        shape: Shape,
        start: int,
        steps: tuple[int, ...],
    ) -> None:
        """Elements of `source` to start + i * steps[0] + …."""

        def nest(d: int, read: Index, write: Index) -> None:
            if d == len(shape):
                self._put(write, self.body._fetch(source.root, read, 0, 1))
                return

            def one(i: Index, _: list[str]) -> list[str]:
                nest(
                    d + 1,
                    self.w.add(read, self.w.mul(i, source.strides[d])),
                    self.w.add(write, self.w.mul(i, steps[d])),
                )
                return []

            self.w.loop(0, shape[d], 1, one)

        nest(0, source.offset, start)


def lower_move(kernel: Kernel, target: Target) -> Lowered:
    """concat and pad."""
    writer = PieceWriter(kernel, target)
    node = writer.node
    steps = View.steps(node.shape)
    if node.op == "pad":
        writer.clear()
        (src,) = node.srcs
        start = sum(p[0] * s for p, s in zip(node.attrs, steps, strict=True))
        spread = tuple((p[2] + 1) * s for p, s in zip(node.attrs, steps, strict=True))
        writer.copy(kernel.operands[src], src.dtype, src.shape, start, spread)
        return Lowered(writer.body, 1)
    at = 0
    for src in node.srcs:
        view = kernel.operands[src]
        writer.copy(view, src.dtype, src.shape, at * steps[node.attrs], steps)
        at += src.shape[node.attrs]
    return Lowered(writer.body, 1)


def lower_scatter(kernel: Kernel, target: Target) -> Lowered:
    """``y[index[i], …] += g[i, …]``, rows in order, so that the sum is the same every
    time.
    """
    writer = PieceWriter(kernel, target)
    writer.clear()
    w, body, node = writer.w, writer.body, writer.node
    g, index = (kernel.operands[s] for s in node.srcs)
    places, rest = node.srcs[1].shape, node.shape[1:]
    steps = View.steps(node.shape)

    def row(d: int, at: Index, read: Index) -> None:
        if d == len(places):
            found = body._fetch(index.root, at, 0, 1)
            number = ew.row_number(w, found, node.shape[0])
            return add(0, read, w.mul(number, steps[0]))

        def one(i: Index, _: list[str]) -> list[str]:
            row(
                d + 1,
                w.add(at, w.mul(i, index.strides[d])),
                w.add(read, w.mul(i, g.strides[d])),
            )
            return []

        w.loop(0, places[d], 1, one)
        return None

    def add(d: int, read: Index, write: Index) -> None:
        if d == len(rest):
            new = body._fetch(g.root, read, 0, 1)
            old = body.load_at(writer.pointer, node.dtype, write, 1)
            body.store_at(
                writer.pointer, ew.emit(w, "add", node.dtype, [old, new], False), write
            )
            return

        def one(i: Index, _: list[str]) -> list[str]:
            add(
                d + 1,
                w.add(read, w.mul(i, g.strides[len(places) + d])),
                w.add(write, w.mul(i, steps[d + 1])),
            )
            return []

        w.loop(0, rest[d], 1, one)

    row(0, index.offset, g.offset)
    return Lowered(body, 1)
