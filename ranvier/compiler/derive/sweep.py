"""One reverse sweep over a graph of primitives."""

from __future__ import annotations

from collections.abc import Sequence

from ranvier import ops
from ranvier.graph import Node, topological


def sweep(y: Node, seed: Node, wrt: Sequence[Node]) -> list[Node]:
    """Cotangents of `wrt`: visit every node between them and `y` once, users before
    sources.

    Each primitive's rule turns the cotangent of its result into those of its sources;
    what meets at one node is added. The rules are made of primitives, so the result can
    be swept again.
    """
    order = topological([y], lambda n: not n.rg)
    wanted = set(wrt)
    leads: set[Node] = set()
    for node in order:
        if node in wanted or (node.rg and any(s in leads for s in node.srcs)):
            leads.add(node)
    cotangents: dict[Node, Node] = {y: seed}
    for node in reversed(order):
        g = cotangents.get(node)
        if g is None or node not in leads or not any(s in leads for s in node.srcs):
            continue
        parts = ops.TABLE[node.op].grad(g, node, *node.srcs, attrs=node.attrs)
        for src, part in zip(node.srcs, parts, strict=True):
            if part is not None and src in leads:
                part = ops.sum_to(part, src.shape)
                old = cotangents.get(src)
                cotangents[src] = part if old is None else ops.add(old, part)
    return [cotangents.get(w) or ops.expand(ops.like(w, 0.0), w.shape) for w in wrt]
