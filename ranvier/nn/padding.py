"""Layers that put a border around rows, pictures and volumes."""

from __future__ import annotations

from collections.abc import Sequence

from ranvier.errors import LayerShapeError, ValueRangeError
from ranvier.nn.functions.padding import pad
from ranvier.nn.module import Module
from ranvier.tensor import Tensor


class _Pad(Module):
    """`padding` is one number, or before and after of each dimension, the last one
    first.
    """

    rank = 0
    mode = ""

    def __init__(self, padding: int | Sequence[int]) -> None:
        super().__init__()
        count = 2 * self.rank
        given = (padding,) * count if isinstance(padding, int) else tuple(padding)
        if len(given) != count or not all(isinstance(n, int) for n in given):
            raise ValueRangeError(
                f"{type(self).__name__}: padding is {padding!r}; expected a number or "
                f"{count} numbers, before and after of each dimension, the last first."
            )
        self.padding = given

    def forward(self, input: Tensor) -> Tensor:
        """`input` with its border."""
        self._check(input)
        return pad(input, self.padding, self.mode)

    def _check(self, input: Tensor) -> None:
        rank, shape = self.rank, input._node.shape
        if len(shape) not in (rank + 1, rank + 2):
            reason = f"{len(shape)} dimensions ≠ {rank + 1} or {rank + 2}"
            remedy = f"nn.functional.pad(x, {self.padding}, {self.mode!r})"
            raise LayerShapeError(type(self).__name__, shape, reason, remedy)

    def extra_repr(self) -> str:
        return f"{self.padding}"


# ---- with a number -------------------------------------------------------------------


class _ConstantPad(_Pad):
    mode = "constant"

    def __init__(self, padding: int | Sequence[int], value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        """`input` with its border."""
        return pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPad):
    """`value` before and after the last dimension; negative numbers cut away."""

    rank = 1


class ConstantPad2d(_ConstantPad):
    """`value` around the last two dimensions: (left, right, top, bottom).

    >>> import ranvier as rv
    >>> rv.nn.ConstantPad2d((1, 0, 0, 0), 7.0)(rv.zeros(1, 1, 2))
    tensor([[[7., 0., 0.]]])
    """

    rank = 2


class ConstantPad3d(_ConstantPad):
    """`value` around the last three dimensions."""

    rank = 3


class _ZeroPad(_ConstantPad):
    def __init__(self, padding: int | Sequence[int]) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ZeroPad1d(_ZeroPad):
    """0 before and after the last dimension."""

    rank = 1


class ZeroPad2d(_ZeroPad):
    """0 around the last two dimensions."""

    rank = 2


class ZeroPad3d(_ZeroPad):
    """0 around the last three dimensions."""

    rank = 3


# ---- with what lies inside -----------------------------------------------------------


class ReflectionPad1d(_Pad):
    """The row mirrored at its ends, which are not repeated: (N, C, L) or (C, L)."""

    rank = 1
    mode = "reflect"


class ReflectionPad2d(_Pad):
    """The picture mirrored at its edges: (N, C, H, W) or (C, H, W)."""

    rank = 2
    mode = "reflect"


class ReflectionPad3d(_Pad):
    """The volume mirrored at its faces: (N, C, D, H, W) or (C, D, H, W)."""

    rank = 3
    mode = "reflect"


class ReplicationPad1d(_Pad):
    """The ends of the row repeated: (N, C, L) or (C, L)."""

    rank = 1
    mode = "replicate"


class ReplicationPad2d(_Pad):
    """The edges of the picture repeated: (N, C, H, W) or (C, H, W)."""

    rank = 2
    mode = "replicate"


class ReplicationPad3d(_Pad):
    """The faces of the volume repeated: (N, C, D, H, W) or (C, D, H, W)."""

    rank = 3
    mode = "replicate"


class CircularPad1d(_Pad):
    """The row goes on with its other end: (N, C, L) or (C, L)."""

    rank = 1
    mode = "circular"


class CircularPad2d(_Pad):
    """The picture goes on with its other side: (N, C, H, W) or (C, H, W)."""

    rank = 2
    mode = "circular"


class CircularPad3d(_Pad):
    """The volume goes on with its other side: (N, C, D, H, W) or (C, D, H, W)."""

    rank = 3
    mode = "circular"
