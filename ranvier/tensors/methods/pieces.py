"""Pieces of a tensor, and tensors of repeated or rearranged pieces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from ranvier import dtypes, ops
from ranvier.errors import ShapeError, ValueRangeError
from ranvier.graph import Node
from ranvier.tensors.indexing import ints
from ranvier.tensors.methods.movement import Movement


class Pieces(Movement):
    """Pieces of a tensor, and tensors of repeated or rearranged pieces."""

    __slots__ = ()

    def _slice(self, d: int, start: int, stop: int) -> Self:
        return self[(slice(None),) * d + (slice(start, stop),)]

    def narrow(self, dim: int, start: int, length: int) -> Self:
        """`length` elements of dimension `dim` from `start` on."""
        d = ops.axis(dim, self.ndim, "narrow")
        n = self.shape[d]
        at = start + n if start < 0 else start
        if not 0 <= at <= n or length < 0 or at + length > n:
            raise ShapeError(
                f"narrow: {length} elements from {start} on of dimension {dim}, which "
                f"has {n}."
            )
        return self._slice(d, at, at + length)

    def select(self, dim: int, index: int) -> Self:
        """The slice of dimension `dim` with that number, without the dimension."""
        d = ops.axis(dim, self.ndim, "select")
        return self[(slice(None),) * d + (ops.integer(index, "select", "index"),)]

    def unbind(self, dim: int = 0) -> tuple[Self, ...]:
        """All slices of `dim`, without the dimension."""
        d = ops.axis(dim, self.ndim, "unbind")
        return tuple(self.select(d, i) for i in range(self.shape[d]))

    def split(self, split_size: int | Sequence[int], dim: int = 0) -> tuple[Self, ...]:
        """Pieces of `split_size` along `dim` (the last may be smaller), or of the sizes
        listed.
        """
        d = ops.axis(dim, self.ndim, "split")
        n = self.shape[d]
        if isinstance(split_size, (tuple, list)):
            sizes = list(split_size)
        else:
            step = ops.integer(split_size, "split", "split_size")
            if step < 0 or (step == 0 and n):
                raise ValueRangeError(f"split: split_size is {step}; it is at least 1.")
            sizes = [min(step, n - i) for i in range(0, n, step or 1)] or [0]
        if sum(sizes) != n or min(sizes) < 0:
            raise ShapeError(f"split: {sizes} add up to {sum(sizes)}, not to {n}.")
        return self._parted(d, sizes)

    def _parted(self, d: int, sizes: Sequence[int]) -> tuple[Self, ...]:
        out, at = [], 0
        for size in sizes:
            out.append(self._slice(d, at, at + size))
            at += size
        return tuple(out)

    def chunk(self, chunks: int, dim: int = 0) -> tuple[Self, ...]:
        """About equal pieces along `dim`."""
        if ops.integer(chunks, "chunk", "chunks") < 1:
            raise ValueRangeError(f"chunk: chunks is {chunks}; it is at least 1.")
        d = ops.axis(dim, self.ndim, "chunk")
        if not self.shape[d]:
            return self._parted(d, [0] * chunks)
        return self.split(max(1, -(-self.shape[d] // chunks)), d)

    def tensor_split(self, indices_or_sections: Any, dim: int = 0) -> tuple[Self, ...]:
        """That many pieces along `dim`, the first ones larger by 1 where it does not
        divide; or pieces that begin at the indices listed.
        """
        d = ops.axis(dim, self.ndim, "tensor_split")
        n = self.shape[d]
        if isinstance(indices_or_sections, (tuple, list)):
            cuts = [min(max(i + n if i < 0 else i, 0), n) for i in indices_or_sections]
            ends = [*cuts, n]
            starts = [0, *cuts]
            pairs = zip(starts, ends, strict=True)
            return tuple(self._slice(d, a, max(a, b)) for a, b in pairs)
        count = ops.integer(indices_or_sections, "tensor_split", "sections")
        if count < 1:
            raise ValueRangeError(f"tensor_split: {count} sections; at least 1.")
        return self._parted(d, [n // count + (i < n % count) for i in range(count)])

    def split_with_sizes(
        self, split_sizes: Sequence[int], dim: int = 0
    ) -> tuple[Self, ...]:
        """Pieces of these sizes along `dim`."""
        return self.split(list(split_sizes), dim)

    def hsplit(self, indices_or_sections: Any) -> tuple[Self, ...]:
        """`tensor_split` by columns (dimension 1; 0 of a vector)."""
        return self._even("hsplit", indices_or_sections, 0 if self.ndim == 1 else 1)

    def vsplit(self, indices_or_sections: Any) -> tuple[Self, ...]:
        """`tensor_split` by rows (dimension 0)."""
        return self._even("vsplit", indices_or_sections, 0, 2)

    def dsplit(self, indices_or_sections: Any) -> tuple[Self, ...]:
        """`tensor_split` along dimension 2."""
        return self._even("dsplit", indices_or_sections, 2)

    def _even(self, what: str, parts: Any, d: int, rank: int = 1) -> tuple[Self, ...]:
        if self.ndim < max(rank, d + 1):
            raise ShapeError(f"{what}: {self.shape} has too few dimensions.")
        if isinstance(parts, int) and (parts < 1 or self.shape[d] % parts):
            raise ShapeError(
                f"{what}: {self.shape[d]} does not divide into {parts} equal pieces."
            )
        return self.tensor_split(parts, d)

    # ---- repeated --------------------------------------------------------------------

    def repeat(self, *sizes: Any) -> Self:
        """Copies laid side by side, `sizes[i]` of them along dimension i."""
        times = ints(sizes)
        if len(times) < self.ndim or min(times, default=0) < 0:
            raise ShapeError(
                f"repeat: {times} for a tensor with {self.ndim} dimensions; one number "
                "for each, none negative."
            )
        shape = (1,) * (len(times) - self.ndim) + self.shape
        apart = tuple(n for m in shape for n in (1, m))
        wide = tuple(n for k, m in zip(times, shape, strict=True) for n in (k, m))
        last = tuple(k * m for k, m in zip(times, shape, strict=True))
        spread = ops.expand(ops.reshape(self._node, apart), wide)
        return self._new(ops.reshape(spread, last))

    def tile(self, *dims: Any) -> Self:
        """As `repeat`; of dimensions that are not named there is one copy."""
        times = ints(dims)
        return self.repeat((1,) * (self.ndim - len(times)) + times)

    def repeat_interleave(
        self, repeats: Any, dim: int | None = None, *, output_size: int | None = None
    ) -> Self:
        """Each element so many times along `dim` (of the flattened tensor).

        >>> import ranvier as rv
        >>> rv.tensor([1, 2]).repeat_interleave(2)
        tensor([1, 1, 2, 2])
        """
        x = self if dim is not None else self.ravel()
        d = ops.axis(dim or 0, x.ndim, "repeat_interleave")
        if isinstance(repeats, int):
            return x._interleaved(repeats, d)
        times = self._lift(repeats)
        counts = np.ravel(times._value()).tolist()
        if len(counts) == 1:
            return x._interleaved(counts[0], d)
        if len(counts) != x.shape[d]:
            raise ShapeError(
                f"repeat_interleave: {len(counts)} repeats for {x.shape[d]} elements."
            )
        if min(counts) < 0:
            raise ValueRangeError(f"repeat_interleave: {min(counts)} repeats.")
        return x[(slice(None),) * d + (np.repeat(np.arange(len(counts)), counts),)]

    def _interleaved(self, repeats: int, d: int) -> Self:
        if repeats < 0:
            raise ValueRangeError(f"repeat_interleave: {repeats} repeats.")
        a, n, b = self.shape[:d], self.shape[d], self.shape[d + 1 :]
        spread = ops.expand(
            ops.reshape(self._node, (*a, n, 1, *b)), (*a, n, repeats, *b)
        )
        return self._new(ops.reshape(spread, (*a, n * repeats, *b)))

    # ---- in another order ------------------------------------------------------------

    def flip(self, *dims: Any) -> Self:
        """The order of the elements reversed along `dims`."""
        return self._new(ops.flip(self._node, ops.axes(ints(dims), self.ndim, "flip")))

    def fliplr(self) -> Self:
        """The columns (dimension 1) in reverse."""
        if self.ndim < 2:
            raise ShapeError(f"fliplr: {self.shape} has no dimension 1.")
        return self.flip(1)

    def flipud(self) -> Self:
        """The rows (dimension 0) in reverse."""
        if not self.ndim:
            raise ShapeError("flipud of a tensor without dimensions.")
        return self.flip(0)

    def roll(self, shifts: Any, dims: Any = None) -> Self:
        """Each element `shifts` places further; what leaves at the end comes in at the
        front.
        """
        if dims is None:
            return self.ravel().roll(shifts, 0).reshape(self.shape)
        moves, over = ints((shifts,)), ints((dims,))
        if len(moves) != len(over):
            raise ShapeError(f"roll: {len(moves)} shifts for {len(over)} dimensions.")
        x = self._node
        for shift, dim in zip(moves, over, strict=True):
            x = _rolled(x, shift, ops.axis(dim, self.ndim, "roll"))
        return self._new(x)

    def rot90(self, k: int = 1, dims: Sequence[int] = (0, 1)) -> Self:
        """Turned by 90° `k` times, from the first of `dims` towards the second."""
        if len(dims) != 2 or self.ndim < 2:
            raise ShapeError(f"rot90: dims {dims} of {self.shape}; give two.")
        a, b = (ops.axis(d, self.ndim, "rot90") for d in dims)
        if a == b:
            raise ShapeError(f"rot90: both of dims {list(dims)} are the same.")
        x = self.flip(a, b) if k % 4 == 2 else self
        if k % 2:
            x = self.flip(b if k % 4 == 1 else a).transpose(a, b)
        return x.clone()

    # ---- diagonals -------------------------------------------------------------------

    def diagonal(self, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Self:
        """The diagonal of the matrices over `dim1` and `dim2`, as last dimension."""
        if self.ndim < 2:
            raise ShapeError(f"diagonal: {self.shape} has no two dimensions.")
        a, b = (ops.axis(d, self.ndim, "diagonal") for d in (dim1, dim2))
        if a == b:
            raise ShapeError(f"diagonal: dim1 and dim2 are both {dim1}.")
        rest = [d for d in range(self.ndim) if d not in (a, b)]
        x = ops.permute(self._node, (*rest, a, b))
        return self._viewed(_diagonal(x, offset), "diagonal")

    def diag_embed(self, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Self:
        """Matrices of 0 with the last dimension on the diagonal."""
        k = self.shape[-1] if self.ndim else 1
        n = k + abs(offset)
        x = ops.reshape(self._node, self.shape or (1,))
        front = offset if offset >= 0 else -offset * n
        behind = n * n - front - ((k - 1) * (n + 1) + 1 if k else 0)
        parts = ((0, 0, 0),) * (len(x.shape) - 1) + ((front, behind, n),)
        y = self._new(ops.reshape(ops.pad(x, parts), (*x.shape[:-1], n, n)))
        return y.movedim((-2, -1), (dim1, dim2))

    def diag(self, diagonal: int = 0) -> Self:
        """The diagonal of a matrix; of a vector, the matrix with that diagonal."""
        if self.ndim == 1:
            return self.diag_embed(diagonal)
        if self.ndim != 2:
            raise ShapeError(f"diag: {self.shape}; a vector or a matrix is expected.")
        return self._new(_diagonal(self._node, diagonal))

    def diagflat(self, offset: int = 0) -> Self:
        """A matrix with all elements on its diagonal."""
        return self.ravel().diag_embed(offset)

    def tril(self, diagonal: int = 0) -> Self:
        """The matrix with 0 above the diagonal."""
        return self._new(_half(self._node, "tril", ops.le, diagonal))

    def triu(self, diagonal: int = 0) -> Self:
        """The matrix with 0 below the diagonal."""
        return self._new(_half(self._node, "triu", ops.ge, diagonal))

    def unfold(self, dimension: int, size: int, step: int) -> Self:
        """Windows of `size` elements, each `step` further, as a new last dimension.

        >>> import ranvier as rv
        >>> rv.arange(5).unfold(0, 3, 2)
        tensor([[0, 1, 2],
                [2, 3, 4]])
        """
        d = ops.axis(dimension, self.ndim, "unfold")
        n = self.shape[d] if self.ndim else 1
        if not 0 <= size <= n or step < 1:
            raise ShapeError(
                f"unfold: windows of {size} every {step} of dimension {dimension}, "
                f"which has {n}."
            )
        count = (n - size) // step + 1
        first = ops.mul(ops.iota(count), ops.const(step, dtypes.int64))
        place = ops.add(ops.reshape(first, (count, 1)), ops.iota(size))
        x = ops.reshape(self._node, self.shape or (1,))
        rest = (i for i in range(len(x.shape)) if i != d)
        rows = ops.take(ops.permute(x, (d, *rest)), place)
        order = list(range(2, len(rows.shape)))
        order.insert(d, 0)
        return self._new(ops.permute(rows, (*order, 1)))


def _rolled(x: Node, shift: int, d: int) -> Node:
    n = x.shape[d] if x.shape else 0
    if not n or not shift % n:
        return x
    cut = n - shift % n
    parts = [(0, m, 1) for m in x.shape]
    head, tail = list(parts), list(parts)
    head[d], tail[d] = (0, cut, 1), (cut, n, 1)
    return ops.concat([ops.cut(x, tuple(tail)), ops.cut(x, tuple(head))], d)


def _diagonal(x: Node, offset: int) -> Node:
    """Of the last two dimensions: every (m + 1)-th element of the flat matrix."""
    n, m = x.shape[-2:]
    count = max(0, min(n, m - offset) if offset >= 0 else min(n + offset, m))
    start = (offset if offset >= 0 else -offset * m) if count else 0
    stop = start + (count - 1) * (m + 1) + 1 if count else 0
    flat = ops.reshape(x, (*x.shape[:-2], n * m))
    whole = tuple((0, k, 1) for k in x.shape[:-2])
    return ops.cut(flat, (*whole, (start, stop, m + 1)))


def _half(x: Node, what: str, keeps: Any, diagonal: int) -> Node:
    if len(x.shape) < 2:
        raise ShapeError(f"{what}: {x.shape}; it needs at least two dimensions.")
    n, m = x.shape[-2:]
    row = ops.add(ops.reshape(ops.iota(n), (n, 1)), ops.const(diagonal, dtypes.int64))
    return ops.where(keeps(ops.iota(m), row), x, ops.like(x, 0))
