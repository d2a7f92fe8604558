"""One tile of a product: its results stay in registers over the inner dimensions."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ranvier.compiler.fuse.contraction import Dim
from ranvier.compiler.fuse.schedule import Kernel
from ranvier.compiler.fuse.target import Target
from ranvier.compiler.lower import elementwise as ew
from ranvier.compiler.lower.axes import Axis, Spot, quotient
from ranvier.compiler.lower.body import Body
from ranvier.compiler.lower.memory import Index
from ranvier.compiler.lower.product import Product
from ranvier.compiler.lower.text import SCALAR, Value, vector

UNROLL = 4  # steps of the inner dimension written out in the loop


class Sum(NamedTuple):
    """A loop over terms: from `start` to `stop` by `every`."""

    dim: Dim
    start: Index
    stop: Index
    every: int = 1


class Tile(Product):
    def __init__(self, kernel: Kernel, target: Target) -> None:
        super().__init__(kernel, target)
        self.asking: list[str] = []  # where the tile asks for rows of the next step

    def results(self, spot: Spot) -> list[list[tuple[int, Value]]]:
        """The results of each row as (column offset, vector)."""
        rows, columns = self.rows(spot), spot["column"][1]
        if self.kernel.ahead:
            self.asking = self.kernel.ahead.starts(self.w, self._number(spot))
        if self.kernel.lanes == "k":
            return self._inner_in_lanes(spot, rows, columns)
        return self._columns_in_lanes(spot, rows, columns)

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
        offset = w.add(offset, w.mul(self.column(spot), step))
        if "image" in spot:
            offset = w.add(offset, w.mul(spot["image"][0], loops.inner[0].right))
        return self.body.address(
            self.body.pointer[loops.right.root], self.dtype, offset
        )

    def _row_offset(self, row: tuple[int, int]) -> int:
        """How far a row of the tile is from its first in the left factor."""
        before = self.row_dims[-2].left if len(self.row_dims) > 1 else 0
        return row[0] * before + row[1] * self.row_dims[-1].left

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
                    out.append(self._fma(many, v, sums[i * len(pieces) + j]))
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
                offset = quotient(self.w, k, chunk, 64 * each)
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
                    out[at] = self._fma(v, one, sums[at])
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
        i, j = (quotient(self.w, spot[a.name][0], a.step) for a in (first, then))
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

    def _fma(self, a: Value, b: Value, c: str) -> str:
        return ew.multiply_add(self.w, a, b, c, self.target.fma)


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
