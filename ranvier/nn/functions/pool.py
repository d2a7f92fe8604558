"""What a pooling is asked for, and pictures as it looks at them.

A picture (N, C, H, W) is looked at as (N, H, W, C): the channels lie in the lanes, and
the permutations cancel between layers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from ranvier import ops
from ranvier.errors import LayerShapeError, ValueRangeError
from ranvier.graph import Node, Shape

Size = int | Sequence[int]
AXES = {1: "L", 2: "H, W", 3: "D, H, W"}


class Pool(NamedTuple):
    """What a pooling layer is asked for, one number a dimension of the picture."""

    what: str
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]
    ceil_mode: bool

    @property
    def rank(self) -> int:
        return len(self.kernel)

    @property
    def slides(self) -> tuple[ops.Slide, ...]:
        parts = zip(self.kernel, self.stride, self.dilation, strict=True)
        return tuple(ops.Slide(*part) for part in parts)

    @property
    def label(self) -> str:
        size = self.kernel[0] if len(set(self.kernel)) == 1 else self.kernel
        return f"{self.what}(kernel_size={size})"

    def windows(self, d: int, n: int) -> int:
        """How many windows go along dimension `d` of `n` places."""
        slide, p = self.slides[d], self.padding[d]
        over = n + 2 * p - slide.reach
        out = (over + (slide.step - 1) * self.ceil_mode) // slide.step + 1
        # The last window begins inside the picture or its left border.
        if self.ceil_mode and (out - 1) * slide.step >= n + p:
            out -= 1
        return out


def pool(
    what: str, rank: int, kernel_size: Size, stride: Size | None, padding: Size,
    dilation: Size = 1, ceil_mode: bool = False,
) -> Pool:  # fmt: skip
    """The settings of a pooling, checked."""
    kernel = sizes(what, "kernel_size", kernel_size, rank, 1)
    step = kernel if stride is None else sizes(what, "stride", stride, rank, 1)
    made = Pool(
        what,
        kernel,
        step,
        sizes(what, "padding", padding, rank, 0),
        sizes(what, "dilation", dilation, rank, 1),
        bool(ceil_mode),
    )
    for slide, p in zip(made.slides, made.padding, strict=True):
        if 2 * p > slide.reach:
            raise ValueRangeError(
                f"{what}: padding is {p} for windows of {slide.reach}; it can be at "
                f"most half of that, {slide.reach // 2}."
            )
    return made


def sizes(what: str, name: str, value: Any, rank: int, least: int) -> tuple[int, ...]:
    """`value` as one whole number a dimension."""
    given = (value,) * rank if isinstance(value, int) else tuple(value)
    if len(given) == 1:
        given *= rank
    if len(given) != rank or not all(isinstance(n, int) for n in given):
        wanted = "a number" if rank == 1 else f"a number or {rank} numbers"
        raise ValueRangeError(f"{what}: {name} is {value!r}; expected {wanted}.")
    if min(given) < least:
        raise ValueRangeError(
            f"{what}: {name} is {value!r}; it must be at least {least}."
        )
    return given


# ---- pictures with the channels last -------------------------------------------------


def channels_last(what: str, x: Node, rank: int) -> Node:
    """(N, C, H, W) or (C, H, W) as (N, H, W, C)."""
    if len(x.shape) not in (rank + 1, rank + 2):
        letters = AXES[rank]
        remedy = f"a tensor of shape (N, C, {letters}) or (C, {letters})"
        if len(x.shape) == 2 and rank == 2:
            side = math.isqrt(x.shape[1])
            if side * side == x.shape[1]:
                remedy = f"nn.Unflatten(1, (1, {side}, {side})) before it"
        reason = f"{len(x.shape)} dimensions ≠ {rank + 1} or {rank + 2}"
        raise LayerShapeError(what, x.shape, reason, remedy)
    if len(x.shape) == rank + 1:
        x = ops.reshape(x, (1, *x.shape))
    return ops.permute(x, (0, *range(2, rank + 2), 1))


def channels_first(y: Node, batched: bool) -> Node:
    """The way back."""
    rank = len(y.shape) - 2
    y = ops.permute(y, (0, rank + 1, *range(1, rank + 1)))
    return y if batched else ops.reshape(y, y.shape[1:])


def fitted(x: Node, p: Pool, border: float) -> Node:
    """`x` with its border, cut to what the windows look at."""
    parts: list[tuple[int, int, int]] = [(0, 0, 0)]
    kept: list[tuple[int, int, int]] = [(0, x.shape[0], 1)]
    for d, slide in enumerate(p.slides):
        n, before = x.shape[d + 1], p.padding[d]
        count = p.windows(d, n)
        if count < 1:
            raise _too_small(p, x.shape)
        end = (count - 1) * slide.step + slide.reach
        parts.append((before, max(0, end - before - n), 0))
        kept.append((0, min(n, end - before), 1))
    x = ops.cut(x, (*kept, (0, x.shape[-1], 1)))
    return ops.pad(x, (*parts, (0, 0, 0)), border)


def _too_small(p: Pool, shape: Shape) -> LayerShapeError:
    n, *plane, c = shape
    for size, slide, pad in zip(plane, p.slides, p.padding, strict=True):
        if size + 2 * pad < slide.reach:
            reason = f"a window of {slide.reach} is larger than {size + 2 * pad}"
            break
    least = min(s + 2 * q for s, q in zip(plane, p.padding, strict=True))
    remedy = f"kernel_size={max(1, least)} or less, or a larger picture"
    return LayerShapeError(p.label, (n, c, *plane), reason, remedy)


def windows_of(p: Pool) -> tuple[ops.Slide | None, ...]:
    return (None, *p.slides, None)
