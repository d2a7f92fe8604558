"""What graphs say, as text: equal in every process for graphs that mean the same.

Nodes are numbered in topological order, so no identity and no hash of an object gets
into the text; bodies of loops and templates are written by content.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ranvier.dtypes import DType
from ranvier.graph import Graph, Node, Template, topological

PLAIN = frozenset({int, float, bool, str, type(None)})


class UnknownAttribute(Exception):
    """An attribute that has no text; the graph has no fingerprint."""


def fingerprint(graphs: Iterable[Graph]) -> str:
    """Equal exactly for equal graphs; `UnknownAttribute` where that cannot be said."""
    text = Text()
    facts = [text.graph(graph) for graph in graphs]
    return repr((text.rows, facts))


class Text:
    """One row a node and a template, each told apart by its number."""

    def __init__(self) -> None:
        self.rows: list[Any] = []
        self.number: dict[Node, int] = {}
        self.templates: dict[Template, int] = {}

    def graph(self, graph: Graph) -> Any:
        inputs, outputs = self._all(graph.inputs), self._all(graph.outputs)
        names = [(self.number[n], name) for n, name in graph.names.items()]
        return inputs, outputs, graph.updates, graph.guards, names

    def _all(self, nodes: Sequence[Node]) -> list[int]:
        """The numbers of `nodes`; what is below them gets rows first."""
        number = self.number
        for node in topological(nodes, number.__contains__):
            if node not in number:
                self._row(node)
        return [number[node] for node in nodes]

    def _row(self, node: Node) -> None:
        if node.op == "leaf":
            raise UnknownAttribute("an array inside a graph")
        number, attrs = self.number, node.attrs
        row = (
            node.op,
            attrs if type(attrs) in PLAIN else self._attribute(attrs),
            [number[s] for s in node.srcs],
            node.shape,
            node.dtype.name,
            node.rg,
        )
        number[node] = len(self.rows)
        self.rows.append(row)

    def _attribute(self, value: Any) -> Any:
        kind = type(value)
        if kind in PLAIN:
            return value
        if kind is tuple or kind is list:
            parts = [v if type(v) in PLAIN else self._attribute(v) for v in value]
            return tuple(parts) if kind is tuple else parts
        if kind is DType:
            return "dtype", value.name
        if kind is Template:
            return "template", self._template(value)
        if isinstance(value, tuple):  # a row with names, such as a Window or a Loop
            return kind.__name__, [self._attribute(part) for part in value]
        if isinstance(value, np.generic):
            return "number", value.dtype.str, value.tobytes()
        raise UnknownAttribute(kind.__name__)

    def _template(self, template: Template) -> int:
        if template not in self.templates:
            inputs = self._all(template.inputs)
            row = "template", template.name, inputs, self._all(template.outputs)
            self.templates[template] = len(self.rows)
            self.rows.append(row)
        return self.templates[template]
