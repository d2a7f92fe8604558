"""The gradient of a convolution's weights by patches (see `fuse.winograd_weight`)."""

from __future__ import annotations

from ranvier.compiler.fuse.schedule import Kernel
from ranvier.compiler.fuse.target import Target
from ranvier.compiler.fuse.winograd import (
    INPUTS,
    KERNEL,
    OUTPUTS,
    PATCH,
    PLACES,
    SIDE,
    Matrix,
)
from ranvier.compiler.fuse.winograd_weight import STEP, Gathered
from ranvier.compiler.lower import elementwise as ew
from ranvier.compiler.lower.body import Body, Index, Lowered
from ranvier.compiler.lower.patches import PatchWriter, transformed
from ranvier.compiler.lower.text import Value
from ranvier.dtypes import float32


def turned(matrix: Matrix) -> Matrix:
    """Its transpose."""
    return tuple(zip(*matrix, strict=True))


def lower_winograd_weight(kernel: Kernel, target: Target) -> Lowered:
    """One unit is a row of the kernels, for one input channel."""
    return LastWriter(kernel, target).run()


class SumsWriter(PatchWriter):
    """One unit is a piece of the patches for a range of input channels."""

    def __init__(self, kernel: Kernel, target: Target) -> None:
        how = Gathered.of(kernel.nodes[0], target)
        super().__init__(kernel, target, 3, how)
        self.cut = how
        self.x, self.g = self.node.srcs
        self.channels, self.outputs = self.x.shape[-1], self.g.shape[-1]
        self.pitch = how.pitch
        self.left_plane = how.left
        self.right_plane = how.right(self.outputs)
        self.depth = self.node.shape[-1]
        self.left = self.right = self.sums = ""

    def run(self) -> Lowered:
        units = self.cut.pieces * self.cut.ranges
        self.zeros(max(self.channels, self.outputs))
        self.left = self.room
        self.right = self.at(self.left, PLACES * self.left_plane)
        self.w.loop("%low", "%high", 1, self._part)
        return Lowered(self.body, units)

    def _part(self, unit: Index, _: list[str]) -> list[str]:
        w, cut = self.w, self.cut
        piece = w.set(f"udiv i64 {unit}, {cut.ranges}", "i")
        some = w.set(f"urem i64 {unit}, {cut.ranges}", "i")
        first_channel = w.mul(some, cut.deep)
        place = w.add(
            w.mul(piece, PLACES * self.depth), w.mul(first_channel, self.outputs)
        )
        self.sums = self.at(self.body.pointer[self.node], place)
        start = w.mul(piece, cut.each)
        whole = -(-cut.total // STEP) * STEP
        stop = self.smaller(w.add(start, cut.each), whole)
        self._clear()

        def block(first: Index, _: list[str]) -> list[str]:
            count = self.smaller(w.set(f"sub i64 {stop}, {first}", "i"), cut.block)

            def patch(t: Index) -> None:
                self._there(w.add(first, t), t, first_channel)

            self.each(count, 1, patch)
            self.each(PLACES, 1, lambda k: self._products(k, count))
            return []

        w.loop(start, stop, cut.block, block)
        return []

    def _clear(self) -> None:
        """The sums of this part, to be added to."""
        zero = ew.constant(0, float32, self.lanes)

        def place(k: Index) -> None:
            sums = self.at(self.sums, self.w.mul(k, self.depth))
            size = self.cut.deep * self.outputs
            self.each(size, self.lanes, lambda i: self.body.store_at(sums, zero, i))

        self.each(PLACES, 1, place)

    def _there(self, number: Index, t: Index, first: Index) -> None:
        """Bᵀ d B of a patch for a range of channels, A g Aᵀ for all outputs, these in
        panels; zeros beyond the last patch.
        """
        w, cut = self.w, self.cut
        image, row, column = self.spot(number)
        good = ""
        if cut.total % STEP:
            good = self.inside(number, cut.total)
        border = self.node.attrs
        corner = image, w.add(row, -border.top), w.add(column, -border.left)
        sources = self.sources(self.x, corner, PATCH, good)
        out = self.at(self.left, w.mul(t, self.pitch))

        def vector(c: Index) -> None:
            at = w.add(c, first)
            d = [self.body.load_at(s, float32, at, self.lanes) for s in sources]
            for k, value in enumerate(transformed(w, INPUTS, d)):
                self.body.store_at(out, value, w.add(c, k * self.left_plane))

        self.each(cut.deep, self.lanes, vector)
        places = self.sources(self.g, (image, row, column), SIDE, good)
        panels = self.at(self.right, w.mul(t, cut.columns))

        def panel(o: Index) -> None:
            target = self.at(panels, w.mul(o, cut.block))
            for p in range(0, cut.columns, self.lanes):
                at = w.add(o, p)
                g = [self.body.load_at(s, float32, at, self.lanes) for s in places]
                for k, value in enumerate(transformed(w, turned(OUTPUTS), g)):
                    self.body.store_at(target, value, p + k * self.right_plane)

        self.each(self.outputs, cut.columns, panel)

    def _products(self, k: Index, count: Index) -> None:
        w, cut = self.w, self.cut
        left = self.at(self.left, w.mul(k, self.left_plane))
        right = self.at(self.right, w.mul(k, self.right_plane))
        sums = self.at(self.sums, w.mul(k, self.depth))
        full = cut.deep // cut.rows * cut.rows

        def panel(o: Index) -> None:
            there = self.at(right, w.mul(o, cut.block))

            def tile(c: Index, rows: int) -> None:
                out = self.at(sums, w.add(w.mul(c, self.outputs), o))
                self._tile(self.at(left, c), there, out, rows, count)

            self.each(full, cut.rows, lambda c: tile(c, cut.rows))
            if cut.deep > full:
                tile(full, cut.deep - full)

        self.each(self.outputs, cut.columns, panel)

    def _tile(self, left: str, right: str, sums: str, rows: int, count: Index) -> None:
        """Add the products of all patches of the block to `rows` rows of the sums."""
        pieces = range(0, self.cut.columns, self.lanes)
        places = [r * self.outputs + p for r in range(rows) for p in pieces]

        def step(t: Index, names: list[str]) -> list[str]:
            for i in range(STEP):
                names = one(self.w.add(t, i), names)
            return names

        def one(t: Index, names: list[str]) -> list[str]:
            at = self.at(right, self.w.mul(t, self.cut.columns))
            g = [self.body.load_at(at, float32, p, self.lanes) for p in pieces]
            at = self.at(left, self.w.mul(t, self.pitch))
            return self.outer(at, 1, rows, g, names)

        zero = ew.constant(0, float32, self.lanes)
        carry = [(zero.type, zero.name)] * len(places)
        for place, name in zip(
            places, self.w.loop(0, count, STEP, step, carry), strict=True
        ):
            old = self.body.load_at(sums, float32, place, self.lanes)
            both = [old, Value(name, float32, self.lanes)]
            new = ew.emit(self.w, "add", float32, both, False)
            self.body.store_at(sums, new, place)


class LastWriter:
    """Gᵀ s G, where s are the sums of all pieces added up."""

    def __init__(self, kernel: Kernel, target: Target) -> None:
        self.node = kernel.nodes[0]
        self.view = kernel.operands[self.node.srcs[0]]
        self.body = Body(kernel, target, tuple((d,) for d in range(4)))
        self.w, self.lanes = self.body.w, target.lanes

    def run(self) -> Lowered:
        _, _, channels, outputs = self.node.shape
        self.w.loop("%low", "%high", 1, lambda c, _: self._row(c, channels, outputs))
        return Lowered(self.body, channels)

    def _row(self, c: Index, channels: int, outputs: int) -> list[str]:
        w = self.w
        pieces, _, depth = self.node.srcs[0].shape
        source, pointer = (
            self.body.pointer[self.view.root],
            self.body.pointer[self.node],
        )
        start = w.mul(c, outputs)

        def total(at: Index, k: int) -> Value:
            value = self.body.load_at(source, float32, w.add(at, k * depth), self.lanes)
            for p in range(1, pieces):
                place = w.add(at, (p * PLACES + k) * depth)
                more = self.body.load_at(source, float32, place, self.lanes)
                value = ew.emit(w, "add", float32, [value, more], False)
            return value

        def vector(o: Index, _: list[str]) -> list[str]:
            at = w.add(start, o)
            sums = [total(at, k) for k in range(PLACES)]
            for k, value in enumerate(transformed(w, turned(KERNEL), sums)):
                self.body.store_at(pointer, value, w.add(at, k * channels * outputs))
            return []

        w.loop(0, outputs, self.lanes, vector)
        return []
