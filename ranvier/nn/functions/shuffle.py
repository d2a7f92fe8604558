"""Channels as places and back, and in another order, as functions."""

from __future__ import annotations

from typing import Any

from ranvier import ops
from ranvier.errors import LayerShapeError
from ranvier.graph import Node
from ranvier.nn.functions import checks
from ranvier.tensor import Tensor, _wrap


def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """(…, C r², H, W) → (…, C, H r, W r) with r = `upscale_factor` (Shi et al. 2016,
    arXiv:1609.05158).

    >>> import ranvier as rv
    >>> rv.nn.functional.pixel_shuffle(rv.arange(4.0).reshape(1, 4, 1, 1), 2)
    tensor([[[[0., 1.],
              [2., 3.]]]])
    """
    what, r = "pixel_shuffle", upscale_factor
    checks.positive(what, "upscale_factor", r)
    x = _picture(what, input)
    *front, c, h, w = x.shape
    if c % (r * r):
        reason = f"{c} channels are no multiple of {r}² = {r * r}"
        raise LayerShapeError(what, x.shape, reason, "another upscale_factor")
    n = len(front)
    y = ops.reshape(x, (*front, c // (r * r), r, r, h, w))
    y = ops.permute(y, (*range(n + 1), n + 3, n + 1, n + 4, n + 2))
    return _wrap(ops.reshape(y, (*front, c // (r * r), h * r, w * r)))


def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """(…, C, H r, W r) → (…, C r², H, W) with r = `downscale_factor`: the way back from
    `pixel_shuffle`.
    """
    what, r = "pixel_unshuffle", downscale_factor
    checks.positive(what, "downscale_factor", r)
    x = _picture(what, input)
    *front, c, h, w = x.shape
    if h % r or w % r:
        reason = f"the picture of {h}x{w} does not divide by {r}"
        raise LayerShapeError(what, x.shape, reason, "another downscale_factor")
    n = len(front)
    y = ops.reshape(x, (*front, c, h // r, r, w // r, r))
    y = ops.permute(y, (*range(n + 1), n + 2, n + 4, n + 1, n + 3))
    return _wrap(ops.reshape(y, (*front, c * r * r, h // r, w // r)))


def _picture(what: str, input: Any) -> Node:
    x = checks.node(what, input)
    if len(x.shape) < 3:
        reason = f"{len(x.shape)} dimensions, expected at least 3"
        remedy = "a tensor of shape (…, C, H, W)"
        raise LayerShapeError(what, x.shape, reason, remedy)
    return x


def channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """Channels (g, n) taken in the order (n, g): (N, C, …) → the same (Zhang et al.
    2018, arXiv:1707.01083).

    >>> import ranvier as rv
    >>> rv.nn.functional.channel_shuffle(rv.arange(4).reshape(1, 4, 1), 2).flatten()
    tensor([0, 2, 1, 3])
    """
    what = "channel_shuffle"
    checks.positive(what, "groups", groups)
    x = _picture(what, input)
    n, c, *plane = x.shape
    if c % groups:
        reason = f"{c} channels do not divide into {groups} groups"
        raise LayerShapeError(what, x.shape, reason, "another number of groups")
    y = ops.permute(
        ops.reshape(x, (n, groups, c // groups, *plane)),
        (0, 2, 1, *range(3, len(plane) + 3)),
    )
    return _wrap(ops.reshape(y, x.shape))
