"""What is written by patches: the transforms of Winograd's method, where the places of
a patch lie, and the loops around them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from ranvier.compiler.fuse.schedule import Kernel
from ranvier.compiler.fuse.target import Target
from ranvier.compiler.fuse.winograd import SIDE, Matrix
from ranvier.compiler.lower import elementwise as ew
from ranvier.compiler.lower.body import Body, Index
from ranvier.compiler.lower.text import Value, Writer
from ranvier.dtypes import float32
from ranvier.graph import Node

Spot = tuple[Index, Index, Index]


class Grid(Protocol):
    """Patches of an image, down and across."""

    @property
    def down(self) -> int: ...

    @property
    def across(self) -> int: ...


def transformed(w: Writer, matrix: Matrix, values: Sequence[Value]) -> list[Value]:
    """M v Mᵀ for a square of vectors v, row by row."""
    side = len(matrix[0])
    out = []
    for a in matrix:
        half = [combined(w, a, values[j::side]) for j in range(side)]
        out += [combined(w, b, half) for b in matrix]
    return out


def combined(w: Writer, row: Sequence[float], values: Sequence[Value]) -> Value:
    """Σ row[i] values[i]; what is subtracted comes last."""
    terms = [(c, v) for c, v in zip(row, values, strict=True) if c]
    (c, first), *rest = sorted(terms, key=lambda term: term[0] < 0)
    total = _times(w, c, first)
    for c, v in rest:
        op = "sub" if c < 0 else "add"
        total = ew.emit(w, op, float32, [total, _times(w, abs(c), v)], False)
    return total


def _times(w: Writer, c: float, v: Value) -> Value:
    if c == 1:
        return v
    return ew.emit(w, "mul", float32, [v, ew.constant(c, float32, v.lanes)], False)


class PatchWriter:
    """Patches are numbered through all images; `room` is memory for them, each
    thread's own.
    """

    def __init__(self, kernel: Kernel, target: Target, rank: int, grid: Grid) -> None:
        self.kernel, self.target, self.lanes = kernel, target, target.lanes
        self.node = kernel.nodes[0]
        self.scratch = next(n for n in kernel.nodes if n.op == "patches")
        self.body = Body(kernel, target, tuple((d,) for d in range(rank)))
        self.room = self.body.pointer[self.scratch]
        self.w = self.body.w
        self.grid = grid

    def zeros(self, size: int) -> None:
        """`%zeros` for so many channels, which is read outside of images."""
        self.w.head.append(f"  %zeros = alloca float, i64 {size}, align 64")
        zero = ew.constant(0, float32, self.lanes)
        self.each(size, self.lanes, lambda c: self.body.store_at("%zeros", zero, c))

    def spot(self, number: Index) -> Spot:
        """Image, row and column of a patch's first result."""
        w, grid = self.w, self.grid
        across = w.set(f"urem i64 {number}, {grid.across}", "i")
        rest = w.set(f"udiv i64 {number}, {grid.across}", "i")
        down = w.set(f"urem i64 {rest}, {grid.down}", "i")
        image = w.set(f"udiv i64 {rest}, {grid.down}", "i")
        return image, w.mul(down, SIDE), w.mul(across, SIDE)

    def sources(self, x: Node, corner: Spot, side: int, good: str = "") -> list[str]:
        """Where the places of a square lie: in the image, or in a row of zeros (all of
        them unless `good`).
        """
        w, view = self.w, self.kernel.operands[x]
        offset: Index = view.offset
        for i, step in zip(corner, view.strides, strict=False):
            offset = w.add(offset, w.mul(i, step))
        # At the border this is outside of the array, so not a step "inbounds".
        start = self.body.pointer[view.root]
        base = w.set(f"getelementptr float, ptr {start}, i64 {offset}", "a")
        _, row, column = corner
        rows = [self.inside(w.add(row, i), x.shape[1]) for i in range(side)]
        columns = [self.inside(w.add(column, j), x.shape[2]) for j in range(side)]
        if good:
            rows = [w.set(f"and i1 {row}, {good}") for row in rows]
        _, down, right, _ = view.strides
        found = []
        for i in range(side):
            for j in range(side):
                step = i * down + j * right
                at = w.set(f"getelementptr float, ptr {base}, i64 {step}", "a")
                there = w.set(f"and i1 {rows[i]}, {columns[j]}")
                found.append(w.set(f"select i1 {there}, ptr {at}, ptr %zeros", "a"))
        return found

    def outer(
        self, left: str, step: int, rows: int, right: list[Value], sums: list[str]
    ) -> list[str]:
        """`sums` plus the products of `rows` numbers, `step` apart, with vectors."""
        out: list[str] = []
        fma = self.target.fma
        for r in range(rows):
            one = self.body.load_at(left, float32, r * step, 1)
            many = ew.broadcast(self.w, one, self.lanes)
            for v in right:
                out.append(ew.multiply_add(self.w, many, v, sums[len(out)], fma))
        return out

    def each(self, stop: Index, step: int, body: Callable[[Index], None]) -> None:
        def one(i: Index, _: list[str]) -> list[str]:
            body(i)
            return []

        self.w.loop(0, stop, step, one)

    def smaller(self, a: Index, b: int) -> str:
        return self.w.call("i64", "llvm.smin.i64", [("i64", str(a)), ("i64", str(b))])

    def at(self, pointer: str, offset: Index) -> str:
        return self.body.address(pointer, float32, offset)

    def inside(self, i: Index, size: int) -> str:
        """Whether 0 ≤ i < size."""
        return self.w.set(f"icmp ult i64 {i}, {size}")
