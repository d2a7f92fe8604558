"""What follows a product: the kernel's other nodes (bias, activation, the optimiser's
update), applied to each tile.
"""

from __future__ import annotations

from ranvier.compiler.fuse.view import View
from ranvier.compiler.lower import elementwise as ew
from ranvier.compiler.lower.axes import Spot
from ranvier.compiler.lower.body import Place
from ranvier.compiler.lower.memory import Index
from ranvier.compiler.lower.product import Product
from ranvier.compiler.lower.text import SCALAR, Value

# nodes applied to each tile in place; more are applied in a loop over a small copy
LIGHT = 4


class Epilogue:
    def __init__(self, product: Product) -> None:
        self.product = product
        self.kernel, self.body, self.w = product.kernel, product.body, product.w
        self.scratch = ""

    def finish(
        self,
        spot: Spot,
        results: list[list[tuple[int, Value]]],
    ) -> None:
        """Apply the nodes to the results of a tile and store them."""
        rows = self.product.rows(spot)
        apply = self._add_up if self.kernel.block else self._apply
        if len(self.kernel.nodes) - 1 <= LIGHT or len(rows) == 1:
            for row, pieces in zip(rows, results, strict=True):
                for offset, value in pieces:
                    apply(self.product.place(spot, row, offset, value.lanes), value)
            return
        self._through_scratch(spot, rows, results)

    def _through_scratch(
        self,
        spot: Spot,
        rows: list[tuple[int, int]],
        results: list[list[tuple[int, Value]]],
    ) -> None:
        pitch = sum(
            -(-v.lanes // self.product.width) * self.product.width
            for _, v in results[0]
        )
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
                    pointer, self.product.dtype, self.w.add(start, offset), value.lanes
                )
                self._apply(self.product.place(spot, row, offset, value.lanes), again)
            return []

        self.w.loop(0, len(rows), 1, one)

    def _scratch_memory(self) -> str:
        if not self.scratch:
            assert self.kernel.tile is not None
            self.scratch = "%scratch"
            scalar = SCALAR[self.product.dtype.name]
            size = self.kernel.tile.height * (
                self.product.tile_columns + self.product.width
            )
            self.w.head.append(f"  %scratch = alloca {scalar}, i64 {size}, align 64")
        return self.scratch

    def _apply(self, place: Place, value: Value) -> None:
        self.body.values = {self.product.node: value}
        # All values first: a store may go over an input that another of them reads.
        for node in self.kernel.stores:
            self.body.value(node, place)
        for node in self.kernel.stores:
            self.body.store(node, place)

    def _add_up(self, place: Place, value: Value) -> None:
        """Add a part of the sum to what is in memory."""
        old = self.body.load(self.product.node, View.whole(self.product.node), place)
        new = ew.emit(self.w, "add", self.product.dtype, [old, value], False)
        self.body.values = {self.product.node: new}
        self.body.store(self.product.node, place)
