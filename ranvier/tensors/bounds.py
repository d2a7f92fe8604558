"""The smallest and largest value of whole numbers, where it is known without computing.

Rows of mini-batches and labels are usually picked from an array that was there from the
start. One look at that array serves every batch.
"""

from __future__ import annotations

import weakref

from ranvier.graph import Array, Node

MOVED = frozenset(
    {"take", "reshape", "cut", "permute", "flip", "alias", "detach", "expand"}
)

Bounds = tuple[int, int]


class _Seen:
    """Bounds of arrays that were looked at before, as long as their nodes live."""

    def __init__(self) -> None:
        self.known: weakref.WeakKeyDictionary[Node, Bounds]
        self.known = weakref.WeakKeyDictionary()

    def of(self, node: Node, array: Array) -> Bounds:
        found = self.known.get(node)
        if found is None:
            found = self.known[node] = (int(array.min()), int(array.max()))
        return found


_seen = _Seen()


def forget_bounds(node: Node) -> None:
    """Its array is about to be written in place."""
    _seen.known.pop(node, None)


def known_bounds(node: Node, lasting: bool = False) -> Bounds | None:
    """Bounds of `node` from the array that its elements are picked from; None: unknown.

    They are those of the whole array, so the node's own may be closer together. With
    `lasting`, those of a tensor that may be changed later count as unknown.
    """
    while node.value is None and node.op in MOVED and node.srcs:
        node = node.srcs[0]
    if node.value is None or not node.value.size:
        return None
    if lasting and node.owner is not None and node.owner() is not None:
        return None
    return _seen.of(node, node.value)
