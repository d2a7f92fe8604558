"""Layers that make a picture smaller."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ranvier.errors import ValueRangeError
from ranvier.nn.functions import adaptive, pooling
from ranvier.nn.functions.pool import Pool, Size, pool
from ranvier.nn.module import Module
from ranvier.tensor import Tensor


class _MaxPool(Module):
    rank = 0

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        dilation: Size = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode
        self._pool()

    def _pool(self) -> Pool:
        sizes = (self.kernel_size, self.stride, self.padding, self.dilation)
        return pool(type(self).__name__, self.rank, *sizes, self.ceil_mode)

    def forward(self, input: Tensor) -> Any:
        """The largest of each window."""
        return pooling.max_pool(input, self._pool(), self.return_indices)

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, "
            f"padding={self.padding}, dilation={self.dilation}, "
            f"ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(_MaxPool):
    """The largest of each window: (N, C, L) → (N, C, Lₒ).

    >>> import ranvier as rv
    >>> rv.nn.MaxPool1d(2)(rv.tensor([[1.0, 3.0, 2.0, 4.0]]))
    tensor([[3., 4.]])
    """

    rank = 1


class MaxPool2d(_MaxPool):
    """The largest of each window: (N, C, H, W) → (N, C, Hₒ, Wₒ) with
    Hₒ = ⌊(H + 2 padding - dilation (kernel_size - 1) - 1) / stride⌋ + 1
    (⌈ ⌉ with ``ceil_mode``).

    The gradient goes to the first of equals. Raises LayerShapeError where a window is
    larger than the picture.

    >>> import ranvier as rv
    >>> rv.nn.MaxPool2d(2)(rv.zeros(32, 6, 28, 28)).shape
    (32, 6, 14, 14)
    """

    rank = 2


class MaxPool3d(_MaxPool):
    """The largest of each window: (N, C, D, H, W) → (N, C, Dₒ, Hₒ, Wₒ)."""

    rank = 3


class _AvgPool(Module):
    rank = 0

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override
        self._pool()

    def _pool(self) -> Pool:
        sizes = (self.kernel_size, self.stride, self.padding, 1)
        return pool(type(self).__name__, self.rank, *sizes, self.ceil_mode)

    def forward(self, input: Tensor) -> Tensor:
        """The mean of each window."""
        divisor = self.divisor_override
        return pooling.avg_pool(input, self._pool(), self.count_include_pad, divisor)

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, "
            f"padding={self.padding}"
        )


class AvgPool1d(_AvgPool):
    """The mean of each window: (N, C, L) → (N, C, Lₒ)."""

    rank = 1

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        given = (kernel_size, kernel_size if stride is None else stride, padding)
        kernel, step, border = (n if isinstance(n, Sequence) else (n,) for n in given)
        super().__init__(kernel, step, border, ceil_mode, count_include_pad)


class AvgPool2d(_AvgPool):
    """The mean of each window: (N, C, H, W) → (N, C, Hₒ, Wₒ).

    Places of the border count unless ``count_include_pad`` is False;
    ``divisor_override`` divides by another number.

    >>> import ranvier as rv
    >>> rv.nn.AvgPool2d(2)(rv.arange(4.0).reshape(1, 1, 2, 2))
    tensor([[[[1.5000]]]])
    """

    rank = 2


class AvgPool3d(_AvgPool):
    """The mean of each window: (N, C, D, H, W) → (N, C, Dₒ, Hₒ, Wₒ)."""

    rank = 3


class _LPPool(Module):
    rank = 0

    def __init__(
        self,
        norm_type: float,
        kernel_size: Size,
        stride: Size | None = None,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        if not norm_type:
            name = type(self).__name__
            raise ValueRangeError(f"{name}: norm_type is 0; it must not be.")
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode
        self._pool()

    def _pool(self) -> Pool:
        sizes = (self.kernel_size, self.stride, 0, 1, self.ceil_mode)
        return pool(type(self).__name__, self.rank, *sizes)

    def forward(self, input: Tensor) -> Tensor:
        """The norm of each window."""
        return pooling.lp_pool(input, self._pool(), self.norm_type)

    def extra_repr(self) -> str:
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, "
            f"stride={self.stride}, ceil_mode={self.ceil_mode}"
        )


class LPPool1d(_LPPool):
    """(Σ x^p)^(1/p) of each window, p = `norm_type`: (N, C, L) → (N, C, Lₒ)."""

    rank = 1


class LPPool2d(_LPPool):
    """(Σ x^p)^(1/p) of each window, p = `norm_type`: (N, C, H, W) → (N, C, Hₒ, Wₒ).

    >>> import ranvier as rv
    >>> rv.nn.LPPool2d(2, 2)(rv.tensor([[[3.0, 4.0], [0.0, 0.0]]]))
    tensor([[[5.]]])
    """

    rank = 2


class LPPool3d(_LPPool):
    """(Σ x^p)^(1/p) of each window, p = `norm_type`, of (N, C, D, H, W)."""

    rank = 3


class _Adaptive(Module):
    rank = 0
    largest = False

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__()
        adaptive.no_indices(type(self).__name__, return_indices)
        adaptive.check_size(type(self).__name__, output_size, self.rank)
        self.output_size = output_size

    def forward(self, input: Tensor) -> Tensor:
        """A result of `output_size`."""
        what = type(self).__name__
        return adaptive.adaptive(input, what, self.output_size, self.rank, self.largest)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class _AdaptiveAvg(_Adaptive):
    def __init__(self, output_size: Any) -> None:
        super().__init__(output_size)


class AdaptiveAvgPool1d(_AdaptiveAvg):
    """Means over windows that cover the row: (N, C, L) → (N, C, output_size)."""

    rank = 1


class AdaptiveAvgPool2d(_AdaptiveAvg):
    """Means over windows that cover the picture: (N, C, H, W) → (N, C, *output_size);
    None keeps a size.

    >>> import ranvier as rv
    >>> rv.nn.AdaptiveAvgPool2d(1)(rv.zeros(2, 512, 7, 7)).shape
    (2, 512, 1, 1)
    """

    rank = 2


class AdaptiveAvgPool3d(_AdaptiveAvg):
    """Means over windows that cover the volume: (N, C, D, H, W) → (N, C,
    *output_size); None keeps a size.
    """

    rank = 3


class AdaptiveMaxPool1d(_Adaptive):
    """The largest of windows that cover the row: (N, C, L) → (N, C, output_size)."""

    rank = 1
    largest = True


class AdaptiveMaxPool2d(_Adaptive):
    """The largest of windows that cover the picture: (N, C, H, W) → (N, C,
    *output_size).
    """

    rank = 2
    largest = True


class AdaptiveMaxPool3d(_Adaptive):
    """The largest of windows that cover the volume: (N, C, D, H, W) → (N, C,
    *output_size).
    """

    rank = 3
    largest = True
