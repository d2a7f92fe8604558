"""How much a kernel costs, and which thread runs it."""

from __future__ import annotations

import math
from typing import NamedTuple

from ranvier.compiler.fuse.schedule import Kernel, Schedule
from ranvier.compiler.fuse.target import Target
from ranvier.graph import Node

WORTH_SHARING = 8_000  # cycles; below, meeting costs more than half the work
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
        if n not in kernel.nodes[:1] or kernel.kind != "matmul"
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
            kernel.parallel = (
                target.threads > 1 and kernel.cost > WORTH_SHARING and units(kernel) > 1
            )
            if kernel.loop is not None:
                kernel.loop.share(target)
                kernel.parallel = kernel.loop.shared
        alone = [k for k in level if not k.parallel]
        small = sum(k.cost for k in alone) <= WORTH_SHARING
        for kernel in sorted(alone, key=lambda k: -k.cost):
            kernel.thread = 0 if small else load.index(min(load))
            load[kernel.thread] += kernel.cost


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
    """The same schedule for another number of threads."""
    schedule.target = target
    share(schedule.phases, target)


def shared_cycles(schedule: Schedule, meeting: Meeting) -> float:
    """Cycles of one run when every kernel runs where `share` has put it."""
    threads = schedule.target.threads
    together = sum(_slowest(level, threads) for level in schedule.phases)
    return together + meeting.barrier * meetings(schedule)


def meetings(schedule: Schedule) -> int:
    """How often the threads meet in a step: between phases unless one thread alone did
    and does everything, at guards, and at the end (see `lower.program`).
    """
    count, since = 1, set[int]()
    guarded = {level for level, _, _ in schedule.guards}
    for number, phase in enumerate(schedule.phases):
        who = schedule.workers(phase)
        if len(since | who) <= 1:
            since |= who
        else:
            count += bool(since)
            since = who
        if number in guarded:
            count, since = count + 1, set()
    return count


def _slowest(level: list[Kernel], threads: int) -> float:
    load = [0.0] * threads
    for kernel in level:
        if kernel.parallel:
            cycles = kernel.cost / threads
            if kernel.kind == "scan":
                cycles = kernel.loop.together
            load = [t + cycles for t in load]
        else:
            load[kernel.thread] += kernel.cost
    return max(load)
