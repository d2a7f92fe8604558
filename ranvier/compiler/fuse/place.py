"""Buffers into one arena: values whose lives do not overlap share bytes."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from heapq import heappop, heappush

from ranvier.compiler.fuse.meet import room
from ranvier.compiler.fuse.schedule import Kernel, Schedule, Slot
from ranvier.graph import Node

SMALL, SMALL_ALL = 1 << 14, 1 << 18  # bytes; all of them stay in a core's own cache


def place(schedule: Schedule) -> None:
    """Give every stored node without a slot a place in the arena. Threads meet where
    values share bytes, so small values do not.
    """
    lives = lifetimes(schedule)
    sizes = {node: _bytes(node, schedule) for node in lives}
    small = [node for node, size in sizes.items() if size <= SMALL]
    if schedule.target.threads > 1 and sum(map(sizes.__getitem__, small)) <= SMALL_ALL:
        lives |= dict.fromkeys(small, (0, len(schedule.phases)))
    placed: list[tuple[int, int, int, int]] = []  # start, end, first, last
    for node in sorted(lives, key=lambda n: (-sizes[n], lives[n])):
        start = _gap(placed, sizes[node], *lives[node])
        insort(placed, (start, start + sizes[node], *lives[node]))
        own = room(node) if node in schedule.private else 0
        schedule.slots[node] = Slot("arena", start, own)
        schedule.arena = max(schedule.arena, start + sizes[node])


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


def _bytes(node: Node, schedule: Schedule) -> int:
    copies = schedule.target.threads if node in schedule.private else 1
    return copies * room(node)


def _gap(
    placed: list[tuple[int, int, int, int]], size: int, first: int, last: int
) -> int:
    """The first place where `size` bytes are free from phase `first` to `last`."""
    at = 0
    for start, end, f, t in placed:
        if f <= last and first <= t:
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
    _check_bytes(schedule)


def _check_bytes(schedule: Schedule) -> None:
    """Going through the phases, what begins to live lies between its neighbours."""
    lives = lifetimes(schedule.bare())
    arena = [n for n in lives if schedule.slots[n].where == "arena"]
    alive: list[tuple[int, int, Node]] = []  # start, end; by address
    ends: list[tuple[int, int]] = []  # last phase, start
    for node in sorted(arena, key=lambda n: lives[n]):
        first, last = lives[node]
        while ends and ends[0][0] < first:
            _, start = heappop(ends)
            del alive[bisect_left(alive, start, key=_start)]
        start = schedule.slots[node].place
        end = start + _bytes(node, schedule)
        at = bisect_left(alive, start, key=_start)
        for other_start, other_end, other in alive[max(0, at - 1) : at + 1]:
            assert end <= other_start or other_end <= start, (
                f"{node} and {other} are alive together on the same bytes"
            )
        alive.insert(at, (start, end, node))
        heappush(ends, (last, start))


def _start(alive: tuple[int, int, Node]) -> int:
    return alive[0]
