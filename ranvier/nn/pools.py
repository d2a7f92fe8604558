"""Pooling and sliding windows as functions.

A picture (N, C, H, W) is looked at as (N, H, W, C): the channels lie in the lanes, and
the permutations cancel between layers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ranvier import dtypes, ops
from ranvier.errors import (
    DTypeError,
    LayerShapeError,
    ShapeError,
    UnsupportedError,
    ValueRangeError,
)
from ranvier.graph import Node, Shape, leaf
from ranvier.tensor import Tensor, _wrap, no_tensor

Size = int | Sequence[int]
AXES = ("L", "H", "W")


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
        letters = ", ".join(AXES[-rank:])
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


def _fitted(x: Node, p: Pool, border: float) -> Node:
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


def _windows(p: Pool) -> tuple[ops.Slide | None, ...]:
    return (None, *p.slides, None)


# ---- the largest ---------------------------------------------------------------------


def max_pool(input: Tensor, p: Pool, return_indices: bool = False) -> Any:
    """The largest of each window, and where it is if asked for."""
    try:
        x = input._node
    except AttributeError as error:
        raise no_tensor(p.what, error) from None
    batched = len(x.shape) == p.rank + 2
    seen = channels_last(p.label, x, p.rank)
    fitted = _fitted(seen, p, _least(x))
    y = ops.window_max(fitted, _windows(p))
    out = _wrap(channels_first(y, batched))
    if not return_indices:
        return out
    detached = ops.detach(fitted), ops.detach(y)
    first = ops.cast(ops.window_argmax(*detached, _windows(p)), dtypes.int64)
    place = _in_picture(first, p, seen.shape[1:-1])
    return out, _wrap(channels_first(place, batched))


def _least(x: Node) -> float:
    if x.dtype.is_float:
        return -math.inf
    if x.dtype.order == 0:
        raise DTypeError("max_pool: booleans have no order; use .float().")
    return int(np.iinfo(x.dtype.np).min)


def _in_picture(first: Node, p: Pool, plane: Shape) -> Node:
    """Number in its window → number in the picture, row by row."""
    total: Node | None = None
    rest = first
    for d in range(p.rank - 1, -1, -1):
        inside = ops.mod(rest, ops.like(rest, p.kernel[d]))
        rest = ops.sub(rest, inside)
        rest = _divided(rest, p.kernel[d])
        shape = (first.shape[d + 1],) + (1,) * (p.rank - d)
        start = ops.mul(ops.reshape(ops.iota(shape[0]), shape), _whole(p.stride[d]))
        at = ops.add(start, ops.mul(inside, _whole(p.dilation[d])))
        at = ops.sub(at, _whole(p.padding[d]))
        at = ops.mul(at, _whole(math.prod(plane[d + 1 :])))
        total = at if total is None else ops.add(total, at)
    assert total is not None, "a picture has a dimension"
    return total


def _divided(x: Node, n: int) -> Node:
    """x / n for multiples of n."""
    if n == 1:
        return x
    wide = ops.cast(x, dtypes.float64)
    return ops.cast(ops.div(wide, ops.like(wide, float(n))), dtypes.int64)


def _whole(n: int) -> Node:
    return ops.const(n, dtypes.int64)


# ---- the mean ------------------------------------------------------------------------


def avg_pool(
    input: Tensor, p: Pool, count_include_pad: bool = True, divisor: int | None = None
) -> Tensor:
    """The sum of each window divided by how many places it has."""
    if divisor is not None and not divisor:
        raise ValueRangeError(f"{p.what}: divisor_override is 0.")
    try:
        x = input._node
    except AttributeError as error:
        raise no_tensor(p.what, error) from None
    if not x.dtype.is_float:
        raise DTypeError(f"{p.what}: values of {x.dtype.name}; use .float().")
    seen = channels_last(p.label, x, p.rank)
    fitted = _fitted(seen, p, 0.0)
    over = ops.window(fitted, _windows(p))
    inner = tuple(range(2, 2 * p.rank + 1, 2))
    total = ops.total(over, inner)
    plane = seen.shape[1:-1]
    counts = [_counts(p, d, n, count_include_pad) for d, n in enumerate(plane)]
    y = _shared_out(total, counts, divisor)
    return _wrap(channels_first(y, len(x.shape) == p.rank + 2))


def _counts(p: Pool, d: int, n: int, with_border: bool) -> Any:
    """How many places of dimension `d` each window covers."""
    start = np.arange(p.windows(d, n)) * p.stride[d] - p.padding[d]
    end = np.minimum(start + p.kernel[d], n + p.padding[d])
    if with_border:
        return end - start
    return np.minimum(end, n) - np.maximum(start, 0)


def _shared_out(total: Node, counts: list[Any], divisor: int | None) -> Node:
    if divisor is None and all(np.all(c == c[0]) for c in counts):
        divisor = math.prod(int(c[0]) for c in counts)
    if divisor is not None:
        return ops.mul(total, ops.like(total, 1.0 / divisor))
    table = counts[0]
    for c in counts[1:]:
        table = table[..., None] * c
    share = leaf((1.0 / table).astype(total.dtype.np))
    return ops.mul(total, ops.reshape(share, (*share.shape, 1)))


# ---- a result of a given size --------------------------------------------------------


def adaptive(
    input: Tensor, what: str, output_size: Any, rank: int, largest: bool
) -> Tensor:
    """The mean, or the largest, of windows that together cover the picture: window i
    of m goes from ⌊i n / m⌋ to ⌈(i + 1) n / m⌉.
    """
    try:
        x = input._node
    except AttributeError as error:
        raise no_tensor(what, error) from None
    seen = channels_last(what, x, rank)
    if not largest and not x.dtype.is_float:
        raise DTypeError(f"{what}: values of {x.dtype.name}; use .float().")
    wanted = _wanted(what, output_size, seen.shape[1:-1])
    batched = len(x.shape) == rank + 2
    if all(n % m == 0 for n, m in zip(seen.shape[1:-1], wanted, strict=True)):
        parts = zip(seen.shape[1:-1], wanted, strict=True)
        kernel = tuple(n // m for n, m in parts)
        windows = (None, *(ops.Slide(k, k) for k in kernel), None)
        if largest:
            y = ops.window_max(seen, windows)
        else:
            inner = tuple(range(2, 2 * rank + 1, 2))
            total = ops.total(ops.window(seen, windows), inner)
            y = ops.mul(total, ops.like(total, 1.0 / math.prod(kernel)))
        return _wrap(channels_first(y, batched))
    # Along the last dimension first: the first maximum stays the first.
    for d in range(rank, 0, -1):
        seen = _uneven(seen, d, wanted[d - 1], largest)
    return _wrap(channels_first(seen, batched))


def _wanted(what: str, output_size: Any, plane: Shape) -> tuple[int, ...]:
    rank = len(plane)
    given = output_size if isinstance(output_size, Sequence) else (output_size,) * rank
    if len(given) != rank:
        raise ValueRangeError(
            f"{what}: output_size is {output_size!r}; expected {rank} numbers."
        )
    out = tuple(n if m is None else m for m, n in zip(given, plane, strict=True))
    return sizes(what, "output_size", out, rank, 1)


def _uneven(x: Node, d: int, m: int, largest: bool) -> Node:
    """One dimension in `m` windows that need not be of one size."""
    n = x.shape[d]
    if n == m:
        return x
    starts = [i * n // m for i in range(m)]
    ends = [-(-(i + 1) * n // m) for i in range(m)]
    pieces = []
    for start, end in zip(starts, ends, strict=True):
        parts = [(0, size, 1) for size in x.shape]
        parts[d] = (start, end, 1)
        piece = ops.cut(x, tuple(parts))
        if largest:
            slides = tuple(
                ops.Slide(end - start) if i == d else None for i in range(len(x.shape))
            )
            pieces.append(ops.window_max(piece, slides))
        else:
            pieces.append(ops.mean(piece, d, True))
    return ops.concat(pieces, d)


# ---- the functions -------------------------------------------------------------------


def max_pool1d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest of each window: (N, C, L) → (N, C, Lₒ)."""
    p = pool("max_pool1d", 1, kernel_size, stride, padding, dilation, ceil_mode)
    return max_pool(input, p, return_indices)


def max_pool2d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest of each window: (N, C, H, W) → (N, C, Hₒ, Wₒ) with
    Hₒ = ⌊(H + 2 padding - dilation (kernel_size - 1) - 1) / stride⌋ + 1.

    The gradient goes to the first of equals. With ``return_indices`` also the number
    of each maximum in its picture, counted row by row.

    >>> import ranvier as rv
    >>> rv.nn.functional.max_pool2d(rv.arange(16.0).reshape(1, 1, 4, 4), 2)
    tensor([[[[ 5.,  7.],
              [13., 15.]]]])
    """
    p = pool("max_pool2d", 2, kernel_size, stride, padding, dilation, ceil_mode)
    return max_pool(input, p, return_indices)


def avg_pool1d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """The mean of each window: (N, C, L) → (N, C, Lₒ)."""
    p = pool("avg_pool1d", 1, kernel_size, stride, padding, 1, ceil_mode)
    return avg_pool(input, p, count_include_pad)


def avg_pool2d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean of each window: (N, C, H, W) → (N, C, Hₒ, Wₒ). Places of the border
    count unless ``count_include_pad`` is False.
    """
    p = pool("avg_pool2d", 2, kernel_size, stride, padding, 1, ceil_mode)
    return avg_pool(input, p, count_include_pad, divisor_override)


def adaptive_avg_pool1d(input: Tensor, output_size: Any) -> Tensor:
    """Means over windows that cover the row: (N, C, L) → (N, C, output_size)."""
    return adaptive(input, "adaptive_avg_pool1d", output_size, 1, False)


def adaptive_avg_pool2d(input: Tensor, output_size: Any) -> Tensor:
    """Means over windows that cover the picture: (N, C, H, W) → (N, C, *output_size);
    None keeps a size.
    """
    return adaptive(input, "adaptive_avg_pool2d", output_size, 2, False)


def adaptive_max_pool1d(
    input: Tensor, output_size: Any, return_indices: bool = False
) -> Tensor:
    """The largest of windows that cover the row: (N, C, L) → (N, C, output_size)."""
    _no_indices("adaptive_max_pool1d", return_indices)
    return adaptive(input, "adaptive_max_pool1d", output_size, 1, True)


def adaptive_max_pool2d(
    input: Tensor, output_size: Any, return_indices: bool = False
) -> Tensor:
    """The largest of windows that cover the picture: (N, C, H, W) → (N, C,
    *output_size).
    """
    _no_indices("adaptive_max_pool2d", return_indices)
    return adaptive(input, "adaptive_max_pool2d", output_size, 2, True)


def _no_indices(what: str, asked: bool) -> None:
    if asked:
        raise UnsupportedError(
            f"{what}: return_indices is not there; use max_pool with kernel_size = "
            "input size / output_size."
        )


# ---- windows as columns --------------------------------------------------------------


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
    try:
        x = input._node
    except AttributeError as error:
        raise no_tensor("unfold", error) from None
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
    try:
        x = input._node
    except AttributeError as error:
        raise no_tensor("fold", error) from None
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
