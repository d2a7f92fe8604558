"""Windows added up where they lie, each place summing over the windows that hold it:
no two threads write one place, and the order of the sum is fixed.
"""

from __future__ import annotations

import math

from ranvier.compiler.fuse.schedule import Kernel
from ranvier.compiler.fuse.target import Target
from ranvier.compiler.lower import elementwise as ew
from ranvier.compiler.lower.body import Body, Index, Lowered
from ranvier.compiler.lower.text import SCALAR, Value, vector


def lower_fold(kernel: Kernel, target: Target) -> Lowered:
    """One unit is a row of the result; the lanes run along its last dimension."""
    return FoldWriter(kernel, target).run()


class FoldWriter:
    def __init__(self, kernel: Kernel, target: Target) -> None:
        self.body = Body(kernel, target, tuple((d,) for d in range(len(kernel.space))))
        self.w = self.body.w
        self.node = kernel.nodes[0]
        self.windows, self.shape = self.node.attrs
        self.view = kernel.operands[self.node.srcs[0]]
        wide = self.node.dtype.itemsize == 8
        width = max(2, target.lanes // 2) if wide else target.lanes
        self.lanes = width if self.windows[-1] is None else 1

    def run(self) -> Lowered:
        units = math.prod(self.shape[:-1])
        self.w.loop("%low", "%high", 1, self.row)
        return Lowered(self.body, units)

    def row(self, unit: Index, _: list[str]) -> list[str]:
        """All vectors of one row."""
        w, n = self.w, self.shape[-1]
        index: list[Index] = []
        rest = unit
        for d in range(len(self.shape) - 2, 0, -1):
            index.append(w.set(f"urem i64 {rest}, {self.shape[d]}", "i"))
            rest = w.set(f"udiv i64 {rest}, {self.shape[d]}", "i")
        index = [*([rest] if len(self.shape) > 1 else []), *index[::-1]]
        start = w.mul(unit, n)
        full = n - n % self.lanes

        def chunk(i: Index, lanes: int) -> list[str]:
            zero = ew.constant(0, self.node.dtype, lanes)
            total = self.sum(0, [*index, i], self.view.offset, 0, None, zero)
            pointer = self.body.pointer[self.node]
            self.body.store_at(pointer, total, w.add(start, i))
            return []

        w.loop(0, full, self.lanes, lambda i, _: chunk(i, self.lanes))
        if n > full:
            chunk(full, n - full)
        return []

    def sum(
        self, d: int, index: list[Index], read: Index, at: int, good: str | None,
        total: Value,
    ) -> Value:  # fmt: skip
        """`total` plus the elements of the windows that hold the place `index`; `at`
        is the dimension of the opened array that d begins at.
        """
        w, strides = self.w, self.view.strides
        if d == len(self.shape):
            return self._plus(read, good, total)
        slide, i = self.windows[d], index[d]
        if slide is None:
            read = w.add(read, w.mul(i, strides[at]))
            return self.sum(d + 1, index, read, at + 1, good, total)
        count = slide.count(self.shape[d])

        def one(o: Index, names: list[str]) -> list[str]:
            element = w.add(i, w.mul(o, -slide.step))
            fits = good
            if slide.dilation > 1:
                over = w.set(f"urem i64 {element}, {slide.dilation}", "i")
                check = w.set(f"icmp eq i64 {over}, 0")
                fits = check if good is None else w.set(f"and i1 {good}, {check}")
                element = w.set(f"udiv i64 {element}, {slide.dilation}", "i")
            where = w.add(read, w.mul(o, strides[at]))
            where = w.add(where, w.mul(element, strides[at + 1]))
            so_far = total._replace(name=names[0])
            return [self.sum(d + 1, index, where, at + 2, fits, so_far).name]

        low, high = self._holding(i, slide.step, slide.reach, count)
        kind = vector(SCALAR[total.dtype.name], total.lanes)
        (name,) = w.loop(low, high, 1, one, [(kind, total.name)])
        return total._replace(name=name)

    def _holding(
        self, i: Index, step: int, reach: int, count: int
    ) -> tuple[Index, Index]:
        """The first window that reaches place i, and the first that begins after it."""
        w = self.w
        before = w.add(i, step - reach)
        above = w.call("i64", "llvm.smax.i64", [("i64", str(before)), ("i64", "0")])
        low = w.set(f"udiv i64 {above}, {step}", "i")
        last = w.set(f"udiv i64 {i}, {step}", "i")
        after = w.add(last, 1)
        high = w.call(
            "i64", "llvm.smin.i64", [("i64", str(after)), ("i64", str(count))]
        )
        return low, high

    def _plus(self, read: Index, good: str | None, total: Value) -> Value:
        w, lanes = self.w, total.lanes
        step = self.view.strides[-1] if lanes > 1 else 0
        found = self.body._fetch(self.view.root, read, step, lanes if step else 1)
        found = ew.broadcast(w, found, lanes)
        if good is not None:
            zero = ew.constant(0, total.dtype, lanes)
            kind = found.type
            name = w.set(f"select i1 {good}, {kind} {found.name}, {kind} {zero.name}")
            found = found._replace(name=name)
        return ew.emit(w, "add", total.dtype, [total, found], False)
