"""Fill in what the user's code left open: gradients and templates."""

from __future__ import annotations

from collections.abc import Sequence

from ranvier.compiler.derive.saving import saving
from ranvier.compiler.derive.sweep import pull, sweep
from ranvier.graph import Graph, Node, grad_mode, topological


def derive(graph: Graph) -> Graph:
    """The same graph with primitives only."""
    outputs = Expansion().expand(graph.outputs)
    return Graph(graph.inputs, outputs, graph.updates, graph.guards, graph.names)


class Expansion:
    """Old node → new node, and the results of each grad and call."""

    def __init__(self) -> None:
        self.new: dict[Node, Node] = {}
        self.results: dict[Node, list[Node]] = {}

    def expand(self, outputs: Sequence[Node]) -> list[Node]:
        for node in topological(outputs):
            self.new[node] = self._one(node)
        return [self.new[o] for o in outputs]

    def _one(self, node: Node) -> Node:
        srcs = tuple(self.new[s] for s in node.srcs)
        if node.op == "grad":
            y, seed, *wrt = srcs
            self.results[node] = _with_mode(node.rg, lambda: sweep(y, seed, wrt))
            return node
        if node.op == "call":
            self.results[node] = inline(node.attrs, srcs)
            return node
        if node.op == "scan" and node.rg:
            loop = saving(node, srcs, pull)
            return Node(node.op, srcs, loop, node.shape, node.dtype, node.rg)
        if node.op == "item" and node.srcs[0] in self.results:
            result = self.results[node.srcs[0]][node.attrs]
            return result if result.rg == node.rg else _boundary(result, node.rg)
        if srcs == node.srcs:
            return node
        return Node(node.op, srcs, node.attrs, node.shape, node.dtype, node.rg)


def _boundary(node: Node, rg: bool) -> Node:
    """The same value with another answer to "does a gradient flow through here?"."""
    return Node("alias", (node,), None, node.shape, node.dtype, rg)


def _with_mode(enabled: bool, make):  # type: ignore[no-untyped-def]
    before = grad_mode.enabled
    grad_mode.enabled = enabled
    try:
        return make()
    finally:
        grad_mode.enabled = before


def inline(template, arguments: Sequence[Node]) -> list[Node]:  # type: ignore[no-untyped-def]
    """The outputs of a template with its holes filled."""
    new: dict[Node, Node] = dict(zip(template.inputs, arguments, strict=True))
    for node in topological(template.outputs):
        if node not in new:
            srcs = tuple(new[s] for s in node.srcs)
            same = srcs == node.srcs
            new[node] = (
                node
                if same
                else Node(node.op, srcs, node.attrs, node.shape, node.dtype, False)
            )
    return [new[o] for o in template.outputs]
