"""The same elements under another shape: reshape, permute, expand, …."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Self

from ranvier import ops
from ranvier.errors import ShapeError
from ranvier.graph import Shape
from ranvier.tensors.indexing import fits, ints
from ranvier.tensors.methods.handle import Handle
from ranvier.tensors.methods.operands import not_a_tensor
from ranvier.tensors.methods.subscript import Subscript


class Movement(Subscript):
    """The same elements under another shape."""

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
        if a > b:
            raise ShapeError(f"flatten: start_dim {start_dim} is behind {end_dim}.")
        size = math.prod(self.shape[a : b + 1])
        return self.reshape(*self.shape[:a], size, *self.shape[b + 1 :])

    def ravel(self) -> Self:
        """All elements in one dimension."""
        return self.reshape(self.numel())

    def unflatten(self, dim: int, sizes: Sequence[int]) -> Self:
        """Dimension `dim` as several, of the sizes given (one may be -1).

        >>> import ranvier as rv
        >>> rv.zeros(6, 2).unflatten(0, (3, -1)).shape
        (3, 2, 2)
        """
        d = ops.axis(dim, self.ndim, "unflatten")
        part, n = ints((sizes,)), self.shape[d]
        known = math.prod(m for m in part if m != -1)
        if part.count(-1) == 1 and known:
            part = tuple(n // known if m == -1 else m for m in part)
        if math.prod(part) != n:
            raise ShapeError(f"unflatten: {n} does not divide into {tuple(sizes)}.")
        return self.reshape(*self.shape[:d], *part, *self.shape[d + 1 :])

    def view_as(self, other: Handle) -> Self:
        """Under the shape of `other`."""
        if not isinstance(other, Handle):
            raise not_a_tensor("view_as", other)
        return self.reshape(other.shape)

    reshape_as = view_as

    def squeeze(self, dim: Any = None) -> Self:
        """Without dimensions of size 1 (or without `dim`, one or several, where they
        have size 1).
        """
        over = ops.axes(dim, self.ndim, "squeeze")
        shape = tuple(n for i, n in enumerate(self.shape) if n != 1 or i not in over)
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

    swapaxes = transpose
    swapdims = transpose

    def movedim(self, source: Any, destination: Any) -> Self:
        """The dimensions `source` put at the places `destination`.

        >>> import ranvier as rv
        >>> rv.zeros(2, 3, 4).movedim(0, -1).shape
        (3, 4, 2)
        """
        several = isinstance(source, (tuple, list))
        froms, tos = (source, destination) if several else ([source], [destination])
        a = [ops.axis(d, self.ndim, "movedim") for d in froms]
        b = [ops.axis(d, self.ndim, "movedim") for d in tos]
        if len(a) != len(b) or len(set(a)) != len(a) or len(set(b)) != len(b):
            raise ShapeError(
                f"movedim: source {source} and destination {destination}; both need as "
                "many different dimensions."
            )
        order = [d for d in range(self.ndim) if d not in a]
        for to, d in sorted(zip(b, a, strict=True)):
            order.insert(to, d)
        return self._viewed(ops.permute(self._node, order), "movedim")

    moveaxis = movedim

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
            self.shape[i - front] if n == -1 and i >= front else n
            for i, n in enumerate(shape)
        )
        if -1 in shape or not fits(self.shape, shape):
            raise ShapeError(f"expand: {self.shape} does not broadcast to {shape}.")
        return self._viewed(ops.expand(self._node, shape), "expand")

    def expand_as(self, other: Handle) -> Self:
        """Repeated to the shape of `other`."""
        return self.expand(*other.shape)

    def broadcast_to(self, size: Any) -> Self:
        """Repeated by broadcasting to `size`."""
        return self.expand(size)

    @property
    def T(self) -> Self:
        """The transposed matrix."""
        return self.t()

    @property
    def mT(self) -> Self:
        """The last two dimensions exchanged."""
        if self.ndim < 2:
            raise ShapeError(f"mT of a tensor with {self.ndim} dimensions; at least 2.")
        return self._viewed(ops.swap(self._node), "mT")

    H = T
    mH = mT

    def adjoint(self) -> Self:
        """The last two dimensions exchanged."""
        return self.mT

    def contiguous(self, memory_format: Any = None) -> Self:
        """This tensor: layout is the compiler's business."""
        return self

    def is_contiguous(self) -> bool:
        """True: layout is the compiler's business."""
        return True
