"""Layers that put the largest of each window back where it stood."""

from __future__ import annotations

from collections.abc import Sequence

from ranvier.nn.functions.pool import Size, sizes
from ranvier.nn.functions.unpool import unpool
from ranvier.nn.module import Module
from ranvier.tensor import Tensor


class _MaxUnpool(Module):
    rank = 0

    def __init__(
        self, kernel_size: Size, stride: Size | None = None, padding: Size = 0
    ) -> None:
        super().__init__()
        what = type(self).__name__
        self.kernel_size = sizes(what, "kernel_size", kernel_size, self.rank, 1)
        given = self.kernel_size if stride is None else stride
        self.stride = sizes(what, "stride", given, self.rank, 1)
        self.padding = sizes(what, "padding", padding, self.rank, 0)

    def forward(
        self, input: Tensor, indices: Tensor, output_size: Sequence[int] | None = None
    ) -> Tensor:
        """The values at the places `indices`, zeros elsewhere."""
        return unpool(
            type(self).__name__,
            self.rank,
            input,
            indices,
            self.kernel_size,
            self.stride,
            self.padding,
            output_size,
        )

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, "
            f"padding={self.padding}"
        )


class MaxUnpool1d(_MaxUnpool):
    """The way back from `MaxPool1d`; see `nn.functional.max_unpool2d`."""

    rank = 1


class MaxUnpool2d(_MaxUnpool):
    """The way back from `MaxPool2d` with ``return_indices=True``: (N, C, H, W) and the
    indices → (N, C, Hₒ, Wₒ) with Hₒ = (H - 1) stride - 2 padding + kernel_size.

    >>> import ranvier as rv
    >>> y, at = rv.nn.MaxPool2d(2, return_indices=True)(rv.ones(1, 4, 6, 6))
    >>> rv.nn.MaxUnpool2d(2)(y, at).shape
    (1, 4, 6, 6)
    """

    rank = 2


class MaxUnpool3d(_MaxUnpool):
    """The way back from `MaxPool3d`; see `nn.functional.max_unpool2d`."""

    rank = 3
