"""Pooling as functions: the largest, the mean or the norm of each window."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ranvier import dtypes, ops
from ranvier.errors import DTypeError, ValueRangeError
from ranvier.graph import Node, Shape, leaf
from ranvier.nn.functions import checks
from ranvier.nn.functions.pool import (
    Pool,
    Size,
    channels_first,
    channels_last,
    fitted,
    pool,
    windows_of,
)
from ranvier.tensor import Tensor, _wrap

# ---- the largest ---------------------------------------------------------------------


def max_pool(input: Tensor, p: Pool, return_indices: bool = False) -> Any:
    """The largest of each window, and where it is if asked for."""
    x = checks.node(p.what, input)
    batched = len(x.shape) == p.rank + 2
    seen = channels_last(p.label, x, p.rank)
    inner = fitted(seen, p, _least(x))
    y = ops.window_max(inner, windows_of(p))
    out = _wrap(channels_first(y, batched))
    if not return_indices:
        return out
    detached = ops.detach(inner), ops.detach(y)
    first = ops.cast(ops.window_argmax(*detached, windows_of(p)), dtypes.int64)
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
    x = checks.floats(p.what, checks.node(p.what, input))
    seen = channels_last(p.label, x, p.rank)
    over = ops.window(fitted(seen, p, 0.0), windows_of(p))
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


def max_pool3d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest of each window: (N, C, D, H, W) → (N, C, Dₒ, Hₒ, Wₒ)."""
    p = pool("max_pool3d", 3, kernel_size, stride, padding, dilation, ceil_mode)
    return max_pool(input, p, return_indices)


def avg_pool3d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean of each window: (N, C, D, H, W) → (N, C, Dₒ, Hₒ, Wₒ)."""
    p = pool("avg_pool3d", 3, kernel_size, stride, padding, 1, ceil_mode)
    return avg_pool(input, p, count_include_pad, divisor_override)


def lp_pool1d(
    input: Tensor,
    norm_type: float,
    kernel_size: Size,
    stride: Size | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """(Σ x^p)^(1/p) of each window, p = `norm_type`: (N, C, L) → (N, C, Lₒ)."""
    p = pool("lp_pool1d", 1, kernel_size, stride, 0, 1, ceil_mode)
    return lp_pool(input, p, norm_type)


def lp_pool2d(
    input: Tensor,
    norm_type: float,
    kernel_size: Size,
    stride: Size | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """(Σ x^p)^(1/p) of each window, p = `norm_type`: (N, C, H, W) → (N, C, Hₒ, Wₒ)."""
    p = pool("lp_pool2d", 2, kernel_size, stride, 0, 1, ceil_mode)
    return lp_pool(input, p, norm_type)


def lp_pool3d(
    input: Tensor,
    norm_type: float,
    kernel_size: Size,
    stride: Size | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """(Σ x^p)^(1/p) of each window, p = `norm_type`, of (N, C, D, H, W)."""
    p = pool("lp_pool3d", 3, kernel_size, stride, 0, 1, ceil_mode)
    return lp_pool(input, p, norm_type)


def lp_pool(input: Tensor, p: Pool, norm_type: float) -> Tensor:
    """The norm of each window; a window over the edge counts as if it were whole."""
    if not norm_type:
        raise ValueRangeError(f"{p.what}: norm_type is 0; it must not be.")
    x = checks.floats(p.what, checks.node(p.what, input))
    if norm_type == 2:
        powers = ops.mul(x, x)
    else:
        powers = ops.power(x, ops.like(x, float(norm_type)))
    mean = avg_pool(_wrap(powers), p)._node
    total = ops.mul(mean, ops.like(mean, float(math.prod(p.kernel))))
    return _wrap(ops.power(total, ops.like(total, 1.0 / norm_type)))
