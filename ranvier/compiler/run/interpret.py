"""The oracle: NumPy walks the graph, one primitive after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from ranvier import ops
from ranvier.graph import Array, Graph, Node, topological

_WIDE = {np.dtype("float32"): np.dtype("float64")}


def interpret(graph: Graph, inputs: Sequence[Array], wide: bool = False) -> list[Array]:
    """Values of the outputs. With `wide`, float32 is computed as float64: the
    reference.

    A value is dropped after its last use. Every result owns its memory.
    """
    nodes = graph.nodes()
    uses = Counter(s for node in nodes for s in node.srcs)
    uses.update(graph.outputs)
    values: dict[Node, Any] = {}
    for node, array in zip(graph.inputs, inputs, strict=True):
        values[node] = array.astype(_type(node, wide), copy=False)
    # As native code: infinities and NaN, no warnings.
    with np.errstate(all="ignore"):
        for node in nodes:
            if node not in values:
                values[node] = evaluate(node, [values[s] for s in node.srcs], wide)
            for src in node.srcs:
                uses[src] -= 1
                if not uses[src] and src.op != "input":
                    del values[src]
    return [_owned(values[o], _type(o, wide)) for o in graph.outputs]


def evaluate(node: Node, sources: Sequence[Any], wide: bool = False) -> Any:
    """One primitive on arrays."""
    dtype = _type(node, wide)
    if node.op == "const":
        return np.asarray(node.attrs, dtype)
    if node.op == "leaf":
        assert node.value is not None
        return node.value.astype(dtype, copy=False)
    if node.op == "cast":
        with np.errstate(all="ignore"):
            return sources[0].astype(dtype)
    if node.op == "scan":
        return _scan(node, sources, wide)
    if node.op == "item":
        return sources[0][node.attrs]
    return np.asarray(ops.TABLE[node.op].numpy(node.attrs, *sources), dtype)


def _scan(node: Node, sources: Sequence[Any], wide: bool) -> list[Any]:
    """The stacks of a loop's results: its body is walked once a step."""
    loop = node.attrs
    body, n = loop.body, loop.carries
    inside = [x for x in topological(body.outputs) if x not in body.inputs]
    stacks = [
        np.empty(loop.shape(i), _type(out, wide)) for i, out in enumerate(body.outputs)
    ]
    for stack, first in zip(stacks[:n], sources[:n], strict=True):
        stack[loop.first] = first
    rows, constants = sources[n : n + loop.inputs], sources[n + loop.inputs :]
    for t in loop.order():
        given = [s[loop.before(t)] for s in stacks[:n]]
        given += [np.asarray(r[t]) for r in rows] + list(constants)
        values = dict(zip(body.inputs, given, strict=True))
        for x in inside:
            values[x] = evaluate(x, [values[s] for s in x.srcs], wide)
        for i, (stack, out) in enumerate(zip(stacks, body.outputs, strict=True)):
            stack[loop.after(t) if i < n else t] = values[out]
    return stacks


def _type(node: Node, wide: bool) -> np.dtype[Any]:
    return _WIDE.get(node.dtype.np, node.dtype.np) if wide else node.dtype.np


def _owned(value: Any, dtype: np.dtype[Any]) -> Array:
    return np.array(value, dtype=dtype, order="C", copy=True)
