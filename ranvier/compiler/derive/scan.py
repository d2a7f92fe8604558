"""The gradient of a scan: a scan in the other direction, whose body is the adjoint of
the body.

It reads what the steps of the scan left behind (`saving`); what a scan did not keep is
computed again.
"""

from __future__ import annotations

from typing import NamedTuple

from ranvier import ops
from ranvier.compiler.derive.adjoint import adjoint_of, zeros
from ranvier.compiler.derive.opened import Open, Pull, flags_of
from ranvier.graph import Node
from ranvier.ops.scan import Loop, item, scan


def scan_gradient(
    node: Node, cotangents: dict[int, Node], pull: Pull
) -> list[Node | None]:
    """Cotangents of a scan's sources, given those of its results by number."""
    loop: Loop = node.attrs
    n, end = loop.carries, loop.carries + loop.inputs
    parts = {i: _parted(loop, g) for i, g in cotangents.items() if i < n}
    given = tuple(
        parts[i].rows is not None if i in parts else i in cotangents
        for i in range(len(loop.body.outputs))
    )
    adjoint = adjoint_of(loop, flags_of(node.srcs), given, pull)
    step = adjoint.step
    outer = _outer_stacks(node, step.opened)
    for i, g in enumerate(step.more):
        if g is not None:
            outer[g] = _present(parts[i].rows)
    for i, g in enumerate(step.results):
        if g is not None:
            outer[g] = cotangents[n + i]
    first = [
        (parts[i].last if i in parts else None) or zeros(step.opened.inputs[i])
        for i in adjoint.carried
    ] + [zeros(t) for t in adjoint.totals]
    results = scan(
        adjoint.body,
        first,
        [outer[r] for r in adjoint.rows],
        [node.srcs[i] for i in adjoint.constants],
        loop.steps,
        not loop.reverse,
    )
    back: Loop = loop._replace(reverse=not loop.reverse)
    count = len(adjoint.carried)
    for at, i in enumerate(adjoint.carried):
        outer[_present(step.carried[i])] = _rows(results[at], back.before(0), loop)
    for at, total in enumerate(adjoint.totals):
        outer[total] = _row(results[count + at], back.last)
    count += len(adjoint.totals)
    outer |= dict(zip(adjoint.written, results[count:], strict=True))
    found: list[Node | None] = [None] * len(node.srcs)
    for at, i in enumerate(adjoint.carried):
        g = _row(results[at], back.last)
        own = parts[i].first if i in parts else None
        found[i] = g if own is None else ops.add(g, own)
    for i in range(n, end):
        g_row = step.found[i]
        found[i] = None if g_row is None else outer[g_row]
    for i, recipe in adjoint.sums.items():
        found[i] = recipe(outer.__getitem__)
    return found


def _outer_stacks(node: Node, opened: Open) -> dict[Node, Node]:
    """Stacks of what the scan reads and leaves behind."""
    loop: Loop = node.attrs
    n, end = loop.carries, loop.carries + loop.inputs
    stacks: dict[Node, Node] = {}
    for i, out in enumerate(opened.outputs):
        got = item(node, i)
        stacks[out] = _rows(got, loop.after(0), loop) if i < n else got
    for i, h in enumerate(opened.inputs[:end]):
        stack = item(node, i) if i < n else node.srcs[i]
        stacks[h] = _rows(stack, loop.before(0), loop) if i < n else stack
    return stacks


def _rows(stack: Node, start: int, loop: Loop) -> Node:
    """Rows start … start + steps - 1 of a carry's stack."""
    return _cut(stack, start, start + loop.steps)


def _row(stack: Node, at: int) -> Node:
    return ops.reshape(_cut(stack, at, at + 1), stack.shape[1:])


def _cut(stack: Node, start: int, stop: int) -> Node:
    return ops.cut(stack, ((start, stop, 1), *((0, m, 1) for m in stack.shape[1:])))


def _present(node: Node | None) -> Node:
    assert node is not None
    return node


# ---- cotangents of a carry's stack, in three parts -----------------------------------


class Parts(NamedTuple):
    """Cotangents of the row of the initial value, of the rows that the steps write, and
    of the final value; None is 0. Often only the last is there.
    """

    first: Node | None
    rows: Node | None
    last: Node | None


def _parted(loop: Loop, g: Node) -> Parts:
    if g.op == "add" and g.srcs[0].shape == g.srcs[1].shape:
        pairs = zip(*(_parted(loop, s) for s in g.srcs), strict=True)
        return Parts(*(_plus(a, b) for a, b in pairs))
    before, inner, _ = _unpadded(g, 0)
    count = inner.shape[0]
    alone = ops.reshape(inner, inner.shape[1:]) if count == 1 else None
    if alone is not None and before == loop.last:
        return Parts(None, None, alone)
    if alone is not None and before == loop.first:
        return Parts(alone, None, None)
    start = loop.after(0)
    if before >= start and before + count <= start + loop.steps:
        around = (before - start, start + loop.steps - before - count, 0)
        none = ((0, 0, 0),) * (len(g.shape) - 1)
        return Parts(None, ops.pad(inner, (around, *none)), None)
    return Parts(_row(g, loop.first), _rows(g, start, loop), None)


def _plus(a: Node | None, b: Node | None) -> Node | None:
    if a is None or b is None:
        return a or b
    return ops.add(a, b)


def _unpadded(g: Node, dim: int) -> tuple[int, Node, int]:
    """(rows of 0 before, what is between them, rows of 0 behind) along `dim`."""
    if g.op == "alias":
        return _unpadded(g.srcs[0], dim)
    if g.op == "permute":
        before, inner, after = _unpadded(g.srcs[0], g.attrs[dim])
        return before, ops.permute(inner, g.attrs), after
    if g.op != "pad" or any(
        p[2] if d == dim else any(p) for d, p in enumerate(g.attrs)
    ):
        return 0, g, 0
    before, inner, after = _unpadded(g.srcs[0], dim)
    return before + g.attrs[dim][0], inner, after + g.attrs[dim][1]
