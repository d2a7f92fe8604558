"""How much a kernel costs, and which thread runs it."""

from __future__ import annotations

import math
from typing import NamedTuple

from ranvier.compiler.fuse.group import PRODUCTS
from ranvier.compiler.fuse.meet import meetings, room
from ranvier.compiler.fuse.schedule import Kernel, Schedule
from ranvier.compiler.fuse.target import Target
from ranvier.graph import Node

WORTH_SHARING = 4_000  # cycles; below, meeting costs more than half the work
LINE = 64  # bytes that go from one core to another at once
PASSED_ON = 10  # cycles for a line that other threads read, measured over all its lines
MOST_COPIED = 1 << 20  # bytes of all threads' copies of a value
HEAVY = {
    "exp": 14,
    "expm1": 18,
    "log": 16,
    "log1p": 24,
    "tanh": 20,
    "sigmoid": 20,
    "div": 6,
    "sqrt": 8,
    "sin": 120,
    "cos": 120,
    "pow": 200,
    "erf": 28,
    "tan": 200,
    "asin": 120,
    "acos": 120,
    "atan": 120,
    "sinh": 200,
    "cosh": 200,
    "asinh": 200,
    "acosh": 200,
    "atanh": 200,
    "erfc": 200,
    "lgamma": 400,
    "atan2": 200,
    "hypot": 60,
    "fmod": 20,
    "uniform": 24,
    "mod": 20,
    "fold": 6,
    "cumsum": 8,
    "cumprod": 8,
    "argsort": 800,
}


def estimate(kernel: Kernel, target: Target) -> float:
    """Cycles of a kernel on one thread."""
    lanes = target.lanes if kernel.space and kernel.space[-1] > 1 else 1
    work = sum(
        _weight(n) * max(1, math.prod(n.shape) / lanes)
        for n in kernel.nodes
        if n not in kernel.nodes[:1] or kernel.kind not in PRODUCTS
    )
    if kernel.reduced is not None:
        work += kernel.size / lanes
    taken = {s for n in kernel.nodes if n.op == "take" for s in n.srcs}
    read = [n for n in kernel.operands if n not in taken] + [
        n for n in kernel.nodes if n.op == "take"
    ]
    drawn = sum(
        HEAVY["uniform"] * math.prod(n.shape) / lanes
        for n, view in kernel.operands.items()
        if view.root.op == "uniform"
    )
    moved = sum(math.prod(n.shape) for n in [*read, *kernel.stores])
    return kernel.cost + work + drawn + moved / lanes + 40


def _weight(node: Node) -> float:
    wide = 4.0 if node.dtype.itemsize == 8 and node.op in HEAVY else 1.0
    return wide * HEAVY.get(node.op, 1)


def share(levels: list[list[Kernel]], target: Target) -> None:
    """Large kernels are shared by all threads; small ones are dealt out, the largest
    first.
    """
    for level in levels:
        load = [0.0] * target.threads
        for kernel in sorted(level, key=lambda k: -k.cost):
            kernel.parallel = target.threads > 1 and _is_long(kernel)
            if kernel.loop is not None:
                kernel.loop.share(target)
                kernel.parallel = kernel.loop.shared
        alone = [k for k in level if not (k.parallel or k.private)]
        small = len(alone) == len(level)
        small = small and sum(k.cost for k in alone) <= WORTH_SHARING
        for kernel in sorted(alone, key=lambda k: -k.cost):
            kernel.thread = 0 if small else load.index(min(load))
            load[kernel.thread] += kernel.cost


def _is_long(kernel: Kernel) -> bool:
    return not kernel.private and kernel.cost > WORTH_SHARING and units(kernel) > 1


def repeat(schedule: Schedule) -> None:
    """Kernels that every thread runs for itself, because that takes no longer than
    waiting for the one that does, or for memory that another core has written.

    What they write is seen by nobody else, so only memory of the arena will do, or a
    number or two of the results: there all threads write the same.
    """
    threads = schedule.target.threads
    if threads == 1:
        return
    for kernel in schedule.kernels:
        schedule.private.update(n for n in kernel.nodes if n.op == "patches")
        if _may_repeat(kernel, schedule) and _pays(kernel, schedule):
            kernel.private = True
            schedule.private.update(kernel.stores)


def _may_repeat(kernel: Kernel, schedule: Schedule) -> bool:
    slots = [schedule.slots.get(node) for node in kernel.stores]
    size = sum(map(room, kernel.stores))
    return (
        kernel.kind in ("loop", "matmul", "move", "scatter")
        and not kernel.targets
        and schedule.target.threads * size <= MOST_COPIED
        and all(
            slot is None or (slot.where == "output" and room(node) <= LINE)
            for node, slot in zip(kernel.stores, slots, strict=True)
        )
    )


def _pays(kernel: Kernel, schedule: Schedule) -> bool:
    if not _is_long(kernel):
        return kernel.cost <= WORTH_SHARING
    roots = {view.root for view in kernel.operands.values()}
    lines = sum(map(room, kernel.stores)) / LINE
    begins = all(n.op in ("input", "const") or n in schedule.private for n in roots)
    threads = schedule.target.threads
    return begins and kernel.cost * (1 - 1 / threads) < PASSED_ON * lines


def units(kernel: Kernel) -> int:
    """How many pieces there are to share."""
    if kernel.kind == "join":
        return 1
    if kernel.kind == "scatter":  # shared by columns
        return max(1, math.prod(kernel.space[1:]) // 16)
    if kernel.kind == "move":
        return max(1, math.prod(kernel.space[:-1]))
    if kernel.kind == "matmul":
        return kernel.size
    return max(
        1,
        math.prod(
            n for d, n in enumerate(kernel.space) if d not in (kernel.reduced or ())
        ),
    )


class Meeting(NamedTuple):
    """Cycles until threads have met, and until sleeping ones work."""

    barrier: float
    waking: float


BUSY = Meeting(12_000, 150_000)  # on a machine that others use too
QUIET = Meeting(1_500, 40_000)


def worth_sharing(schedule: Schedule, single: bool, meeting: Meeting = BUSY) -> bool:
    """Whether the threads of the schedule end clearly sooner than one alone."""
    together = shared_cycles(schedule, meeting)
    total = sum(k.cost for k in schedule.kernels)
    return together + (meeting.waking if single else 0) < 0.85 * total


def deal(schedule: Schedule, target: Target) -> None:
    """The same schedule for another number of threads, or for one."""
    assert target.threads in (1, schedule.target.threads) or not schedule.private
    schedule.target = target
    if target.threads == 1:
        schedule.private.clear()
        for kernel in schedule.kernels:
            kernel.private = False
        for slot in schedule.slots.values():
            slot.own = 0
    share(schedule.phases, target)
    schedule.meetings = meetings(schedule)


def shared_cycles(schedule: Schedule, meeting: Meeting) -> float:
    """Cycles of one run when every kernel runs where `share` has put it."""
    threads = schedule.target.threads
    together = sum(_slowest(level, threads) for level in schedule.phases)
    found = schedule.meetings
    return together + meeting.barrier * (1 + sum(found.phases) + sum(found.guards))


def _slowest(level: list[Kernel], threads: int) -> float:
    load = [0.0] * threads
    for kernel in level:
        if kernel.parallel:
            cycles = kernel.cost / threads
            if kernel.kind == "scan":
                cycles = kernel.loop.together
            load = [t + cycles for t in load]
        elif kernel.private:
            load = [t + kernel.cost for t in load]
        else:
            load[kernel.thread] += kernel.cost
    return max(load)
