"""Kernels that go along one dimension in order: running sums and products, argsort.

A unit is one place of the other dimensions: a row, or a vector of neighbouring columns
where the dimension is not the last.
"""

from __future__ import annotations

import math

from ranvier.compiler.fuse.schedule import Kernel
from ranvier.compiler.fuse.target import Target
from ranvier.compiler.fuse.view import View
from ranvier.compiler.lower import elementwise as ew
from ranvier.compiler.lower.body import Body, Index, Lowered
from ranvier.compiler.lower.text import SCALAR, Value, vector
from ranvier.dtypes import int64


class RowWriter:
    """Walks over all rows along dimension `dim`."""

    def __init__(self, kernel: Kernel, target: Target, dim: int) -> None:
        self.body = Body(kernel, target, tuple((d,) for d in range(len(kernel.space))))
        self.w = self.body.w
        self.node = kernel.nodes[0]
        self.view = kernel.operands[self.node.srcs[0]]
        self.pointer = self.body.pointer[self.node]
        self.dim = dim
        self.shape = self.node.shape
        self.steps = View.steps(self.shape)
        self.n = self.shape[dim]

    def places(self, unit: Index, dims: list[int]) -> tuple[Index, Index]:
        """Where row number `unit` over `dims` begins, in the source and the result."""
        w = self.w
        read: Index = self.view.offset
        write: Index = 0
        for d in reversed(dims):
            i = unit
            if d != dims[0]:
                i = w.set(f"urem i64 {unit}, {self.shape[d]}", "i")
                unit = w.set(f"udiv i64 {unit}, {self.shape[d]}", "i")
            read = w.add(read, w.mul(i, self.view.strides[d]))
            write = w.add(write, w.mul(i, self.steps[d]))
        return read, write


# ---- running sums and products -------------------------------------------------------


def lower_running(kernel: Kernel, target: Target) -> Lowered:
    """One accumulator that goes along the dimension."""
    return Running(kernel, target, kernel.nodes[0].attrs).run(target)


class Running(RowWriter):
    def run(self, target: Target) -> Lowered:
        last = len(self.shape) - 1
        wide = self.node.dtype.itemsize == 8
        lanes = max(2, target.lanes // 2) if wide else target.lanes
        if self.dim == last:
            outer = list(range(last))
            self.w.loop("%low", "%high", 1, lambda u, _: self.row(u, outer))
        else:
            outer = [d for d in range(last) if d != self.dim]
            self.w.loop("%low", "%high", 1, lambda u, _: self.columns(u, outer, lanes))
        return Lowered(self.body, math.prod(self.shape[d] for d in outer))

    def row(self, unit: Index, outer: list[int]) -> list[str]:
        self.along(*self.places(unit, outer), 1)
        return []

    def columns(self, unit: Index, outer: list[int], lanes: int) -> list[str]:
        w, n = self.w, self.shape[-1]
        read, write = self.places(unit, outer)
        full = n - n % lanes

        def chunk(i: Index, count: int) -> list[str]:
            source = w.add(read, w.mul(i, self.view.strides[-1]))
            self.along(source, w.add(write, i), count)
            return []

        w.loop(0, full, lanes, lambda i, _: chunk(i, lanes))
        if n > full:
            chunk(full, n - full)
        return []

    def along(self, read: Index, write: Index, lanes: int) -> None:
        """The whole dimension for `lanes` neighbouring columns."""
        w, dtype = self.w, self.node.dtype
        op = "add" if self.node.op == "cumsum" else "mul"
        start = ew.constant(op == "mul", dtype, lanes)

        def one(i: Index, names: list[str]) -> list[str]:
            step = self.view.strides[-1] if lanes > 1 else 0
            at = w.add(read, w.mul(i, self.view.strides[self.dim]))
            found = self.body._fetch(self.view.root, at, step, lanes if step else 1)
            found = ew.broadcast(w, found, lanes)
            so_far = Value(names[0], dtype, lanes)
            total = ew.emit(w, op, dtype, [so_far, found], False)
            where = w.add(write, w.mul(i, self.steps[self.dim]))
            self.body.store_at(self.pointer, total, where)
            return [total.name]

        kind = vector(SCALAR[dtype.name], lanes)
        w.loop(0, self.n, 1, one, [(kind, start.name)])


# ---- argsort -------------------------------------------------------------------------


def lower_argsort(kernel: Kernel, target: Target) -> Lowered:
    """Batcher's merge exchange (Knuth 5.2.2 M) on the positions, in place: n log² n
    comparisons, the same for any data.
    """
    return Sorting(kernel, target, kernel.nodes[0].attrs[0]).run()


def rounds(n: int) -> list[tuple[int, int, int]]:
    """(p, r, d): exchange i and i + d for every i below n - d with ``i & p == r``.

    >>> rounds(4)
    [(2, 0, 2), (1, 0, 1), (1, 1, 1)]
    """
    out: list[tuple[int, int, int]] = []
    top = 1 << max(0, (n - 1).bit_length() - 1)
    p = top if n > 1 else 0
    while p:
        q, r, d = top, 0, p
        while True:
            out.append((p, r, d))
            if q == p:
                break
            d, q, r = q - p, q // 2, p
        p //= 2
    return out


class Sorting(RowWriter):
    def run(self) -> Lowered:
        outer = [d for d in range(len(self.shape)) if d != self.dim]
        self.w.loop("%low", "%high", 1, lambda u, _: self.row(u, outer))
        return Lowered(self.body, math.prod(self.shape[d] for d in outer))

    def row(self, unit: Index, outer: list[int]) -> list[str]:
        w = self.w
        read, write = self.places(unit, outer)

        def number(i: Index, _: list[str]) -> list[str]:
            self.body.store_at(self.pointer, Value(str(i), int64, 1), self.at(write, i))
            return []

        w.loop(0, self.n, 1, number)
        for turn in rounds(self.n):
            self.turn(turn, read, write)
        return []

    def at(self, write: Index, i: Index) -> Index:
        return self.w.add(write, self.w.mul(i, self.steps[self.dim]))

    def turn(self, turn: tuple[int, int, int], read: Index, write: Index) -> None:
        """One row of `rounds`."""
        w = self.w
        p, r, d = turn

        def one(i: Index, _: list[str]) -> list[str]:
            bits = w.set(f"and i64 {i}, {p}", "i")
            mine = w.set(f"icmp eq i64 {bits}, {r}")
            w.when(mine, lambda: self.exchange(i, w.add(i, d), read, write))
            return []

        w.loop(0, self.n - d, 1, one)

    def exchange(self, i: Index, j: Index, read: Index, write: Index) -> None:
        """Put positions i and j of the result in order."""
        w = self.w
        here, there = self.at(write, i), self.at(write, j)
        a = self.body.load_at(self.pointer, int64, here, 1)
        b = self.body.load_at(self.pointer, int64, there, 1)
        x, y = self.key(a, read), self.key(b, read)
        ahead, behind = self.before(y, x), self.before(x, y)
        later = w.set(f"icmp slt i64 {b.name}, {a.name}")
        tie = w.set(f"xor i1 {behind}, true")
        swapped = w.set(f"and i1 {tie}, {later}")
        swapped = w.set(f"or i1 {ahead}, {swapped}")
        low = w.set(f"select i1 {swapped}, i64 {b.name}, i64 {a.name}")
        high = w.set(f"select i1 {swapped}, i64 {a.name}, i64 {b.name}")
        self.body.store_at(self.pointer, Value(low, int64, 1), here)
        self.body.store_at(self.pointer, Value(high, int64, 1), there)

    def key(self, position: Value, read: Index) -> Value:
        w = self.w
        at = w.add(read, w.mul(position.name, self.view.strides[self.dim]))
        return self.body._fetch(self.view.root, at, 0, 1)

    def before(self, x: Value, y: Value) -> str:
        """Whether x comes before y; NaN counts as larger than any number."""
        w = self.w
        if self.node.attrs[1]:
            x, y = y, x
        less = ew.emit(w, "lt", x.dtype, [x, y], False).name
        if not x.dtype.is_float:
            return less
        number = w.set(f"fcmp ord {x.type} {x.name}, {x.name}")
        none = w.set(f"fcmp uno {y.type} {y.name}, {y.name}")
        last = w.set(f"and i1 {number}, {none}")
        return w.set(f"or i1 {less}, {last}")
