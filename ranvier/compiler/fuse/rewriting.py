"""Making a graph again, node by node, by rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ranvier import ops
from ranvier.graph import Node, Shape, topological


class Rewriting:
    """Old node → new node, and every new node by what it is."""

    def __init__(self, rules: Mapping[str, Sequence[Rule]]) -> None:
        self.rules = rules  # those that have something to say, by primitive
        self.new: dict[Node, Node] = {}
        self.known: dict[Any, Node] = {}
        self.simple: set[Node] = set()  # what `make` gave

    def visit(self, node: Node) -> None:
        if node in self.new:
            return
        srcs = tuple(self.new[s] for s in node.srcs)
        self.new[node] = self.make(node.op, srcs, node.attrs, node.shape, node.dtype)

    def make(
        self, op: str, srcs: tuple[Node, ...], attrs: Any, shape: Shape, dtype: Any
    ) -> Node:
        """The simplest node with this meaning."""
        if op == "const":
            return ops.const(attrs, dtype)
        node = Node(op, srcs, attrs, shape, dtype, False)
        for rule in self.rules.get(op, ()):
            better = rule(self, node)
            if better is not None:
                return better
        key = (op, srcs, attrs, shape, dtype)
        simple = self.known.setdefault(key, node)
        self.simple.add(simple)
        return simple

    def rebuilt(self, made: Node) -> Node:
        """`made`, whose sources are simple already, simplified."""
        for node in topological([made], lambda m: m in self.simple):
            if node in self.simple:
                self.new[node] = node
            self.visit(node)
        return self.new[made]


Rule = Callable[[Rewriting, Node], Node | None]
