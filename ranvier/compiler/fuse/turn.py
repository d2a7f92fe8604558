"""Narrow layers with the batch in the lanes.

A result of 100 rows and 10 columns fills 1.25 vectors of 8 a row, but its transpose
fills 12.5 vectors for each of 10 features: fewer vectors for the same numbers, sums
over the features without adding up lanes, and no copy of a factor in the products that
follow. So a product with few columns is made as (B Aᵀ)ᵀ, and with it what is computed
from it place by place or row by row; everybody else reads the result through a
transposing view.
"""

from __future__ import annotations

import math
from typing import Any

from ranvier import ops
from ranvier.compiler.fuse.target import Target
from ranvier.graph import Graph, Node, Shape, topological

WIDEST = 2  # vectors; wider rows lose little
FOLLOW = {"elementwise", "reduce"}  # computed in the orientation of their sources
GAIN = 1.02  # so many times the vectors of the batch-wise form, or it is not worth it


def turn(graph: Graph, target: Target) -> tuple[Graph, list[str]]:
    """The graph with narrow layers computed feature by feature, and what was decided
    about each product.
    """
    turning = Turning(target)
    nodes = topological(graph.outputs)
    turning.look(nodes, {graph.outputs[position] for _, position in graph.updates})
    for node in nodes:
        turning.decide(node)
    if not turning.turned:
        return graph, turning.notes
    turning.gather(nodes)
    rewritten = {node: turning.plain(node) for node in nodes}
    outputs = [rewritten[o] for o in graph.outputs]
    names = {rewritten.get(n, n): name for n, name in graph.names.items()}
    made = Graph(graph.inputs, outputs, graph.updates, graph.guards, names)
    return made, turning.notes


class Turning:
    """Which nodes are computed transposed, and the new form of every node."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.turned: set[Node] = set()
        self.notes: list[str] = []
        self.users: dict[Node, list[Node]] = {}
        self.kept: set[Node] = set()
        self._plain: dict[Node, Node] = {}
        self._across: dict[Node, Node] = {}

    # ---- the decision ----------------------------------------------------------------

    def look(self, nodes: list[Node], updates: set[Node]) -> None:
        """Who uses what, and what becomes a parameter's new value place by place: its
        order in memory is given.
        """
        for node in nodes:
            for src in node.srcs:
                self.users.setdefault(src, []).append(node)
        for node in reversed(nodes):
            after = self.users.get(node, [])
            if node in updates or any(
                u in self.kept and u.shape == node.shape and _kind(u) == "elementwise"
                for u in after
            ):
                self.kept.add(node)

    def decide(self, node: Node) -> None:
        if len(node.shape) != 2:
            return
        if _kind(node) == "matmul":
            if self._pays(node):
                self.turned.add(node)
        elif _kind(node) in FOLLOW and any(s in self.turned for s in node.srcs):
            self.turned.add(node)

    def gather(self, nodes: list[Node]) -> None:
        """Take in what only turned nodes use, such as the comparison of the labels with
        the class numbers.
        """
        for node in reversed(nodes):
            follows = _kind(node) in FOLLOW and len(node.shape) == 2
            users = self.users.get(node, [])
            if follows and users and all(user in self.turned for user in users):
                self.turned.add(node)

    def _pays(self, node: Node) -> bool:
        (m, n), lanes = node.shape, self.target.lanes
        if node.dtype.itemsize == 8:
            lanes = max(2, lanes // 2)
        if not 1 < n <= WIDEST * lanes or m < 2 * lanes or node in self.kept:
            return False
        rowwise, batchwise = m * -(-n // lanes), n * -(-m // lanes)
        pays = rowwise > GAIN * batchwise
        way = "batch in the lanes" if pays else "rows as they are"
        self.notes.append(
            f"product ({m}, {n}): {way}; vectors of results: {rowwise} row by row, "
            f"{batchwise} with the batch in the lanes"
        )
        return pays

    # ---- the new nodes ---------------------------------------------------------------

    def plain(self, node: Node) -> Node:
        """A node with the values of `node`, in its own orientation."""
        if node not in self._plain:
            self._plain[node] = self._made_plain(node)
        return self._plain[node]

    def _made_plain(self, node: Node) -> Node:
        if node in self.turned:
            return _transposed(self.across(node))
        srcs = tuple(self.plain(s) for s in node.srcs)
        if srcs == node.srcs:
            return node
        return _node(node.op, srcs, node.attrs, node.shape, node)

    def across(self, node: Node) -> Node:
        """A node with the transposed values; what lies along the features only is
        given a dimension.
        """
        if node not in self._across:
            self._across[node] = self._made_across(node)
        return self._across[node]

    def _made_across(self, node: Node) -> Node:
        if len(node.shape) < 2:
            node = self.plain(node)
            if not node.shape:
                return node
            shape = (math.prod(node.shape), 1)
            return _node("reshape", (node,), shape, shape, node)
        if node.op == "permute":
            return self.plain(node.srcs[0])
        if node not in self.turned:
            return _transposed(self.plain(node))
        if _kind(node) == "matmul":
            a, b = node.srcs
            srcs: tuple[Node, ...] = (self.across(b), self.across(a))
            return _node("matmul", srcs, None, node.shape[::-1], node)
        if _kind(node) == "reduce":
            over = tuple(sorted(1 - d for d in node.attrs))
            return _node(
                node.op, (self.across(node.srcs[0]),), over, node.shape[::-1], node
            )
        srcs = tuple(self.across(s) for s in node.srcs)
        return _node(node.op, srcs, node.attrs, node.shape[::-1], node)


def _kind(node: Node) -> str:
    return ops.TABLE[node.op].kind if node.op in ops.TABLE else node.op


def _node(
    op: str, srcs: tuple[Node, ...], attrs: Any, shape: Shape, like: Node
) -> Node:
    return Node(op, srcs, attrs, shape, like.dtype, False)


def _transposed(x: Node) -> Node:
    return _node("permute", (x,), (1, 0), x.shape[::-1], x)
