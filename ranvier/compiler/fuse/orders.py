"""In which order of its dimensions state lies in memory.

The user sees the weights of a convolution as (O, C, *K); kernels want (*K, C, O), where
the output channels are side by side. Weights, and the optimiser's arrays that go with
them element by element, are kept in that order for good: nothing is turned over in a
step, and the update is one straight loop. NumPy shows the same arrays in the user's
order through their strides.
"""

from __future__ import annotations

from collections.abc import Mapping

from ranvier import ops
from ranvier.compiler.fuse.simplify import simplify
from ranvier.graph import Graph, Node, hole

Order = tuple[int, ...]


def orders(graph: Graph, state: set[int]) -> dict[int, Order]:
    """For each input among `state` that is better kept in another order: dimension i of
    the memory is dimension ``order[i]`` of the input.
    """
    if not any(n.op == "conv" for n in graph.nodes()):
        return {}
    graph = simplify(graph)
    place = {node: i for i, node in enumerate(graph.inputs)}
    found: dict[int, Order] = {}
    for node in graph.nodes():
        if node.op == "conv" and node.srcs[1].op == "permute":
            weights = node.srcs[1]
            position = place.get(weights.srcs[0])
            if position in state:
                found[position] = weights.attrs
    _spread(graph, place, state, found)
    return found


def _spread(
    graph: Graph, place: dict[Node, int], state: set[int], found: dict[int, Order]
) -> None:
    """Give what is updated together with the weights the same order."""
    outputs = dict(graph.updates)
    pending = list(found)
    while pending:
        i = pending.pop()
        if i not in outputs:
            continue
        shape = graph.inputs[i].shape
        for node in _beside(graph.outputs[outputs[i]]):
            other = place.get(node)
            if other in state and other not in found and node.shape == shape:
                found[other] = found[i]
                pending.append(other)


def _beside(node: Node) -> set[Node]:
    """What `node` is computed from element by element, in its own shape."""
    seen: set[Node] = set()
    stack = [node]
    while stack:
        n = stack.pop()
        if n in seen or n.shape != node.shape:
            continue
        seen.add(n)
        row = ops.TABLE.get(n.op)
        if row is not None and row.kind == "elementwise":
            stack.extend(n.srcs)
    return seen


def reordered(graph: Graph, found: Mapping[int, Order]) -> Graph:
    """The graph that reads and writes these inputs in their new order."""
    if not found:
        return graph
    new: dict[Node, Node] = {}
    inputs = list(graph.inputs)
    for i, order in found.items():
        old = inputs[i]
        inputs[i] = hole(i, tuple(old.shape[d] for d in order), old.dtype, old.rg)
        back = tuple(order.index(d) for d in range(len(order)))
        new[old] = ops.permute(inputs[i], back)
    for node in graph.nodes():
        if node not in new:
            srcs = tuple(new[s] for s in node.srcs)
            same = srcs == node.srcs
            new[node] = (
                node
                if same
                else Node(node.op, srcs, node.attrs, node.shape, node.dtype, node.rg)
            )
    outputs = [new[o] for o in graph.outputs]
    for i, o in graph.updates:
        if i in found:
            outputs[o] = ops.permute(outputs[o], found[i])
    return Graph(inputs, outputs, graph.updates, graph.guards, graph.names)
