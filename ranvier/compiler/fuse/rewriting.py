"""Making a graph again, node by node, by rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ranvier import ops
from ranvier.graph import Node, Shape


class Rewriting:
    """Old node → new node, and every new node by what it is."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = rules
        self.new: dict[Node, Node] = {}
        self.known: dict[Any, Node] = {}

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
        for rule in self.rules:
            better = rule(self, node)
            if better is not None:
                return better
        key = (op, srcs, attrs, shape, dtype)
        return self.known.setdefault(key, node)


Rule = Callable[[Rewriting, Node], Node | None]
