"""A product's dimensions as its tile sees them, and where a piece of a row belongs."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ranvier.compiler.fuse.contraction import Contraction, Dim
from ranvier.compiler.fuse.schedule import Kernel
from ranvier.compiler.fuse.target import Target
from ranvier.compiler.lower.axes import Spot
from ranvier.compiler.lower.body import Body, Groups, Place, over_space
from ranvier.compiler.lower.memory import Index


class Product:
    """Rows and columns are those of the tile: for lanes "m" they are the result's
    columns and rows.
    """

    def __init__(self, kernel: Kernel, target: Target) -> None:
        self.kernel = kernel
        self.target = target
        self.node = kernel.nodes[0]
        self.dtype = self.node.dtype
        self.width = (
            target.lanes if self.dtype.itemsize <= 4 else max(2, target.lanes // 2)
        )
        self.loops = loops = Contraction.of(kernel)
        assert kernel.tile is not None
        self.tile_columns = kernel.tile.columns
        front = len(loops.batch)
        first = front if loops.column != front else front + 1
        merged = row_groups(kernel, loops.rows, first)
        self.row_dims = [
            Dim(
                math.prod(kernel.space[d] for d in g), loops.rows[g[-1] - first].left, 0
            )
            for g in merged
        ]
        lanes: list[tuple[int, ...]] = [(d,) for d in range(front)]
        groups: Groups = tuple(sorted([*lanes, *merged, (loops.column,)]))
        self.at = [groups.index(g) for g in merged]
        self.skip_axis = ""
        if loops.skip and (first + loops.skip.along,) in merged[:-1]:
            self.skip_axis = f"row{merged.index((first + loops.skip.along,))}"
        self.column_at = groups.index((loops.column,))
        self.body = Body(kernel, target, groups)
        self.w = self.body.w

    def rows(self, spot: Spot) -> list[tuple[int, int]]:
        """The rows of a tile as steps of the last two row dimensions."""
        deep = 1
        if len(self.row_dims) > 1:
            deep = spot[f"row{len(self.row_dims) - 2}"][1]
        return [(d, r) for d in range(deep) for r in range(spot["row"][1])]

    def column(self, spot: Spot) -> Index:
        """The first column of a tile, in its group of channels."""
        each = self.loops.columns.size // self.loops.groups
        group = self.w.mul(spot.get("group", (0, 1))[0], each)
        return self.w.add(spot["column"][0], group)

    def place(
        self, spot: Spot, row: tuple[Index, Index], offset: int, lanes: int
    ) -> Place:
        """The place in the kernel's space of a piece of a row."""
        w = self.w
        index: list[Index] = [0] * len(self.body.groups)
        for i in range(len(self.loops.batch)):
            index[i] = spot[i][0]
        for i, at in enumerate(self.at[:-1]):
            index[at] = spot[f"row{i}"][0]
        if len(self.at) > 1:
            index[self.at[-2]] = w.add(index[self.at[-2]], row[0])
        index[self.at[-1]] = w.add(spot["row"][0], row[1])
        index[self.column_at] = w.add(self.column(spot), offset)
        return Place(tuple(index), self.column_at, lanes)


def row_groups(
    kernel: Kernel, rows: Sequence[Dim], first: int
) -> list[tuple[int, ...]]:
    """Neighbouring dimensions of rows that every value steps through as if they were
    one.
    """
    every = [
        over_space(kernel, n.shape, kernel.target(n).strides) for n in kernel.stores
    ]
    for src, view in kernel.operands.items():
        if any(src in n.srcs for n in kernel.nodes[1:]):
            every.append(over_space(kernel, src.shape, view.strides))
    groups: list[tuple[int, ...]] = []
    kept = [i for i, d in enumerate(rows) if d.size != 1] or [len(rows) - 1]
    for i in kept:
        d, at = rows[i], first + i
        last = groups[-1][-1] if groups else None
        if (
            last is not None
            and rows[last - first].left == d.left * d.size
            and all(s[last] == s[at] * d.size for s in every)
        ):
            groups[-1] = (*groups[-1], at)
        else:
            groups.append((at,))
    return groups
