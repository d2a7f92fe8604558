"""The stage: its passes in order."""

from __future__ import annotations

from ranvier.compiler.fuse.group import group
from ranvier.compiler.fuse.layout import lay_out
from ranvier.compiler.fuse.meet import meetings
from ranvier.compiler.fuse.order import guard_level, in_place, late, phases
from ranvier.compiler.fuse.patches import by_patches
from ranvier.compiler.fuse.place import check, place
from ranvier.compiler.fuse.scan import lay_loop
from ranvier.compiler.fuse.schedule import Schedule
from ranvier.compiler.fuse.share import estimate, repeat, share
from ranvier.compiler.fuse.simplify import simplify
from ranvier.compiler.fuse.target import Target
from ranvier.compiler.fuse.thin import outer, sink, vector
from ranvier.compiler.fuse.turn import turn
from ranvier.graph import Graph


def fuse(graph: Graph, target: Target) -> Schedule:
    """A schedule of the graph for `target`."""
    graph, notes = turn(simplify(graph, (outer, vector)), target)
    graph = simplify(graph, (sink,))
    graph, more = by_patches(graph, target)
    grouping = group(
        graph,
        lambda g, node: lay_out(g, node, target),
        lambda g, node: lay_loop(g, node, target),
    )
    slots = in_place(grouping, target.threads)
    levels = late(phases(grouping.kernels))
    for kernel in grouping.kernels:
        kernel.cost = estimate(kernel, target)
    schedule = Schedule(graph, levels, target)
    schedule.notes = notes + more
    schedule.slots.update(slots)
    repeat(schedule)
    share(levels, target)
    for position, message in graph.guards:
        node = graph.outputs[position]
        level = guard_level(grouping.home[node].level, schedule)
        schedule.guards.append((level, node, message))
    place(schedule)
    schedule.meetings = meetings(schedule)
    check(schedule)
    return schedule
