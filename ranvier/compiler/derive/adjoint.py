"""The adjoint of a scan's body as the body of the reverse scan."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ranvier import ops
from ranvier.compiler.derive.opened import Flags, Pull, Step, like, step_of
from ranvier.compiler.derive.sums import Stacks, Sums
from ranvier.graph import Node, Template, grad_mode, topological
from ranvier.ops.scan import Loop


class Adjoint(NamedTuple):
    """The body of the reverse scan, and what goes into it and comes out.

    carried: carries of the scan that have a cotangent; totals: what is added up from
    step to step; rows: what lies in the inputs (nodes of `step`); constants: which
    sources go in; written: nodes of `step` whose stacks come out; sums: how the
    cotangent of a constant is put together.
    """

    step: Step
    body: Template
    carried: list[int]
    totals: list[Node]
    rows: list[Node]
    constants: list[int]
    written: list[Node]
    sums: dict[int, Callable[[Stacks], Node]]


def adjoint_of(loop: Loop, flags: Flags, given: Flags, pull: Pull) -> Adjoint:
    """The adjoint of a loop; made once for each of these questions."""
    key = ("adjoint", loop.carries, loop.inputs, flags, given)
    made = loop.body.made
    if key not in made:
        before, grad_mode.enabled = grad_mode.enabled, True
        try:
            made[key] = _make_adjoint(loop, step_of(loop, flags, given, pull))
        finally:
            grad_mode.enabled = before
    found: Adjoint = made[key]
    return found


def _make_adjoint(loop: Loop, step: Step) -> Adjoint:
    n, end = loop.carries, loop.carries + loop.inputs
    opened, found = step.opened, step.found
    carried = [i for i in range(n) if step.carried[i] is not None]
    rows = [g for g in found[n:end] if g is not None]
    sums = Sums(loop, step, rows)
    recipes = {
        i: sums.over(g) for i, g in enumerate(found) if i >= end and g is not None
    }
    outside = {*opened.inputs[:end], *opened.outputs, *step.carried, *step.more}
    outside |= set(step.results)
    stacked = dict.fromkeys([*rows, *sums.stacked])
    written = [g for g in stacked if g not in outside]
    following = [found[i] or zeros(opened.inputs[i]) for i in carried]
    holes = [like(t) for t in sums.totals]
    more = [ops.add(h, t) for h, t in zip(holes, sums.totals, strict=True)]
    return _closed(
        loop,
        Adjoint(
            step,
            loop.body,
            carried,
            sums.totals,
            [],
            [],
            written,
            recipes,
        ),
        [*(c for c in step.carried if c is not None), *holes],
        [*following, *more, *written],
    )


def zeros(node: Node) -> Node:
    return ops.expand(ops.like(node, 0.0), node.shape)


def _closed(
    loop: Loop, adjoint: Adjoint, carries: list[Node], outputs: list[Node]
) -> Adjoint:
    """The template: whatever the outputs read of the step itself becomes an input."""
    step = adjoint.step
    opened = step.opened
    end = loop.carries + loop.inputs
    stacks = [n for n in (*opened.inputs[:end], *opened.outputs) if n.op != "const"]
    known = {n: like(n) for n in stacks if n not in opened.inputs[end:]}
    fixed = {n: like(n) for n in opened.inputs[end:]}
    own = [g for g in (*step.more, *step.results) if g is not None]
    new: dict[Node, Node] = {**known, **fixed, **{g: g for g in (*own, *carries)}}
    used: set[Node] = set()
    for node in topological(outputs, lambda n: n in new):
        if node in new:
            used.add(node)
            continue
        srcs = tuple(new[s] for s in node.srcs)
        new[node] = (
            node
            if srcs == node.srcs
            else Node(node.op, srcs, node.attrs, node.shape, node.dtype, node.rg)
        )
    rows = [n for n in known if n in used] + own
    constants = [end + i for i, n in enumerate(fixed) if n in used]
    inputs = [*carries, *(new[r] for r in rows)]
    inputs += [new[opened.inputs[i]] for i in constants]
    for i, node in enumerate(inputs):
        node.attrs = i
    name = f"adjoint of {loop.body.name}"
    body = Template(name, inputs, [new[o] for o in outputs])
    return adjoint._replace(body=body, rows=rows, constants=constants)
