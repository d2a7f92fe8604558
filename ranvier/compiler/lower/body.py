"""Evaluating nodes at a place of a kernel's index space: loads, arithmetic, stores."""

from __future__ import annotations

import math
from typing import NamedTuple

from ranvier.compiler.fuse.group import GENERATED
from ranvier.compiler.fuse.schedule import Kernel
from ranvier.compiler.fuse.target import Target
from ranvier.compiler.fuse.view import View
from ranvier.compiler.lower import elementwise as ew
from ranvier.compiler.lower.memory import Index, Memory
from ranvier.compiler.lower.philox import Numbers, ramp
from ranvier.compiler.lower.text import Value, Writer
from ranvier.graph import Node, Shape, topological

Groups = tuple[tuple[int, ...], ...]


class Place(NamedTuple):
    """An index a dimension of the kernel's space; dimension `lane` covers `lanes`
    elements.
    """

    at: tuple[Index, ...]
    lane: int
    lanes: int


class Body(Memory):
    """One kernel's function in the making.

    `values` maps a node to its value at the place being written; the loops that own a
    scope put in and take out what is valid there.
    """

    def __init__(self, kernel: Kernel, target: Target, groups: Groups) -> None:
        self.kernel = kernel
        self.target = target
        self.groups = groups
        self.sizes = tuple(math.prod(kernel.space[d] for d in g) for g in groups)
        super().__init__(Writer())
        self.values: dict[Node, Value] = {}
        self.inside = set(kernel.nodes)
        self.finished: set[Node] = set()
        self.memory = memory(kernel)
        self.pointer = {node: f"%p{i}" for i, node in enumerate(self.memory)}
        self.numbers = Numbers(self.w, kernel, self.pointer)

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

    # ---- memory ----------------------------------------------------------------------

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
            return self.numbers.blocks(view.root, start, lanes)
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
            return ramp(self.w, start, step, lanes)
        if root.op == "uniform":
            return self.numbers.uniform(root, ramp(self.w, start, step, lanes))
        pointer = self.pointer[root]
        if lanes == 1 or step == 1:
            return self.load_at(pointer, root.dtype, start, lanes)
        picked = [
            self.load_at(pointer, root.dtype, self.w.add(start, i * step), 1)
            for i in range(lanes)
        ]
        return ew.gather(self.w, picked, root.dtype)

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
