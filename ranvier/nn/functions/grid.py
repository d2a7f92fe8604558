"""Pictures read at any places: `grid_sample`, and the places of an affine map."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np

from ranvier import dtypes
from ranvier.errors import (
    DTypeError,
    LayerShapeError,
    ShapeError,
    UnknownNameError,
    UnsupportedError,
    nearest,
)
from ranvier.graph import Array, leaf
from ranvier.nn.functions import checks
from ranvier.tensor import Tensor, _wrap
from ranvier.tensors.functions import where

MODES = ("bilinear", "nearest", "bicubic")
BORDERS = ("zeros", "border", "reflection")
CUBIC = -0.75  # PyTorch's a in Keys' kernel


def grid_sample(
    input: Tensor,
    grid: Tensor,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Tensor:
    """(N, C, H, W) read at the places `grid` (N, Hₒ, Wₒ, 2), or (N, C, D, H, W) at
    (N, Dₒ, Hₒ, Wₒ, 3): (N, C, Hₒ, Wₒ), or (N, C, Dₒ, Hₒ, Wₒ).

    A place is (x, y), or (x, y, z), from -1 to 1: the outer edges of the picture, with
    ``align_corners`` the middles of its outer pixels. Between pixels the value is mixed
    from the nearest two of each dimension ("bilinear"), the nearest one ("nearest") or
    four ("bicubic", pictures only). What lies outside is 0 ("zeros"), the nearest pixel
    ("border"), or mirrored ("reflection"). Gradients flow to both. Raises ShapeError
    and UnknownNameError for what does not fit.

    >>> import ranvier as rv
    >>> x = rv.tensor([[[[0.0, 1.0], [2.0, 3.0]]]])
    >>> rv.nn.functional.grid_sample(x, rv.zeros(1, 1, 1, 2), align_corners=False)
    tensor([[[[1.5000]]]])
    """
    what = "grid_sample"
    x, places = checks.node(what, input), checks.node(what, grid)
    rank = len(x.shape) - 2
    _known(what, "mode", mode, MODES)
    _known(what, "padding_mode", padding_mode, BORDERS)
    fits = len(places.shape) == rank + 2 and places.shape[-1] == rank
    if rank not in (2, 3) or not fits or places.shape[0] != x.shape[0]:
        raise ShapeError(
            f"{what}: input of shape {x.shape} and grid of shape {places.shape}; "
            "expected (N, C, H, W) and (N, Hₒ, Wₒ, 2), or (N, C, D, H, W) and "
            "(N, Dₒ, Hₒ, Wₒ, 3)."
        )
    if 0 in x.shape[2:]:
        raise ShapeError(f"{what}: input of shape {x.shape} has no places to read.")
    if x.dtype is not places.dtype:
        raise DTypeError(
            f"{what}: input of {x.dtype.name} and grid of {places.dtype.name}; both "
            "must be alike."
        )
    if mode == "bicubic" and rank == 3:
        raise UnsupportedError(f"{what}: mode='bicubic' takes pictures, not volumes.")
    picture = _Picture(input, padding_mode, bool(align_corners))
    at = [picture.place(d, grid[..., rank - 1 - d]) for d in range(rank)]
    read = {"nearest": _nearest, "bilinear": _linear, "bicubic": _cubic}[mode]
    return read(picture, at).movedim(-1, 1)


class _Picture:
    """A picture as rows of channels, and what lies outside it."""

    def __init__(self, x: Tensor, border: str, corners: bool) -> None:
        self.plane: tuple[int, ...] = x.shape[2:]
        self.border, self.corners = border, corners
        self.count, self.channels = x.shape[0], x.shape[1]
        rows = self.count * math.prod(self.plane)
        self.rows = x.movedim(1, -1).reshape(rows, self.channels)

    def place(self, d: int, g: Tensor) -> Tensor:
        """-1 … 1 as numbers of pixels."""
        n = self.plane[d]
        if self.corners:
            return (g + 1) * ((n - 1) / 2)
        return ((g + 1) * n - 1) / 2

    def inside(self, d: int, place: Tensor) -> Tensor:
        """The place that is read in its stead, with another border than zeros."""
        n = self.plane[d]
        if self.border == "reflection":
            low, high = (0, 2 * (n - 1)) if self.corners else (-1, 2 * n - 1)
            place = _mirrored(place, low / 2, (high - low) / 2)
        return place if self.border == "zeros" else place.clamp(0, n - 1)

    def read(self, at: Sequence[Tensor]) -> Tensor:
        """The values at whole places (N, …): (N, …, C); 0 outside."""
        first = np.arange(self.count).reshape(-1, *(1,) * (at[0].ndim - 1))
        number = _wrap(leaf(first.astype(np.int64)))
        known = None
        for n, place in zip(self.plane, at, strict=True):
            there = (place >= 0) & (place <= n - 1)
            known = there if known is None else known & there
            number = number * n + place.detach().clamp(0, n - 1).to(dtypes.int64)
        values = self.rows[number]
        if self.border != "zeros" or known is None:
            return values
        return where(known.unsqueeze(-1), values, 0.0)  # type: ignore[no-any-return]


def _mirrored(x: Tensor, low: float, span: float) -> Tensor:
    """`x` thrown back at `low` and `low` + `span` as often as needed."""
    if not span:
        return x * 0
    off = (x - low).abs()
    times = (off.detach() / span).floor()
    rest = off - times * span
    even = times % 2 == 0
    return where(even, rest + low, span - rest + low)  # type: ignore[no-any-return]


def _nearest(picture: _Picture, at: list[Tensor]) -> Tensor:
    places = [picture.inside(d, place).round() for d, place in enumerate(at)]
    return picture.read(places)


def _linear(picture: _Picture, at: list[Tensor]) -> Tensor:
    places = [picture.inside(d, place) for d, place in enumerate(at)]
    below = [place.detach().floor() for place in places]
    parts = [(1 - (p - b), p - b) for p, b in zip(places, below, strict=True)]
    total = None
    for corner in itertools.product((0, 1), repeat=len(at)):
        weight = _product([parts[d][c] for d, c in enumerate(corner)])
        value = picture.read([below[d] + c for d, c in enumerate(corner)])
        term = value * weight.unsqueeze(-1)
        total = term if total is None else total + term
    assert total is not None, "a picture has corners"
    return total


def _cubic(picture: _Picture, at: list[Tensor]) -> Tensor:
    below = [place.detach().floor() for place in at]
    weights = [_keys(p - b) for p, b in zip(at, below, strict=True)]
    total = None
    for offsets in itertools.product(range(4), repeat=2):
        places = [picture.inside(d, below[d] + (o - 1)) for d, o in enumerate(offsets)]
        weight = _product([weights[d][o] for d, o in enumerate(offsets)])
        term = picture.read(places) * weight.unsqueeze(-1)
        total = term if total is None else total + term
    assert total is not None, "there are sixteen neighbours"
    return total


def _keys(t: Tensor) -> list[Tensor]:
    """The weights of the four neighbours (Keys 1981)."""

    def near(x: Tensor) -> Tensor:
        return ((CUBIC + 2) * x - (CUBIC + 3)) * x * x + 1

    def far(x: Tensor) -> Tensor:
        return ((CUBIC * x - 5 * CUBIC) * x + 8 * CUBIC) * x - 4 * CUBIC

    return [far(t + 1), near(t), near(1 - t), far(2 - t)]


def _product(parts: list[Tensor]) -> Tensor:
    out = parts[0]
    for part in parts[1:]:
        out = out * part
    return out


def _known(what: str, name: str, given: str, known: Sequence[str]) -> None:
    if given not in known:
        raise UnknownNameError(
            f"{what}: {name} is {given!r}; known are {', '.join(known)}"
            f"{nearest(str(given), known)}"
        )


def affine_grid(
    theta: Tensor, size: Sequence[int], align_corners: bool | None = None
) -> Tensor:
    """The places for `grid_sample` of a result of `size` (N, C, H, W) whose point
    (x, y) is read at theta (x, y, 1)ᵀ, theta (N, 2, 3): (N, H, W, 2); with (N, 3, 4)
    and (N, C, D, H, W) the same in space. Raises LayerShapeError for other shapes.

    >>> import ranvier as rv
    >>> same = rv.tensor([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]])
    >>> rv.nn.functional.affine_grid(same, (1, 1, 1, 2), align_corners=False)
    tensor([[[[-0.5000,  0.0000],
              [ 0.5000,  0.0000]]]])
    """
    what = "affine_grid"
    node, plane = checks.node(what, theta), tuple(size)[2:]
    rank = len(plane)
    if rank not in (2, 3) or node.shape != (size[0], rank, rank + 1):
        raise LayerShapeError(
            what,
            node.shape,
            f"size is {tuple(size)}",
            "theta (N, 2, 3) with size (N, C, H, W), or (N, 3, 4) with (N, C, D, H, W)",
        )
    checks.floats(what, node)
    lines = [_line(n, bool(align_corners)) for n in plane]
    axes = np.meshgrid(*lines, indexing="ij")[::-1]
    points = np.stack([*axes, np.ones(plane)], -1).reshape(-1, rank + 1)
    base = _wrap(leaf(points.astype(node.dtype.np)))
    return (base @ theta.mT).reshape(size[0], *plane, rank)


def _line(n: int, corners: bool) -> Array:
    if n == 1:
        return np.zeros(1)
    line = np.linspace(-1, 1, n)
    return line if corners else line * (n - 1) / n
