"""Convolutions by patches: a block of patches is transformed, multiplied and
transformed back while it is in the caches (see `fuse.winograd`).
"""

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
    Patches,
)
from ranvier.compiler.lower import elementwise as ew
from ranvier.compiler.lower.body import Body, Index, Lowered, Place
from ranvier.compiler.lower.patches import PatchWriter, transformed
from ranvier.compiler.lower.text import Value
from ranvier.compiler.lower.winograd_weight import SumsWriter
from ranvier.dtypes import float32

UNROLL = 4  # input channels written out in the loop over them


def lower_winograd(kernel: Kernel, target: Target) -> Lowered:
    """A convolution, or the sums that the gradient of its weights is made from."""
    writer = ResultWriter if kernel.nodes[0].op == "winograd" else SumsWriter
    return writer(kernel, target).run()


def lower_winograd_kernel(kernel: Kernel, target: Target) -> Lowered:
    """One unit is an input channel of a panel of output channels."""
    return KernelWriter(kernel, target).run()


class ResultWriter(PatchWriter):
    """One unit is a block of patches; `patches` is where they lie, place by place of
    the 4x4, `sums` where their products with a panel do.
    """

    def __init__(self, kernel: Kernel, target: Target) -> None:
        x, u = kernel.nodes[0].srcs
        self.how = Patches.of(kernel.nodes[0], x.shape[-1], target)
        super().__init__(kernel, target, 4, self.how)
        self.x, self.u, self.channels = x, u, x.shape[-1]
        self.results = [n for n in kernel.stores if n is not self.scratch]
        self.plane = self.how.plane(self.channels)
        self.pitch = self.how.plane(self.how.columns)
        self.patches = self.sums = ""

    def run(self) -> Lowered:
        units = -(-self.how.total // self.how.block)
        self.zeros(self.channels)
        self.patches = self.room
        self.sums = self.at(self.patches, PLACES * self.plane)
        self.w.loop("%low", "%high", 1, self._block)
        return Lowered(self.body, units)

    def _block(self, unit: Index, _: list[str]) -> list[str]:
        w, how = self.w, self.how
        first = w.mul(unit, how.block)
        rest = w.set(f"sub i64 {how.total}, {first}", "i")
        count = self.smaller(rest, how.block)

        def panel(j: Index) -> None:
            self._products(j, count)
            self.each(count, 1, lambda t: self._back(w.add(first, t), t, j))

        self.each(count, 1, lambda t: self._there(w.add(first, t), t))
        self.each(self.node.shape[-1] // how.columns, 1, panel)
        return []

    def _there(self, number: Index, t: Index) -> None:
        """Bᵀ d B of a patch for all channels."""
        w, border = self.w, self.node.attrs
        image, row, column = self.spot(number)
        corner = image, w.add(row, -border.top), w.add(column, -border.left)
        sources = self.sources(self.x, corner, PATCH)
        out = self.at(self.patches, w.mul(t, self.channels))

        def vector(c: Index) -> None:
            d = [self.body.load_at(at, float32, c, self.lanes) for at in sources]
            for k, value in enumerate(transformed(w, INPUTS, d)):
                self.body.store_at(out, value, w.add(c, k * self.plane))

        self.each(self.channels, self.lanes, vector)

    # ---- the products ----------------------------------------------------------------

    def _products(self, panel: Index, count: str) -> None:
        """Of all patches of the block with a panel of kernels, place by place."""
        w, how = self.w, self.how
        _, _, depth = self.u.shape
        kernels = self.kernel.operands[self.u]
        start = w.mul(panel, PLACES * depth)
        panels = self.at(self.body.pointer[kernels.root], start)

        def place(k: Index) -> None:
            left = self.at(self.patches, w.mul(k, self.plane))
            right = self.at(panels, w.mul(k, depth))
            sums = self.at(self.sums, w.mul(k, self.pitch))
            self.each(count, how.rows, lambda t: self._tile(t, left, right, sums))

        self.each(PLACES, 1, place)

    def _tile(self, t: Index, left: str, right: str, sums: str) -> None:
        """Patches from `t` on; beyond the last of a block they are of no use, but there
        is room for them.
        """
        w, how, lanes = self.w, self.how, self.lanes
        left = self.at(left, w.mul(t, self.channels))
        pieces = range(0, how.columns, lanes)

        def step(c: Index, names: list[str]) -> list[str]:
            at = self.at(right, w.mul(c, how.columns))
            vectors = [self.body.load_at(at, float32, p, lanes) for p in pieces]
            at = self.at(left, c)
            return self.outer(at, self.channels, how.rows, vectors, names)

        def several(c: Index, names: list[str]) -> list[str]:
            for i in range(UNROLL):
                names = step(w.add(c, i), names)
            return names

        zero = ew.constant(0, float32, lanes)
        carry = [(zero.type, zero.name)] * (how.rows * len(pieces))
        names = w.loop(0, self.channels, UNROLL, several, carry)
        out = self.at(sums, w.mul(t, how.columns))
        for i, name in enumerate(names):
            self.body.store_at(out, Value(name, float32, lanes), i * lanes)

    # ---- after the products ----------------------------------------------------------

    def _back(self, number: Index, t: Index, panel: Index) -> None:
        """Aᵀ m A of a patch, and what is computed from it."""
        w, columns = self.w, self.how.columns
        image, row, column = self.spot(number)
        sums = self.at(self.sums, w.mul(t, columns))
        first = w.mul(panel, columns)

        def vector(p: Index) -> None:
            places = [w.add(p, k * self.pitch) for k in range(PLACES)]
            m = [self.body.load_at(sums, float32, at, self.lanes) for at in places]
            for i, value in enumerate(transformed(w, OUTPUTS, m)):
                down, right = divmod(i, SIDE)
                y, x = w.add(row, down), w.add(column, right)
                place = Place((image, y, x, w.add(first, p)), 3, self.lanes)
                self._put(place, value, (0, down, right))

        self.each(columns, self.lanes, vector)

    def _put(self, place: Place, value: Value, past: tuple[int, int, int]) -> None:
        """Store a result unless it is beyond the last row or column."""
        checks = [
            self.inside(place.at[d], self.node.shape[d])
            for d in (1, 2)
            if past[d] and self.node.shape[d] % SIDE
        ]
        if not checks:
            return self._apply(place, value)
        good = checks[0]
        for more in checks[1:]:
            good = self.w.set(f"and i1 {good}, {more}")
        return self.w.when(good, lambda: self._apply(place, value))

    def _apply(self, place: Place, value: Value) -> None:
        self.body.values = {self.node: value}
        # All values first: a store may go over an input that another of them reads.
        for node in self.results:
            self.body.value(node, place)
        for node in self.results:
            self.body.store(node, place)


class KernelWriter:
    """G g Gᵀ for every pair of channels, read and written a vector at a time."""

    def __init__(self, kernel: Kernel, target: Target) -> None:
        self.node = kernel.nodes[0]
        self.columns = self.node.attrs
        self.source = self.node.srcs[0]
        self.view = kernel.operands[self.source]
        self.body = Body(kernel, target, tuple((d,) for d in range(3)))
        self.w, self.lanes = self.body.w, target.lanes

    def run(self) -> Lowered:
        panels = self.node.shape[0]
        self.w.loop("%low", "%high", 1, self._unit)
        return Lowered(self.body, panels * self.source.shape[2])

    def _unit(self, unit: Index, _: list[str]) -> list[str]:
        w, view, channels = self.w, self.view, self.source.shape[2]
        places, depth = self.node.shape[1:]
        panel = w.set(f"udiv i64 {unit}, {channels}", "i")
        c = w.set(f"urem i64 {unit}, {channels}", "i")
        read = w.add(view.offset, w.mul(panel, self.columns))
        read = w.add(read, w.mul(c, view.strides[2]))
        write = w.add(w.mul(panel, places * depth), w.mul(c, self.columns))
        pointer = self.body.pointer[self.node]
        for p in range(0, self.columns, self.lanes):
            g = self._kernels(w.add(read, p))
            for k, value in enumerate(transformed(w, KERNEL, g)):
                self.body.store_at(pointer, value, w.add(write, p + k * depth))
        return []

    def _kernels(self, read: Index) -> list[Value]:
        """The 3x3 numbers of the kernels of neighbouring output channels."""
        pointer, (down, right, *_) = (
            self.body.pointer[self.view.root],
            self.view.strides,
        )
        steps = [i * down + j * right for i in range(3) for j in range(3)]
        return [
            self.body.load_at(pointer, float32, self.w.add(read, step), self.lanes)
            for step in steps
        ]
