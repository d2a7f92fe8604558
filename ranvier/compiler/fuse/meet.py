"""Where threads meet: between two kernels that may run on different threads, touch the
same bytes, and one of which writes them. Everything else needs no meeting.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from ranvier.compiler.fuse.group import GENERATED
from ranvier.compiler.fuse.schedule import Kernel, Meetings, Schedule
from ranvier.graph import Node

ALL = -1  # instead of a thread: several threads run the kernel
ALIGN = 64


class Touch(NamedTuple):
    """What a kernel does to memory: `start` to `end` of `where`; `own` bytes of it are
    each thread's own copy (0: all threads see the same).
    """

    where: str
    start: int
    end: int
    own: int
    writes: bool
    who: int

    def meets(self, other: Touch) -> bool:
        """Whether the two may be the work of different threads on the same bytes."""
        if self.where != other.where or not (self.writes or other.writes):
            return False
        if self.end <= other.start or other.end <= self.start:
            return False
        if self.own and (self.start, self.own) == (other.start, other.own):
            return False
        return self.who == ALL or self.who != other.who


def meetings(schedule: Schedule) -> Meetings:
    """The meetings of a step between its first phase and its end, where all meet."""
    found = Meetings([], [])
    since: list[Touch] = []
    for number, phase in enumerate(schedule.phases):
        here = [t for kernel in phase for t in touches(kernel, schedule)]
        met = schedule.target.threads > 1 and _clash(since, here)
        found.phases.append(met)
        since = here if met else since + here
        for at, node, _ in schedule.guards:
            if at == number:
                look = [_touch(node, schedule, False, ALL)]
                met = schedule.target.threads > 1 and _clash(since, look)
                found.guards.append(met)
                since = look if met else since + look
    return found


def _clash(before: list[Touch], now: list[Touch]) -> bool:
    return any(a.meets(b) for b in now for a in before)


def touches(kernel: Kernel, schedule: Schedule) -> list[Touch]:
    """All that a kernel reads and writes."""
    if kernel.kind == "join":
        return []
    several = kernel.parallel or kernel.private
    who = ALL if several else kernel.thread
    read = {view.root for view in kernel.operands.values()}
    written = {kernel.target(node).root for node in kernel.stores}
    return [
        _touch(node, schedule, node in written, who)
        for node in read | written
        if node.op not in GENERATED
    ]


def _touch(node: Node, schedule: Schedule, writes: bool, who: int) -> Touch:
    slot = schedule.slots.get(node)
    if slot is None:
        assert node.op == "input", f"{node} is nowhere"
        return Touch("input", node.attrs, node.attrs + 1, 0, writes, who)
    copies = schedule.target.threads if node in schedule.private else 0
    if slot.where != "arena":
        # What every thread writes there is the same value.
        return Touch(slot.where, slot.place, slot.place + 1, copies, writes, who)
    size = room(node)
    return Touch(
        "arena",
        slot.place,
        slot.place + max(1, copies) * size,
        size if copies else 0,
        writes,
        who,
    )


def room(node: Node) -> int:
    """Bytes of a node in the arena."""
    return max(1, -(-math.prod(node.shape) * node.dtype.itemsize // ALIGN)) * ALIGN
