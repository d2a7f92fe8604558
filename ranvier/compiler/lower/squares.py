"""Sources whose elements lie side by side across the lanes: read in squares, and turned
over in registers.
"""

from __future__ import annotations

import math

from ranvier.compiler.fuse.group import GENERATED
from ranvier.compiler.lower.body import Index, Lowered
from ranvier.compiler.lower.rows import Rows
from ranvier.compiler.lower.text import Value
from ranvier.compiler.lower.transpose import transpose
from ranvier.graph import Node


def across(rows: Rows) -> dict[Node, int]:
    """Sources whose elements lie side by side along another dimension than the
    lanes, and which: they are read in squares and turned over in registers.
    """
    kernel, found = rows.kernel, {}
    wide = any(n.op == "take" for n in kernel.nodes) or any(
        v.root.op == "uniform" for v in kernel.operands.values()
    )
    if rows.reduced or len(rows.kept) < 2 or wide:
        return {}
    for src in dict.fromkeys(s for n in kernel.nodes for s in n.srcs):
        view = kernel.operands.get(src)
        if view is None or view.root.op in GENERATED or src.dtype.order == 0:
            continue
        steps = rows.body.strides(src.shape, view.strides)
        along = [g for g in rows.kept[:-1] if steps[g] == 1]
        if len(along) == 1 and steps[rows.lane] not in (0, 1):
            found[src] = along[0]
    groups = set(found.values())
    small = any(rows.sizes[g] < rows.width for g in (rows.lane, *groups))
    return found if len(groups) == 1 and not small else {}


class Squares:
    """`turned`: each source that lies across the lanes, and along which dimension."""

    def __init__(self, rows: Rows, turned: dict[Node, int]) -> None:
        self.rows = rows
        self.turned = turned
        self.w = rows.w

    def run(self) -> Lowered:
        rows = [g for g in self.rows.kept if g != self.rows.lane]
        return Lowered(self.rows.body, self._shared(rows))

    def _shared(self, rows: list[int]) -> int:
        """Rows by the `width`, dealt out among threads."""
        along = next(iter(self.turned.values()))
        full, tail = divmod(self.rows.sizes[along], self.rows.width)
        counts = [(g, self.rows.sizes[g]) for g in rows]
        counts[rows.index(along)] = (along, full + bool(tail))

        def one(unit: Index, _: list[str]) -> list[str]:
            index = self.rows.unravel(counts, unit)
            block = index[along]
            index[along] = self.w.mul(block, self.rows.width)
            if not tail:
                self._square_rows(index, along)
                return []
            whole = self.w.set(f"icmp slt i64 {block}, {full}")
            self.w.when(whole, lambda: self._square_rows(index, along))
            rest = self.w.set(f"icmp eq i64 {block}, {full}")
            self.w.when(rest, lambda: self._plain_rows(index, along, tail))
            return []

        self.w.loop("%low", "%high", 1, one)
        return math.prod(count for _, count in counts)

    def _plain_rows(self, index: dict[int, Index], along: int, count: int) -> None:
        for i in range(count):
            self.rows.chunks_of({**index, along: self.w.add(index[along], i)})

    def _square_rows(self, index: dict[int, Index], along: int) -> None:
        self.rows.each_chunk(lambda s, n, _: self._square(index, along, s, n), ())

    def _square(
        self, index: dict[int, Index], along: int, start: Index, lanes: int
    ) -> list[str]:
        """`width` rows of one vector each."""
        turned = {}
        if lanes == self.rows.width:
            turned = {s: self._turn(s, index, along, start) for s in self.turned}
        outer = self.rows.body.values
        for i in range(self.rows.width):
            at = {**index, along: self.w.add(index[along], i)}
            self.rows.body.values = {**outer, **{s: v[i] for s, v in turned.items()}}
            self.rows.inside(at, (start, lanes))
        self.rows.body.values = outer
        return []

    def _turn(
        self, src: Node, index: dict[int, Index], along: int, start: Index
    ) -> list[Value]:
        view = self.rows.kernel.operands[src]
        step = self.rows.body.strides(src.shape, view.strides)[self.rows.lane]
        first = self.rows.place(index, (start, self.rows.width))
        rows = []
        for j in range(self.rows.width):
            at = self.rows.body.offset(
                view.offset + j * step,
                self.rows.body.strides(src.shape, view.strides),
                first,
            )
            pointer = self.rows.body.pointer[view.root]
            rows.append(self.rows.body.load_at(pointer, src.dtype, at, self.rows.width))
        return transpose(self.w, rows)
