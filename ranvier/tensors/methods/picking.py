"""Elements by number: `gather`, `scatter`, `index_add`, `masked_fill`, …."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from ranvier import dtypes, ops
from ranvier.errors import DTypeError, ShapeError
from ranvier.graph import Node, leaf
from ranvier.tensors import grouping, picking
from ranvier.tensors.methods.handle import Handle
from ranvier.tensors.methods.operands import node_of
from ranvier.tensors.methods.reduction import Reduction


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

    def take_along_dim(self, indices: Handle, dim: int | None = None) -> Self:
        """As `gather`, the other dimensions broadcast; without `dim`, of the flattened
        tensor.
        """
        if dim is None:
            return self.ravel().gather(0, self._lift(indices).ravel())
        return self._new(picking.take_along(self._node, node_of(indices, self), dim))

    def take(self, index: Handle) -> Self:
        """Elements of the flattened tensor, with the shape of `index`."""
        rows = node_of(index, self)
        found = self.ravel()[self._new(ops.reshape(rows, (_size(rows),)))]
        return self._new(ops.reshape(found._node, rows.shape))

    def scatter(
        self, dim: int, index: Handle, src: Any = None, *, value: Any = None
    ) -> Self:
        """A copy with ``x[index[i, j, …], j, …] = src[i, j, …]`` for dim 0, and so on;
        `src` is a tensor or a number, which may also be called `value`.
        """
        if (src is None) == (value is None):
            raise DTypeError("scatter: expected src or value, one of them.")
        given = node_of(value if src is None else src, self)
        rows = node_of(index, self)
        if self.ndim == 1 and not rows.shape:
            rows = ops.reshape(rows, (1,))
        return self._new(picking.scatter(self._node, dim, rows, given))

    def scatter_add(self, dim: int, index: Handle, src: Handle) -> Self:
        """A copy with ``x[index[i, j, …], j, …] += src[i, j, …]`` for dim 0, and so
        on.
        """
        given = node_of(index, self), node_of(src, self)
        return self._new(picking.scatter_add(self._node, dim, *given))

    def scatter_reduce(
        self,
        dim: int,
        index: Handle,
        src: Handle,
        reduce: str,
        *,
        include_self: bool = True,
    ) -> Self:
        """A copy in which all ``src[i, j, …]`` with the same place ``[index[i, j, …],
        j, …]`` (for dim 0) are combined: `reduce` is "sum", "prod", "mean", "amax" or
        "amin"; with `include_self`, with what was there.

        Equal extremes share the gradient. Raises UnknownNameError for another `reduce`.

        >>> import ranvier as rv
        >>> groups, values = rv.tensor([0, 0, 1]), rv.tensor([1.0, 5.0, 2.0])
        >>> rv.zeros(2).scatter_reduce(0, groups, values, "amax")
        tensor([5., 2.])
        """
        given = node_of(index, self), node_of(src, self), reduce, include_self
        found = grouping.scatter_reduce("scatter_reduce", self._node, dim, *given)
        return self._new(found)

    def index_reduce(
        self,
        dim: int,
        index: Handle,
        source: Handle,
        reduce: str,
        *,
        include_self: bool = True,
    ) -> Self:
        """The same for whole slices of `dim`: ``source[i]`` goes to ``x[index[i]]`` for
        dim 0; `reduce` is "prod", "mean", "amax" or "amin".
        """
        d, rows = self._rows("index_reduce", dim, index)
        given = self._source("index_reduce", d, rows, source)
        values = ops.permute(given, _inverse(self._front(d)))
        shape = [1] * self.ndim
        shape[d] = rows.shape[0]
        places = ops.expand(ops.reshape(rows, tuple(shape)), values.shape)
        rest = places, values, reduce, include_self
        found = grouping.scatter_reduce("index_reduce", self._node, d, *rest)
        return self._new(found)

    # ---- slices by number ------------------------------------------------------------

    def _rows(self, what: str, dim: int, index: Any) -> tuple[int, Node]:
        d, rows = ops.axis(dim, self.ndim, what), node_of(index, self)
        if len(rows.shape) > 1:
            raise ShapeError(
                f"{what}: an index of shape {rows.shape}; it has one dimension."
            )
        if not rows.shape:
            rows = ops.reshape(rows, (1,))
        picking.in_range(what, rows, self.shape[d], f"places of dimension {dim}")
        return d, rows

    def index_select(self, dim: int, index: Handle) -> Self:
        """The slices of `dim` with the numbers `index`, in that order."""
        if not self.ndim:
            return self.reshape(1).index_select(dim, index).reshape(())
        d, rows = self._rows("index_select", dim, index)
        order = self._front(d)
        out = ops.take(ops.permute(self._node, order), rows)
        return self._new(ops.permute(out, _inverse(order)))

    def index_add(
        self, dim: int, index: Handle, source: Handle, *, alpha: float = 1
    ) -> Self:
        """A copy with ``x[index[i]] += alpha * source[i]`` for dim 0, and so on."""
        d, rows = self._rows("index_add", dim, index)
        given = self._source("index_add", d, rows, source)
        if alpha != 1:
            given = (self._new(given) * alpha)._node
        added = ops.scatter_add(ops.cast(given, self.dtype), rows, self.shape[d])
        there = ops.permute(added, _inverse(self._front(d)))
        return self._new(ops.add(self._node, there))

    def index_copy(self, dim: int, index: Handle, source: Handle) -> Self:
        """A copy with ``x[index[i]] = source[i]`` for dim 0, and so on."""
        d, rows = self._rows("index_copy", dim, index)
        given = self._source("index_copy", d, rows, source)
        if given.dtype is not self.dtype:
            raise DTypeError(
                f"index_copy: values of {given.dtype.name} for {self.dtype.name}."
            )
        new = self.clone()
        values = self._new(ops.permute(given, _inverse(self._front(d))))
        new[(slice(None),) * d + (self._new(rows),)] = values
        return new

    def index_fill(self, dim: int, index: Handle, value: Any) -> Self:
        """A copy with ``x[index[i]] = value`` for dim 0, and so on."""
        d, rows = self._rows("index_fill", dim, index)
        given = node_of(value, self)
        if given.shape:
            raise ShapeError(f"index_fill: a value of shape {given.shape}; one number.")
        new = self.clone()
        new[(slice(None),) * d + (self._new(rows),)] = self._new(given)
        return new

    def _front(self, d: int) -> tuple[int, ...]:
        return (d, *(i for i in range(self.ndim) if i != d))

    def _source(self, what: str, d: int, rows: Node, source: Any) -> Node:
        """Its slices along `d` in front."""
        given = node_of(source, self)
        wanted = (*self.shape[:d], rows.shape[0], *self.shape[d + 1 :])
        if given.shape != wanted:
            raise ShapeError(
                f"{what}: values of shape {given.shape}, {wanted} are expected."
            )
        return ops.permute(given, self._front(d))

    # ---- by a mask -------------------------------------------------------------------

    def _mask(self, what: str, mask: Any) -> Node:
        node = node_of(mask, self)
        if node.dtype.order != 0:
            raise DTypeError(
                f"{what}: a mask of {node.dtype.name}; it holds booleans. Use .bool() "
                "or a comparison."
            )
        return node

    def masked_fill(self, mask: Handle, value: Any) -> Self:
        """`value` where `mask` is true, else x; both broadcast."""
        given = node_of(value, self)
        if given.shape:
            raise ShapeError(
                f"masked_fill: a value of shape {given.shape}; it is one number. "
                "rv.where(mask, values, x) takes more."
            )
        chosen = self._mask("masked_fill", mask)
        if given.dtype.order > self.dtype.order:
            raise DTypeError(
                f"masked_fill: a value of {given.dtype.name} for {self.dtype.name}."
            )
        return self._new(ops.where(chosen, ops.cast(given, self.dtype), self._node))

    def masked_select(self, mask: Handle) -> Self:
        """The elements where `mask` is true, in one dimension; both broadcast."""
        chosen = self._mask("masked_select", mask)
        shape = ops.broadcast(self.shape, chosen.shape, "masked_select")
        x, wide = ops.expand(self._node, shape), ops.expand(chosen, shape)
        flat = self._new(ops.reshape(x, (_size(x),)))
        return flat[self._new(ops.reshape(wide, (_size(x),)))]

    def masked_scatter(self, mask: Handle, source: Handle) -> Self:
        """x with the elements of `source` in order where `mask` is true."""
        chosen = ops.expand(self._mask("masked_scatter", mask), self.shape)
        values = ops.reshape(source._node, (_size(source._node),))
        if not self.numel():
            return self.clone()
        flat = ops.reshape(chosen, (self.numel(),))
        before = ops.cumsum(ops.cast(flat, dtypes.int64), 0)
        picking.enough("masked_scatter", flat, values.shape[0])
        one = ops.const(1, dtypes.int64)
        last = ops.const(max(0, values.shape[0] - 1), dtypes.int64)
        place = ops.minimum(ops.maximum(ops.sub(before, one), ops.like(one, 0)), last)
        if not values.shape[0]:
            return self.clone()
        put = ops.reshape(ops.take(values, place), self.shape)
        return self._new(ops.where(chosen, ops.cast(put, self.dtype), self._node))

    def where(self, condition: Handle, other: Any) -> Self:
        """x where `condition` is true, else `other`."""
        return self._new(ops.where(condition._node, self._node, node_of(other, self)))

    def nonzero(self, *, as_tuple: bool = False) -> Any:
        """The indices of the elements that are not 0, one a row; with `as_tuple`, a
        tuple of one tensor a dimension.
        """
        found = np.nonzero(self._value())
        if as_tuple:
            return tuple(self._new(leaf(part)) for part in found)
        rows = np.stack(found, -1) if self.ndim else np.zeros((len(found[0]), 0), int)
        return self._new(leaf(np.ascontiguousarray(rows, np.int64)))

    def argwhere(self) -> Self:
        """The indices of the elements that are not 0, one a row."""
        rows: Self = self.nonzero()
        return rows


def _inverse(order: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(int(i) for i in np.argsort(order))


def _size(node: Node) -> int:
    size = 1
    for n in node.shape:
        size *= n
    return size
