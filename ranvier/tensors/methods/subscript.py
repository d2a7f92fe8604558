"""``x[index]`` and ``x[index] = value``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

from ranvier.errors import ShapeError
from ranvier.tensors.assignment import written
from ranvier.tensors.indexing import read
from ranvier.tensors.methods.operands import node_of
from ranvier.tensors.methods.special import Special


class Subscript(Special):
    """Reading and writing by index."""

    __slots__ = ()

    def __getitem__(self, index: Any) -> Self:
        node, basic = read(self._node, index)
        return self._viewed(node, "indexing", index) if basic else self._new(node)

    def __setitem__(self, index: Any, value: Any) -> None:
        self._assign(
            written(self._node, index, node_of(value, self)), "x[index] = value"
        )

    def __len__(self) -> int:
        if not self.shape:
            raise ShapeError("len() of a tensor without dimensions.")
        return self.shape[0]

    def __iter__(self) -> Iterator[Self]:
        return (self[i] for i in range(len(self)))
