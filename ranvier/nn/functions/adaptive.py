"""Pooling to a result of a given size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ranvier import ops
from ranvier.errors import UnsupportedError, ValueRangeError
from ranvier.graph import Node, Shape
from ranvier.nn.functions import checks
from ranvier.nn.functions.pool import channels_first, channels_last
from ranvier.tensor import Tensor, _wrap


def adaptive(
    input: Tensor, what: str, output_size: Any, rank: int, largest: bool
) -> Tensor:
    """The mean, or the largest, of windows that together cover the picture: window i
    of m goes from ⌊i n / m⌋ to ⌈(i + 1) n / m⌉.
    """
    x = checks.node(what, input)
    if not largest:
        checks.floats(what, x)
    seen = channels_last(what, x, rank)
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
    given = check_size(what, output_size, rank)
    return tuple(n if m is None else m for m, n in zip(given, plane, strict=True))


def check_size(what: str, output_size: Any, rank: int) -> tuple[int | None, ...]:
    """One number a dimension of the picture, None where it keeps its size."""
    given = output_size if isinstance(output_size, Sequence) else (output_size,) * rank
    good = all(n is None or (isinstance(n, int) and n >= 1) for n in given)
    if len(given) != rank or not good:
        wanted = "a number" if rank == 1 else f"a number or {rank} numbers"
        raise ValueRangeError(
            f"{what}: output_size is {output_size!r}; expected {wanted}."
        )
    return tuple(given)


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
    no_indices("adaptive_max_pool1d", return_indices)
    return adaptive(input, "adaptive_max_pool1d", output_size, 1, True)


def adaptive_max_pool2d(
    input: Tensor, output_size: Any, return_indices: bool = False
) -> Tensor:
    """The largest of windows that cover the picture: (N, C, H, W) → (N, C,
    *output_size).
    """
    no_indices("adaptive_max_pool2d", return_indices)
    return adaptive(input, "adaptive_max_pool2d", output_size, 2, True)


def no_indices(what: str, asked: bool) -> None:
    if asked:
        raise UnsupportedError(
            f"{what}: return_indices is not there; use max_pool with kernel_size = "
            "input size / output_size."
        )


def adaptive_avg_pool3d(input: Tensor, output_size: Any) -> Tensor:
    """Means over windows that cover the volume: (N, C, D, H, W) → (N, C,
    *output_size); None keeps a size.
    """
    return adaptive(input, "adaptive_avg_pool3d", output_size, 3, False)


def adaptive_max_pool3d(
    input: Tensor, output_size: Any, return_indices: bool = False
) -> Tensor:
    """The largest of windows that cover the volume: (N, C, D, H, W) → (N, C,
    *output_size).
    """
    no_indices("adaptive_max_pool3d", return_indices)
    return adaptive(input, "adaptive_max_pool3d", output_size, 3, True)
