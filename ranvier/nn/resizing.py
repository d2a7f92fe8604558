"""Layers that make pictures larger, and move values between channels and places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ranvier.nn.functional as F
from ranvier.nn.functions.checks import positive
from ranvier.nn.functions.pool import Size
from ranvier.nn.functions.resize import known_mode
from ranvier.nn.module import Module
from ranvier.tensor import Tensor


class Upsample(Module):
    """(N, C, …) in another size: `size`, or the input's times `scale_factor`; the modes
    are those of `functional.interpolate`.

    >>> import ranvier as rv
    >>> up = rv.nn.Upsample(scale_factor=2, mode="bilinear")
    >>> up(rv.zeros(1, 3, 8, 8)).shape
    (1, 3, 16, 16)
    """

    def __init__(
        self,
        size: Any = None,
        scale_factor: Any = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:
        super().__init__()
        known_mode(type(self).__name__, mode, align_corners)
        self.size = size
        self.scale_factor = scale_factor
        if isinstance(scale_factor, Sequence):
            self.scale_factor = tuple(float(f) for f in scale_factor)
        elif scale_factor is not None:
            self.scale_factor = float(scale_factor)
        self.mode = mode
        self.align_corners = align_corners
        self.recompute_scale_factor = recompute_scale_factor

    def forward(self, input: Tensor) -> Tensor:
        """`input` in the new size."""
        return F.interpolate(
            input, self.size, self.scale_factor, self.mode, self.align_corners,
            self.recompute_scale_factor,
        )  # fmt: skip

    def extra_repr(self) -> str:
        text = f"size={self.size!r}"
        if self.scale_factor is not None:
            text = f"scale_factor={self.scale_factor!r}"
        return f"{text}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """Upsample of pictures by the nearest place."""

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, "nearest")


class UpsamplingBilinear2d(Upsample):
    """Upsample of pictures between four places, the corners kept."""

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, "bilinear", True)


class PixelShuffle(Module):
    """(…, C r², H, W) → (…, C, H r, W r) with r = `upscale_factor` (Shi et al. 2016,
    arXiv:1609.05158).
    """

    def __init__(self, upscale_factor: int) -> None:
        super().__init__()
        positive("PixelShuffle", "upscale_factor", upscale_factor)
        self.upscale_factor = upscale_factor

    def forward(self, input: Tensor) -> Tensor:
        """Channels spread over places."""
        return F.pixel_shuffle(input, self.upscale_factor)

    def extra_repr(self) -> str:
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """(…, C, H r, W r) → (…, C r², H, W) with r = `downscale_factor`."""

    def __init__(self, downscale_factor: int) -> None:
        super().__init__()
        positive("PixelUnshuffle", "downscale_factor", downscale_factor)
        self.downscale_factor = downscale_factor

    def forward(self, input: Tensor) -> Tensor:
        """Places gathered in channels."""
        return F.pixel_unshuffle(input, self.downscale_factor)

    def extra_repr(self) -> str:
        return f"downscale_factor={self.downscale_factor}"


class ChannelShuffle(Module):
    """Channels (g, n) taken in the order (n, g), with g = `groups` (Zhang et al. 2018,
    arXiv:1707.01083).
    """

    def __init__(self, groups: int) -> None:
        super().__init__()
        positive("ChannelShuffle", "groups", groups)
        self.groups = groups

    def forward(self, input: Tensor) -> Tensor:
        """The channels in the new order."""
        return F.channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        return f"groups={self.groups}"


# ---- windows as columns --------------------------------------------------------------


class Unfold(Module):
    """Every window as a column: (N, C, H, W) → (N, C kₕ k_w, number of windows)."""

    def __init__(
        self,
        kernel_size: Size,
        dilation: Size = 1,
        padding: Size = 0,
        stride: Size = 1,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input: Tensor) -> Tensor:
        """The windows of `input`."""
        sizes = (self.kernel_size, self.dilation, self.padding, self.stride)
        return F.unfold(input, *sizes)

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, dilation={self.dilation}, "
            f"padding={self.padding}, stride={self.stride}"
        )


class Fold(Module):
    """Columns added up where their windows lie: (N, C kₕ k_w, number of windows) →
    (N, C, *output_size).
    """

    def __init__(
        self,
        output_size: Size,
        kernel_size: Size,
        dilation: Size = 1,
        padding: Size = 0,
        stride: Size = 1,
    ) -> None:
        super().__init__()
        self.output_size = output_size
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input: Tensor) -> Tensor:
        """The picture that the columns of `input` add up to."""
        sizes = (self.kernel_size, self.dilation, self.padding, self.stride)
        return F.fold(input, self.output_size, *sizes)

    def extra_repr(self) -> str:
        return (
            f"output_size={self.output_size}, kernel_size={self.kernel_size}, "
            f"dilation={self.dilation}, padding={self.padding}, stride={self.stride}"
        )
