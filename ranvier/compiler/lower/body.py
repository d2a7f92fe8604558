"""Evaluating nodes at a place of a kernel's index space: loads, arithmetic, stores."""

from __future__ import annotations

import math
from typing import NamedTuple

from ranvier import dtypes
from ranvier.compiler.fuse.group import GENERATED
from ranvier.compiler.fuse.schedule import Kernel
from ranvier.compiler.fuse.target import Target
from ranvier.compiler.fuse.view import View
from ranvier.compiler.lower import elementwise as ew
from ranvier.compiler.lower.text import SCALAR, Value, Writer, vector
from ranvier.dtypes import DType
from ranvier.graph import Node, Shape, topological
from ranvier.ops.random import MULTIPLIERS, ROUNDS, WEYL

Index = str | int
Groups = tuple[tuple[int, ...], ...]


class Place(NamedTuple):
    """An index a dimension of the kernel's space; dimension `lane` covers `lanes`
    elements.
    """

    at: tuple[Index, ...]
    lane: int
    lanes: int


class Body:
    """One kernel's function in the making.

    `values` maps a node to its value at the place being written; the loops that own a
    scope put in and take out what is valid there.
    """

    def __init__(self, kernel: Kernel, target: Target, groups: Groups) -> None:
        self.kernel = kernel
        self.target = target
        self.groups = groups
        self.sizes = tuple(math.prod(kernel.space[d] for d in g) for g in groups)
        self.w = Writer()
        self.values: dict[Node, Value] = {}
        self.inside = set(kernel.nodes)
        self.finished: set[Node] = set()
        self.schedules: dict[Node, tuple[Value, str]] = {}  # of random generators
        self.memory = memory(kernel)
        self.pointer = {node: f"%p{i}" for i, node in enumerate(self.memory)}

    # ---- addresses -------------------------------------------------------------------

    def strides(self, shape: Shape, strides: tuple[int, ...]) -> tuple[int, ...]:
        """Steps of a value of `shape` over the groups; 0 where it is broadcast."""
        return fold(self.groups, over_space(self.kernel, shape, strides))

    def offset(self, base: int, strides: tuple[int, ...], place: Place) -> Index:
        """The element number at a place."""
        total: Index = base
        for i, s in zip(place.at, strides, strict=True):
            total = self.w.add(total, self.w.mul(i, s))
        return total

    def address(self, pointer: str, dtype: DType, offset: Index) -> str:
        kind = "i8" if dtype.order == 0 else SCALAR[dtype.name]
        if offset == 0:
            return pointer
        return self.w.set(
            f"getelementptr inbounds {kind}, ptr {pointer}, i64 {offset}", "a"
        )

    # ---- memory ----------------------------------------------------------------------

    def load_at(self, pointer: str, dtype: DType, offset: Index, lanes: int) -> Value:
        """`lanes` elements that lie side by side."""
        where = self.address(pointer, dtype, offset)
        align = dtype.itemsize
        if dtype.order == 0:
            raw = self.w.set(f"load {vector('i8', lanes)}, ptr {where}, align 1")
            zero = "zeroinitializer" if lanes > 1 else "0"
            return Value(
                self.w.set(f"icmp ne {vector('i8', lanes)} {raw}, {zero}"), dtype, lanes
            )
        kind = vector(SCALAR[dtype.name], lanes)
        return Value(
            self.w.set(f"load {kind}, ptr {where}, align {align}"), dtype, lanes
        )

    def store_at(self, pointer: str, value: Value, offset: Index) -> None:
        dtype = value.dtype
        where = self.address(pointer, dtype, offset)
        if dtype.order == 0:
            kind = vector("i8", value.lanes)
            wide = self.w.set(f"zext {value.type} {value.name} to {kind}")
            self.w.line(f"store {kind} {wide}, ptr {where}, align 1")
        else:
            self.w.line(
                f"store {value.type} {value.name}, ptr {where}, align {dtype.itemsize}"
            )

    def load(self, node: Node, view: View, place: Place) -> Value:
        """A source that another kernel made, at a place; one element is put in every
        lane.
        """
        strides = self.strides(node.shape, view.strides)
        start = self.offset(view.offset, strides, place)
        step = strides[place.lane] if strides else 0
        lanes = place.lanes if step else 1
        drawn = view.root.op == "uniform" and step == 1 and lanes > 1
        if drawn and self._by_four(view.offset, strides, place):
            return self._blocks(view.root, start, lanes)
        return self._fetch(view.root, start, step, lanes)

    def _by_four(self, base: int, strides: tuple[int, ...], place: Place) -> bool:
        """Whether the lanes of a place surely begin at a multiple of four: the loops of
        a "loop" kernel go along the lanes in steps of their width.
        """
        for d, (i, s) in enumerate(zip(place.at, strides, strict=True)):
            known = isinstance(i, int)
            if d == place.lane and not known:
                if self.kernel.kind != "loop" or place.lanes % 4:
                    return False
            elif (int(i) * s if known else s) % 4:
                return False
        return not base % 4

    def _fetch(self, root: Node, start: Index, step: int, lanes: int) -> Value:
        if root.op == "iota":
            return self._ramp(start, step, lanes)
        if root.op == "uniform":
            return self._uniform(root, self._ramp(start, step, lanes))
        pointer = self.pointer[root]
        if lanes == 1 or step == 1:
            return self.load_at(pointer, root.dtype, start, lanes)
        picked = [
            self.load_at(pointer, root.dtype, self.w.add(start, i * step), 1)
            for i in range(lanes)
        ]
        return ew.gather(self.w, picked, root.dtype)

    def _ramp(self, start: Index, step: int, lanes: int) -> Value:
        """start, start + step, … as int64."""
        first = Value(str(start), dtypes.int64, 1)
        if lanes == 1:
            return first
        base = ew.broadcast(self.w, first, lanes)
        steps = ", ".join(f"i64 {i * step}" for i in range(lanes))
        return Value(
            self.w.set(f"add {base.type} {base.name}, <{steps}>"), dtypes.int64, lanes
        )

    def _uniform(self, root: Node, element: Value) -> Value:
        """Each lane's number by itself: all four words of its block, and its own."""
        w, lanes = self.w, element.lanes
        two = ew.constant(2, dtypes.int64, lanes).name
        kind = element.type
        block = Value(w.set(f"lshr {kind} {element.name}, {two}"), dtypes.int64, lanes)
        words = self._philox(root, block)
        three = ew.constant(3, dtypes.int64, lanes).name
        which = w.set(f"and {kind} {element.name}, {three}")
        found = words[0]
        for i, word in enumerate(words[1:], 1):
            number = ew.constant(i, dtypes.int64, lanes).name
            mine = w.set(f"icmp eq {kind} {which}, {number}")
            mask = vector("i1", lanes)
            found = w.set(f"select {mask} {mine}, {kind} {word}, {kind} {found}")
        return self._real(Value(found, dtypes.int64, lanes))

    def _blocks(self, root: Node, start: Index, lanes: int) -> Value:
        """Lanes that begin at a multiple of four: four numbers a block."""
        w, count = self.w, -(-lanes // 4)
        first = start // 4 if isinstance(start, int) else w.set(f"lshr i64 {start}, 2")
        words = self._philox(root, self._ramp(first, 1, count))
        a, b, c, d = (self._real(Value(x, dtypes.int64, count)) for x in words)
        low, high = self._joined(a, b), self._joined(c, d)
        order = [(e % 4) * count + e // 4 for e in range(4 * count)]
        return ew.split(w, self._picked(self._joined(low, high), order), 0, lanes)

    def _joined(self, a: Value, b: Value) -> Value:
        """The lanes of `a`, then those of `b`."""
        if a.lanes == 1:
            return ew.gather(self.w, [a, b], a.dtype)
        picks = ", ".join(f"i32 {i}" for i in range(2 * a.lanes))
        name = self.w.set(
            f"shufflevector {a.type} {a.name}, {b.type} {b.name}, "
            f"<{2 * a.lanes} x i32> <{picks}>"
        )
        return Value(name, a.dtype, 2 * a.lanes)

    def _picked(self, x: Value, order: list[int]) -> Value:
        picks = ", ".join(f"i32 {i}" for i in order)
        name = self.w.set(
            f"shufflevector {x.type} {x.name}, {x.type} poison, "
            f"<{len(order)} x i32> <{picks}>"
        )
        return Value(name, x.dtype, len(order))

    def _real(self, word: Value) -> Value:
        """The top 24 of 32 bits as a number in [0, 1)."""
        w, lanes = self.w, word.lanes
        eight = ew.constant(8, dtypes.int64, lanes).name
        top = w.set(f"lshr {word.type} {word.name}, {eight}")
        narrow = vector("i32", lanes)
        short = w.set(f"trunc {word.type} {top} to {narrow}")
        real = vector("float", lanes)
        number = w.set(f"sitofp {narrow} {short} to {real}")
        scale = ew.constant(2.0**-24, dtypes.float32, lanes)
        return Value(
            w.set(f"fmul {real} {number}, {scale.name}"), dtypes.float32, lanes
        )

    def _philox(self, root: Node, block: Value) -> list[str]:
        """Philox 4x32-10 of the block's number: four words (see `ops.random`)."""
        _, stream = root.attrs
        draw, keys = self._schedule(root.srcs[0])
        lanes, w = block.lanes, self.w
        kind = block.type

        def number(n: int) -> str:
            return ew.constant(n, dtypes.int64, lanes).name

        def op(name: str, a: str, b: str) -> str:
            return w.set(f"{name} {kind} {a}, {b}")

        def same(value: Value) -> str:
            return ew.broadcast(w, value, lanes).name

        low, word = number(0xFFFFFFFF), number(32)
        c = [op("and", block.name, low), number(stream), same(draw), number(0)]
        for i in range(ROUNDS):
            k0, k1 = (
                same(self.load_at(keys, dtypes.int64, 2 * i + j, 1)) for j in (0, 1)
            )
            p0 = op("mul", c[0], number(MULTIPLIERS[0]))
            p1 = op("mul", c[2], number(MULTIPLIERS[1]))
            c = [
                op("xor", op("xor", op("lshr", p1, word), c[1]), k0),
                op("and", p1, low),
                op("xor", op("xor", op("lshr", p0, word), c[3]), k1),
                op("and", p0, low),
            ]
            # The keys come from memory: say again that all are below 2**32.
            c[0], c[2] = op("and", c[0], low), op("and", c[2], low)
        return c

    def _schedule(self, state: Node) -> tuple[Value, str]:
        """The number of the draw, and where the keys of all rounds lie: computed once,
        at the head of the function.
        """
        found = self.schedules.get(state)
        if found is not None:
            return found
        w = self.w
        w.lines, w.head = w.head, w.lines
        view = self.kernel.operands[state]
        pointer = self.pointer[view.root]
        seed = self.load_at(pointer, dtypes.int64, view.offset, 1)
        number = self.load_at(pointer, dtypes.int64, view.offset + view.strides[0], 1)
        low = 0xFFFFFFFF
        draw = Value(w.set(f"and i64 {number.name}, {low}"), dtypes.int64, 1)
        keys = w.set(f"alloca [{2 * ROUNDS} x i64], align 64", "keys")
        parts = [
            w.set(f"and i64 {seed.name}, {low}"),
            w.set(f"lshr i64 {seed.name}, 32"),
        ]
        for i in range(ROUNDS):
            for j, part in enumerate(parts):
                moved = w.set(f"add i64 {part}, {i * WEYL[j]}")
                key = Value(w.set(f"and i64 {moved}, {low}"), dtypes.int64, 1)
                self.store_at(keys, key, 2 * i + j)
        w.lines, w.head = w.head, w.lines
        self.schedules[state] = draw, keys
        return draw, keys

    # ---- nodes -----------------------------------------------------------------------

    def value(self, node: Node, place: Place) -> Value:
        """A source at a place: at hand, computed now, or loaded."""
        if node.op == "const":
            return ew.constant(node.attrs, node.dtype, place.lanes)
        found = self.values.get(node)
        if found is None and node in self.inside:
            found = self._again(node, place)
        if found is None:
            found = self.load(node, self.kernel.operands[node], place)
            self.values[node] = found
        return ew.broadcast(self.w, found, place.lanes)

    def _again(self, node: Node, place: Place) -> Value:
        """A node of this kernel at a place where it is not at hand: loaded back if it
        was stored by an earlier loop, else computed (a long chain source by source).
        """
        if node in self.finished:
            found = self.load(node, self.kernel.target(node), place)
            self.values[node] = found
            return found
        for source in topological([node], self._is_known):
            if not self._is_known(source):
                self.compute(source, place)
        return self.values[node]

    def _is_known(self, node: Node) -> bool:
        """Whether a value needs no computing: at hand, in memory, or a constant."""
        return node in self.values or node not in self.inside or node in self.finished

    def compute(self, node: Node, place: Place) -> Value:
        """Evaluate one element-wise node (or the rows picked by a take) at a place."""
        if node.op == "take":
            result = self._take(node, place)
        else:
            xs = [self.value(s, place) for s in self._compared(node)]
            result = ew.emit(self.w, node.op, node.dtype, xs, self.target.fma)
        self.values[node] = result
        return result

    def _compared(self, node: Node) -> tuple[Node, ...]:
        """The sources; relu(x) is not above 0 where x is not, and that comparison was
        made for the relu already.
        """
        if node.op == "le" and node.srcs[0].op == "relu":
            (x,), limit = node.srcs[0].srcs, node.srcs[1]
            if x in self.values and limit.op == "const" and limit.attrs == 0:
                return x, limit
        return node.srcs

    def _take(self, node: Node, place: Place) -> Value:
        """y[i, …] = x[index[i], …]: the number of the row is loaded, then the
        elements.
        """
        rows, rest = (fold(self.groups, s) for s in take_strides(self.kernel, node))
        if place.lanes > 1 and rows[place.lane]:
            each = [self._taken(node, at, rows, rest) for at in self.lanes_of(place)]
            return ew.gather(self.w, each, node.dtype)
        return self._taken(node, place, rows, rest)

    def _taken(
        self, node: Node, place: Place, rows: tuple[int, ...], rest: tuple[int, ...]
    ) -> Value:
        x, index = (self.kernel.operands[s] for s in node.srcs)
        row = self._fetch(index.root, self.offset(index.offset, rows, place), 0, 1)
        number = ew.row_number(self.w, row, node.srcs[0].shape[0])
        start = self.offset(x.offset, rest, place)
        start = self.w.add(start, self.w.mul(number, x.strides[0]))
        step = rest[place.lane] if place.lanes > 1 else 0
        found = self._fetch(x.root, start, step, place.lanes if step else 1)
        return ew.broadcast(self.w, found, place.lanes)

    def lanes_of(self, place: Place) -> list[Place]:
        """The single elements of a place."""
        out = []
        for i in range(place.lanes):
            index = list(place.at)
            index[place.lane] = self.w.add(index[place.lane], i)
            out.append(Place(tuple(index), place.lane, 1))
        return out

    def store(self, node: Node, place: Place) -> None:
        """Write a node's value at a place into its memory."""
        value, view = self.values[node], self.kernel.target(node)
        strides = self.strides(node.shape, view.strides)
        pointer, start = (
            self.pointer[view.root],
            self.offset(view.offset, strides, place),
        )
        step = strides[place.lane] if strides and value.lanes > 1 else 1
        if step == 1:
            return self.store_at(pointer, value, start)
        for i in range(value.lanes):
            one = ew.lane(self.w, value, i)
            self.store_at(pointer, one, self.w.add(start, i * step))
        return None


def memory(kernel: Kernel) -> list[Node]:
    """The nodes whose memory a kernel touches: the pointers its function takes, in
    order.
    """
    roots = [v.root for v in kernel.operands.values()]
    touched = dict.fromkeys([*roots, *(kernel.target(n).root for n in kernel.stores)])
    return [node for node in touched if node.op not in GENERATED]


def over_space(
    kernel: Kernel, shape: Shape, strides: tuple[int, ...]
) -> tuple[int, ...]:
    """Steps of a value over the dimensions of the kernel's space."""
    extra = max(0, len(shape) - len(kernel.space))
    assert all(n == 1 for n in shape[:extra]), f"{shape} in {kernel}"
    return View.spread(shape[extra:], strides[extra:], kernel.space)


def take_strides(kernel: Kernel, node: Node) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Steps of the row numbers, and steps inside a row, over the kernel's space."""
    x, index = (kernel.operands[s] for s in node.srcs)
    rank = len(node.srcs[1].shape)
    rows = (*index.strides, *(0,) * (len(node.shape) - rank))
    return rows, (*(0,) * rank, *x.strides[1:])


def fold(groups: Groups, strides: tuple[int, ...]) -> tuple[int, ...]:
    """Steps over merged dimensions: the step of the last of each group."""
    return tuple(strides[g[-1]] for g in groups)


def merged(kernel: Kernel) -> Groups:
    """Neighbouring dimensions that every value steps through as if they were one; sizes
    1 go.
    """
    space, reduced = kernel.space, kernel.reduced or ()
    every = [
        over_space(kernel, n.shape, kernel.target(n).strides) for n in kernel.stores
    ]
    for node in kernel.nodes:
        if node.op == "take":
            every += take_strides(kernel, node)
    taken = {s for n in kernel.nodes if n.op == "take" for s in n.srcs}
    for src, view in kernel.operands.items():
        if src not in taken and any(src in n.srcs for n in kernel.nodes):
            every.append(over_space(kernel, src.shape, view.strides))
    groups: list[tuple[int, ...]] = []
    for d in (d for d, n in enumerate(space) if n != 1):
        last = groups[-1][-1] if groups else None
        if (
            last is not None
            and (last in reduced) == (d in reduced)
            and all(s[last] == s[d] * space[d] for s in every)
        ):
            groups[-1] = (*groups[-1], d)
        else:
            groups.append((d,))
    return tuple(groups)


__all__ = ["Body", "Groups", "Index", "Place"]


class Lowered:
    """A kernel's function: its body and how many units threads can share."""

    def __init__(self, body: Body, units: int) -> None:
        self.body = body
        self.units = units
