"""Kernels into phases, and values that replace an input of the program in place.

A kernel runs in the phase after the last one it depends on, a copy in another form in
the phase before it is used. Whoever reads the old value
of an input runs before whoever overwrites it; what a guard looks at is known before
anything is overwritten, so a step that fails leaves the state as it was.
"""

from __future__ import annotations

import math

from ranvier.compiler.fuse.group import Grouping, row_shape
from ranvier.compiler.fuse.schedule import Kernel, Schedule, Slot
from ranvier.compiler.fuse.view import View
from ranvier.graph import Node, Shape

FORMS = {"copy", "winograd_kernel"}  # the same values in another form


class Ties:
    """Who reads which input, and who is waited for, while kernels are still added."""

    def __init__(self, grouping: Grouping) -> None:
        self.grouping = grouping
        self.seen = 0  # kernels
        self.reading: dict[Node, list[Kernel]] = {}
        self.awaited: set[Kernel] = set()

    def _look(self) -> None:
        for kernel in self.grouping.kernels[self.seen :]:
            self.awaited |= kernel.deps
            for root in {view.root for view in kernel.operands.values()}:
                self.reading.setdefault(root, []).append(kernel)
        self.seen = len(self.grouping.kernels)

    def readers(self, target: Node) -> list[Kernel]:
        self._look()
        return list(self.reading.get(target, ()))

    def after(self, kernel: Kernel, other: Kernel) -> bool:
        """Whether `other` must run before `kernel`, or is it."""
        self._look()
        if kernel is not other and other not in self.awaited:
            return False
        return kernel.depends_on(other)

    def order(self, first: Kernel, then: Kernel) -> None:
        then.deps.add(first)
        self.awaited.add(first)


def in_place(grouping: Grouping, threads: int = 1) -> dict[Node, Slot]:
    """Slots of the outputs: an updated input's memory where that is safe, by a copy
    elsewhere. With several threads a single number is copied too: so each of them can
    compute it for itself.
    """
    graph = grouping.graph
    slots: dict[Node, Slot] = {}
    replaced = {o: i for i, o in graph.updates}
    guards = [grouping.home[graph.outputs[position]] for position, _ in graph.guards]
    guarded = {position for position, _ in graph.guards}
    for position, node in enumerate(graph.outputs):
        if position not in replaced and position not in guarded:
            slots[node] = Slot("output", position)
    ties = Ties(grouping)
    for position, node in enumerate(graph.outputs):
        if position in replaced:
            target = graph.inputs[replaced[position]]
            writer = _writer(ties, node, target, guards, threads)
            made = writer.nodes[-1] if writer is not grouping.home[node] else node
            slots[made] = Slot("input", replaced[position])
            for guard in guards:
                if not ties.after(guard, writer):
                    ties.order(guard, writer)
    return slots


def _writer(
    ties: Ties, node: Node, target: Node, guards: list[Kernel], threads: int
) -> Kernel:
    """The kernel that writes `node` over `target`, made to run after all readers of
    `target`.
    """
    grouping = ties.grouping
    home = grouping.home[node]
    readers = ties.readers(target)
    several = home.kind in ("join", "scan")  # written by more kernels than this one
    direct = (
        not several
        and not (threads > 1 and math.prod(node.shape) == 1)
        and all(
            _reads_in_step(k, node, target) if k is home else not ties.after(k, home)
            for k in readers
        )
        and not any(ties.after(guard, home) for guard in guards)
    )
    if not direct:
        copied = Node("copy", (node,), None, node.shape, node.dtype, False)
        grouping.stored.add(node)
        home = grouping.open("loop", node.shape)
        grouping.add(home, copied)
        grouping.stored.add(copied)
        home.stores = [copied]
        grouping.home[node].stores = [
            n for n in grouping.home[node].nodes if n in grouping.stored
        ]
    for reader in readers:
        if reader is not home:
            ties.order(reader, home)
    return home


def _reads_in_step(kernel: Kernel, node: Node, target: Node) -> bool:
    """Whether the kernel reads element i of the old value only before it writes element
    i of the new. Values of a reduction's rows are written when the row is done.
    """
    if kernel.kind not in ("loop", "matmul"):
        return False
    space = kernel.space if kernel.reduced is None else row_shape(kernel)
    if node.shape != space or any(n.op == "take" for n in kernel.nodes):
        return False
    factors = kernel.factors
    return all(
        _in_order(src.shape, view, space) and src not in factors
        for src, view in kernel.operands.items()
        if view.root is target
    )


def _in_order(shape: Shape, view: View, space: Shape) -> bool:
    """Whether values of `shape`, broadcast to `space`, are the root's elements in its
    order.
    """
    if len(shape) > len(space):
        return False
    front = len(space) - len(shape)
    return (
        (1,) * front + shape == space
        and view.offset == 0
        and math.prod(view.root.shape) == math.prod(space)
        and all(
            step == whole
            for n, step, whole in zip(
                shape, view.strides, View.steps(shape), strict=True
            )
            if n != 1
        )
    )


def phases(kernels: list[Kernel]) -> list[list[Kernel]]:
    """Kernels by level; within a level none depends on another."""
    missing = {k: len(k.deps - {k}) for k in kernels}
    users: dict[Kernel, list[Kernel]] = {}
    for kernel in kernels:
        for dep in kernel.deps - {kernel}:
            users.setdefault(dep, []).append(kernel)
    levels: list[list[Kernel]] = []
    ready = [k for k in kernels if not missing[k]]
    while ready:
        ready.sort(key=lambda k: k.number)
        levels.append(ready)
        following = []
        for kernel in ready:
            kernel.level = len(levels) - 1
            for user in users.get(kernel, ()):
                missing[user] -= 1
                if not missing[user]:
                    following.append(user)
        ready = following
    assert not any(missing.values()), "the dependencies of kernels form a cycle"
    return levels


def late(levels: list[list[Kernel]]) -> list[list[Kernel]]:
    """Copies of weights in another form just before they are used, not all at the
    start of a step: until then they would drive other values out of the caches.
    """
    users: dict[Kernel, list[Kernel]] = {}
    for kernel in (k for level in levels for k in level):
        for dep in kernel.deps:
            users.setdefault(dep, []).append(kernel)
    for level in reversed(levels):
        for kernel in level:
            if kernel in users and all(n.op in FORMS for n in kernel.nodes):
                kernel.level = min(user.level for user in users[kernel]) - 1
    out: list[list[Kernel]] = [[] for _ in levels]
    for kernel in sorted((k for level in levels for k in level), key=_number):
        out[kernel.level].append(kernel)
    return out


def _number(kernel: Kernel) -> int:
    return kernel.number


def guard_level(known: int, schedule: Schedule) -> int:
    """After which phase a guard known after phase `known` is looked at: the last before
    anything is overwritten, so that threads meet once for all guards.
    """
    slots = schedule.slots
    writing = [
        kernel.level
        for kernel in schedule.kernels
        if any(n in slots and slots[n].where == "input" for n in kernel.stores)
    ]
    return max(known, min(writing, default=known + 1) - 1)
