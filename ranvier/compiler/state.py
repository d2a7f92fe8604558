"""State of a program: tensors whose arrays it reads and writes in place."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

import numpy as np

from ranvier.graph import Array, Node, leaf
from ranvier.tensor import Tensor

HELD = (
    3  # references to a node that only its tensor holds, as `getrefcount` counts them
)


class State:
    """Tensors whose arrays a program reads and writes in place."""

    def __init__(self, tensors: Sequence[Tensor], written: set[int]) -> None:
        self.tensors = list(tensors)
        self.written = written
        self.facts = [(t.shape, t.dtype, t._node.rg) for t in tensors]
        self.nodes: list[Node | None] = [None] * len(tensors)

    def valid(self) -> bool:
        """Whether the tensors still look as they did at capture."""
        return all(
            n is t._node or f == (t.shape, t.dtype, t._node.rg)
            for t, n, f in zip(self.tensors, self.nodes, self.facts, strict=True)
        )

    def bind(self, bind: Callable[[int, Array], None], first: int) -> None:
        """Hand the arrays to the program; one that somebody else holds too is copied
        first.
        """
        for i, tensor in enumerate(self.tensors):
            node = tensor._node
            if node is self.nodes[i] and (i not in self.written or not _shared(node)):
                continue
            array = tensor._value()
            if i in self.written and (_shared(tensor._node) or not _writable(array)):
                array = np.array(array, order="C")
                tensor._bind(leaf(array, node.rg))
            elif not array.flags.c_contiguous:
                array = np.ascontiguousarray(array)
                tensor._bind(leaf(array, node.rg))
            self.nodes[i] = tensor._node
            bind(first + i, array)


def _shared(node: Node) -> bool:
    return node.exported or sys.getrefcount(node) > HELD + 2


def _writable(array: Array) -> bool:
    return array.flags.writeable and array.flags.c_contiguous and array.base is None
