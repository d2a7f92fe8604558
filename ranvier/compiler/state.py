"""State of a program: tensors whose arrays it reads and writes in place."""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from ranvier.graph import Array, Node, leaf
from ranvier.tensor import Tensor
from ranvier.tensors.bounds import forget_bounds


def _references(tensor: Tensor) -> int:
    node = tensor._node
    return sys.getrefcount(node)


# Of a node that only its tensor holds; measured, since Python's versions count
# differently.
ALONE = _references(Tensor(np.zeros(1)))

# Arrays laid in another order, of which tensors hold a view only.
_laid: weakref.WeakValueDictionary[int, Array] = weakref.WeakValueDictionary()

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
        self.orders: dict[int, tuple[int, ...]] = {}
        self.counters = [tensors[i] for i in written if not tensors[i].dtype.is_float]

    def keep(self, orders: Mapping[int, tuple[int, ...]], first: int) -> None:
        """Lay arrays in memory as the program wants them; the state's pointers start at
        `first`.
        """
        self.orders = {pointer - first: order for pointer, order in orders.items()}

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
            array = self._owned(tensor, written, self.orders.get(i))
            self.bound[i] = tensor, weakref.ref(tensor._node), written
            bind(first + i, array)
        return True

    def _owned(
        self, tensor: Tensor, written: bool, order: tuple[int, ...] | None
    ) -> Array:
        """The tensor's array with its dimensions in `order`, or a copy bound to it
        where others would see it change or the program could not use it.
        """
        array = tensor._value()
        if order is not None:
            array = array.transpose(order)
        if written and (_shared(tensor) or not _writable(array)):
            array = np.array(array, order="C")
        elif not array.flags.c_contiguous:
            array = np.ascontiguousarray(array)
        else:
            return array
        shown = array
        if order is not None:
            _laid[id(array)] = array
            shown = array.transpose(np.argsort(order))
        tensor._bind(leaf(shown, tensor._node.rg))
        return array


def _shared(tensor: Tensor) -> bool:
    """Whether somebody else holds the tensor's node or array."""
    return tensor._node.exported or _references(tensor) > ALONE


def _writable(array: Array) -> bool:
    """Whether a program may write here: memory of its own, as a whole, in order."""
    ours = array.base is None or _laid.get(id(array.base)) is array.base
    return ours and array.flags.writeable and array.flags.c_contiguous
