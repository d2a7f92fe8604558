"""Turn nodes that hold data into a graph with holes, and give equal graphs an equal
key.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ranvier.errors import GradientError
from ranvier.graph import Graph, Node, hole


class Lifted:
    """The nodes below some outputs, sources first.

    `key` is equal for two calls exactly when the graphs are alike; `leaves` are the
    nodes whose arrays fill the holes, in the order of the graph's inputs.

    Without `history`, a node that has a value is a leaf even where gradients could flow
    through it, unless the graph asks for gradients.
    """

    __slots__ = ("index", "key", "leaves", "order", "outputs")

    def __init__(self, outputs: Sequence[Node], history: bool = True) -> None:
        if not self._walk(outputs, history):
            self._walk(outputs, True)

    def _walk(self, outputs: Sequence[Node], history: bool) -> bool:
        """Whether the walk is good: nothing was cut short that a gradient needs."""
        cut = False
        index: dict[Node, int] = {}  # -1: opened, its sources come first
        parts: list[Any] = []
        leaves: list[Node] = []
        stack = list(outputs)
        stack.reverse()
        while stack:
            node = stack.pop()
            state = index.get(node)
            srcs = node.srcs
            if state is None:
                past = srcs and node.rg
                if node.op == "input" or (
                    node.value is not None and not (past and history)
                ):
                    cut = cut or bool(past)
                    leaves.append(node)
                    index[node] = len(parts)
                    parts.append((node.shape, node.dtype, node.rg))
                elif srcs:
                    if node.op == "grad":
                        if cut:
                            return False
                        history = True
                    index[node] = -1
                    stack.append(node)
                    stack.extend(srcs)
                else:
                    index[node] = len(parts)
                    parts.append(_sourceless(node))
            elif state < 0:
                del index[node]  # so that the order of the keys is that of the numbers
                index[node] = len(parts)
                at = tuple([index[s] for s in srcs])
                parts.append((node.op, node.attrs, at, node.rg))
        self.index = index
        self.order = list(index)
        self.leaves = leaves
        self.outputs = tuple(outputs)
        self.key = (tuple(parts), tuple([index[o] for o in outputs]))
        return True

    def graph(self) -> Graph:
        """The graph with a hole for every leaf."""
        new: dict[Node, Node] = {}
        inputs: list[Node] = []
        leaves = set(self.leaves)
        for node in self.order:
            if node in leaves:
                new[node] = hole(len(inputs), node.shape, node.dtype, node.rg)
                inputs.append(new[node])
            elif not node.srcs:
                new[node] = node
            else:
                srcs = tuple(new[s] for s in node.srcs)
                new[node] = Node(
                    node.op, srcs, node.attrs, node.shape, node.dtype, node.rg
                )
        return Graph(inputs, [new[o] for o in self.outputs])


def _sourceless(node: Node) -> Any:
    """Constants are shared nodes, so the node itself is the key."""
    if node.op == "const":
        return node
    if node.op == "absent":
        raise GradientError(node.attrs)
    return (node.op, node.attrs, node.shape, node.dtype, node.rg)
