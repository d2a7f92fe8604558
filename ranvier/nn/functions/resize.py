"""Pictures in another size as functions.

One dimension after the other: the places that a new one is made of, and their weights,
are known beforehand.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ranvier import ops
from ranvier.errors import (
    LayerShapeError,
    UnknownNameError,
    UnsupportedError,
    ValueRangeError,
    nearest,
)
from ranvier.graph import Array, Node, Shape, leaf
from ranvier.nn.functions import checks
from ranvier.nn.functions.adaptive import adaptive
from ranvier.tensor import Tensor, _wrap

# The dimensions that a mode takes besides batch and channels; () for any.
RANKS = {
    "nearest": (),
    "nearest-exact": (),
    "area": (),
    "linear": (1,),
    "bilinear": (2,),
    "trilinear": (3,),
    "bicubic": (2,),
}
PLAIN = ("nearest", "nearest-exact", "area")
CUBIC = -0.75  # PyTorch's a in Keys' kernel


def interpolate(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """(N, C, L), (N, C, H, W) or (N, C, D, H, W) in another size: `size`, or ⌊size of
    the input · scale_factor⌋; one number, or one a dimension.

    Place i of the result lies at s (i + 1/2) - 1/2 of the input, with ``align_corners``
    at s i, where s is 1 / scale_factor, or the sizes' ratio. `mode` says how: "nearest"
    (⌊s i⌋), "nearest-exact", "linear", "bilinear", "trilinear" between the two next to
    it, "bicubic" from four (Keys 1981, a = -3/4), "area" the mean. Raises
    LayerShapeError and ValueRangeError for what does not fit.

    >>> import ranvier as rv
    >>> x = rv.tensor([[[0.0, 1.0]]])
    >>> rv.nn.functional.interpolate(x, scale_factor=2, mode="linear")
    tensor([[[0.0000, 0.2500, 0.7500, 1.0000]]])
    """
    what = "interpolate"
    x = checks.node(what, input)
    known_mode(what, mode, align_corners)
    if antialias:
        raise UnsupportedError(f"{what}: antialias is not there; leave it out.")
    plane = _plane(what, x.shape, mode)
    sizes, scales = _sizes(what, plane, size, scale_factor, recompute_scale_factor)
    if mode == "area":
        return adaptive(input, what, sizes, len(plane), False)
    if not mode.startswith("nearest"):
        checks.floats(what, x)
    for d, (m, scale) in enumerate(zip(sizes, scales, strict=True)):
        x = _along(x, d + 2, m, scale, mode, bool(align_corners))
    return _wrap(x)


def known_mode(what: str, mode: str, align_corners: bool | None) -> None:
    """A mode, with `align_corners` only where it means something."""
    if mode not in RANKS:
        hint = nearest(str(mode), RANKS)
        raise UnknownNameError(
            f"{what}: mode is {mode!r}; known are {', '.join(RANKS)}{hint}"
        )
    if mode in PLAIN and align_corners is not None:
        raise ValueRangeError(
            f"{what}: align_corners with mode={mode!r}; it goes with linear, bilinear, "
            "trilinear and bicubic. Leave it out."
        )


def _plane(what: str, shape: Shape, mode: str) -> Shape:
    ranks = RANKS[mode] or (1, 2, 3)
    if len(shape) - 2 not in ranks:
        wanted = " or ".join(str(r + 2) for r in ranks)
        reason = f"{len(shape)} dimensions ≠ {wanted}"
        names = ("linear", "bilinear", "trilinear")
        remedy = "a tensor of shape (N, C, …)"
        if 3 <= len(shape) <= 5:
            remedy = f"mode='{names[len(shape) - 3]}'"
        raise LayerShapeError(f"{what}(mode='{mode}')", shape, reason, remedy)
    return shape[2:]


def _sizes(
    what: str, plane: Shape, size: Any, scale_factor: Any, again: bool | None
) -> tuple[list[int], list[float]]:
    """The new sizes, and how many places of the input one of the result takes."""
    if (size is None) == (scale_factor is None):
        raise ValueRangeError(
            f"{what}: size is {size!r}, scale_factor {scale_factor!r}; give one of "
            "the two."
        )
    if size is not None:
        if again:
            raise ValueRangeError(
                f"{what}: recompute_scale_factor goes with scale_factor, not with size."
            )
        sizes = [int(n) for n in _each(what, "size", size, plane)]
        return sizes, [n / m if m else 0.0 for n, m in zip(plane, sizes, strict=True)]
    factors = _each(what, "scale_factor", scale_factor, plane)
    sizes = [math.floor(n * f) for n, f in zip(plane, factors, strict=True)]
    if 0 in sizes:
        raise ValueRangeError(
            f"{what}: scale_factor {scale_factor!r} leaves nothing of {plane}."
        )
    if again:
        return sizes, [n / m for n, m in zip(plane, sizes, strict=True)]
    return sizes, [1.0 / f for f in factors]


def _each(what: str, name: str, given: Any, plane: Shape) -> list[Any]:
    """One positive number a dimension."""
    found = list(given) if isinstance(given, Sequence) else [given] * len(plane)
    if len(found) != len(plane) or not all(n > 0 for n in found):
        raise ValueRangeError(
            f"{what}: {name} is {given!r} for a plane of {plane}; expected a number "
            f"above 0, or {len(plane)} of them."
        )
    return found


# ---- one dimension -------------------------------------------------------------------


def _along(x: Node, d: int, m: int, scale: float, mode: str, corners: bool) -> Node:
    """Dimension `d` with `m` places."""
    n = x.shape[d]
    if mode == "nearest" and m % n == 0 and scale * m == n:
        return repeated(x, d, m // n)
    if mode.startswith("nearest"):
        half = 0.5 if mode == "nearest-exact" else 0.0
        kind = np.dtype(np.float32 if x.dtype.itemsize < 8 else np.float64)
        at = np.arange(m, dtype=kind) + np.array(half, kind)
        at = np.floor(at * np.array(scale, kind)).astype(np.int64)
        return _taken(x, d, np.minimum(at, n - 1))
    at = _positions(m, n, scale, corners)
    taps, weights = _cubic(at, n) if mode == "bicubic" else _linear(at, n)
    shape = (m,) + (1,) * (len(x.shape) - d - 1)
    total: Node | None = None
    for places, share in zip(taps, weights, strict=True):
        w = leaf(share.astype(x.dtype.np).reshape(shape))
        part = ops.mul(_taken(x, d, places), w)
        total = part if total is None else ops.add(total, part)
    assert total is not None, "each place is made of some"
    return total


def repeated(x: Node, d: int, times: int) -> Node:
    """Each place of dimension `d` as many times, one after the other."""
    if times == 1:
        return x
    front, back = x.shape[: d + 1], x.shape[d + 1 :]
    wide = ops.expand(ops.reshape(x, (*front, 1, *back)), (*front, times, *back))
    return ops.reshape(wide, (*front[:-1], front[-1] * times, *back))


def _taken(x: Node, d: int, places: Array) -> Node:
    rest = tuple(i for i in range(len(x.shape)) if i != d)
    rows = ops.take(ops.permute(x, (d, *rest)), leaf(places))
    back = [0] * len(x.shape)
    for new, old in enumerate((d, *rest)):
        back[old] = new
    return ops.permute(rows, back)


def _positions(m: int, n: int, scale: float, corners: bool) -> Array:
    """Where each of the `m` new places lies among the `n`."""
    if corners:
        step = (n - 1) / (m - 1) if m > 1 else 0.0
        return np.arange(m) * step
    return (np.arange(m) + 0.5) * scale - 0.5


def _linear(at: Array, n: int) -> tuple[list[Array], list[Array]]:
    at = np.maximum(at, 0.0)
    low = np.minimum(np.floor(at).astype(np.int64), n - 1)
    part = np.clip(at - low, 0.0, 1.0)
    return [low, np.minimum(low + 1, n - 1)], [1.0 - part, part]


def _cubic(at: Array, n: int) -> tuple[list[Array], list[Array]]:
    low = np.floor(at)
    t = at - low
    taps = [np.clip(low + k, 0, n - 1).astype(np.int64) for k in (-1, 0, 1, 2)]
    return taps, [_far(t + 1), _near(t), _near(1 - t), _far(2 - t)]


def _near(x: Array) -> Array:
    return np.asarray(((CUBIC + 2) * x - (CUBIC + 3)) * x * x + 1)


def _far(x: Array) -> Array:
    return np.asarray(((CUBIC * x - 5 * CUBIC) * x + 8 * CUBIC) * x - 4 * CUBIC)


# ---- PyTorch's older names -----------------------------------------------------------


def upsample(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Tensor:
    """`interpolate` under its former name."""
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(
    input: Tensor, size: Any = None, scale_factor: Any = None
) -> Tensor:
    """`interpolate` with the nearest place."""
    return interpolate(input, size, scale_factor)


def upsample_bilinear(
    input: Tensor, size: Any = None, scale_factor: Any = None
) -> Tensor:
    """`interpolate` between four places, the corners kept."""
    return interpolate(input, size, scale_factor, "bilinear", True)
