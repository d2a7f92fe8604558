"""Views: tensors that are places of another one, as in PyTorch.

A view remembers the movements that lead to it from the tensor on whose memory it would
lie, its root. When the root gets a new value, its views are made again from that; what
is written to a view is put into the root, at the places that the movements choose.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Sequence
from typing import Any, NamedTuple

from ranvier import ops
from ranvier.graph import Node, Shape, grad_mode
from ranvier.tensors.assignment import put
from ranvier.tensors.indexing import read

_WRITTEN_ONCE = frozenset(("alias", "detach", "index", "reshape", "permute"))


class Step(NamedTuple):
    """One movement: a node without its source, or an index."""

    op: str
    attrs: Any
    shape: Shape


_step = tuple.__new__  # a third of what Step(…) costs, at every view
Path = tuple[Step, ...]
DETACHED = Step("detach", None, ())


def steps(node: Node, start: Node) -> Path | None:
    """The movements from `start` to `node`; None where they are no chain."""
    if node.srcs == (start,):
        return (_step(Step, (node.op, node.attrs, node.shape)),)
    found: list[Step] = []
    while node is not start:
        if len(node.srcs) != 1:
            return None
        found.append(Step(node.op, node.attrs, node.shape))
        node = node.srcs[0]
    return tuple(reversed(found))


def along(node: Node, path: Path) -> Node:
    """The view of `node` to which `path` leads."""
    for op, attrs, shape in path:
        rg = node.rg and grad_mode.enabled and op != "detach"
        if op == "index":
            node = read(node, attrs)[0]
        else:
            shape = node.shape if op == "detach" else shape
            node = Node(op, (node,), attrs, shape, node.dtype, rg)
    return node


def writable(path: Path) -> bool:
    """Whether every place of the root is in the view at most once."""
    return all(step.op in _WRITTEN_ONCE for step in path)


def written(root: Node, path: Path, value: Node) -> Node:
    """`root` with `value` at the places to which `path` leads."""
    places = ops.reshape(ops.iota(math.prod(root.shape)), root.shape)
    return put(root, along(places, path), value, once=True)


def alive(views: Sequence[weakref.ref[Any]] | None) -> list[Any]:
    """The views that somebody still holds."""
    return [view for ref in views or () if (view := ref()) is not None]
