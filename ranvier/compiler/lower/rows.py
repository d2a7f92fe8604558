"""The kept dimensions of a loop kernel, as units that threads share."""

from __future__ import annotations

import math
from collections.abc import Callable

from ranvier.compiler.lower import elementwise as ew
from ranvier.compiler.lower.body import Index, Lowered
from ranvier.compiler.lower.sweep import Sweep
from ranvier.dtypes import int64

PREFETCH_FROM = 256  # bytes of a row that is worth asking for
AHEAD = 1  # rows
UNITS = 256  # pieces of a loop that are enough to share


class Rows(Sweep):
    def run(self) -> Lowered:
        rows = [g for g in self.kept if g != self.lane]
        if not self.sizes:
            self.inside({}, None)
            return Lowered(self.body, 1)
        if rows:
            shared = self.shared(rows)
            units = math.prod(self.sizes[g] for g in shared)
            inner = rows[len(shared) :]
            self.w.loop("%low", "%high", 1, lambda i, _: self.row(shared, i, inner))
            return Lowered(self.body, units)
        if self.lane_reduced:
            self.inside({}, None)
            return Lowered(self.body, 1)
        return Lowered(self.body, self.chunks_shared())

    def shared(self, rows: list[int]) -> list[int]:
        """The first of the kept dimensions, which make up the units; the last ones are
        plain loops inside, for a unit's number is taken apart by divisions.
        """
        for k in range(1, len(rows)):
            if math.prod(self.sizes[g] for g in rows[:k]) >= UNITS:
                return rows[:k]
        return rows

    def row(self, rows: list[int], unit: Index, inner: list[int]) -> list[str]:
        self.prefetch(rows, unit)
        return self._inner_rows(
            self.unravel([(g, self.sizes[g]) for g in rows], unit), inner
        )

    def _inner_rows(self, index: dict[int, Index], inner: list[int]) -> list[str]:
        if inner:
            g, *rest = inner

            def one(i: Index, _: list[str]) -> list[str]:
                return self._inner_rows({**index, g: i}, rest)

            return self.w.loop(0, self.sizes[g], 1, one)
        if self.lane_reduced:
            self.inside(index, None)
        else:
            self.chunks_of(index)
        return []

    def _at(self, index: dict[int, Index], start: Index, lanes: int) -> list[str]:
        self.inside(index, (start, lanes))
        return []

    def prefetch(self, rows: list[int], unit: Index) -> None:
        """Ask for the row that will be picked a few rows on: rows picked at random are
        found by no hardware, and waiting for each costs more than all arithmetic of a
        small step.
        """
        for node in self.kernel.nodes:
            if node.op != "take" or len(node.srcs[1].shape) != 1 or rows != [0]:
                continue
            x, index = (self.kernel.operands[s] for s in node.srcs)
            size = x.strides[0] * x.root.dtype.itemsize
            if index.strides != (1,) or size < PREFETCH_FROM:
                continue
            w, body = self.w, self.body
            later = w.add(unit, AHEAD)
            last = self.sizes[0] - 1
            given = [("i64", str(later)), ("i64", str(last))]
            at = w.add(w.call("i64", "llvm.smin.i64", given), index.offset)
            found = body.load_at(body.pointer[index.root], index.root.dtype, at, 1)
            number = ew.convert(w, found, int64).name
            base = body.address(
                body.pointer[x.root], x.root.dtype, w.mul(number, x.strides[0])
            )
            w.loop(0, size, 64, lambda i, _, base=base: self._prefetch_line(base, i))  # type: ignore[misc]

    def _prefetch_line(self, base: str, offset: Index) -> list[str]:
        w = self.w
        at = w.set(f"getelementptr inbounds i8, ptr {base}, i64 {offset}")
        w.declared.add("declare void @llvm.prefetch.p0(ptr, i32, i32, i32)")
        w.line(f"call void @llvm.prefetch.p0(ptr {at}, i32 0, i32 3, i32 1)")
        return []

    def unravel(self, counts: list[tuple[int, int]], unit: Index) -> dict[int, Index]:
        """The index of each dimension, of (dimension, size), from a unit's number."""
        index: dict[int, Index] = {}
        rest = unit
        for g, count in reversed(counts[1:]):
            index[g] = self.w.set(f"urem i64 {rest}, {count}", "i")
            rest = self.w.set(f"udiv i64 {rest}, {count}", "i")
        index[counts[0][0]] = rest
        return index

    def chunks_shared(self) -> int:
        """One dimension of vectors, dealt out among threads."""
        n, width = self.sizes[self.lane], self.width
        full, tail = divmod(n, width)
        if full:
            below = self.w.set(f"icmp slt i64 %high, {full}")
            stop = self.w.set(f"select i1 {below}, i64 %high, i64 {full}")
            self.w.loop(
                "%low", stop, 1, lambda i, _: self._at({}, self.w.mul(i, width), width)
            )
        if tail:
            last = self.w.set(f"icmp sgt i64 %high, {full}")
            self.w.when(last, lambda: self.inside({}, (full * width, tail)))
        return full + bool(tail)

    def each_chunk(
        self,
        body: Callable[[Index, int, list[str]], list[str]],
        carry: tuple[tuple[str, str], ...],
    ) -> list[str]:
        """All vectors of the lane dimension; `carry` goes through the full ones
        only.
        """
        full, tail = divmod(self.sizes[self.lane], self.width)
        stop = full * self.width
        out = self.w.loop(
            0, stop, self.width, lambda i, c: body(i, self.width, c), carry
        )
        if tail:
            body(stop, tail, [])
        return out

    def chunks_of(self, index: dict[int, Index]) -> None:
        """All vectors of a row."""
        self.each_chunk(lambda start, lanes, _: self._at(index, start, lanes), ())
