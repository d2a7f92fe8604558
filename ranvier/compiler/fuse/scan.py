"""The kernel of a scan: a schedule of its own, run once a step of the loop.

Carries and stacked results lie in stacks; a step reads a carry in one row and writes it
to the next, so nothing is copied. What depends on the constants alone is made once,
before the loop.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from ranvier import dtypes
from ranvier.compiler.fuse.group import GENERATED, Grouping, group
from ranvier.compiler.fuse.layout import lay_out
from ranvier.compiler.fuse.merge import merge_loops
from ranvier.compiler.fuse.order import in_place, phases
from ranvier.compiler.fuse.place import check, place
from ranvier.compiler.fuse.schedule import Kernel, Schedule
from ranvier.compiler.fuse.share import QUIET, deal, estimate, shared_cycles
from ranvier.compiler.fuse.simplify import simplify
from ranvier.compiler.fuse.target import Target
from ranvier.compiler.fuse.view import View
from ranvier.graph import Graph, Node, topological
from ranvier.ops.scan import Loop, item

PACKED_FROM = 4  # steps that pay for a copy of a factor
WORTH = 0.85  # of the time of one thread: below, threads share a loop


class Moving(NamedTuple):
    """Memory that moves on by `stride` bytes a row, from byte `offset` of `root`."""

    root: Node
    offset: int
    stride: int


class Body:
    """What a scan runs: the first `once` phases of the schedule before the loop, the
    others in every step. `inputs` and `outputs` say where the inputs and outputs of
    `schedule` lie, `scratch` is the memory of its arena. `shared` says that threads
    share the steps, which takes `together` cycles; else one thread runs the loop.
    """

    def __init__(self, loop: Loop, schedule: Schedule, once: int) -> None:
        self.steps = loop.steps
        self.reverse = loop.reverse
        self.schedule = schedule
        self.once = once
        self.inputs: dict[Node, Moving] = {}
        self.outputs: list[Moving] = []
        self.scratch: Node | None = None
        self.shared = False
        self.together = 0.0

    def cost(self) -> float:
        """Cycles on one thread."""
        return self.steps * sum(k.cost for k in self.schedule.kernels)

    def share(self, target: Target) -> None:
        """Deal the kernels out to the threads of `target` if that pays."""
        deal(self.schedule, target)
        self.together = self.steps * shared_cycles(self.schedule, QUIET)
        self.shared = target.threads > 1 and self.together < WORTH * self.cost()
        if not self.shared:
            deal(self.schedule, target._replace(threads=1))


def lay_loop(grouping: Grouping, node: Node, target: Target) -> None:
    """Open the kernel of a scan."""
    loop: Loop = node.attrs
    found = {user.attrs: user for user in grouping.users.get(node, [])}
    kept = _needed(loop, set(found))
    results = {i: found.get(i) or item(node, i) for i in kept}
    for src in node.srcs:
        if src.op == "const" or grouping.view(src).root.op in GENERATED:
            grouping.views[src] = grouping.view(grouping.copy(src))
    graph = Graph(loop.body.inputs, [loop.body.outputs[i] for i in kept])
    body = _fused(loop, graph, _views(grouping, node), target)
    starts = set()
    for i, result in results.items():
        if i < loop.carries:
            size = math.prod(result.shape[1:])
            first = View(result, loop.first * size, View.steps(result.shape[1:]))
            starts.add(grouping.into(node.srcs[i], first))
    kernel = grouping.open("scan", (loop.steps,))
    kernel.loop = body
    kernel.deps |= starts
    for src in node.srcs[loop.carries :]:
        grouping._operand(kernel, src)
    made = [*results.values()]
    if body.schedule.arena:
        size = body.schedule.arena
        body.scratch = Node("scratch", (), None, (size,), dtypes.uint8, False)
        made.append(body.scratch)
    kernel.nodes = [node, *made]
    grouping.stored |= set(made)
    grouping.home |= dict.fromkeys(made, kernel)
    _connect(grouping, node, results, body)
    kernel.cost = body.cost()


def _needed(loop: Loop, wanted: set[int]) -> list[int]:
    """Results that somebody reads, and carries that they depend on."""
    outputs, n = loop.body.outputs, loop.carries
    while True:
        below = set(topological([outputs[i] for i in sorted(wanted)]))
        more = {i for i in range(n) if loop.body.inputs[i] in below} - wanted
        if not more:
            return sorted(wanted)
        wanted |= more


def _views(grouping: Grouping, node: Node) -> dict[Node, View]:
    """How the rows of the inputs and the constants lie inside the body."""
    loop: Loop = node.attrs
    views = {}
    for i, (hole, src) in enumerate(zip(loop.body.inputs, node.srcs, strict=True)):
        if i >= loop.carries:
            row = i < loop.carries + loop.inputs
            views[hole] = View(hole, 0, grouping.view(src).strides[int(row) :])
    return views


def _connect(
    grouping: Grouping, node: Node, results: dict[int, Node], body: Body
) -> None:
    """Say where the inputs and outputs of the body lie."""
    loop: Loop = node.attrs
    n = loop.carries
    for i, result in results.items():
        size = math.prod(result.shape[1:]) * result.dtype.itemsize
        after = loop.after(0) * size if i < n else 0
        body.outputs.append(Moving(result, after, size))
        if i < n:
            before = Moving(result, loop.before(0) * size, size)
            body.inputs[loop.body.inputs[i]] = before
    for i, hole in enumerate(loop.body.inputs[n:], n):
        view, item_size = grouping.view(node.srcs[i]), hole.dtype.itemsize
        step = view.strides[0] * item_size if i < n + loop.inputs else 0
        body.inputs[hole] = Moving(view.root, view.offset * item_size, step)


# ---- the schedule of the body --------------------------------------------------------


def _fused(loop: Loop, graph: Graph, views: dict[Node, View], target: Target) -> Body:
    """The passes of `fuse` on the body."""
    graph = simplify(graph)
    still = set(graph.inputs[loop.carries + loop.inputs :])
    fixed = _fixed(graph, still)

    def product(g: Grouping, node: Node) -> None:
        right = node.srcs[1]
        whole = len(right.shape) == 2 and right.shape[-1] > 1
        packed = whole and right in fixed and loop.steps >= PACKED_FROM
        lay_out(g, node, target, packed)

    grouping = group(graph, product, lambda g, n: lay_loop(g, n, target), views)
    once = _hoisted(grouping, still)
    merge_loops(grouping, lambda k: k not in once)
    slots = in_place(grouping)
    for kernel in grouping.kernels:
        if kernel not in once:
            kernel.deps -= once
        kernel.cost = estimate(kernel, target)
    first = phases([k for k in grouping.kernels if k in once])
    levels = first + phases([k for k in grouping.kernels if k not in once])
    for number, level in enumerate(levels):
        for kernel in level:
            kernel.level = number
    schedule = Schedule(graph, levels, target)
    schedule.slots.update(slots)
    schedule.kept = {k.target(n).root for k in once for n in k.stores}
    place(schedule)
    check(schedule)
    return Body(loop, schedule, len(first))


def _fixed(graph: Graph, still: set[Node]) -> set[Node]:
    """Nodes that are the same in every step."""
    fixed = set(still)
    for node in graph.nodes():
        if node.op != "input" and all(s in fixed for s in node.srcs):
            fixed.add(node)
    return fixed


def _hoisted(grouping: Grouping, still: set[Node]) -> set[Kernel]:
    """Kernels that depend on constants alone and write no output."""
    outputs = set(grouping.graph.outputs)

    def fixed(kernel: Kernel) -> bool:
        reads = (v.root for v in kernel.operands.values())
        return all(r.op != "input" or r in still for r in reads) and not any(
            n in outputs or kernel.target(n).root in outputs for n in kernel.nodes
        )

    found: set[Kernel] = set()
    while True:
        more = {
            k
            for k in grouping.kernels
            if k not in found and k.deps <= found | {k} and fixed(k)
        }
        if not more:
            return found
        found |= more
