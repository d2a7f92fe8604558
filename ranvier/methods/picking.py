"""Elements by number: ``x[index]``, `gather`, `scatter`, …."""

from __future__ import annotations

from typing import Any, Self

from ranvier import ops, picking
from ranvier.errors import ShapeError
from ranvier.methods.handle import Handle
from ranvier.methods.operands import node_of
from ranvier.methods.reduction import Reduction


class Picking(Reduction):
    """Elements by number."""

    __slots__ = ()

    def gather(self, dim: int, index: Handle) -> Self:
        """``y[i, j, …] = x[index[i, j, …], j, …]`` for dim 0, and so on.

        >>> import ranvier as rv
        >>> rv.tensor([[1, 2], [3, 4]]).gather(1, rv.tensor([[0, 0], [1, 0]]))
        tensor([[1, 1],
                [4, 3]])
        """
        return self._new(picking.gather(self._node, dim, node_of(index, self)))

    def take_along_dim(self, indices: Handle, dim: int) -> Self:
        """As `gather`, the other dimensions broadcast."""
        return self._new(picking.take_along(self._node, node_of(indices, self), dim))

    def scatter(self, dim: int, index: Handle, src: Any) -> Self:
        """A copy with ``x[index[i, j, …], j, …] = src[i, j, …]`` for dim 0, and so on;
        `src` is a tensor or a number.
        """
        given = node_of(index, self), node_of(src, self)
        return self._new(picking.scatter(self._node, dim, *given))

    def scatter_add(self, dim: int, index: Handle, src: Handle) -> Self:
        """A copy with ``x[index[i, j, …], j, …] += src[i, j, …]`` for dim 0, and so
        on.
        """
        given = node_of(index, self), node_of(src, self)
        return self._new(picking.scatter_add(self._node, dim, *given))

    def index_select(self, dim: int, index: Handle) -> Self:
        """The slices of `dim` with the numbers `index`, in that order."""
        d = ops.axis(dim, self.ndim, "index_select")
        if index.ndim > 1:
            raise ShapeError(
                f"index_select: an index of shape {index.shape}; it has one dimension."
            )
        return self[
            (slice(None),) * d
            + (self._new(ops.reshape(index._node, (index.numel(),))),)
        ]
