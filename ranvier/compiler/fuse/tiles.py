"""The register tile of a product, chosen by counting cycles.

A tile of rows x columns results stays in registers over the whole inner dimension.
With the columns in the lanes ("n") each step loads the columns' vectors and broadcasts
one number a row; with the inner dimension in the lanes ("k") each step loads a vector a
row and a vector a column, and the lanes are added up once at the end.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

from ranvier.compiler.fuse.target import Target

# cycles of a multiply-add; a tile with fewer results than that waits for itself
LATENCY = 4.0


def per_vector(target: Target) -> float:
    """Cycles a multiply-add or a load of a whole vector takes when many are under
    way.
    """
    return 1.0 if target.lanes == 16 else 0.5


class Tile(NamedTuple):
    """rows x columns of results; columns counts numbers, not vectors. `deep` rows of
    the row dimension before the last are taken together.
    """

    rows: int
    columns: int
    cycles: float
    deep: int = 1

    @property
    def height(self) -> int:
        """All rows."""
        return self.rows * self.deep


@functools.cache
def best_n(m: int, n: int, k: int, target: Target, outer: int = 1) -> Tile:
    """The tile with the columns in the lanes; rows are `outer` times `m`, and a tile
    may take rows of several of the `outer`.

    >>> from ranvier.compiler.fuse.target import AVX512
    >>> best_n(64, 256, 128, AVX512)[:2]
    (13, 32)
    """
    best = None
    vectors = -(-n // target.lanes)
    for width in range(1, min(vectors, 6) + 1):
        most = (target.budget - width - 1) // width
        for rows in range(1, min(m, 30, most) + 1):
            for deep in range(1, min(outer, most // rows if rows == m else 1) + 1):
                cycles = 0.0
                for r, many in _pieces(m, rows):
                    for d, times in _pieces(outer, deep):
                        cycles += (
                            many
                            * times
                            * _n_cycles(r * d, vectors, k, width, per_vector(target))
                        )
                if best is None or cycles < best.cycles:
                    best = Tile(rows, width * target.lanes, cycles, deep)
    assert best is not None
    return best


def _n_cycles(rows: int, vectors: int, k: int, width: int, unit: float) -> float:
    """Of one row of tiles."""
    total = 0.0
    for w, wide in _pieces(vectors, width):
        step = max(rows * w * unit, w * unit + 0.5 * rows, LATENCY)
        total += wide * (k * step + 12 + 3 * rows * w * unit)
    return total


def _pieces(size: int, step: int) -> list[tuple[int, int]]:
    """(piece, how often) of a range cut into steps and a rest."""
    pieces = [(step, size // step), (size % step, 1)]
    return [(p, c) for p, c in pieces if p and c]


@functools.cache
def best_k(m: int, n: int, k: int, target: Target) -> Tile:
    """The tile with the inner dimension in the lanes."""
    best = None
    unit = per_vector(target)
    vectors = -(-k // target.lanes)
    for columns in range(1, min(n, target.lanes) + 1):
        for rows in range(1, min(m, 12) + 1):
            if rows * columns + min(rows, columns) + 1 > target.budget:
                break
            cycles = 0.0
            for r, many in _pieces(m, rows):
                for c, wide in _pieces(n, columns):
                    step = max(r * c, r + c, LATENCY / unit) * unit
                    cycles += (
                        many * wide * (vectors * step + 12 + r * (3 * c + 8) * unit)
                    )
            if best is None or cycles < best.cycles:
                best = Tile(rows, columns, cycles)
    assert best is not None
    return best
