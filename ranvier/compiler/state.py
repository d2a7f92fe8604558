"""State of a program: tensors whose arrays it reads and writes in place."""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable, Sequence

import numpy as np

from ranvier.bounds import forget_bounds
from ranvier.graph import Array, Node, leaf
from ranvier.tensor import Tensor


def _references(tensor: Tensor) -> int:
    return sys.getrefcount(tensor._node)


# Of a node that only its tensor holds; measured, since Python's versions count
# differently.
ALONE = _references(Tensor(np.zeros(1)))


class State:
    """Tensors whose arrays a program reads and writes in place."""

    def __init__(self, tensors: Sequence[Tensor], written: set[int]) -> None:
        self.tensors = list(tensors)
        self.written = written
        self.facts = [(t.shape, t.dtype, t._node.rg) for t in tensors]
        # Weak, so that two programs that read the same tensor do not see each other.
        self.nodes: list[weakref.ref[Node] | None] = [None] * len(tensors)

    def valid(self) -> bool:
        """Whether the tensors still look as they did at capture."""
        return all(
            (n is not None and n() is t._node) or f == (t.shape, t.dtype, t._node.rg)
            for t, n, f in zip(self.tensors, self.nodes, self.facts, strict=True)
        )

    def exchange(self, pairs: Sequence[tuple[Tensor, Tensor]]) -> None:
        """Work on the second of each pair instead of the first."""
        for old, new in pairs:
            i = next(i for i, tensor in enumerate(self.tensors) if tensor is old)
            self.tensors[i] = new
            self.nodes[i] = None

    def bind(self, bind: Callable[[int, Array], None], first: int) -> None:
        """Hand the arrays to the program; one that somebody else holds too is copied
        first.
        """
        for i, tensor in enumerate(self.tensors):
            known = self.nodes[i]
            written = i in self.written
            if written and not tensor.dtype.is_float:
                forget_bounds(tensor._node)
            bound = known is not None and known() is tensor._node
            if bound and not (written and _shared(tensor)):
                continue
            array = tensor._value()
            if written and (_shared(tensor) or not _writable(array)):
                array = np.array(array, order="C")
                tensor._bind(leaf(array, tensor._node.rg))
            elif not array.flags.c_contiguous:
                array = np.ascontiguousarray(array)
                tensor._bind(leaf(array, tensor._node.rg))
            self.nodes[i] = weakref.ref(tensor._node)
            bind(first + i, array)


def _shared(tensor: Tensor) -> bool:
    """Whether somebody else holds the tensor's node or array."""
    return tensor._node.exported or _references(tensor) > ALONE


def _writable(array: Array) -> bool:
    return array.flags.writeable and array.flags.c_contiguous and array.base is None
