"""One place of the kept dimensions: a pass over the reduced ones for each stage."""

from __future__ import annotations

from ranvier.compiler.fuse.schedule import Kernel
from ranvier.compiler.fuse.target import Target
from ranvier.compiler.lower.body import Index, Place
from ranvier.compiler.lower.nest import Nest
from ranvier.compiler.lower.reductions import (
    REDUCTIONS,
    combine,
    horizontal,
    is_row,
    neutral,
    stages,
)
from ranvier.compiler.lower.text import SCALAR, Value, vector
from ranvier.graph import Node

UNROLLED = 4  # places of a reduced dimension that are written out


class Sweep(Nest):
    def __init__(self, kernel: Kernel, target: Target) -> None:
        super().__init__(kernel, target)
        self.stage = stages(kernel)

    def inside(self, index: dict[int, Index], chunk: tuple[Index, int] | None) -> None:
        outer = self.body.values
        self.body.values = dict(outer)
        if not self.reduced:
            self.finish_place(self.place(index, chunk), self.kernel.stores)
        else:
            self.all_stages(index, chunk)
        self.body.values = outer
        self.body.finished = set()

    def all_stages(
        self, index: dict[int, Index], chunk: tuple[Index, int] | None
    ) -> None:
        kept_values: dict[Index, dict[Node, Value]] = {}
        row = self.place(index, chunk)
        for stage in range(max(self.stage.values()) + 1):
            nodes = [n for n in self.kernel.nodes if self.stage[n] == stage]
            reductions = [n for n in nodes if n.op in REDUCTIONS]
            full = [n for n in nodes if not is_row(self.kernel, n)]
            stores = [n for n in full if n in self.kernel.stores]
            if reductions or stores:
                self.sweep(index, chunk, reductions, stores, kept_values)
            self.body.finished |= set(stores)
            for node in (n for n in nodes if is_row(self.kernel, n)):
                self.body.value(node, row)
        # At the end: a store may go over an input that a later stage reads.
        for node in self.kernel.stores:
            if is_row(self.kernel, node):
                self.body.store(node, row)

    def sweep(
        self,
        index: dict[int, Index],
        chunk: tuple[Index, int] | None,
        reductions: list[Node],
        stores: list[Node],
        kept_values: dict[Index, dict[Node, Value]],
    ) -> None:
        outer = self.body.values
        sums: dict[Node, list[Value]] = {n: [] for n in reductions}
        others = [g for g in self.reduced if g != self.lane]
        if self.in_registers:
            self._unrolled(index, reductions, stores, kept_values, sums)
        else:
            self._rolled(index, chunk, others, reductions, stores, sums)
        self.body.values = outer
        for node in reductions:
            outer[node] = self._total(node, sums[node])

    def _unrolled(self, index, reductions, stores, kept_values, sums) -> None:  # type: ignore[no-untyped-def]
        outer = self.body.values
        n = self.sizes[self.lane]
        for start in range(0, n, self.width):
            place = self.place(index, (start, min(self.width, n - start)))
            self.body.values = kept_values.setdefault(start, {})
            self.body.values.update(outer)
            self.finish_place(place, stores)
            for node in reductions:
                value = self.body.value(node.srcs[0], place)
                old = [v for v in sums[node] if v.lanes == value.lanes]
                if old:
                    sums[node].remove(old[0])
                    value = combine(self.w, node, old[0], value)
                sums[node].append(value)
        self.body.values = outer

    def _rolled(self, index, chunk, others, reductions, stores, sums) -> None:  # type: ignore[no-untyped-def]
        widths = self._widths(chunk)
        carry = [
            (vector(SCALAR[n.dtype.name], lanes), neutral(n, lanes).name)
            for n in reductions
            for lanes in widths
        ]
        names = self._nest(list(others), dict(index), chunk, reductions, stores, carry)
        for i, node in enumerate(reductions):
            for j, lanes in enumerate(widths):
                sums[node].append(Value(names[i * len(widths) + j], node.dtype, lanes))

    def _widths(self, chunk: tuple[Index, int] | None) -> list[int]:
        if not self.lane_reduced:
            return [chunk[1] if chunk else 1]
        full, tail = divmod(self.sizes[self.lane], self.width)
        return [self.width] * bool(full) + [tail] * bool(tail)

    def _nest(self, dims, index, chunk, reductions, stores, carry) -> list[str]:  # type: ignore[no-untyped-def]
        """Loops over the reduced dimensions, the accumulators carried along."""
        if dims:
            g = dims[0]
            if self.sizes[g] <= UNROLLED and not self.lane_reduced:
                return self._written_out(dims, index, chunk, reductions, stores, carry)

            def body(i: Index, names: list[str]) -> list[str]:
                inner = [
                    (kind, name) for (kind, _), name in zip(carry, names, strict=True)
                ]
                return self._nest(
                    dims[1:], {**index, g: i}, chunk, reductions, stores, inner
                )

            return self.w.loop(0, self.sizes[g], 1, body, carry)
        if not self.lane_reduced:
            return self._step(
                self.place(index, chunk),
                reductions,
                stores,
                [n for _, n in carry],
                0,
                1,
            )
        return self._along_lanes(index, reductions, stores, carry)

    def _written_out(self, dims, index, chunk, reductions, stores, carry) -> list[str]:  # type: ignore[no-untyped-def]
        """A short reduced dimension (a pooling window) without a loop."""
        for i in range(self.sizes[dims[0]]):
            at = {**index, dims[0]: i}
            names = self._nest(dims[1:], at, chunk, reductions, stores, carry)
            carry = [(kind, n) for (kind, _), n in zip(carry, names, strict=True)]
        return [name for _, name in carry]

    def _along_lanes(self, index, reductions, stores, carry) -> list[str]:  # type: ignore[no-untyped-def]
        full, tail = divmod(self.sizes[self.lane], self.width)
        per = bool(full) + bool(tail)
        names = [name for _, name in carry]
        if full:
            mine = [c for i, c in enumerate(carry) if i % per == 0]
            after = self.w.loop(
                0,
                full * self.width,
                self.width,
                lambda i, c: self._step(
                    self.place(index, (i, self.width)), reductions, stores, c, 0, 1
                ),
                mine,
            )
            names[::per] = after
        if tail:
            place = self.place(index, (full * self.width, tail))
            names[per - 1 :: per] = self._step(
                place, reductions, stores, names[per - 1 :: per], 0, 1
            )
        return names

    def _step(
        self,
        place: Place,
        reductions: list[Node],
        stores: list[Node],
        names: list[str],
        first: int,
        per: int,
    ) -> list[str]:
        """The work at one place of the reduced dimensions."""
        outer = self.body.values
        self.body.values = dict(outer)
        self.finish_place(place, stores)
        after = []
        for node, name in zip(reductions, names, strict=True):
            value = self.body.value(node.srcs[0], place)
            after.append(
                combine(self.w, node, Value(name, node.dtype, value.lanes), value).name
            )
        self.body.values = outer
        return after

    def _total(self, node: Node, parts: list[Value]) -> Value:
        """The accumulators as one value a row."""
        if self.lane_reduced:
            parts = [horizontal(self.w, node, p) for p in parts]
        total = parts[0] if parts else neutral(node, 1)
        for part in parts[1:]:
            total = combine(self.w, node, total, part)
        return total
