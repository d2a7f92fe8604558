"""Arrays for what a program returns."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np

from ranvier.compiler.run.execute import Program, address
from ranvier.dtypes import DType
from ranvier.graph import Array, Node, Shape
from ranvier.tensor import Tensor, _wrap

Pool = list[tuple[Array, int]]

KEPT = 2  # `loss = step(x, y)` holds one while the next is made
SMALL = 65_536  # bytes; larger ones are given back to the system


def _free(pool: Pool) -> tuple[Array, int] | None:
    """An array of the pool that nobody else holds."""
    for array, place in pool:
        if sys.getrefcount(array) == UNHELD:
            return array, place
    return None


def _count(pool: Pool) -> int:
    for array, _ in pool:
        return sys.getrefcount(array)
    return 0


# Measured, since Python's versions count differently.
UNHELD = _count([(np.zeros(1), 0)])


class Results:
    """Arrays that a program writes its results to: new ones, or such as nobody holds
    any more.
    """

    def __init__(self, outputs: Sequence[Node], first: int) -> None:
        self.pools: list[tuple[Pool, Shape, DType, int]] = [
            ([], o.shape, o.dtype, first + i) for i, o in enumerate(outputs)
        ]

    def bind(self, program: Program) -> list[Tensor]:
        """Tensors whose arrays are the program's results from now on."""
        made = []
        for pool, shape, dtype, position in self.pools:
            array, place = _free(pool) or _new(pool, shape, dtype)
            program.point(position, place)
            node = Node("leaf", (), None, shape, dtype, False)
            node.value = array
            made.append(_wrap(node))
        return made


def _new(pool: Pool, shape: Shape, dtype: DType) -> tuple[Array, int]:
    array = np.empty(shape, dtype.np)
    made = array, address(array)
    if len(pool) < KEPT and array.nbytes <= SMALL:
        pool.append(made)
    return made
