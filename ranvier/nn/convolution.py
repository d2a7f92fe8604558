"""Convolution layers."""

from __future__ import annotations

import math
from typing import Any

import ranvier.nn.init as init
from ranvier import ops
from ranvier.errors import (
    LayerShapeError,
    UnknownNameError,
    UnsupportedError,
    ValueRangeError,
    nearest,
)
from ranvier.nn.functions import convolution as convs
from ranvier.nn.functions.convolution import Padding, Size, sizes
from ranvier.nn.functions.padding import pad
from ranvier.nn.module import Module
from ranvier.nn.parameter import Parameter
from ranvier.tensor import Tensor
from ranvier.tensors.creation import check_device, empty


class _Convolution(Module):
    """What all convolution layers hold; `rank` counts the spatial dimensions."""

    rank = 2
    transposed = False
    weighted = True
    weight: Parameter
    bias: Parameter | None

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size,
        padding: Padding,
        dilation: Size,
        groups: int,
        bias: bool,
        padding_mode: str,
        device: Any,
        dtype: Any,
    ) -> None:
        super().__init__()
        check_device(device)
        name, rank = type(self).__name__, self.rank
        if isinstance(groups, bool) or not isinstance(groups, int) or groups < 1:
            raise ValueRangeError(
                f"{name}: groups={groups!r}: expected a whole number from 1."
            )
        for what, n in (("in_channels", in_channels), ("out_channels", out_channels)):
            if isinstance(n, bool) or not isinstance(n, int) or n < 1 or n % groups:
                raise ValueRangeError(
                    f"{name}: {what}={n!r} with groups={groups}: expected a whole "
                    "number from 1 that groups divides."
                )
        self.padding_mode = _mode(name, padding_mode, self.transposed)
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = sizes(kernel_size, rank, f"{name}: kernel_size")
        self.stride = sizes(stride, rank, f"{name}: stride")
        self.padding = (
            padding
            if isinstance(padding, str)
            else sizes(padding, rank, f"{name}: padding", 0)
        )
        self.dilation = sizes(dilation, rank, f"{name}: dilation")
        self.groups = groups
        first, second = out_channels, in_channels // groups
        if self.transposed:
            first, second = in_channels, out_channels // groups
        self.weight = Parameter(empty(first, second, *self.kernel_size, dtype=dtype))
        self.register_parameter(
            "bias", Parameter(empty(out_channels, dtype=dtype)) if bias else None
        )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weights and biases anew, evenly in ±1/√fan_in."""
        bound = 1 / math.sqrt(math.prod(self.weight.shape[1:]))
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def _check(self, input: Tensor) -> None:
        shape = input.shape
        if len(shape) in (self.rank + 1, self.rank + 2):
            got = shape[-self.rank - 1]
            if got != self.in_channels:
                layer = (
                    f"{type(self).__name__}({self.in_channels} → {self.out_channels})"
                )
                remedy = f"{type(self).__name__}({got}, {self.out_channels}, …)"
                if self.in_channels == 1 and len(shape) == self.rank + 1:
                    remedy = "x.unsqueeze(1) where the first dimension is the batch"
                raise LayerShapeError(
                    layer, shape, f"{got} ≠ {self.in_channels} channels", remedy
                )

    def extra_repr(self) -> str:
        text = (
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, "
            f"stride={self.stride}"
        )
        if self.padding not in ((0,) * self.rank, "valid"):
            text += f", padding={self.padding}"
        if self.dilation != (1,) * self.rank:
            text += f", dilation={self.dilation}"
        if getattr(self, "output_padding", (0,) * self.rank) != (0,) * self.rank:
            text += f", output_padding={self.output_padding}"
        if self.groups != 1:
            text += f", groups={self.groups}"
        if self.bias is None:
            text += ", bias=False"
        if self.padding_mode != "zeros":
            text += f", padding_mode={self.padding_mode}"
        return text


MODES = ("zeros", "reflect", "replicate", "circular")


def _mode(what: str, mode: str, transposed: bool) -> str:
    """What lies beyond the border."""
    if mode not in MODES:
        hint = nearest(str(mode), MODES)
        raise UnknownNameError(
            f"{what}: padding_mode is {mode!r}; known are {', '.join(MODES)}{hint}"
        )
    if transposed and mode != "zeros":
        raise UnsupportedError(
            f"{what}: padding_mode is {mode!r}; a transposed convolution has only "
            "'zeros'."
        )
    return mode


class _Forward(_Convolution):
    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Padding = 0,
        dilation: Size = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups,
            bias, padding_mode, device, dtype,
        )  # fmt: skip

    def forward(self, input: Tensor) -> Tensor:
        """The convolution of `input` with the layer's weights, plus its bias."""
        self._check(input)
        function = getattr(convs, f"conv{self.rank}d")
        padding: Padding = self.padding
        if self.padding_mode != "zeros":
            input, padding = pad(input, self._border(), self.padding_mode), 0
        result: Tensor = function(
            input, self.weight, self.bias, self.stride, padding, self.dilation,
            self.groups,
        )  # fmt: skip
        return result

    def _border(self) -> list[int]:
        """What `pad` takes: before and after, the last dimension first."""
        name = type(self).__name__
        window = ops.Window(self.stride, self.dilation, self.groups)
        edges = convs.edges(name, self.padding, self.kernel_size, window)
        return [side for edge in reversed(edges) for side in edge]


class Conv1d(_Forward):
    """A convolution over sequences: (N, in_channels, L) → (N, out_channels, L')."""

    rank = 1


class Conv2d(_Forward):
    """y[n, o, p] = b[o] + Σ_{c, k} x[n, c, stride p + dilation k - padding] w[o, c, k].

    Shapes: (N, in_channels, H, W) → (N, out_channels, H', W') with
    H' = ⌊(H + 2 padding - dilation (kernel_size - 1) - 1) / stride⌋ + 1; the weight is
    (out_channels, in_channels / groups, *kernel_size). Weights and biases start evenly
    spread in ±1/√fan_in. `padding_mode` is "zeros", "reflect", "replicate" or
    "circular". Raises LayerShapeError for another number of channels.

    >>> import ranvier as rv
    >>> rv.nn.Conv2d(1, 16, kernel_size=5, padding=2)(rv.zeros(8, 1, 28, 28)).shape
    (8, 16, 28, 28)
    """


class Conv3d(_Forward):
    """A convolution over volumes: (N, in_channels, D, H, W) → (N, out_channels, …)."""

    rank = 3


class _Transposed(_Convolution):
    transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size = 0,
        output_padding: Size = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Size = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        name = f"{type(self).__name__}: output_padding"
        self.output_padding: tuple[int, ...] = sizes(output_padding, self.rank, name, 0)
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups,
            bias, padding_mode, device, dtype,
        )  # fmt: skip

    def forward(self, input: Tensor, output_size: Size | None = None) -> Tensor:
        """The transposed convolution of `input`, plus the bias; `output_size` says
        which of the sizes that give this input is meant.
        """
        self._check(input)
        function = getattr(convs, f"conv_transpose{self.rank}d")
        extra = self.output_padding
        if output_size is not None:
            extra = self._extra(input.shape[-self.rank :], output_size)
        result: Tensor = function(
            input, self.weight, self.bias, self.stride, self.padding, extra,
            self.groups, self.dilation,
        )  # fmt: skip
        return result

    def _extra(self, plane: tuple[int, ...], output_size: Size) -> tuple[int, ...]:
        """The output padding that gives this size."""
        name = f"{type(self).__name__}: output_size"
        given = (
            output_size if isinstance(output_size, int) else output_size[-self.rank :]
        )
        wanted = sizes(given, self.rank, name)
        least = []
        for n, k, s, d, p in zip(
            plane, self.kernel_size, self.stride, self.dilation, self.padding,
            strict=True,
        ):  # fmt: skip
            assert isinstance(p, int), "a transposed convolution has numbers only"
            least.append((n - 1) * s - 2 * p + d * (k - 1) + 1)
        extra = tuple(w - m for w, m in zip(wanted, least, strict=True))
        steps = zip(extra, self.stride, self.dilation, strict=True)
        if any(not 0 <= e < max(s, d) for e, s, d in steps):
            raise ValueRangeError(
                f"{name}={output_size!r}: an input of {plane} gives at least "
                f"{tuple(least)}, and less than one stride more."
            )
        return extra


class ConvTranspose1d(_Transposed):
    """A transposed convolution over sequences: (N, in_channels, L) → (N, …, L')."""

    rank = 1


class ConvTranspose2d(_Transposed):
    """The transpose of Conv2d: spreads each place over the kernel's places.

    Shapes: (N, in_channels, H, W) → (N, out_channels, H', W') with H' = (H - 1) stride
    - 2 padding + dilation (kernel_size - 1) + output_padding + 1; the weight is
    (in_channels, out_channels / groups, *kernel_size).

    >>> import ranvier as rv
    >>> rv.nn.ConvTranspose2d(8, 4, 2, stride=2)(rv.zeros(1, 8, 7, 7)).shape
    (1, 4, 14, 14)
    """


class ConvTranspose3d(_Transposed):
    """A transposed convolution over volumes."""

    rank = 3
