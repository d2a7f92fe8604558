"""Products: a tile of results stays in registers over the inner dimensions, then the
kernel's other nodes (bias, activation, the optimiser's update) are applied to it.

One generator makes matrix products, convolutions and their gradients: what differs is
how far a step of each loop goes in the factors (see `fuse.contraction`). A product
(`product`) is cut into tiles (`axes`), each is summed (`tile`) and finished
(`epilogue`).
"""

from __future__ import annotations

import math

from ranvier.compiler.fuse.schedule import Kernel
from ranvier.compiler.fuse.target import Target
from ranvier.compiler.lower import elementwise as ew
from ranvier.compiler.lower.axes import Axis, Spot, inside, shared, units
from ranvier.compiler.lower.body import Lowered
from ranvier.compiler.lower.epilogue import Epilogue
from ranvier.compiler.lower.memory import Index
from ranvier.compiler.lower.tile import Tile, cut


def lower_matmul(kernel: Kernel, target: Target) -> Lowered:
    """``void kernel(pointers…, i64 low, i64 high)`` for blocks low … high - 1."""
    return ProductWriter(kernel, target).run()


class ProductWriter(Tile):
    def __init__(self, kernel: Kernel, target: Target) -> None:
        super().__init__(kernel, target)
        self.after = Epilogue(self)

    def run(self) -> Lowered:
        axes = self._axes()
        outer = shared(axes)
        count = math.prod(a.blocks for a in outer)
        rest = axes[len(outer) :]
        if self.kernel.rows:
            return self._by_rows()
        if not self.kernel.block:
            units(self.w, outer, lambda spot: inside(self.w, rest, spot, self.tile))
            return Lowered(self.body, count)
        units(self.w, outer, lambda spot: inside(self.w, rest, spot, self.clear))
        images, block = self.loops.inner[0].size, self.kernel.block

        def some(start: Index, _: list[str]) -> list[str]:
            first: Spot = {"image": (start, block)}
            units(
                self.w,
                outer,
                lambda spot: inside(self.w, rest, {**spot, **first}, self.tile),
            )
            return []

        self.w.loop(0, images, block, some)
        return Lowered(self.body, count)

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

            units(self.w, [column], lambda spot: inside(self.w, [rows], spot, tile))

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

    def tile(self, spot: Spot) -> None:
        self.after.finish(spot, self.results(spot))

    def clear(self, spot: Spot) -> None:
        """Set the results of a tile to 0, to be added to."""
        pieces = cut(spot["column"][1], self.width)
        for row in self.rows(spot):
            for offset, lanes in pieces:
                place = self.place(spot, row, offset, lanes)
                self.body.values = {self.node: ew.constant(0, self.dtype, lanes)}
                self.body.store(self.node, place)
