"""Scans that keep what their adjoint reads, so that nothing is computed twice."""

from __future__ import annotations

from collections.abc import Sequence

from ranvier import ops
from ranvier.compiler.derive.opened import (
    Flags,
    Pull,
    Step,
    constants_only,
    flags_of,
    step_of,
)
from ranvier.graph import Node, Template, grad_mode, topological
from ranvier.ops.scan import Loop

CHEAP = {"add", "sub", "mul", "neg", "cast", "where", "relu", "sign"}
CHEAP |= {"eq", "ne", "lt", "le", "gt", "ge", "and", "or", "xor"}


def saving(node: Node, srcs: Sequence[Node], pull: Pull) -> Loop:
    """The loop of a scan with the intermediate values that its adjoint reads as further
    results.
    """
    loop: Loop = node.attrs
    flags = flags_of(srcs)
    key = ("saving", loop.carries, loop.inputs, flags)
    if key not in loop.body.made:
        loop.body.made[key] = _with_saved(loop, flags, pull)
    return loop._replace(body=loop.body.made[key])


def _with_saved(loop: Loop, flags: Flags, pull: Pull) -> Template:
    body = loop.body
    before, grad_mode.enabled = grad_mode.enabled, True
    try:
        step = step_of(loop, flags, (True,) * len(body.outputs), pull)
    finally:
        grad_mode.enabled = before
    wanted = _read_by_adjoint(loop, step)
    old = {new: node for node, new in step.opened.new.items()}
    saved = [old[node] for node in wanted]
    if not saved:
        return body
    return Template(f"{body.name} saving", body.inputs, [*body.outputs, *saved])


def _read_by_adjoint(loop: Loop, step: Step) -> list[Node]:
    """Nodes of the body that the adjoint reads and that no stack holds."""
    opened = step.opened
    inside = set(opened.new.values())
    at_hand = {*opened.inputs, *opened.outputs, *constants_only(loop, opened)}
    found: dict[Node, None] = {}
    seen: set[Node] = set()
    stack = [g for g in step.found if g is not None]
    while stack:
        node = stack.pop()
        if node in seen or node in at_hand:
            continue
        seen.add(node)
        view = node.op in ops.TABLE and ops.TABLE[node.op].kind == "view"
        if node in inside and not view and node.op != "scan":
            found[node] = None
        else:
            stack.extend(node.srcs)
    kept: list[Node] = []
    for node in topological(opened.outputs):
        if node in found:
            known = all(s in at_hand or s.op == "const" for s in node.srcs)
            if not (known and node.op in CHEAP):
                kept.append(node)
            at_hand.add(node)
    return kept
