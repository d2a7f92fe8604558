"""Kernels that move rows and pieces: pad, scatter-add.

What lies side by side is moved a vector at a time. Threads share the rows of a result
(a scatter-add, where any row may be met at any time: its columns), so no sum is split.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from ranvier.compiler.fuse.schedule import Kernel
from ranvier.compiler.fuse.target import Target
from ranvier.compiler.fuse.view import View
from ranvier.compiler.lower import elementwise as ew
from ranvier.compiler.lower.body import Body, Index, Lowered
from ranvier.compiler.lower.fold import lower_fold
from ranvier.compiler.lower.order import lower_argsort, lower_running
from ranvier.compiler.lower.text import Value
from ranvier.compiler.lower.winograd import lower_winograd_kernel
from ranvier.compiler.lower.winograd_weight import lower_winograd_weight
from ranvier.graph import Node, Shape

OWN = {
    "argsort": lower_argsort,
    "cumprod": lower_running,
    "cumsum": lower_running,
    "fold": lower_fold,
    "winograd_kernel": lower_winograd_kernel,
    "winograd_weight": lower_winograd_weight,
}


class Side(NamedTuple):
    """One dimension of a padded result: `n` elements of the source `step` apart,
    `between` places after each, `before` and `after` them all.
    """

    n: int
    step: int
    before: int
    after: int
    between: int

    @property
    def size(self) -> int:
        return self.before + self.after + self.n + self.between * max(0, self.n - 1)


class PieceWriter:
    def __init__(self, kernel: Kernel, target: Target) -> None:
        self.kernel = kernel
        self.body = Body(kernel, target, tuple((d,) for d in range(len(kernel.space))))
        self.w = self.body.w
        self.node = kernel.nodes[0]
        self.pointer = self.body.pointer[self.node]
        wide = self.node.dtype.itemsize == 8
        self.lanes = max(2, target.lanes // 2) if wide else target.lanes

    def put(self, at: Index, value: Value) -> list[str]:
        self.body.store_at(self.pointer, value, at)
        return []

    def fill(self, start: Index, count: int, value: float = 0.0) -> None:
        """`count` places from `start` on set to `value`."""
        full = count - count % self.lanes

        def vector(i: Index, lanes: int) -> list[str]:
            many = ew.constant(value, self.node.dtype, lanes)
            return self.put(self.w.add(start, i), many)

        self.w.loop(0, full, self.lanes, lambda i, _: vector(i, self.lanes))
        if count > full:
            vector(full, count - full)

    def copy(
        self, root: Node, read: Index, steps: tuple[int, ...], shape: Shape,
        write: Index, places: tuple[int, ...],
    ) -> None:  # fmt: skip
        """Elements at read + i * steps[0] + … of `root` to write + i * places[0] + …"""
        dims = joined(shape, steps, places)
        if dims:
            self._nest(root, read, write, dims)
        else:
            self.put(write, self.body._fetch(root, read, 0, 1))

    def _nest(
        self, root: Node, read: Index, write: Index, dims: list[tuple[int, int, int]]
    ) -> None:
        (n, step, place), *rest = dims

        def at(i: Index) -> tuple[Index, Index]:
            w = self.w
            return w.add(read, w.mul(i, step)), w.add(write, w.mul(i, place))

        def one(i: Index, _: list[str]) -> list[str]:
            self._nest(root, *at(i), rest)
            return []

        def vector(i: Index, lanes: int) -> list[str]:
            source, target = at(i)
            found = self.body._fetch(root, source, step, lanes if step else 1)
            return self.put(target, ew.broadcast(self.w, found, lanes))

        if rest:
            self.w.loop(0, n, 1, one)
            return
        lanes = self.lanes if place == 1 else 1
        full = n - n % lanes
        self.w.loop(0, full, lanes, lambda i, _: vector(i, lanes))
        if n > full:
            vector(full, n - full)


def joined(
    shape: Shape, steps: tuple[int, ...], places: tuple[int, ...]
) -> list[tuple[int, int, int]]:
    """(size, step, place) of each dimension; neighbours that both sides go through as
    one are one.

    >>> joined((2, 3, 4), (12, 4, 1), (20, 4, 1))
    [(2, 12, 20), (12, 1, 1)]
    """
    out: list[tuple[int, int, int]] = []
    for n, s, p in zip(shape, steps, places, strict=True):
        if n == 1:
            continue
        if out and out[-1][1] == n * s and out[-1][2] == n * p:
            out[-1] = (out[-1][0] * n, s, p)
        else:
            out.append((n, s, p))
    return out


def lower_move(kernel: Kernel, target: Target) -> Lowered:
    """A primitive that has a kernel to itself."""
    own = OWN.get(kernel.nodes[0].op)
    if own is not None:
        return own(kernel, target)
    return _pad(PieceWriter(kernel, target))


# ---- pad -----------------------------------------------------------------------------


def _pad(writer: PieceWriter) -> Lowered:
    """Row by row: a row of the source with its border, or a row of border."""
    node, w = writer.node, writer.w
    (src,) = node.srcs
    view = writer.kernel.operands[src]
    parts, value = (node.attrs, 0.0) if node.op == "pad" else node.attrs
    sides = _sides(src.shape, view.strides, parts)
    *outer, last = sides or [Side(1, 0, 0, 0, 0)]

    def row(unit: Index, _: list[str]) -> list[str]:
        start = w.mul(unit, last.size)
        read, inside = _source_of(writer, outer, unit, view.offset)

        def border() -> None:
            writer.fill(start, last.size, value)

        def copied() -> None:
            if last.between:
                border()
            else:
                writer.fill(start, last.before, value)
                end = w.add(start, last.before + last.n)
                writer.fill(end, last.after, value)
            place = last.between + 1
            begin = w.add(start, last.before)
            writer.copy(view.root, read, (last.step,), (last.n,), begin, (place,))

        if inside is None:
            copied()
        else:
            w.when(inside, copied)
            w.when(w.set(f"xor i1 {inside}, true"), border)
        return []

    units = math.prod(side.size for side in outer)
    w.loop("%low", "%high", 1, row)
    return Lowered(writer.body, units)


def _sides(shape: Shape, strides: tuple[int, ...], parts: tuple) -> list[Side]:  # type: ignore[type-arg]
    """The dimensions of a pad; one without a border that lies side by side in the
    source joins the one before it.
    """
    out: list[Side] = []
    for n, step, part in zip(shape, strides, parts, strict=True):
        side = Side(n, step, *part)
        before = out[-1] if out else None
        plain = not any(part) and n > 0
        if plain and n == 1 and before is not None:
            continue
        if (
            before is not None
            and plain
            and not before.between
            and (before.step == n * step or before.n == 1)
        ):
            out[-1] = Side(before.n * n, step, before.before * n, before.after * n, 0)
        else:
            out.append(side)
    return out


def _source_of(
    writer: PieceWriter, outer: list[Side], unit: Index, offset: int
) -> tuple[Index, str | None]:
    """Where the source's row for row `unit` of the result is, and whether there is one
    (None: always).
    """
    w = writer.w
    read: Index = offset
    checks: list[str] = []
    rest = unit
    for number, side in reversed(list(enumerate(outer))):
        i = rest
        if number:
            i = w.set(f"urem i64 {rest}, {side.size}", "i")
            rest = w.set(f"udiv i64 {rest}, {side.size}", "i")
        i = w.add(i, -side.before)
        if side.before or side.after:
            span = side.size - side.before - side.after
            checks.append(w.set(f"icmp ult i64 {i}, {span}"))
        if side.between:
            over = w.set(f"urem i64 {i}, {side.between + 1}", "i")
            checks.append(w.set(f"icmp eq i64 {over}, 0"))
            i = w.set(f"udiv i64 {i}, {side.between + 1}", "i")
        read = w.add(read, w.mul(i, side.step))
    inside = None
    for check in checks:
        inside = check if inside is None else w.set(f"and i1 {inside}, {check}")
    return read, inside


# ---- scatter-add ---------------------------------------------------------------------


def lower_scatter(kernel: Kernel, target: Target) -> Lowered:
    """``y[index[i], …] += g[i, …]``, rows in order, so that the sum is the same every
    time. A unit is a vector of columns.
    """
    return Scatter(kernel, target).run()


class Scatter(PieceWriter):
    def __init__(self, kernel: Kernel, target: Target) -> None:
        super().__init__(kernel, target)
        g, index = (kernel.operands[s] for s in self.node.srcs)
        self.g, self.index = g, index
        self.rank = len(self.node.srcs[1].shape)
        rest = self.node.shape[1:]
        self.columns = math.prod(rest)
        steps = joined(rest, g.strides[self.rank :], View.steps(rest))
        self.flat = len(steps) < 2  # one step from column to column of g
        self.step = steps[0][1] if steps else 0
        if not self.flat:
            self.lanes = 1
        self.full = self.columns // self.lanes

    def run(self) -> Lowered:
        places = self.node.srcs[1].shape
        self.w.loop(0, self.node.shape[0], 1, lambda r, _: self._clear(r))
        self._rows(places, 0, self.index.offset, self.g.offset)
        return Lowered(self.body, max(1, -(-self.columns // self.lanes)))

    def _clear(self, row: Index) -> list[str]:
        start = self.w.mul(row, self.columns)

        def zero(column: Index, lanes: int) -> None:
            none = ew.constant(0, self.node.dtype, lanes)
            self.put(self.w.add(start, column), none)

        self._mine(zero)
        return []

    def _mine(self, body) -> None:  # type: ignore[no-untyped-def]
        """``body(column, lanes)`` for the vectors of columns low … high - 1."""
        w = self.w
        tail = self.columns % self.lanes

        def vector(i: Index, _: list[str]) -> list[str]:
            body(w.mul(i, self.lanes), self.lanes)
            return []

        if self.full:
            stop: Index = "%high"
            if tail:
                below = w.set(f"icmp slt i64 %high, {self.full}")
                stop = w.set(f"select i1 {below}, i64 %high, i64 {self.full}")
            w.loop("%low", stop, 1, vector)
        if tail:
            last = w.set(f"icmp sgt i64 %high, {self.full}")
            w.when(last, lambda: body(self.full * self.lanes, tail))

    def _rows(self, places: Shape, d: int, at: Index, read: Index) -> list[str]:
        w = self.w
        if d < len(places):

            def one(i: Index, _: list[str]) -> list[str]:
                place = w.add(at, w.mul(i, self.index.strides[d]))
                row = w.add(read, w.mul(i, self.g.strides[d]))
                return self._rows(places, d + 1, place, row)

            return w.loop(0, places[d], 1, one)
        found = self.body._fetch(self.index.root, at, 0, 1)
        number = ew.row_number(w, found, self.node.shape[0])
        start = w.mul(number, self.columns)
        self._mine(lambda column, lanes: self._add(read, start, column, lanes))
        return []

    def _add(self, read: Index, start: Index, column: Index, lanes: int) -> None:
        w, dtype = self.w, self.node.dtype
        step = self.step if lanes > 1 else 0
        new = self.body._fetch(
            self.g.root, w.add(read, self._column(column)), step, lanes if step else 1
        )
        new = ew.broadcast(w, new, lanes)
        where = w.add(start, column)
        old = self.body.load_at(self.pointer, dtype, where, lanes)
        self.put(where, ew.emit(w, "add", dtype, [old, new], False))

    def _column(self, column: Index) -> Index:
        """Where column number `column` of a row of g lies."""
        w = self.w
        if self.flat:
            return w.mul(column, self.step)
        rest = self.node.shape[1:]
        index = _unravel(self, rest, column)
        total: Index = 0
        for i, s in zip(index, self.g.strides[self.rank :], strict=True):
            total = w.add(total, w.mul(i, s))
        return total


def _unravel(writer: PieceWriter, shape: Shape, number: Index) -> list[Index]:
    """The index of each dimension from the number of a place."""
    index: list[Index] = []
    for d in range(len(shape) - 1, -1, -1):
        if shape[d] == 1:
            index.append(0)
        elif math.prod(shape[:d]) == 1:
            index.append(number)
        else:
            index.append(writer.w.set(f"urem i64 {number}, {shape[d]}", "i"))
            number = writer.w.set(f"udiv i64 {number}, {shape[d]}", "i")
    return index[::-1]
