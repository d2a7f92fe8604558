"""The way back from max pooling: values where the largest stood, zeros elsewhere."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ranvier.errors import DTypeError, LayerShapeError, ShapeError, ValueRangeError
from ranvier.nn.functions import checks
from ranvier.nn.functions.pool import Size, sizes
from ranvier.tensor import Tensor
from ranvier.tensors.creation import zeros


def unpool(
    what: str,
    rank: int,
    input: Tensor,
    indices: Tensor,
    kernel_size: Size,
    stride: Size | None,
    padding: Size,
    output_size: Sequence[int] | None,
) -> Tensor:
    """`input` at the places `indices` of an empty picture."""
    x, at = checks.node(what, input), checks.node(what, indices)
    kernel = sizes(what, "kernel_size", kernel_size, rank, 1)
    step = kernel if stride is None else sizes(what, "stride", stride, rank, 1)
    border = sizes(what, "padding", padding, rank, 0)
    if len(x.shape) not in (rank + 1, rank + 2):
        reason = f"{len(x.shape)} dimensions ≠ {rank + 1} or {rank + 2}"
        raise LayerShapeError(what, x.shape, reason, "what the pooling gave")
    if at.dtype.order != 1:
        raise DTypeError(
            f"{what}: indices of {at.dtype.name}; they are the second result of a max "
            "pooling with return_indices=True."
        )
    if at.shape != x.shape:
        raise ShapeError(
            f"{what}: indices of shape {at.shape} for an input of {x.shape}."
        )
    parts = zip(x.shape[-rank:], kernel, step, border, strict=True)
    usual = tuple((n - 1) * s - 2 * p + k for n, k, s, p in parts)
    plane = _plane(what, usual, step, output_size)
    lead = x.shape[:-rank]
    count = math.prod(x.shape[-rank:])
    empty = zeros(*lead, math.prod(plane), dtype=x.dtype)
    flat = indices.reshape(*lead, count), input.reshape(*lead, count)
    return empty.scatter(-1, *flat).reshape(*lead, *plane)


def _plane(
    what: str,
    usual: tuple[int, ...],
    step: tuple[int, ...],
    given: Sequence[int] | None,
) -> tuple[int, ...]:
    if given is None:
        return usual
    plane = tuple(given)[-len(usual) :]
    fits = len(plane) == len(usual) and len(given) in (len(plane), len(plane) + 2)
    near = fits and all(
        n - s < m < n + s for n, s, m in zip(usual, step, plane, strict=True)
    )
    if not near:
        raise ValueRangeError(
            f"{what}: output_size is {tuple(given)}; expected sizes less than the "
            f"stride {step} away from {usual}."
        )
    return plane


def max_unpool1d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """The way back from `max_pool1d`, as `max_unpool2d`."""
    given = (input, indices, kernel_size, stride, padding, output_size)
    return unpool("max_unpool1d", 1, *given)


def max_unpool2d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """The way back from `max_pool2d`: the values of `input` at the places `indices`
    that it gave with ``return_indices``, zeros elsewhere; (N, C, H, W) →
    (N, C, Hₒ, Wₒ) with Hₒ = (H - 1) stride - 2 padding + kernel_size, or `output_size`.
    Raises ShapeError and ValueRangeError for what does not fit.

    >>> import ranvier as rv
    >>> F = rv.nn.functional
    >>> y, at = F.max_pool2d(rv.tensor([[[1.0, 2], [4, 3]]]), 2, return_indices=True)
    >>> F.max_unpool2d(y, at, 2)
    tensor([[[0., 0.],
             [4., 0.]]])
    """
    given = (input, indices, kernel_size, stride, padding, output_size)
    return unpool("max_unpool2d", 2, *given)


def max_unpool3d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """The way back from `max_pool3d`, as `max_unpool2d`."""
    given = (input, indices, kernel_size, stride, padding, output_size)
    return unpool("max_unpool3d", 3, *given)
