"""Along one dimension in order: sorting, and the first of the sorted."""

from __future__ import annotations

from typing import Self

from ranvier import dtypes, ops
from ranvier.errors import ShapeError
from ranvier.graph import Node
from ranvier.tensors.methods.handle import MaxResult
from ranvier.tensors.methods.running import Running


class Order(Running):
    """Sorting, and the first of the sorted."""

    __slots__ = ()

    def argsort(
        self, dim: int = -1, descending: bool = False, stable: bool = True
    ) -> Self:
        """int64 positions along `dim` in rising (falling) order; equal elements stay
        in their order, NaN counts as larger than any number.
        """
        x = ops.detach(self._node)
        if x.dtype.order == 0:
            x = ops.cast(x, dtypes.uint8)
        if not x.shape:
            ops.axis(dim, 0, "argsort")
            return self._new(ops.const(0, dtypes.int64))
        return self._new(ops.argsort(x, dim, descending))

    def sort(
        self, dim: int = -1, descending: bool = False, stable: bool = True
    ) -> MaxResult[Self]:
        """Values along `dim` in rising (falling) order, and where they were.

        >>> import ranvier as rv
        >>> values, places = rv.tensor([3.0, 1.0, 2.0]).sort()
        >>> values, places
        (tensor([1., 2., 3.]), tensor([1, 2, 0]))
        """
        places = self.argsort(dim, descending)
        if not self.ndim:
            return MaxResult(self, places)
        return MaxResult(self._at(places._node, dim), places)

    def msort(self) -> Self:
        """Values along dimension 0 in rising order."""
        return self.sort(0).values

    def topk(
        self, k: int, dim: int = -1, largest: bool = True, sorted: bool = True
    ) -> MaxResult[Self]:
        """The `k` largest (smallest) elements along `dim`, the largest (smallest)
        first, and where they were.

        >>> import ranvier as rv
        >>> rv.tensor([3.0, 1.0, 2.0]).topk(2).indices
        tensor([0, 2])
        """
        x = self if self.ndim else self.reshape(1)
        d, n = self._extent("topk", dim)
        k = ops.integer(k, "topk", "k")
        if not 0 <= k <= n:
            raise ShapeError(f"topk: k is {k} for {n} elements along dimension {d}.")
        places = x.argsort(d, largest)._slice(d, 0, k)
        values = x._at(places._node, d)
        if self.ndim:
            return MaxResult(values, places)
        return MaxResult(values.reshape(()), places.reshape(()))

    def _extent(self, what: str, dim: int) -> tuple[int, int]:
        """The dimension and its size; without dimensions there is one element."""
        d = ops.axis(dim, self.ndim, what)
        return d, self.shape[d] if self.ndim else 1

    def kthvalue(self, k: int, dim: int = -1, keepdim: bool = False) -> MaxResult[Self]:
        """The `k`-th smallest element along `dim` (k = 1 is the smallest), and where it
        was.
        """
        d, n = self._extent("kthvalue", dim)
        k = ops.integer(k, "kthvalue", "k")
        if not 1 <= k <= n:
            raise ShapeError(
                f"kthvalue: k is {k} for {n} elements along dimension {d}; it is 1 to "
                f"{n}."
            )
        if not self.ndim:
            return MaxResult(self.clone(), self._new(ops.const(0, dtypes.int64)))
        places = self.argsort(d)._slice(d, k - 1, k)
        return self._one_of(places._node, d, keepdim)

    def _one_of(self, places: Node, d: int, keepdim: bool) -> MaxResult[Self]:
        """The elements at `places`, which has size 1 in `d`."""
        values = self._at(places, d)
        if keepdim:
            return MaxResult(values, self._new(places))
        return MaxResult(
            self._new(ops.drop(values._node, (d,))), self._new(ops.drop(places, (d,)))
        )
