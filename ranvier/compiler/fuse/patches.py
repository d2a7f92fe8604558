"""Which 3x3 convolutions are computed by patches (see `winograd`): those for which
counting cycles says that it pays.
"""

from __future__ import annotations

from types import ModuleType

from ranvier.compiler.fuse import winograd, winograd_weight
from ranvier.compiler.fuse.target import Target
from ranvier.graph import Graph, Node

GAIN = 1.0  # so many times faster, or it is not worth it
METHODS = {"conv": winograd, "conv_weight": winograd_weight}
CALLED = {"conv": "convolution", "conv_weight": "gradient of the kernel"}


def by_patches(graph: Graph, target: Target) -> tuple[Graph, list[str]]:
    """The graph with the convolutions for which it pays computed by patches, and what
    was decided about each for which it is possible.
    """
    new: dict[Node, Node] = {node: node for node in graph.inputs}
    notes: list[str] = []
    for node in graph.nodes():
        if node not in new:
            made = _again(node, new)
            method = METHODS.get(made.op)
            if method is not None and method.possible(made, target):
                made = _chosen(made, method, target, notes)
            new[node] = made
    outputs = [new[o] for o in graph.outputs]
    names = {new[n]: name for n, name in graph.names.items() if n in new}
    made_graph = Graph(graph.inputs, outputs, graph.updates, graph.guards, names)
    return made_graph, notes


def _again(node: Node, new: dict[Node, Node]) -> Node:
    srcs = tuple(new[s] for s in node.srcs)
    if srcs == node.srcs:
        return node
    return Node(node.op, srcs, node.attrs, node.shape, node.dtype, False)


def _chosen(node: Node, method: ModuleType, target: Target, notes: list[str]) -> Node:
    direct, patches = (
        method.direct_cycles(node, target),
        method.patch_cycles(node, target),
    )
    pays = direct > GAIN * patches
    way = "Winograd F(2x2, 3x3)" if pays else "direct"
    if pays and target.strict:
        way = "direct, because strict accuracy is on"
    notes.append(
        f"{CALLED[node.op]} {node.shape} of {node.srcs[0].shape[-1]} channels: {way}; "
        f"cycles: direct {direct:.0f}, Winograd {patches:.0f}"
    )
    if not pays or target.strict:
        return node
    made: Node = method.by_patches(node, target)
    return made
