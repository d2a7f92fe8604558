"""Rows of the next mini-batch, asked for while this one is computed.

Rows that are picked at random from a data set larger than the caches are found by no
hardware: waiting for them costs more than all arithmetic of a small step. But which
rows come next is known, so products ask for them, a few lines a tile, and the next
step's gather finds them in the second cache.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from ranvier.compiler.fuse.schedule import Kernel, Schedule
from ranvier.compiler.lower.text import Writer
from ranvier.graph import Node

LINE = 64  # bytes that the machine fetches at once
LONG = 256  # bytes of a row that is worth asking for
BUSY = 20_000  # cycles of a product that hides something


class Ahead(NamedTuple):
    """What a product asks for: `rows` rows of `data`, whose numbers stand in `numbers`
    from `first` on.

    Each tile asks for `lines` lines of one row; a row is cut into `pieces`. Where
    every thread gathers all rows for itself, a tile asks also for what the others' of
    the `threads` ask for: `tiles` is how many there are.
    """

    data: Node
    numbers: Node
    first: int
    rows: int
    row_bytes: int
    index_bits: int
    pieces: int
    lines: int
    tiles: int
    threads: int

    def starts(self, w: Writer, tile: str | int) -> list[str]:
        """The addresses at which the tile with this number begins to ask."""
        found = [self._start(w, tile)]
        for other in range(1, self.threads):
            moved = w.add(tile, other * self.tiles // self.threads)
            if isinstance(moved, str):
                moved = w.set(f"urem i64 {moved}, {self.tiles}", "i")
            else:
                moved %= self.tiles
            found.append(self._start(w, moved))
        return found

    def _start(self, w: Writer, tile: str | int) -> str:
        row: str | int = tile
        piece: str | int = 0
        if isinstance(tile, str):
            if self.pieces > 1:
                row = w.set(f"udiv i64 {tile}, {self.pieces}", "i")
                piece = w.set(f"urem i64 {tile}, {self.pieces}", "i")
            row = w.call(
                "i64", "llvm.umin.i64", [("i64", str(row)), ("i64", str(self.rows - 1))]
            )
        kind = f"i{self.index_bits}"
        at = w.set(f"getelementptr {kind}, ptr %next, i64 {w.add(row, self.first)}")
        number = w.set(f"load {kind}, ptr {at}, align {self.index_bits // 8}")
        if self.index_bits < 64:
            number = w.set(f"sext {kind} {number} to i64")
        last = self.data.shape[0] - 1
        number = w.call("i64", "llvm.umin.i64", [("i64", number), ("i64", str(last))])
        offset = w.add(w.mul(number, self.row_bytes), w.mul(piece, self.lines * LINE))
        return w.set(f"getelementptr i8, ptr %data, i64 {offset}")

    def ask(self, w: Writer, starts: list[str], offset: str | int, lines: int) -> None:
        """Prefetch `lines` lines from each start into the second cache."""
        w.declared.add("declare void @llvm.prefetch.p0(ptr, i32, i32, i32)")
        for start in starts:
            at = w.set(f"getelementptr i8, ptr {start}, i64 {offset}")
            for i in range(lines):
                line = w.set(f"getelementptr i8, ptr {at}, i64 {i * LINE}")
                w.line(f"call void @llvm.prefetch.p0(ptr {line}, i32 0, i32 2, i32 1)")


def look_ahead(schedule: Schedule, rows: int, moves: Callable[[Node], bool]) -> None:
    """Deal the rows of the next step's gather out among the long products of a step of
    `rows` rows; `moves` says which inputs are row numbers that move on with the steps.
    """
    found = gathered(schedule, moves)
    busy = [k for k in schedule.kernels if k.cost > BUSY and tiles(k)]
    if found is None or not busy:
        return
    data, index, row_bytes, threads = found
    total = sum(tiles(k) for k in busy)
    first = 0
    for number, kernel in enumerate(busy):
        rest = rows - first
        share = math.ceil(rows * tiles(kernel) / total)
        mine = rest if number == len(busy) - 1 else min(rest, share)
        mine = min(mine, tiles(kernel))
        if mine:
            pieces = tiles(kernel) // mine
            lines = math.ceil(row_bytes / LINE / pieces)
            pieces = math.ceil(row_bytes / LINE / lines)
            bits = 8 * index.dtype.itemsize
            kernel.ahead = Ahead(
                data,
                index,
                first,
                mine,
                row_bytes,
                bits,
                pieces,
                lines,
                tiles(kernel),
                threads,
            )
        first += mine


def gathered(
    schedule: Schedule, moves: Callable[[Node], bool]
) -> tuple[Node, Node, int, int] | None:
    """The array, row numbers and bytes a row of the widest gather whose row numbers
    move on with the steps, and how many threads do it each for itself.
    """
    best = None
    for kernel in schedule.kernels:
        for node in (n for n in kernel.nodes if n.op == "take"):
            x, index = (kernel.operands[s] for s in node.srcs)
            if x.root.op != "input" or index.root.op != "input" or index.offset:
                continue
            size = x.strides[0] * x.root.dtype.itemsize
            if (
                not moves(index.root)
                or x.offset
                or index.strides != (1,)
                or size < LONG
            ):
                continue
            if best is None or size > best[2]:
                threads = schedule.target.threads if kernel.private else 1
                best = x.root, index.root, size, threads
    return best


def tiles(kernel: Kernel) -> int:
    """How many register tiles a product has; 0 where nothing can be asked for."""
    if kernel.kind != "matmul" or kernel.nodes[0].op != "matmul":
        return 0
    if len(kernel.space) != 2:
        return 0
    assert kernel.tile is not None
    rows, columns = kernel.space[-2:]
    if kernel.lanes == "m":
        rows, columns = columns, rows
    return -(-rows // kernel.tile.rows) * -(-columns // kernel.tile.columns)


__all__ = ["Ahead", "look_ahead"]
