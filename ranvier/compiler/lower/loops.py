"""Loop kernels: element-wise nodes and reductions over one index space.

The last dimension lies in the lanes. Dimensions that are kept are shared among threads;
for each place of them, the reduced dimensions are gone through once a *stage*: what
depends on a reduction belongs to the stage after it (softmax: maximum; sum of
exponentials; quotient).
"""

from __future__ import annotations

import math
from collections.abc import Callable

from ranvier.compiler.fuse.group import CHEAP, GENERATED
from ranvier.compiler.fuse.schedule import Kernel
from ranvier.compiler.fuse.target import Target
from ranvier.compiler.lower import elementwise as ew
from ranvier.compiler.lower.body import Body, Index, Place, merged
from ranvier.compiler.lower.maths import suffix
from ranvier.compiler.lower.text import SCALAR, Value, Writer, vector
from ranvier.compiler.lower.transpose import transpose
from ranvier.dtypes import DType, int64
from ranvier.graph import Node

KEPT = 64  # elements of a reduced row that stay in registers between stages
PREFETCH_FROM = 256  # bytes of a row that is worth asking for
AHEAD = 1  # rows
UNITS = 256  # pieces of a loop that are enough to share
UNROLLED = 4  # places of a reduced dimension that are written out
CHAINS = 4  # registers that a long sum is spread over
LONG = ew.POLYNOMIAL | set(ew.LIBRARY)  # a vector of these fills the registers
REDUCTIONS = {"sum": "add", "prod": "mul", "amax": "maximum", "amin": "minimum"}


class Lowered:
    """A kernel's function: its body and how many units threads can share."""

    def __init__(self, body: Body, units: int) -> None:
        self.body = body
        self.units = units


def lower_loop(kernel: Kernel, target: Target) -> Lowered:
    """``void kernel(pointers…, i64 low, i64 high)`` for units low … high - 1."""
    return LoopWriter(kernel, target).run()


class LoopWriter:
    def __init__(self, kernel: Kernel, target: Target) -> None:
        self.kernel = kernel
        self.body = Body(kernel, target, merged(kernel))
        self.w = self.body.w
        self.sizes = self.body.sizes
        reduced = kernel.reduced or ()
        groups = self.body.groups
        self.reduced = [g for g, dims in enumerate(groups) if dims[0] in reduced]
        self.kept = [g for g in range(len(groups)) if g not in self.reduced]
        self.lane = self._lane()
        self.lane_reduced = self.lane in self.reduced
        self.width = self._width(target)
        self.stage = stages(kernel)
        self.turned = self._turned()
        self.in_registers = (
            self.lane_reduced
            and len(self.reduced) == 1
            and self.sizes[self.lane] <= KEPT
        )

    def _width(self, target: Target) -> int:
        """Lanes at a time; long sums take several registers, so that one addition need
        not wait for the one before.
        """
        wide = max((n.dtype.itemsize for n in self.kernel.nodes), default=4)
        width = max(2, target.lanes // 2) if wide == 8 else target.lanes
        if any(v.root.op == "uniform" for v in self.kernel.operands.values()):
            return 4 * width  # a block of the generator is four numbers
        if any(n.op in LONG for n in self.kernel.nodes):
            return width
        if not self.reduced:
            gathers = any(n.op == "take" for n in self.kernel.nodes)
            long = bool(self.sizes) and self.sizes[self.lane] >= CHAINS * width
            return CHAINS * width if gathers and long else width
        sums = sum(n.op in REDUCTIONS for n in self.kernel.nodes)
        if self.lane_reduced:  # the order of a sum depends on nothing but its length
            sums = 1
        chains = CHAINS
        while chains > 1 and (
            chains * (sums + 2) > target.budget
            or chains * width > self.sizes[self.lane]
        ):
            chains //= 2
        return chains * width

    def _lane(self) -> int:
        """The last dimension; a kept one instead of a reduced one where all values lie
        side by side along it: nothing has to be added across the lanes.
        """
        last = len(self.sizes) - 1
        if last not in self.reduced:
            return last
        # Decided without a look at what is stored: a watched value is stored too, and
        # must not change the order of a sum.
        full = [n for n in self.kernel.nodes if n.shape == self.kernel.space]
        if any(n.op not in CHEAP for n in full):
            return last
        steps = []
        used = {s for n in self.kernel.nodes for s in n.srcs}
        for src, view in self.kernel.operands.items():
            if src in used:
                steps.append(self.body.strides(src.shape, view.strides))
        for g in self.kept:
            along = {s[g] for s in steps}
            if 1 in along and along <= {0, 1} and self.sizes[g] >= 8:
                return g
        return last

    # ---- kept dimensions -------------------------------------------------------------

    def run(self) -> Lowered:
        rows = [g for g in self.kept if g != self.lane]
        if not self.sizes:
            self.inside({}, None)
            return Lowered(self.body, 1)
        if self.turned:
            return Lowered(self.body, self.squares_shared(rows))
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
        return self._inner_rows(self.unravel(rows, unit), inner)

    def _inner_rows(self, index: dict[int, Index], inner: list[int]) -> list[str]:
        if inner:
            g, *rest = inner

            def one(i: Index, _: list[str]) -> list[str]:
                return self._inner_rows({**index, g: i}, rest)

            return self.w.loop(0, self.sizes[g], 1, one)
        if self.lane_reduced:
            self.inside(index, None)
        else:
            self._chunks_of(index)
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

    def unravel(self, groups: list[int], unit: Index) -> dict[int, Index]:
        """The index of each dimension from the number of the row."""
        return self._unravel([(g, self.sizes[g]) for g in groups], unit)

    def _unravel(self, counts: list[tuple[int, int]], unit: Index) -> dict[int, Index]:
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

    # ---- sources that lie across the lanes -------------------------------------------

    def _turned(self) -> dict[Node, int]:
        """Sources whose elements lie side by side along another dimension than the
        lanes, and which: they are read in squares and turned over in registers.
        """
        kernel, found = self.kernel, {}
        wide = any(n.op == "take" for n in kernel.nodes) or any(
            v.root.op == "uniform" for v in kernel.operands.values()
        )
        if self.reduced or len(self.kept) < 2 or wide:
            return {}
        for src in dict.fromkeys(s for n in kernel.nodes for s in n.srcs):
            view = kernel.operands.get(src)
            if view is None or view.root.op in GENERATED or src.dtype.order == 0:
                continue
            steps = self.body.strides(src.shape, view.strides)
            along = [g for g in self.kept[:-1] if steps[g] == 1]
            if len(along) == 1 and steps[self.lane] not in (0, 1):
                found[src] = along[0]
        groups = set(found.values())
        small = any(self.sizes[g] < self.width for g in (self.lane, *groups))
        return found if len(groups) == 1 and not small else {}

    def squares_shared(self, rows: list[int]) -> int:
        """Rows by the `width`, dealt out among threads."""
        along = next(iter(self.turned.values()))
        full, tail = divmod(self.sizes[along], self.width)
        counts = [(g, self.sizes[g]) for g in rows]
        counts[rows.index(along)] = (along, full + bool(tail))

        def one(unit: Index, _: list[str]) -> list[str]:
            index = self._unravel(counts, unit)
            block = index[along]
            index[along] = self.w.mul(block, self.width)
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
            self._chunks_of({**index, along: self.w.add(index[along], i)})

    def _chunks_of(self, index: dict[int, Index]) -> None:
        self.each_chunk(lambda start, lanes, _: self._at(index, start, lanes), ())

    def _square_rows(self, index: dict[int, Index], along: int) -> None:
        self.each_chunk(lambda s, n, _: self._square(index, along, s, n), ())

    def _square(
        self, index: dict[int, Index], along: int, start: Index, lanes: int
    ) -> list[str]:
        """`width` rows of one vector each."""
        turned = {}
        if lanes == self.width:
            turned = {s: self._turn(s, index, along, start) for s in self.turned}
        outer = self.body.values
        for i in range(self.width):
            at = {**index, along: self.w.add(index[along], i)}
            self.body.values = {**outer, **{s: v[i] for s, v in turned.items()}}
            self.inside(at, (start, lanes))
        self.body.values = outer
        return []

    def _turn(
        self, src: Node, index: dict[int, Index], along: int, start: Index
    ) -> list[Value]:
        view = self.kernel.operands[src]
        step = self.body.strides(src.shape, view.strides)[self.lane]
        first = self.place(index, (start, self.width))
        rows = []
        for j in range(self.width):
            at = self.body.offset(
                view.offset + j * step,
                self.body.strides(src.shape, view.strides),
                first,
            )
            pointer = self.body.pointer[view.root]
            rows.append(self.body.load_at(pointer, src.dtype, at, self.width))
        return transpose(self.w, rows)

    # ---- one place of the kept dimensions --------------------------------------------

    def inside(self, index: dict[int, Index], chunk: tuple[Index, int] | None) -> None:
        outer = self.body.values
        self.body.values = dict(outer)
        if not self.reduced:
            self.finish_place(self.place(index, chunk), self.kernel.stores)
        else:
            self.all_stages(index, chunk)
        self.body.values = outer
        self.body.finished = set()

    def place(self, index: dict[int, Index], chunk: tuple[Index, int] | None) -> Place:
        full = dict(index)
        lanes = 1
        if chunk is not None:
            full[self.lane], lanes = chunk
        return Place(
            tuple(full.get(g, 0) for g in range(len(self.sizes))), self.lane, lanes
        )

    def finish_place(self, place: Place, stores: list[Node]) -> None:
        # All values first: a store may go over an input that another of them reads.
        for node in stores:
            self.body.value(node, place)
        for node in stores:
            self.body.store(node, place)

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

    # ---- one pass over the reduced dimensions ----------------------------------------

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
                    value = self.combine(node, old[0], value)
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
                self.combine(node, Value(name, node.dtype, value.lanes), value).name
            )
        self.body.values = outer
        return after

    # ---- reductions ------------------------------------------------------------------

    def combine(self, node: Node, a: Value, b: Value) -> Value:
        op = REDUCTIONS[node.op]
        if node.dtype.order == 0:
            op = "or" if node.op == "amax" else "and"
        return ew.emit(self.w, op, node.dtype, [a, b], False)

    def _total(self, node: Node, parts: list[Value]) -> Value:
        """The accumulators as one value a row."""
        if self.lane_reduced:
            parts = [horizontal(self, node, p) for p in parts]
        total = parts[0] if parts else neutral(node, 1)
        for part in parts[1:]:
            total = self.combine(node, total, part)
        return total


def is_row(kernel: Kernel, node: Node) -> bool:
    """Whether a node has one value a row: a reduction, or made from reductions only."""
    return node.op in REDUCTIONS or node.shape != kernel.space


def stages(kernel: Kernel) -> dict[Node, int]:
    """In which pass over the reduced dimensions a node is known: full nodes that use a
    row's result come one pass later.
    """
    stage: dict[Node, int] = {}
    for node in kernel.nodes:
        row = is_row(kernel, node)
        known = [
            stage[s] + (is_row(kernel, s) and not row) for s in node.srcs if s in stage
        ]
        stage[node] = max(known, default=0)
    return stage


def neutral(node: Node, lanes: int) -> Value:
    """What a reduction starts from."""
    dtype = node.dtype
    if node.op in ("sum", "prod"):
        return ew.constant(node.op == "prod", dtype, lanes)
    if dtype.is_float:
        return ew.constant(float("-inf" if node.op == "amax" else "inf"), dtype, lanes)
    return ew.constant(_limit(dtype, node.op == "amin"), dtype, lanes)


def _limit(dtype: DType, largest: bool) -> int:
    half: int = 2 ** (8 * dtype.itemsize - 1)
    if dtype.order == 0:
        return int(largest)
    if dtype.name == "uint8":
        return 255 if largest else 0
    return half - 1 if largest else -half


def horizontal(writer: LoopWriter, node: Node, x: Value) -> Value:
    """All lanes of `x` as one number."""
    if x.lanes == 1:
        return x
    w, dtype, scalar = writer.w, node.dtype, SCALAR[node.dtype.name]
    if dtype.is_float and node.op in ("sum", "prod"):
        kind = "f32" if dtype.itemsize == 4 else "f64"
        name = "fadd" if node.op == "sum" else "fmul"
        start = "-0.0" if node.op == "sum" else "1.0"
        got = w.call(
            scalar,
            f"llvm.vector.reduce.{name}.{suffix(kind, x.lanes)}",
            [(scalar, start), (x.type, x.name)],
            "reassoc ",
        )
        return Value(got, dtype, 1)
    while x.lanes > 1:
        half = x.lanes // 2
        rest = ew.lane(w, x, x.lanes - 1) if x.lanes % 2 else None
        x = writer.combine(node, ew.split(w, x, 0, half), ew.split(w, x, half, half))
        if rest is not None:
            first = writer.combine(node, ew.lane(w, x, 0), rest)
            x = first if half == 1 else _with_first(w, x, first)
    return x


def _with_first(w: Writer, x: Value, first: Value) -> Value:
    name = w.set(f"insertelement {x.type} {x.name}, {first.type} {first.name}, i64 0")
    return Value(name, x.dtype, x.lanes)
