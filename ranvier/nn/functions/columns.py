"""Windows of pictures as columns, and back."""

from __future__ import annotations

import math
from typing import Any

from ranvier import ops
from ranvier.errors import ShapeError
from ranvier.nn.functions import checks
from ranvier.nn.functions.pool import Size, channels_first, channels_last, sizes
from ranvier.tensor import Tensor, _wrap


def _blocks(
    what: str, kernel: Any, dilation: Any, padding: Any, stride: Any
) -> tuple[tuple[ops.Slide, ...], tuple[int, ...]]:
    k = sizes(what, "kernel_size", kernel, 2, 1)
    d = sizes(what, "dilation", dilation, 2, 1)
    s = sizes(what, "stride", stride, 2, 1)
    slides = tuple(ops.Slide(*part) for part in zip(k, s, d, strict=True))
    return slides, sizes(what, "padding", padding, 2, 0)


def unfold(
    input: Tensor,
    kernel_size: Size,
    dilation: Size = 1,
    padding: Size = 0,
    stride: Size = 1,
) -> Tensor:
    """Every window as a column: (N, C, H, W) → (N, C kₕ k_w, number of windows).

    >>> import ranvier as rv
    >>> rv.nn.functional.unfold(rv.zeros(2, 3, 8, 8), 3).shape
    (2, 27, 36)
    """
    slides, border = _blocks("unfold", kernel_size, dilation, padding, stride)
    x = checks.node("unfold", input)
    batched = len(x.shape) == 4
    x = channels_last("unfold", x, 2)
    x = ops.pad(x, ((0, 0, 0), *((p, p, 0) for p in border), (0, 0, 0)))
    n, *_, c = x.shape
    y = ops.permute(ops.window(x, (None, *slides, None)), (0, 5, 2, 4, 1, 3))
    y = ops.reshape(y, (n, c * y.shape[2] * y.shape[3], y.shape[4] * y.shape[5]))
    return _wrap(y if batched else ops.reshape(y, y.shape[1:]))


def fold(
    input: Tensor,
    output_size: Size,
    kernel_size: Size,
    dilation: Size = 1,
    padding: Size = 0,
    stride: Size = 1,
) -> Tensor:
    """Columns added up where their windows lie: the transpose of `unfold`;
    (N, C kₕ k_w, number of windows) → (N, C, H, W).
    """
    slides, border = _blocks("fold", kernel_size, dilation, padding, stride)
    plane = sizes("fold", "output_size", output_size, 2, 1)
    x = checks.node("fold", input)
    batched = len(x.shape) == 3
    if len(x.shape) not in (2, 3):
        raise ShapeError(f"fold: {x.shape}; expected (N, C * kernel, windows).")
    x = x if batched else ops.reshape(x, (1, *x.shape))
    wide = tuple(n + 2 * p for n, p in zip(plane, border, strict=True))
    counts = tuple(s.count(n) for s, n in zip(slides, wide, strict=True))
    area = slides[0].size * slides[1].size
    if x.shape[1] % area or x.shape[2] != math.prod(counts):
        raise ShapeError(
            f"fold: {x.shape} for windows of {slides[0].size}x{slides[1].size} over "
            f"{plane}; expected (N, C * {area}, {math.prod(counts)})."
        )
    n, c = x.shape[0], x.shape[1] // area
    y = ops.reshape(x, (n, c, slides[0].size, slides[1].size, *counts))
    y = ops.permute(y, (0, 4, 2, 5, 3, 1))
    y = ops.fold(y, (None, *slides, None), (n, *wide, c))
    parts = [(p, p + size, 1) for p, size in zip(border, plane, strict=True)]
    y = ops.cut(y, ((0, n, 1), *parts, (0, c, 1)))
    return _wrap(channels_first(y, batched))
