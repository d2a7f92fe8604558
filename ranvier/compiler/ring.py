"""The ring of rows that a run writes what is watched to, and Python reads meanwhile."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ranvier.compiler.lower.table import Words
from ranvier.compiler.run.execute import Program, address, aligned
from ranvier.graph import Array, Node

# Rows that may be half written: that of this watched step, and where threads meet late
# that of the next.
UNSAFE = 2


class Field:
    """Where a value lies in a row."""

    __slots__ = ("count", "dtype", "offset", "shape")

    def __init__(self, node: Node, offset: int) -> None:
        self.shape = node.shape
        self.dtype = node.dtype.np
        self.offset = offset
        self.count = math.prod(node.shape) * self.dtype.itemsize

    def of(self, rows: Array) -> Array:
        """Its values in many rows, (rows, *shape)."""
        cut = rows[:, self.offset : self.offset + self.count]
        return np.ascontiguousarray(cut).view(self.dtype).reshape(-1, *self.shape)


def layout(nodes: Sequence[Node]) -> tuple[list[Field], int]:
    """A field for each value, and the bytes of a row."""
    fields, at = [], 0
    for node in nodes:
        fields.append(Field(node, at))
        at += -(-max(1, fields[-1].count) // 64) * 64
    return fields, max(64, at)


class Ring:
    """Rows of a run; the oldest are overwritten when Python comes late."""

    def __init__(self, program: Program, row: int, size: int) -> None:
        self.program = program
        self.size = size
        self.memory = aligned((size + UNSAFE) * row).reshape(size + UNSAFE, row)
        self.read = 0
        self.lost = 0
        program.cells[Words.RING] = len(self.memory)
        program.cells[Words.SEEN] = 0

    def bind(self, first: int, fields: Sequence[Field]) -> None:
        """Let pointers `first`, … of the program be the fields of the first row."""
        start = address(self.memory)
        for i, field in enumerate(fields):
            self.program.point(first + i, start + field.offset)

    def take(self) -> tuple[int, Array]:
        """The number of the first row that was not taken before, and the rows."""
        cells = self.program.cells
        seen = cells[Words.SEEN]
        first = max(self.read, seen - self.size)
        rows = self.memory[np.arange(first, seen) % len(self.memory)]
        safe = cells[Words.SEEN] - self.size  # older ones may have been overwritten
        if safe > first:
            rows = rows[safe - first :]
            first = min(safe, seen)
        self.lost += first - self.read
        self.read = seen
        return first, rows
