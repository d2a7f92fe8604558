"""Buffers into one arena: values whose lives do not overlap share bytes."""

from __future__ import annotations

import math
from collections.abc import Iterable

from ranvier.compiler.fuse.schedule import Kernel, Schedule, Slot
from ranvier.graph import Node

ALIGN = 64


def place(schedule: Schedule) -> None:
    """Give every stored node without a slot a place in the arena."""
    lives = lifetimes(schedule)
    placed: list[tuple[int, int, int, int]] = []  # first, last, start, end
    for node in sorted(lives, key=lambda n: (-_bytes(n), lives[n])):
        first, last = lives[node]
        busy = sorted((s, e) for f, t, s, e in placed if f <= last and first <= t)
        start = _gap(busy, _bytes(node))
        placed.append((first, last, start, start + _bytes(node)))
        schedule.slots[node] = Slot("arena", start)
        schedule.arena = max(schedule.arena, start + _bytes(node))


def lifetimes(schedule: Schedule) -> dict[Node, tuple[int, int]]:
    """First and last phase in which a node of the arena is written or read."""
    lives: dict[Node, tuple[int, int]] = {}
    for kernel in schedule.kernels:
        for node in _touched(kernel):
            if node in schedule.slots or node.op in ("input", "iota", "uniform"):
                continue
            first, last = lives.get(node, (kernel.level, kernel.level))
            lives[node] = (min(first, kernel.level), max(last, kernel.level))
    for _, node, _ in schedule.guards:
        # A thread that was held up may look at it long after the others have gone on.
        if node in lives:
            lives[node] = (lives[node][0], len(schedule.phases))
    for node in schedule.kept & lives.keys():
        lives[node] = (lives[node][0], len(schedule.phases))
    return lives


def _touched(kernel: Kernel) -> Iterable[Node]:
    for node in kernel.stores:
        yield kernel.target(node).root
    for view in kernel.operands.values():
        yield view.root


def _bytes(node: Node) -> int:
    return max(1, -(-math.prod(node.shape) * node.dtype.itemsize // ALIGN)) * ALIGN


def _gap(busy: list[tuple[int, int]], size: int) -> int:
    at = 0
    for start, end in busy:
        if start - at >= size:
            break
        at = max(at, end)
    return at


def check(schedule: Schedule) -> None:
    """The promises of the stage: written before read, no shared bytes, nothing made
    twice.
    """
    made: dict[Node, Kernel] = {}
    for kernel in schedule.kernels:
        for node in (n for n in kernel.nodes if n not in kernel.again):
            assert node not in made, f"{node} is computed by {made[node]} and {kernel}"
            made[node] = kernel
    for kernel in schedule.kernels:
        for view in kernel.operands.values():
            maker = made.get(view.root)
            assert maker is None or maker.level < kernel.level, (
                f"{kernel} reads {view.root} early"
            )
            assert view.root in schedule.slots or view.root.op in (
                "input",
                "iota",
                "uniform",
            ), f"{kernel} reads {view.root}, which is not in memory"
    lives = lifetimes(schedule.bare())
    arena = [
        (n, *lives[n], schedule.slots[n].place)
        for n in lives
        if schedule.slots[n].where == "arena"
    ]
    for i, (a, f, t, s) in enumerate(arena):
        for b, g, u, r in arena[:i]:
            apart = t < g or u < f or s + _bytes(a) <= r or r + _bytes(b) <= s
            assert apart, f"{a} and {b} are alive together on the same bytes"
