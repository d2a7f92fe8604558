"""Products: a tile of results stays in registers over the inner dimensions, then the
kernel's other nodes (bias, activation, the optimiser's update) are applied to it.

One generator makes matrix products, convolutions and their gradients: what differs is
how far a step of each loop goes in the factors (see `fuse.contraction`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ranvier.compiler.fuse.contraction import Contraction, Dim
from ranvier.compiler.fuse.schedule import Kernel
from ranvier.compiler.fuse.target import Target
from ranvier.compiler.fuse.view import View
from ranvier.compiler.lower import elementwise as ew
from ranvier.compiler.lower.body import Body, Groups, Index, Lowered, Place, over_space
from ranvier.compiler.lower.maths import suffix
from ranvier.compiler.lower.text import SCALAR, Value, Writer, vector

# nodes applied to each tile in place; more are applied in a loop over a small copy
LIGHT = 4
UNROLL = 4  # steps of the inner dimension written out in the loop
ENOUGH = 16  # pieces of work to be shared by threads


class Axis(NamedTuple):
    """A loop over blocks of a dimension: `name` says which, the last block may be
    smaller.
    """

    name: str | int
    size: int
    step: int = 1

    @property
    def blocks(self) -> int:
        return -(-self.size // self.step)

    @property
    def tail(self) -> int:
        return self.size % self.step


class Sum(NamedTuple):
    """A loop over terms: from `start` to `stop` by `every`."""

    dim: Dim
    start: Index
    stop: Index
    every: int = 1


# Where a tile begins, and how many rows or columns it has, by the name of the axis
Spot = dict[str | int, tuple[Index, int]]


def lower_matmul(kernel: Kernel, target: Target) -> Lowered:
    """``void kernel(pointers…, i64 low, i64 high)`` for blocks low … high - 1."""
    return ProductWriter(kernel, target).run()


def row_groups(
    kernel: Kernel, rows: Sequence[Dim], first: int
) -> list[tuple[int, ...]]:
    """Neighbouring dimensions of rows that every value steps through as if they were
    one.
    """
    every = [
        over_space(kernel, n.shape, kernel.target(n).strides) for n in kernel.stores
    ]
    for src, view in kernel.operands.items():
        if any(src in n.srcs for n in kernel.nodes[1:]):
            every.append(over_space(kernel, src.shape, view.strides))
    groups: list[tuple[int, ...]] = []
    kept = [i for i, d in enumerate(rows) if d.size != 1] or [len(rows) - 1]
    for i in kept:
        d, at = rows[i], first + i
        last = groups[-1][-1] if groups else None
        if (
            last is not None
            and rows[last - first].left == d.left * d.size
            and all(s[last] == s[at] * d.size for s in every)
        ):
            groups[-1] = (*groups[-1], at)
        else:
            groups.append((at,))
    return groups


class ProductWriter:
    """Rows and columns are those of the tile: for lanes "m" they are the result's
    columns and rows.
    """

    def __init__(self, kernel: Kernel, target: Target) -> None:
        self.kernel = kernel
        self.target = target
        self.node = kernel.nodes[0]
        self.dtype = self.node.dtype
        self.width = (
            target.lanes if self.dtype.itemsize <= 4 else max(2, target.lanes // 2)
        )
        self.loops = loops = Contraction.of(kernel)
        assert kernel.tile is not None
        self.tile_columns = kernel.tile.columns
        front = len(loops.batch)
        first = front if loops.column != front else front + 1
        merged = row_groups(kernel, loops.rows, first)
        self.row_dims = [
            Dim(
                math.prod(kernel.space[d] for d in g), loops.rows[g[-1] - first].left, 0
            )
            for g in merged
        ]
        lanes: list[tuple[int, ...]] = [(d,) for d in range(front)]
        groups: Groups = tuple(sorted([*lanes, *merged, (loops.column,)]))
        self.at = [groups.index(g) for g in merged]
        self.skip_axis = ""
        if loops.skip and (first + loops.skip.along,) in merged[:-1]:
            self.skip_axis = f"row{merged.index((first + loops.skip.along,))}"
        self.column_at = groups.index((loops.column,))
        self.body = Body(kernel, target, groups)
        self.w = self.body.w
        self.scratch = ""
        self.asking: list[str] = []  # where the tile asks for rows of the next step

    # ---- blocks ----------------------------------------------------------------------

    def run(self) -> Lowered:
        axes = self._axes()
        shared = self._shared(axes)
        units = math.prod(a.blocks for a in shared)
        rest = axes[len(shared) :]
        if self.kernel.rows:
            return self._by_rows()
        if not self.kernel.block:
            self._units(shared, lambda spot: self._inside(rest, spot, self.tile))
            return Lowered(self.body, units)
        self._units(shared, lambda spot: self._inside(rest, spot, self.clear))
        images, block = self.loops.inner[0].size, self.kernel.block

        def some(start: Index, _: list[str]) -> list[str]:
            first: Spot = {"image": (start, block)}
            self._units(
                shared, lambda spot: self._inside(rest, {**spot, **first}, self.tile)
            )
            return []

        self.w.loop(0, images, block, some)
        return Lowered(self.body, units)

    def _by_rows(self) -> Lowered:
        """A block of rows for all columns, then the next block: the rows stay near."""
        assert self.kernel.tile is not None
        column = Axis("column", self.loops.columns.size, self.tile_columns)
        step = self.kernel.tile.rows

        def block(start: Index, size: int) -> None:
            rows = Axis("row", size, step)

            def tile(spot: Spot) -> None:
                first, high = spot["row"]
                self.tile({**spot, "row": (self.w.add(start, first), high)})

            self._units([column], lambda spot: self._inside([rows], spot, tile))

        full, tail = divmod(self.row_dims[-1].size, self.kernel.rows)
        size = self.kernel.rows

        def whole(i: Index, _: list[str]) -> list[str]:
            block(i, size)
            return []

        self.w.loop(0, full * size, size, whole)
        if tail:
            block(full * size, tail)
        return Lowered(self.body, column.blocks)

    def _axes(self) -> list[Axis]:
        """The loops around a tile, the outermost first."""
        tile, loops = self.kernel.tile, self.loops
        assert tile is not None
        batch = [Axis(i, d.size) for i, d in enumerate(loops.batch)]
        *outer, last = self.row_dims
        steps = [1] * len(outer)
        if outer:
            steps[-1] = tile.deep
        around = [
            Axis(f"row{i}", d.size, s)
            for i, (d, s) in enumerate(zip(outer, steps, strict=True))
        ]
        rows = Axis("row", last.size, tile.rows)
        groups = [Axis("group", loops.groups)] if loops.groups > 1 else []
        columns = Axis("column", loops.columns.size // loops.groups, tile.columns)
        if self.kernel.block:
            return [*batch, *groups, *around, columns, rows]
        if self.kernel.columns_first:
            return [*batch, *groups, columns, *around, rows]
        if not around:
            return [*batch, *groups, rows, columns]
        return [*batch, *around, *groups, columns, rows]

    def _shared(self, axes: list[Axis]) -> list[Axis]:
        """The outermost loops, as many as it takes to have enough to share; only the
        last of them may end with a smaller block.
        """
        shared: list[Axis] = []
        for axis in axes:
            shared.append(axis)
            if axis.tail or math.prod(a.blocks for a in shared) >= ENOUGH:
                break
        return shared

    def _units(self, shared: list[Axis], body: Callable[[Spot], None]) -> None:
        """`body` for units low … high - 1."""
        *outer, last = shared
        if not any(a.blocks > 1 for a in outer):
            start: Spot = {a.name: (0, a.step) for a in outer}
            return self._last(last, lambda spot: body({**start, **spot}))
        self.w.loop("%low", "%high", 1, lambda u, _: self._unit(outer, last, u, body))
        return None

    def _last(self, axis: Axis, body: Callable[[Spot], None]) -> None:
        """Units are the blocks of one axis."""
        full, tail = divmod(axis.size, axis.step)
        if full:
            below = self.w.set(f"icmp slt i64 %high, {full}")
            stop = self.w.set(f"select i1 {below}, i64 %high, i64 {full}")
            self.w.loop(
                "%low",
                stop,
                1,
                lambda i, _: _block(
                    body, axis.name, self.w.mul(i, axis.step), axis.step
                ),
            )
        if tail:
            last = self.w.set(f"icmp sgt i64 %high, {full}")
            self.w.when(last, lambda: body({axis.name: (full * axis.step, tail)}))

    def _unit(
        self, outer: list[Axis], last: Axis, unit: Index, body: Callable[[Spot], None]
    ) -> list[str]:
        """One unit: its number says where each axis is."""
        w = self.w
        spot: Spot = {}
        sizes = [last, *reversed(outer)]
        for axis in sizes[:-1]:
            index = w.set(f"urem i64 {unit}, {axis.blocks}", "i")
            unit = w.set(f"udiv i64 {unit}, {axis.blocks}", "i")
            spot[axis.name] = (w.mul(index, axis.step), axis.step)
        spot[sizes[-1].name] = (w.mul(unit, sizes[-1].step), sizes[-1].step)
        full, tail = divmod(last.size, last.step)
        if not tail:
            body(spot)
            return []
        start = spot[last.name][0]
        whole = w.set(f"icmp slt i64 {start}, {full * last.step}")
        if full:
            w.when(whole, lambda: body(spot))
        rest = w.set(f"icmp sge i64 {start}, {full * last.step}")
        w.when(rest, lambda: body({**spot, last.name: (full * last.step, tail)}))
        return []

    def _inside(
        self, axes: list[Axis], spot: Spot, body: Callable[[Spot], None]
    ) -> None:
        """Loops over the axes that are not shared."""
        if not axes:
            return body(spot)
        axis, *rest = axes
        full, tail = divmod(axis.size, axis.step)
        self.w.loop(
            0,
            full * axis.step,
            axis.step,
            lambda i, _: _block(
                lambda more: self._inside(rest, {**spot, **more}, body),
                axis.name,
                i,
                axis.step,
            ),
        )
        if tail:
            self._inside(rest, {**spot, axis.name: (full * axis.step, tail)}, body)
        return None

    # ---- one tile --------------------------------------------------------------------

    def tile(self, spot: Spot) -> None:
        rows = self._rows(spot)
        columns = spot["column"][1]
        if self.kernel.ahead:
            self.asking = self.kernel.ahead.starts(self.w, self._number(spot))
        if self.kernel.lanes == "k":
            results = self._inner_in_lanes(spot, rows, columns)
        else:
            results = self._columns_in_lanes(spot, rows, columns)
        self._finish(spot, rows, results)

    def clear(self, spot: Spot) -> None:
        """Set the results of a tile to 0, to be added to."""
        pieces = cut(spot["column"][1], self.width)
        for row in self._rows(spot):
            for offset, lanes in pieces:
                place = self._place(spot, row, offset, lanes)
                self.body.values = {self.node: ew.constant(0, self.dtype, lanes)}
                self.body.store(self.node, place)

    def _rows(self, spot: Spot) -> list[tuple[int, int]]:
        """The rows of a tile as steps of the last two row dimensions."""
        deep = 1
        if len(self.row_dims) > 1:
            deep = spot[f"row{len(self.row_dims) - 2}"][1]
        return [(d, r) for d in range(deep) for r in range(spot["row"][1])]

    def _row_offset(self, row: tuple[int, int]) -> int:
        """How far a row of the tile is from its first in the left factor."""
        before = self.row_dims[-2].left if len(self.row_dims) > 1 else 0
        return row[0] * before + row[1] * self.row_dims[-1].left

    def _start_left(self, spot: Spot) -> str:
        w, loops = self.w, self.loops
        offset: Index = loops.left.offset
        for i, d in enumerate(loops.batch):
            offset = w.add(offset, w.mul(spot[i][0], d.left))
        for i, d in enumerate(self.row_dims[:-1]):
            offset = w.add(offset, w.mul(spot[f"row{i}"][0], d.left))
        offset = w.add(offset, w.mul(spot["row"][0], self.row_dims[-1].left))
        if loops.columns.left:
            offset = w.add(offset, w.mul(spot["column"][0], loops.columns.left))
        offset = w.add(offset, w.mul(spot.get("group", (0, 1))[0], loops.group))
        if "image" in spot:
            offset = w.add(offset, w.mul(spot["image"][0], loops.inner[0].left))
        return self.body.address(self.body.pointer[loops.left.root], self.dtype, offset)

    def _start_right(self, spot: Spot) -> str:
        w, loops = self.w, self.loops
        offset: Index = loops.right.offset
        for i, d in enumerate(loops.batch):
            offset = w.add(offset, w.mul(spot[i][0], d.right))
        step = loops.depth if self.kernel.panel else loops.columns.right
        offset = w.add(offset, w.mul(self._column(spot), step))
        if "image" in spot:
            offset = w.add(offset, w.mul(spot["image"][0], loops.inner[0].right))
        return self.body.address(
            self.body.pointer[loops.right.root], self.dtype, offset
        )

    def _column(self, spot: Spot) -> Index:
        each = self.loops.columns.size // self.loops.groups
        group = self.w.mul(spot.get("group", (0, 1))[0], each)
        return self.w.add(spot["column"][0], group)

    def _inner(self, spot: Spot) -> list[Sum]:
        """The loops of the sum of one tile."""
        loops = [Sum(d, 0, d.size) for d in self.loops.inner]
        if "image" in spot:
            loops[0] = loops[0]._replace(stop=self.kernel.block)
        if self.skip_axis:
            at = self._inner_of_skip()
            if at is not None:
                loops[at] = self._without_padding(loops[at].dim, spot[self.skip_axis])
        return [s for s in loops if s.dim.size != 1]

    def _inner_of_skip(self) -> int | None:
        """Which of the inner loops reads padding, if it is a loop of its own."""
        skip, inner = self.loops.skip, self.loops.inner
        assert skip is not None
        size = self.node.srcs[1].shape[skip.inner]
        return skip.inner if inner[skip.inner].size == size else None

    def _without_padding(self, dim: Dim, rows: tuple[Index, int]) -> Sum:
        """The range of a loop in which a row of the image is there (see
        `Contraction.skip`).
        """
        w, skip = self.w, self.loops.skip
        assert skip is not None
        start, deep = rows
        first = w.mul(start, skip.row_step)
        last = w.mul(w.add(start, deep - 1), skip.row_step)
        below: Index = self._over_zero(skip.first, last)
        if skip.step > 1:
            below = w.set(f"udiv i64 {w.add(below, skip.step - 1)}, {skip.step}", "i")
        if skip.every > 1:
            past = self._over_zero(first, skip.first)
            rest = w.set(f"urem i64 {past}, {skip.every}", "i")
            gap = w.set(f"sub i64 {skip.every}, {rest}", "i")
            below = w.add(below, w.set(f"urem i64 {gap}, {skip.every}", "i"))
        above = self._over_zero(skip.last + skip.step, first)
        if skip.step > 1:
            above = w.set(f"udiv i64 {above}, {skip.step}", "i")
        given = [("i64", str(above)), ("i64", str(dim.size))]
        stop = w.call("i64", "llvm.smin.i64", given)
        return Sum(dim, below, stop, skip.every)

    def _over_zero(self, a: Index, b: Index) -> str:
        """a - b, or 0 where that is negative."""
        less = self.w.set(f"sub i64 {a}, {b}", "i")
        return self.w.call("i64", "llvm.smax.i64", [("i64", less), ("i64", "0")])

    def _columns_in_lanes(
        self, spot: Spot, rows: list[tuple[int, int]], columns: int
    ) -> list[list[tuple[int, Value]]]:
        """Results of each row as (column offset, vector)."""
        left, right = self._start_left(spot), self._start_right(spot)
        pieces = cut(columns, self.width)
        zero = [ew.constant(0, self.dtype, n) for _ in rows for _, n in pieces]
        offsets = [self._row_offset(r) for r in rows]
        along = self.loops.columns.left

        def step(at_left: Index, at_right: Index, sums: list[str]) -> list[str]:
            at = self.body.address(right, self.dtype, at_right)
            vectors = [self.body.load_at(at, self.dtype, j, n) for j, n in pieces]
            at = self.body.address(left, self.dtype, at_left)
            out = []
            for i, offset in enumerate(offsets):
                for j, v in enumerate(vectors):
                    if along:
                        one = self.body.load_at(
                            at, self.dtype, offset + pieces[j][0], v.lanes
                        )
                    elif not j:
                        one = self.body.load_at(at, self.dtype, offset, 1)
                    many = ew.broadcast(self.w, one, v.lanes)
                    out.append(self.multiply_add(many, v, sums[i * len(pieces) + j]))
            return out

        names = self._over(
            self._inner(spot), 0, 0, step, [(z.type, z.name) for z in zero]
        )
        values = [
            Value(n, self.dtype, z.lanes) for n, z in zip(names, zero, strict=True)
        ]
        width = len(pieces)
        return [
            [(pieces[j][0], values[i * width + j]) for j in range(width)]
            for i in range(len(rows))
        ]

    def _over(
        self,
        loops: list[Sum],
        at_left: Index,
        at_right: Index,
        step: Callable[[Index, Index, list[str]], list[str]],
        carry: list[tuple[str, str]],
    ) -> list[str]:
        """The loops over the inner dimensions; of the last one a few steps are written
        out, the rest behind it.
        """
        w = self.w
        if not loops:
            return step(at_left, at_right, [name for _, name in carry])
        (d, start, stop, every), *rest = loops

        def one(k: Index, sums: list[str]) -> list[str]:
            inside = [(kind, s) for (kind, _), s in zip(carry, sums, strict=True)]
            return self._over(
                rest,
                w.add(at_left, w.mul(k, d.left)),
                w.add(at_right, w.mul(k, d.right)),
                step,
                inside,
            )

        if rest or not isinstance(stop, int):
            return w.loop(start, stop, every, one, carry)
        return self._unrolled(one, carry, 1, stop)

    def _unrolled(
        self,
        step: Callable[[Index, list[str]], list[str]],
        carry: list[tuple[str, str]],
        by: int,
        stop: int,
    ) -> list[str]:
        unroll = UNROLL if len(carry) <= 15 else 2
        chunk = by * unroll
        main = stop // chunk * chunk
        each = self._ask(main // chunk)

        def several(k: Index, sums: list[str]) -> list[str]:
            if each:
                offset = _quotient(self.w, k, chunk, 64 * each)
                self.kernel.ahead.ask(self.w, self.asking, offset, each)
            for u in range(unroll):
                sums = step(self.w.add(k, u * by), sums)
            return sums

        names = self.w.loop(0, main, chunk, several, carry)
        for k in range(main, stop, by):
            names = step(k, names)
        return names

    def _inner_in_lanes(
        self, spot: Spot, rows: list[tuple[int, int]], columns: int
    ) -> list[list[tuple[int, Value]]]:
        left, right = self._start_left(spot), self._start_right(spot)
        width, inner, high = self.width, self.loops.depth, len(rows)
        row_step, column_step = self.row_dims[-1].left, self.loops.columns.right
        full = inner // width * width
        zero = ew.constant(0, self.dtype, width)

        def step(k: Index, sums: list[str], lanes: int = width) -> list[str]:
            # The fewer kind is held, the other passes through one register.
            row_at = self.body.address(left, self.dtype, k)
            column_at = self.body.address(right, self.dtype, k)
            out = list(sums)
            held_rows = high <= columns
            few, many = (high, columns) if held_rows else (columns, high)
            few_at, many_at = (row_at, column_at) if held_rows else (column_at, row_at)
            few_step, many_step = (
                (row_step, column_step) if held_rows else (column_step, row_step)
            )
            held = [self._padded(few_at, i * few_step, lanes) for i in range(few)]
            for j in range(many):
                one = self._padded(many_at, j * many_step, lanes)
                for i, v in enumerate(held):
                    at = i * columns + j if held_rows else j * columns + i
                    out[at] = self.multiply_add(v, one, sums[at])
            return out

        names = self._unrolled(
            step, [(zero.type, zero.name)] * (high * columns), width, full
        )
        if inner > full:
            names = step(full, names, inner - full)
        results = []
        for i in range(high):
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

    def _number(self, spot: Spot) -> Index:
        """The tile's number, in the order in which they are computed."""
        tile = self.kernel.tile
        assert tile is not None
        rows = Axis("row", self.row_dims[-1].size, tile.rows)
        columns = Axis("column", self.loops.columns.size, tile.columns)
        first, then = (columns, rows) if self.kernel.columns_first else (rows, columns)
        i, j = (_quotient(self.w, spot[a.name][0], a.step) for a in (first, then))
        return self.w.add(self.w.mul(i, then.blocks), j)

    def _ask(self, times: int) -> int:
        """Lines to ask for in each of `times` rounds; few are asked for at once."""
        if not self.asking:
            return 0
        ahead = self.kernel.ahead
        if times == 0 or ahead.lines <= 2:
            ahead.ask(self.w, self.asking, 0, ahead.lines)
            return 0
        each: int = -(-ahead.lines // times)
        return each

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
        spot: Spot,
        rows: list[tuple[int, int]],
        results: list[list[tuple[int, Value]]],
    ) -> None:
        apply = self._add_up if self.kernel.block else self._apply
        if len(self.kernel.nodes) - 1 <= LIGHT or len(rows) == 1:
            for row, pieces in zip(rows, results, strict=True):
                for offset, value in pieces:
                    apply(self._place(spot, row, offset, value.lanes), value)
            return
        self._through_scratch(spot, rows, results)

    def _through_scratch(
        self,
        spot: Spot,
        rows: list[tuple[int, int]],
        results: list[list[tuple[int, Value]]],
    ) -> None:
        pitch = sum(-(-v.lanes // self.width) * self.width for _, v in results[0])
        pointer = self._scratch_memory()
        for i, pieces in enumerate(results):
            for offset, value in pieces:
                self.body.store_at(pointer, value, i * pitch + offset)
        wide = spot["row"][1]

        def one(i: Index, _: list[str]) -> list[str]:
            start = self.w.mul(i, pitch)
            row: tuple[Index, Index] = (0, i)
            if len(rows) != wide and not isinstance(i, int):
                row = (
                    self.w.set(f"udiv i64 {i}, {wide}", "i"),
                    self.w.set(f"urem i64 {i}, {wide}", "i"),
                )
            for offset, value in results[0]:
                again = self.body.load_at(
                    pointer, self.dtype, self.w.add(start, offset), value.lanes
                )
                self._apply(self._place(spot, row, offset, value.lanes), again)
            return []

        self.w.loop(0, len(rows), 1, one)

    def _scratch_memory(self) -> str:
        if not self.scratch:
            assert self.kernel.tile is not None
            self.scratch = "%scratch"
            scalar = SCALAR[self.dtype.name]
            size = self.kernel.tile.height * (self.tile_columns + self.width)
            self.w.head.append(f"  %scratch = alloca {scalar}, i64 {size}, align 64")
        return self.scratch

    def _place(
        self, spot: Spot, row: tuple[Index, Index], offset: int, lanes: int
    ) -> Place:
        """The place in the kernel's space of a piece of a row."""
        w = self.w
        index: list[Index] = [0] * len(self.body.groups)
        for i in range(len(self.loops.batch)):
            index[i] = spot[i][0]
        for i, at in enumerate(self.at[:-1]):
            index[at] = spot[f"row{i}"][0]
        if len(self.at) > 1:
            index[self.at[-2]] = w.add(index[self.at[-2]], row[0])
        index[self.at[-1]] = w.add(spot["row"][0], row[1])
        index[self.column_at] = w.add(self._column(spot), offset)
        return Place(tuple(index), self.column_at, lanes)

    def _apply(self, place: Place, value: Value) -> None:
        self.body.values = {self.node: value}
        # All values first: a store may go over an input that another of them reads.
        for node in self.kernel.stores:
            self.body.value(node, place)
        for node in self.kernel.stores:
            self.body.store(node, place)

    def _add_up(self, place: Place, value: Value) -> None:
        """Add a part of the sum to what is in memory."""
        old = self.body.load(self.node, View.whole(self.node), place)
        new = ew.emit(self.w, "add", self.dtype, [old, value], False)
        self.body.values = {self.node: new}
        self.body.store(self.node, place)


def _quotient(w: Writer, x: Index, by: int, times: int = 1) -> Index:
    """x / by * times for a multiple of `by`."""
    if isinstance(x, int):
        return x // by * times
    if times % by == 0:
        return w.mul(x, times // by)
    return w.mul(w.set(f"udiv exact i64 {x}, {by}", "i"), times)


def _block(
    body: Callable[[Spot], None], name: str | int, start: Index, size: int
) -> list[str]:
    """`body` as the body of a loop that carries nothing."""
    body({name: (start, size)})
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
