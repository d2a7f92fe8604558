"""Elements under other shapes and in other places; nothing is computed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from ranvier import ops
from ranvier.errors import ShapeError
from ranvier.graph import Shape
from ranvier.indexing import fits, ints
from ranvier.methods.handle import Handle
from ranvier.methods.subscript import Subscript


class Movement(Subscript):
    """Elements under other shapes and in other places."""

    __slots__ = ()

    def reshape(self, *shape: Any) -> Self:
        """The same elements under another shape; -1 stands for what is left."""
        return self._viewed(
            ops.reshape(self._node, self._complete(ints(shape))), "reshape"
        )

    view = reshape

    def _complete(self, shape: Shape) -> Shape:
        if shape.count(-1) > 1:
            raise ShapeError(f"reshape: only one size of {shape} can be -1.")
        if -1 not in shape:
            return shape
        known = 1
        for n in shape:
            known *= n if n != -1 else 1
        if known == 0 or self.numel() % known:
            raise ShapeError(f"reshape: {self.shape} does not divide into {shape}.")
        return tuple(self.numel() // known if n == -1 else n for n in shape)

    def flatten(self, start_dim: int = 0, end_dim: int = -1) -> Self:
        """Dimensions start_dim … end_dim as one."""
        if not self.shape:
            return self.reshape(1)
        a, b = (
            ops.axis(start_dim, self.ndim, "flatten"),
            ops.axis(end_dim, self.ndim, "flatten"),
        )
        size = 1
        for n in self.shape[a : b + 1]:
            size *= n
        return self.reshape(*self.shape[:a], size, *self.shape[b + 1 :])

    def squeeze(self, dim: int | None = None) -> Self:
        """Without dimensions of size 1 (or without `dim`, if it has size 1)."""
        if dim is None:
            return self._viewed(
                ops.reshape(self._node, tuple(n for n in self.shape if n != 1)),
                "squeeze",
            )
        d = ops.axis(dim, self.ndim, "squeeze")
        shape = (
            self.shape[:d] + self.shape[d + 1 :] if self.shape[d] == 1 else self.shape
        )
        return self._viewed(ops.reshape(self._node, shape), "squeeze")

    def unsqueeze(self, dim: int) -> Self:
        """With a dimension of size 1 put in at `dim`."""
        d = ops.axis(dim, self.ndim + 1, "unsqueeze")
        return self._viewed(
            ops.reshape(self._node, (*self.shape[:d], 1, *self.shape[d:])), "unsqueeze"
        )

    def permute(self, *dims: Any) -> Self:
        """Dimensions in another order."""
        return self._viewed(ops.permute(self._node, ints(dims)), "permute")

    def transpose(self, dim0: int, dim1: int) -> Self:
        """Two dimensions exchanged."""
        order = list(range(self.ndim))
        a, b = (
            ops.axis(dim0, self.ndim, "transpose"),
            ops.axis(dim1, self.ndim, "transpose"),
        )
        if order:
            order[a], order[b] = order[b], order[a]
        return self._viewed(ops.permute(self._node, order), "transpose")

    def t(self) -> Self:
        """The transposed matrix."""
        if self.ndim > 2:
            raise ShapeError(
                f"t() of a tensor with {self.ndim} dimensions; use .transpose(a, b)."
            )
        return self._viewed(ops.swap(self._node) if self.ndim == 2 else self._node, "t")

    def expand(self, *sizes: Any) -> Self:
        """Repeated by broadcasting to a larger shape; -1 keeps a size."""
        shape = ints(sizes)
        front = len(shape) - self.ndim
        shape = tuple(
            self.shape[i - front] if n == -1 else n for i, n in enumerate(shape)
        )
        if not fits(self.shape, shape):
            raise ShapeError(f"expand: {self.shape} does not broadcast to {shape}.")
        return self._viewed(ops.expand(self._node, shape), "expand")

    def expand_as(self, other: Handle) -> Self:
        """Repeated to the shape of `other`."""
        return self.expand(*other.shape)

    def repeat(self, *sizes: Any) -> Self:
        """Copies laid side by side, `sizes[i]` of them along dimension i."""
        times = ints(sizes)
        x = ops.reshape(self._node, (1,) * (len(times) - self.ndim) + self.shape)
        for i, n in enumerate(times):
            x = ops.concat([x] * n, i) if n != 1 else x
        return self._new(x)

    def flip(self, *dims: Any) -> Self:
        """The order of the elements reversed along `dims`."""
        return self._new(ops.flip(self._node, ops.axes(ints(dims), self.ndim, "flip")))

    def split(self, split_size: int | Sequence[int], dim: int = 0) -> tuple[Self, ...]:
        """Pieces of `split_size` along `dim` (the last may be smaller), or of the sizes
        listed.
        """
        d = ops.axis(dim, self.ndim, "split")
        n = self.shape[d]
        sizes = (
            [min(split_size, n - i) for i in range(0, n, split_size)]
            if isinstance(split_size, int)
            else list(split_size)
        )
        if sum(sizes) != n:
            raise ShapeError(f"split: {sizes} add up to {sum(sizes)}, not to {n}.")
        out, at = [], 0
        for size in sizes:
            out.append(self[(slice(None),) * d + (slice(at, at + size),)])
            at += size
        return tuple(out)

    def chunk(self, chunks: int, dim: int = 0) -> tuple[Self, ...]:
        """About equal pieces along `dim`."""
        return self.split(max(1, -(-self.shape[dim] // chunks)), dim)

    @property
    def T(self) -> Self:
        """The transposed matrix."""
        return self.t()

    def contiguous(self) -> Self:
        """This tensor: layout is the compiler's business."""
        return self
