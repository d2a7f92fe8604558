"""Random numbers inside a kernel: Philox 4x32-10, as `ops.random` draws them."""

from __future__ import annotations

from ranvier import dtypes
from ranvier.compiler.fuse.schedule import Kernel
from ranvier.compiler.lower import elementwise as ew
from ranvier.compiler.lower.memory import Index, Memory
from ranvier.compiler.lower.text import Value, Writer, vector
from ranvier.graph import Node
from ranvier.ops.random import MULTIPLIERS, ROUNDS, WEYL


class Numbers(Memory):
    """The uniform numbers that a kernel draws; `pointer` says where the states are."""

    def __init__(self, w: Writer, kernel: Kernel, pointer: dict[Node, str]) -> None:
        super().__init__(w)
        self.kernel = kernel
        self.pointer = pointer
        self.schedules: dict[Node, tuple[Value, str]] = {}

    def uniform(self, root: Node, element: Value) -> Value:
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
        return real(w, Value(found, dtypes.int64, lanes))

    def blocks(self, root: Node, start: Index, lanes: int) -> Value:
        """Lanes that begin at a multiple of four: four numbers a block."""
        w, count = self.w, -(-lanes // 4)
        first = start // 4 if isinstance(start, int) else w.set(f"lshr i64 {start}, 2")
        words = self._philox(root, ramp(w, first, 1, count))
        a, b, c, d = (real(w, Value(x, dtypes.int64, count)) for x in words)
        low, high = joined(w, a, b), joined(w, c, d)
        order = [(e % 4) * count + e // 4 for e in range(4 * count)]
        return ew.split(w, picked(w, joined(w, low, high), order), 0, lanes)

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


def ramp(w: Writer, start: Index, step: int, lanes: int) -> Value:
    """start, start + step, … as int64."""
    first = Value(str(start), dtypes.int64, 1)
    if lanes == 1:
        return first
    base = ew.broadcast(w, first, lanes)
    steps = ", ".join(f"i64 {i * step}" for i in range(lanes))
    return Value(w.set(f"add {base.type} {base.name}, <{steps}>"), dtypes.int64, lanes)


def joined(w: Writer, a: Value, b: Value) -> Value:
    """The lanes of `a`, then those of `b`."""
    if a.lanes == 1:
        return ew.gather(w, [a, b], a.dtype)
    picks = ", ".join(f"i32 {i}" for i in range(2 * a.lanes))
    name = w.set(
        f"shufflevector {a.type} {a.name}, {b.type} {b.name}, "
        f"<{2 * a.lanes} x i32> <{picks}>"
    )
    return Value(name, a.dtype, 2 * a.lanes)


def picked(w: Writer, x: Value, order: list[int]) -> Value:
    """The lanes of `x` in another order."""
    picks = ", ".join(f"i32 {i}" for i in order)
    name = w.set(
        f"shufflevector {x.type} {x.name}, {x.type} poison, "
        f"<{len(order)} x i32> <{picks}>"
    )
    return Value(name, x.dtype, len(order))


def real(w: Writer, word: Value) -> Value:
    """The top 24 of 32 bits as a number in [0, 1)."""
    lanes = word.lanes
    eight = ew.constant(8, dtypes.int64, lanes).name
    top = w.set(f"lshr {word.type} {word.name}, {eight}")
    narrow = vector("i32", lanes)
    short = w.set(f"trunc {word.type} {top} to {narrow}")
    kind = vector("float", lanes)
    number = w.set(f"sitofp {narrow} {short} to {kind}")
    scale = ew.constant(2.0**-24, dtypes.float32, lanes)
    return Value(w.set(f"fmul {kind} {number}, {scale.name}"), dtypes.float32, lanes)
