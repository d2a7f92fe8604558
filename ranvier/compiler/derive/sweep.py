"""One reverse sweep over a graph of primitives."""

from __future__ import annotations

from collections.abc import Sequence

from ranvier import ops
from ranvier.compiler.derive.scan import scan_gradient
from ranvier.graph import Node, topological


def sweep(
    y: Node, seed: Node, wrt: Sequence[Node], ends: Sequence[Node] = ()
) -> list[Node]:
    """Cotangents of `wrt`; zeros for what `y` does not depend on."""
    found = pull([y], [seed], wrt, ends)
    return [
        g or ops.expand(ops.like(w, 0.0), w.shape)
        for g, w in zip(found, wrt, strict=True)
    ]


def pull(
    ys: Sequence[Node],
    seeds: Sequence[Node],
    wrt: Sequence[Node],
    ends: Sequence[Node] = (),
) -> list[Node | None]:
    """Cotangents of `wrt`, given those of `ys`: visit every node between them once,
    users before sources. Nothing flows on through `ends`.

    Each primitive's rule turns the cotangent of its result into those of its sources;
    what meets at one node is added. The rules are made of primitives, so the result can
    be swept again.
    """
    order = topological(ys, lambda n: not n.rg)
    wanted, ended = set(wrt), set(ends)
    leads: set[Node] = set()
    for node in order:
        if node in wanted or (node.rg and any(s in leads for s in node.srcs)):
            leads.add(node)
    cotangents: dict[Node, Node] = {}
    results: dict[Node, dict[int, Node]] = {}  # of scans, by number

    def meet(node: Node, part: Node) -> None:
        old = cotangents.get(node)
        cotangents[node] = part if old is None else ops.add(old, part)

    for y, seed in zip(ys, seeds, strict=True):
        if y in leads:
            meet(y, seed)
    for node in reversed(order):
        if node not in leads or node in ended:
            continue
        if not any(s in leads for s in node.srcs):
            continue
        parts: Sequence[Node | None]
        if node.op == "scan":
            parts = scan_gradient(node, results.get(node, {}), pull)
        elif (g := cotangents.get(node)) is None:
            continue
        elif node.op == "item":
            known = results.setdefault(node.srcs[0], {})
            old = known.get(node.attrs)
            known[node.attrs] = g if old is None else ops.add(old, g)
            continue
        else:
            parts = ops.TABLE[node.op].grad(g, node, *node.srcs, attrs=node.attrs)
        for src, part in zip(node.srcs, parts, strict=True):
            if part is not None and src in leads:
                meet(src, ops.sum_to(part, src.shape))
    return [cotangents.get(w) for w in wrt]
