"""The body of a scan written out again, and the adjoint of one step of it, as nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from ranvier import ops
from ranvier.graph import Node, Template, hole, topological
from ranvier.ops.scan import Loop

Pull = Callable[[Sequence[Node], Sequence[Node], Sequence[Node]], list[Node | None]]
Flags = tuple[bool, ...]


class Open(NamedTuple):
    """A body written out again: old node → new node."""

    inputs: list[Node]
    outputs: list[Node]
    new: dict[Node, Node]


def written_out(loop: Loop, flags: Flags) -> Open:
    """The body on new holes; `flags` says which sources require a gradient."""
    while True:
        opened = _once(loop.body, flags)
        grown = tuple(
            f or (i < loop.carries and opened.outputs[i].rg)
            for i, f in enumerate(flags)
        )
        if grown == flags:
            return opened
        flags = grown


def _once(body: Template, flags: Flags) -> Open:
    inputs = [
        hole(i, h.shape, h.dtype, f and h.dtype.is_float)
        for i, (h, f) in enumerate(zip(body.inputs, flags, strict=True))
    ]
    new = dict(zip(body.inputs, inputs, strict=True))
    for node in topological(body.outputs):
        if node not in new:
            srcs = tuple(new[s] for s in node.srcs)
            rg = node.rg and any(s.rg for s in srcs)
            new[node] = Node(node.op, srcs, node.attrs, node.shape, node.dtype, rg)
    return Open(inputs, [new[o] for o in body.outputs], new)


def flags_of(srcs: Iterable[Node]) -> Flags:
    return tuple(s.rg for s in srcs)


class Step(NamedTuple):
    """One step and its cotangents, as nodes.

    carried: cotangents that come in for the carries (None: no gradient flows);
    more: cotangents of the carries' stacks; results: cotangents of the other outputs;
    found: cotangents of the inputs.
    """

    opened: Open
    carried: list[Node | None]
    more: list[Node | None]
    results: list[Node | None]
    found: list[Node | None]


def step_of(loop: Loop, flags: Flags, given: Flags, pull: Pull) -> Step:
    opened = written_out(loop, flags)
    n = loop.carries
    outputs = opened.outputs
    carried = [like(h) if h.rg else None for h in opened.inputs[:n]]
    extra = [
        like(o) if g and o.rg else None for o, g in zip(outputs, given, strict=True)
    ]
    seeds: list[tuple[Node, Node]] = []
    for out, first, second in zip(outputs, [*carried, *extra[n:]], extra, strict=True):
        both = [g for g in dict.fromkeys((first, second)) if g is not None]
        if out.rg and both:
            seeds.append((out, both[0] if len(both) == 1 else ops.add(*both)))
    wrt = [h for h in opened.inputs if h.rg]
    pulled = iter(pull([o for o, _ in seeds], [g for _, g in seeds], wrt))
    found = [next(pulled) if h.rg else None for h in opened.inputs]
    return Step(opened, carried, extra[:n], extra[n:], found)


def like(node: Node) -> Node:
    return hole(0, node.shape, node.dtype, True)


def constants_only(loop: Loop, opened: Open) -> set[Node]:
    """Nodes of the body that are the same in every step."""
    moving = set(opened.inputs[: loop.carries + loop.inputs])
    still: set[Node] = set()
    for node in topological(opened.outputs):
        if node not in moving and all(s in still for s in node.srcs):
            still.add(node)
    return still
