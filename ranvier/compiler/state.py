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
    node = tensor._node
    return sys.getrefcount(node)


# Of a node that only its tensor holds; measured, since Python's versions count
# differently.
ALONE = _references(Tensor(np.zeros(1)))

Known = Callable[[], Node | None]


def _nothing() -> None:
    return None


class State:
    """Tensors whose arrays a program reads and writes in place."""

    def __init__(self, tensors: Sequence[Tensor], written: set[int]) -> None:
        self.tensors = list(tensors)
        self.written = written
        self.facts = [(t.shape, t.dtype, t._node.rg) for t in tensors]
        # The node whose array is bound: weak, so that two programs that read the same
        # tensor do not see each other.
        self.bound: list[tuple[Tensor, Known, bool]] = [
            (t, _nothing, i in written) for i, t in enumerate(tensors)
        ]
        self.counters = [tensors[i] for i in written if not tensors[i].dtype.is_float]

    def valid(self) -> bool:
        """Whether the tensors still look as they did at capture."""
        return all(
            known() is t._node or f == (t.shape, t.dtype, t._node.rg)
            for (t, known, _), f in zip(self.bound, self.facts, strict=True)
        )

    def exchange(self, pairs: Sequence[tuple[Tensor, Tensor]]) -> None:
        """Work on the second of each pair instead of the first."""
        for old, new in pairs:
            i = next(i for i, tensor in enumerate(self.tensors) if tensor is old)
            self.tensors[i] = new
            self.bound[i] = new, _nothing, i in self.written

    def bind(self, bind: Callable[[int, Array], None], first: int) -> bool:
        """Hand the arrays to the program; one that somebody else holds too is copied
        first. False if a tensor no longer looks as it did at capture.
        """
        for tensor in self.counters:
            forget_bounds(tensor._node)
        for i, (tensor, known, written) in enumerate(self.bound):
            node = tensor._node
            if known() is node and not (
                written and (node.exported or sys.getrefcount(node) > ALONE)
            ):
                continue
            if self.facts[i] != (node.shape, node.dtype, node.rg):
                return False
            del node  # counts as a holder
            array = self._owned(tensor, written)
            self.bound[i] = tensor, weakref.ref(tensor._node), written
            bind(first + i, array)
        return True

    def _owned(self, tensor: Tensor, written: bool) -> Array:
        """The tensor's array, or a copy bound to it where others would see it change
        or the program could not use it.
        """
        array = tensor._value()
        if written and (_shared(tensor) or not _writable(array)):
            array = np.array(array, order="C")
        elif not array.flags.c_contiguous:
            array = np.ascontiguousarray(array)
        else:
            return array
        tensor._bind(leaf(array, tensor._node.rg))
        return array


def _shared(tensor: Tensor) -> bool:
    """Whether somebody else holds the tensor's node or array."""
    return tensor._node.exported or _references(tensor) > ALONE


def _writable(array: Array) -> bool:
    return array.flags.writeable and array.flags.c_contiguous and array.base is None
