"""Along one dimension in order: running sums, and sorting."""

from __future__ import annotations

from typing import Self

from ranvier import dtypes, ops, picking
from ranvier.errors import ShapeError
from ranvier.graph import Node
from ranvier.methods.handle import MaxResult
from ranvier.methods.picking import Picking


class Order(Picking):
    """Along one dimension in order."""

    __slots__ = ()

    def cumsum(self, dim: int) -> Self:
        """Running sums along `dim`: ``y[i] = x[0] + … + x[i]``."""
        return self._new(ops.cumsum(self._node, dim))

    def cumprod(self, dim: int) -> Self:
        """Running products along `dim`: ``y[i] = x[0] · … · x[i]``."""
        return self._new(ops.cumprod(self._node, dim))

    def argsort(
        self, dim: int = -1, descending: bool = False, stable: bool = True
    ) -> Self:
        """int64 positions along `dim` in rising (falling) order; equal elements stay
        in their order, NaN counts as larger than any number.
        """
        return self._new(ops.argsort(ops.detach(self._node), dim, descending))

    def sort(
        self, dim: int = -1, descending: bool = False, stable: bool = True
    ) -> MaxResult[Self]:
        """Values along `dim` in rising (falling) order, and where they were.

        >>> import ranvier as rv
        >>> values, places = rv.tensor([3.0, 1.0, 2.0]).sort()
        >>> values, places
        (tensor([1., 2., 3.]), tensor([1, 2, 0]))
        """
        if not self.ndim:
            return MaxResult(self, self._new(ops.const(0, dtypes.int64)))
        places = self.argsort(dim, descending)
        return MaxResult(self._new(self._sorted(places._node, dim)), places)

    def _sorted(self, places: Node, dim: int) -> Node:
        return picking.picked(self._node, ops.axis(dim, self.ndim, "sort"), places)

    def topk(
        self, k: int, dim: int = -1, largest: bool = True, sorted: bool = True
    ) -> MaxResult[Self]:
        """The `k` largest (smallest) elements along `dim`, the largest (smallest)
        first, and where they were.

        >>> import ranvier as rv
        >>> rv.tensor([3.0, 1.0, 2.0]).topk(2).indices
        tensor([0, 2])
        """
        d = ops.axis(dim, self.ndim, "topk")
        n = self.shape[d] if self.ndim else 1
        if not 0 <= k <= n:
            raise ShapeError(f"topk: k is {k} for {n} elements along dimension {d}.")
        order = ops.argsort(ops.detach(self._node), d, largest)
        parts = [(0, size, 1) for size in self.shape]
        parts[d] = (0, k, 1)
        places = ops.cut(order, tuple(parts))
        return MaxResult(self._new(self._sorted(places, d)), self._new(places))
