"""Fill in what the user's code left open: gradients and templates."""

from __future__ import annotations

from collections.abc import Sequence

from ranvier.compiler.derive.saving import saving
from ranvier.compiler.derive.sweep import pull, sweep
from ranvier.errors import GradientError
from ranvier.graph import Graph, Node, grad_mode, topological


def derive(graph: Graph) -> Graph:
    """The same graph with primitives only."""
    outputs = plain(Expansion().expand(graph.outputs))
    return Graph(graph.inputs, outputs, graph.updates, graph.guards, graph.names)


def plain(outputs: Sequence[Node]) -> list[Node]:
    """Values with a gradient of their own as the values alone; a stand-in that is left
    then was looked at too early.
    """
    order = topological(outputs)
    if not any(node.op in ("custom", "stand_in") for node in order):
        return list(outputs)
    new: dict[Node, Node] = {}
    for node in order:
        srcs = tuple(new[s] for s in node.srcs)
        if node.op == "custom":
            new[node] = _boundary(srcs[0], node.rg)
        elif srcs == node.srcs:
            new[node] = node
        else:
            new[node] = Node(node.op, srcs, node.attrs, node.shape, node.dtype, node.rg)
    left = [new[o] for o in outputs]
    if any(node.op == "stand_in" for node in topological(left)):
        raise GradientError(EARLY)
    return left


EARLY = (
    "the gradient in a Function's backward() has no value yet: it is written down "
    "before it is known, as a formula. Write backward() with tensor operations only; "
    "to look at a gradient, use x.register_hook(print)."
)


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
            ends = wrt[len(wrt) - (node.attrs or 0) :]
            self.results[node] = _with_mode(node.rg, lambda: sweep(y, seed, wrt, ends))
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
