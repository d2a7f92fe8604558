"""A value whose gradient somebody wrote down by hand (`rv.autograd.Function`).

    custom(value, x_1 … x_n, g, y, dx_1 … dx_n)

`value` was computed from the x without a gradient; dx_i says, in terms of the
stand-ins `g` (the cotangent of the value) and `y` (the value), what the cotangent of
x_i is. All that is not an x is behind an edge that gradients do not cross. The derive
stage puts the true cotangent in the place of `g`, and leaves `value` alone of the rest.
"""

from __future__ import annotations

from collections.abc import Sequence

from ranvier.graph import Node, grad_mode, topological
from ranvier.ops.elementwise import detach
from ranvier.ops.primitive import node, row


def stand_in(like: Node) -> Node:
    """What stands for a value that is not known before the gradient is derived."""
    return Node("stand_in", (), None, like.shape, like.dtype, True)


def custom(
    value: Node, xs: Sequence[Node], g: Node, y: Node, dxs: Sequence[Node]
) -> Node:
    """`value` with the cotangents `dxs` for `xs`."""
    behind = [_edge(n) for n in (g, y, *dxs)]
    srcs = (detach(value), *xs, *behind)
    return node("custom", srcs, len(xs), value.shape, value.dtype)


def _edge(inner: Node) -> Node:
    return Node("alias", (inner,), None, inner.shape, inner.dtype, False)


def _grad(g: Node, y: Node, *srcs: Node, attrs: int) -> tuple[Node | None, ...]:
    xs = srcs[1 : 1 + attrs]
    open_g, open_y, *dxs = [edge.srcs[0] for edge in srcs[1 + attrs :]]
    found = replaced(dxs, {open_g: g, open_y: y}, {*xs, srcs[0]})
    return (None, *found, *([None] * (2 + attrs)))


def replaced(
    outputs: Sequence[Node], new: dict[Node, Node], known: set[Node]
) -> list[Node]:
    """`outputs` with other nodes in the places of some; nothing below `known` is
    looked at.
    """
    new = dict(new)
    for n in topological(outputs, lambda n: n in known or n in new):
        if n in new:
            continue
        srcs = tuple(new[s] for s in n.srcs) if n not in known else n.srcs
        if srcs == n.srcs:
            new[n] = n
            continue
        rg = grad_mode.enabled and n.rg and any(s.rg for s in srcs)
        new[n] = Node(n.op, srcs, n.attrs, n.shape, n.dtype, rg)
    return [new[o] for o in outputs]


row("custom", "composite", lambda attrs, value, *rest: value, _grad, "copy")
