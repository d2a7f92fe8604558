"""The matrix product: a tile of results stays in registers over the inner dimension,
then the kernel's other nodes (bias, activation, the optimiser's update) are applied to
it.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from ranvier.compiler.fuse.schedule import Kernel
from ranvier.compiler.fuse.target import Target
from ranvier.compiler.fuse.view import View
from ranvier.compiler.lower import elementwise as ew
from ranvier.compiler.lower.body import Body, Index, Place
from ranvier.compiler.lower.loops import Lowered
from ranvier.compiler.lower.maths import suffix
from ranvier.compiler.lower.text import SCALAR, Value, vector
from ranvier.graph import Shape

# nodes applied to each tile in place; more are applied in a loop over a small copy
LIGHT = 4
UNROLL = 4  # steps of the inner dimension written out in the loop


def lower_matmul(kernel: Kernel, target: Target) -> Lowered:
    """``void kernel(pointers…, i64 low, i64 high)`` for blocks low … high - 1."""
    return MatmulWriter(kernel, target).run()


class MatmulWriter:
    """Rows and columns are those of the tile: for lanes "m" they are the result's
    columns and rows.
    """

    def __init__(self, kernel: Kernel, target: Target) -> None:
        self.kernel = kernel
        self.target = target
        self.body = Body(kernel, target, tuple((d,) for d in range(len(kernel.space))))
        self.w = self.body.w
        self.node = kernel.nodes[0]
        self.dtype = self.node.dtype
        self.width = (
            target.lanes if self.dtype.itemsize <= 4 else max(2, target.lanes // 2)
        )
        rank = len(kernel.space)
        self.row_dim, self.column_dim = (rank - 2, rank - 1)
        a, b = (repeated(kernel.operands[s], s.shape) for s in self.node.srcs)
        self.left, self.right = a, b
        self.row_step, self.left_step = a.strides[-2:]
        self.right_step, self.column_step = b.strides[-2:]
        if kernel.lanes == "m":
            self.row_dim, self.column_dim = self.column_dim, self.row_dim
            self.left, self.right = b, a
            self.left_step, self.row_step = b.strides[-2:]
            self.column_step, self.right_step = a.strides[-2:]
        self.rows, self.columns = (
            kernel.space[self.row_dim],
            kernel.space[self.column_dim],
        )
        self.inner = self.node.srcs[0].shape[-1]
        assert kernel.tile is not None
        self.tile_rows, self.tile_columns = kernel.tile[:2]
        self.scratch = ""

    # ---- blocks ----------------------------------------------------------------------

    def run(self) -> Lowered:
        batch = math.prod(self.kernel.space[:-2])
        row_blocks = -(-self.rows // self.tile_rows)
        column_blocks = -(-self.columns // self.tile_columns)
        if batch != 1:
            self.w.loop("%low", "%high", 1, self._one_of_batch)
            return Lowered(self.body, batch)
        if row_blocks > column_blocks:
            self._share(
                self.rows, self.tile_rows, lambda r, n: self._all_columns((), r, n)
            )
            return Lowered(self.body, row_blocks)
        self._share(
            self.columns, self.tile_columns, lambda c, n: self._all_rows((), c, n)
        )
        return Lowered(self.body, column_blocks)

    def _one_of_batch(self, unit: Index, _: list[str]) -> list[str]:
        index: list[Index] = []
        for size in reversed(self.kernel.space[1:-2]):
            index.append(self.w.set(f"urem i64 {unit}, {size}", "i"))
            unit = self.w.set(f"udiv i64 {unit}, {size}", "i")
        batch = (unit, *reversed(index))
        self._blocks(
            self.columns, self.tile_columns, lambda c, n: self._all_rows(batch, c, n)
        )
        return []

    def _share(self, size: int, step: int, body: Callable[[Index, int], None]) -> None:
        full, tail = divmod(size, step)
        if full:
            below = self.w.set(f"icmp slt i64 %high, {full}")
            stop = self.w.set(f"select i1 {below}, i64 %high, i64 {full}")
            self.w.loop(
                "%low", stop, 1, lambda i, _: _block(body, self.w.mul(i, step), step)
            )
        if tail:
            last = self.w.set(f"icmp sgt i64 %high, {full}")
            self.w.when(last, lambda: body(full * step, tail))

    def _blocks(self, size: int, step: int, body: Callable[[Index, int], None]) -> None:
        full, tail = divmod(size, step)
        self.w.loop(0, full * step, step, lambda i, _: _block(body, i, step))
        if tail:
            body(full * step, tail)

    def _all_rows(self, batch: tuple[Index, ...], column: Index, columns: int) -> None:
        self._blocks(
            self.rows,
            self.tile_rows,
            lambda r, n: self.tile(batch, r, n, column, columns),
        )

    def _all_columns(self, batch: tuple[Index, ...], row: Index, rows: int) -> None:
        self._blocks(
            self.columns,
            self.tile_columns,
            lambda c, n: self.tile(batch, row, rows, c, n),
        )

    # ---- one tile --------------------------------------------------------------------

    def tile(
        self,
        batch: tuple[Index, ...],
        row: Index,
        rows: int,
        column: Index,
        columns: int,
    ) -> None:
        left = self._start(self.left, batch, self.w.mul(row, self.row_step))
        right = self._start(self.right, batch, self.w.mul(column, self.column_step))
        if self.kernel.lanes == "k":
            results = self._inner_in_lanes(left, right, rows, columns)
        else:
            results = self._columns_in_lanes(left, right, rows, columns)
        self._finish(batch, row, column, rows, results)

    def _start(self, view, batch: tuple[Index, ...], start: Index) -> str:  # type: ignore[no-untyped-def]
        space = self.kernel.space[:-2]
        front = len(space) - (len(view.strides) - 2)
        offset = self.w.add(start, view.offset)
        for d, i in enumerate(batch):
            if d >= front:
                offset = self.w.add(offset, self.w.mul(i, view.strides[d - front]))
        return self.body.address(self.body.pointer[view.root], self.dtype, offset)

    def _columns_in_lanes(
        self, left: str, right: str, rows: int, columns: int
    ) -> list[list[tuple[int, Value]]]:
        """Results of each row as (column offset, vector)."""
        pieces = cut(columns, self.width)
        zero = [ew.constant(0, self.dtype, n) for _ in range(rows) for _, n in pieces]

        def step(k: Index, sums: list[str]) -> list[str]:
            at = self.body.address(right, self.dtype, self.w.mul(k, self.right_step))
            vectors = [self.body.load_at(at, self.dtype, j, n) for j, n in pieces]
            at = self.body.address(left, self.dtype, self.w.mul(k, self.left_step))
            out = []
            for i in range(rows):
                one = self.body.load_at(at, self.dtype, i * self.row_step, 1)
                for j, v in enumerate(vectors):
                    many = ew.broadcast(self.w, one, v.lanes)
                    out.append(self.multiply_add(many, v, sums[i * len(pieces) + j]))
            return out

        names = self._over_inner(step, [(z.type, z.name) for z in zero], 1, self.inner)
        values = [
            Value(n, self.dtype, z.lanes) for n, z in zip(names, zero, strict=True)
        ]
        width = len(pieces)
        return [
            [(pieces[j][0], values[i * width + j]) for j in range(width)]
            for i in range(rows)
        ]

    def _inner_in_lanes(
        self, left: str, right: str, rows: int, columns: int
    ) -> list[list[tuple[int, Value]]]:
        width = self.width
        full = self.inner // width * width
        zero = ew.constant(0, self.dtype, width)

        def step(k: Index, sums: list[str], lanes: int = width) -> list[str]:
            # The fewer kind is held, the other passes through one register.
            row_at = self.body.address(left, self.dtype, k)
            column_at = self.body.address(right, self.dtype, k)
            out = list(sums)
            held_rows = rows <= columns
            few, many = (rows, columns) if held_rows else (columns, rows)
            few_at, many_at = (row_at, column_at) if held_rows else (column_at, row_at)
            few_step, many_step = (
                (self.row_step, self.column_step)
                if held_rows
                else (self.column_step, self.row_step)
            )
            held = [self._padded(few_at, i * few_step, lanes) for i in range(few)]
            for j in range(many):
                one = self._padded(many_at, j * many_step, lanes)
                for i, v in enumerate(held):
                    at = i * columns + j if held_rows else j * columns + i
                    out[at] = self.multiply_add(v, one, sums[at])
            return out

        names = self._over_inner(
            step, [(zero.type, zero.name)] * (rows * columns), width, full
        )
        if self.inner > full:
            names = step(full, names, self.inner - full)
        results = []
        for i in range(rows):
            sums = [
                Value(n, self.dtype, width)
                for n in names[i * columns : (i + 1) * columns]
            ]
            results.append([(0, add_lanes(self.body, sums))])
        return results

    def _padded(self, pointer: str, offset: int, lanes: int) -> Value:
        return ew.widen(
            self.w, self.body.load_at(pointer, self.dtype, offset, lanes), self.width
        )

    def _over_inner(
        self,
        step: Callable[[Index, list[str]], list[str]],
        carry: list[tuple[str, str]],
        by: int,
        stop: int,
    ) -> list[str]:
        """The loop over the inner dimension, a few steps written out, the rest behind
        it.
        """
        unroll = UNROLL if len(carry) <= 15 else 2
        chunk = by * unroll
        main = stop // chunk * chunk

        def several(k: Index, sums: list[str]) -> list[str]:
            for u in range(unroll):
                sums = step(self.w.add(k, u * by), sums)
            return sums

        names = self.w.loop(0, main, chunk, several, carry)
        for k in range(main, stop, by):
            names = step(k, names)
        return names

    def multiply_add(self, a: Value, b: Value, c: str) -> str:
        """a b + c, in one rounding where the machine can."""
        if not self.dtype.is_float:
            product = self.w.set(f"mul {a.type} {a.name}, {b.name}")
            return self.w.set(f"add {a.type} {product}, {c}")
        name = "llvm.fma" if self.target.fma else "llvm.fmuladd"
        kind = suffix("f32" if self.dtype.itemsize == 4 else "f64", a.lanes)
        return self.w.call(
            a.type, f"{name}.{kind}", [(a.type, a.name), (a.type, b.name), (a.type, c)]
        )

    # ---- what follows the product ----------------------------------------------------

    def _finish(
        self,
        batch: tuple[Index, ...],
        row: Index,
        column: Index,
        rows: int,
        results: list[list[tuple[int, Value]]],
    ) -> None:
        if len(self.kernel.nodes) - 1 <= LIGHT or rows == 1:
            for i, pieces in enumerate(results):
                for offset, value in pieces:
                    self._apply(
                        batch, self.w.add(row, i), self.w.add(column, offset), value
                    )
            return
        self._through_scratch(batch, row, column, rows, results)

    def _through_scratch(
        self,
        batch: tuple[Index, ...],
        row: Index,
        column: Index,
        rows: int,
        results: list[list[tuple[int, Value]]],
    ) -> None:
        pitch = sum(-(-v.lanes // self.width) * self.width for _, v in results[0])
        pointer = self._scratch_memory()
        for i, pieces in enumerate(results):
            for offset, value in pieces:
                self.body.store_at(pointer, value, i * pitch + offset)

        def one(i: Index, _: list[str]) -> list[str]:
            start = self.w.mul(i, pitch)
            for offset, value in results[0]:
                again = self.body.load_at(
                    pointer, self.dtype, self.w.add(start, offset), value.lanes
                )
                self._apply(
                    batch, self.w.add(row, i), self.w.add(column, offset), again
                )
            return []

        self.w.loop(0, rows, 1, one)

    def _scratch_memory(self) -> str:
        if not self.scratch:
            self.scratch = "%scratch"
            scalar = SCALAR[self.dtype.name]
            size = self.tile_rows * (self.tile_columns + self.width)
            self.w.head.append(f"  %scratch = alloca {scalar}, i64 {size}, align 64")
        return self.scratch

    def _apply(
        self, batch: tuple[Index, ...], row: Index, column: Index, value: Value
    ) -> None:
        index: list[Index] = [*batch, 0, 0]
        if len(index) < len(self.kernel.space):
            index = [*(0 for _ in self.kernel.space)]
        index[self.row_dim], index[self.column_dim] = row, column
        place = Place(tuple(index), self.column_dim, value.lanes)
        self.body.values = {self.node: value}
        # All values first: a store may go over an input that another of them reads.
        for node in self.kernel.stores:
            self.body.value(node, place)
        for node in self.kernel.stores:
            self.body.store(node, place)


def repeated(view: View, shape: Shape) -> View:
    """The view with steps of 0 along the batch dimensions that are broadcast."""
    batch = (0 if n == 1 else s for n, s in zip(shape[:-2], view.strides, strict=False))
    return view._replace(strides=(*batch, *view.strides[-2:]))


def _block(body: Callable[[Index, int], None], start: Index, size: int) -> list[str]:
    """`body` as the body of a loop that carries nothing."""
    body(start, size)
    return []


def cut(size: int, width: int) -> list[tuple[int, int]]:
    """(start, length) of vectors that cover a row.

    >>> cut(20, 8)
    [(0, 8), (8, 8), (16, 4)]
    """
    return [(s, min(width, size - s)) for s in range(0, size, width)]


def add_lanes(body: Body, xs: list[Value]) -> Value:
    """The sums of the lanes of each vector, side by side in one vector.

    Pairs are added crosswise: each round halves the number of vectors and the lanes
    that still belong together, so one tree serves all.
    """
    w, dtype, width = body.w, xs[0].dtype, xs[0].lanes
    kind = vector(SCALAR[dtype.name], width)
    rounds = width.bit_length() - 1
    names = [x.name for x in xs]
    even = ", ".join(f"i32 {i}" for i in range(0, 2 * width, 2))
    odd = ", ".join(f"i32 {i}" for i in range(1, 2 * width, 2))
    add = "fadd" if dtype.is_float else "add"
    for _ in range(rounds):
        pairs = [
            (names[i], names[i + 1] if i + 1 < len(names) else names[i])
            for i in range(0, len(names), 2)
        ]
        names = []
        for a, b in pairs:
            e = w.set(f"shufflevector {kind} {a}, {kind} {b}, <{width} x i32> <{even}>")
            o = w.set(f"shufflevector {kind} {a}, {kind} {b}, <{width} x i32> <{odd}>")
            names.append(w.set(f"{add} {kind} {e}, {o}"))
    assert len(names) == 1, "at most one vector of results"
    return ew.split(w, Value(names[0], dtype, width), 0, len(xs))
