"""Pictures turned, moved, made larger or smaller, mirrored.

Each is a linear map from the place of a pixel in the new picture to a place in the old
one; maps that follow one another are multiplied first, so that pixels are mixed once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import reduce
from typing import Any, NamedTuple

import ranvier.nn.functional as F
from ranvier import dtypes, ops
from ranvier.data.transforms.augment import Augment, drawn, pictures_of
from ranvier.errors import ShapeError, ValueRangeError
from ranvier.nn.functions.checks import probability
from ranvier.tensor import Tensor, _wrap
from ranvier.tensors import creation, functions


class Affine(NamedTuple):
    """(u, v) → (a u + b v + s, c u + d v + t): columns u, rows v, from the middle."""

    a: Any = 1.0
    b: Any = 0.0
    c: Any = 0.0
    d: Any = 1.0
    s: Any = 0.0
    t: Any = 0.0

    def after(self, first: Affine) -> Affine:
        """The map that does `first`, then this one."""
        a, b, c, d, s, t = first
        return Affine(
            self.a * a + self.b * c,
            self.a * b + self.b * d,
            self.c * a + self.d * c,
            self.c * b + self.d * d,
            self.a * s + self.b * t + self.s,
            self.c * s + self.d * t + self.t,
        )


class Geometric(Augment):
    """A random map of places; `fill` is the value of what comes in from outside."""

    needs_pictures = True

    def __init__(self, fill: float = 0.0) -> None:
        self.fill = number(type(self).__name__, "fill", fill)

    def affine(self, n: int, height: int, width: int) -> Affine:
        """A map for each of n pictures, with numbers of shape (n, 1, 1)."""
        raise NotImplementedError

    def __call__(self, x: Tensor) -> Tensor:
        return resampled(x, [self])


class RandomAffine(Geometric):
    """Turned, moved and scaled at random, as torchvision's transform of this name.

    degrees: d for -d … d, or a pair; counter-clockwise.
    translate: (a, b): by up to a times the width and b times the height.
    scale: (low, high): the factor; 2 makes what is seen twice as large.
    Pixels in between are interpolated linearly (torchvision: the nearest by default).
    """

    def __init__(
        self,
        degrees: float | Sequence[float],
        translate: Sequence[float] | None = None,
        scale: Sequence[float] | None = None,
        *,
        fill: float = 0.0,
    ) -> None:
        super().__init__(fill)
        name = type(self).__name__
        self.degrees = span(name, "degrees", degrees)
        self.translate = pair(name, "translate", translate or (0, 0))
        self.scale = pair(name, "scale", scale or (1, 1))
        if not all(0 <= part <= 1 for part in self.translate):
            raise ValueRangeError(
                f"{name}: translate is {translate}; expected shares of the width and "
                "height, from 0 to 1."
            )
        if not 0 < self.scale[0] <= self.scale[1]:
            raise ValueRangeError(
                f"{name}: scale is {scale}; expected (low, high) with 0 < low <= high."
            )

    def affine(self, n: int, height: int, width: int) -> Affine:
        low, high = (math.radians(d) for d in self.degrees)
        cos: Any = 1.0
        sin: Any = 0.0
        if (low, high) != (0, 0):
            angle = drawn(low, high, n, 1, 1)
            cos, sin = angle.cos(), angle.sin()
        moved = Affine(s=self.moved(0, width, n), t=self.moved(1, height, n))
        size = 1.0 if self.scale == (1, 1) else 1 / drawn(*self.scale, n, 1, 1)
        turned = Affine(cos * size, -sin * size, sin * size, cos * size)
        return turned.after(moved)

    def moved(self, axis: int, size: int, n: int) -> Any:
        most = self.translate[axis] * size
        return drawn(-most, most, n, 1, 1) if most else 0.0

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(degrees={self.degrees}, "
            f"translate={self.translate}, scale={self.scale})"
        )


class RandomRotation(RandomAffine):
    """Turned by up to so many degrees: RandomRotation(15) by -15 … 15.

    >>> import ranvier as rv
    >>> RandomRotation(15)(rv.ones(2, 1, 28, 28)).shape
    (2, 1, 28, 28)
    """

    def __init__(self, degrees: float | Sequence[float], *, fill: float = 0.0) -> None:
        super().__init__(degrees, fill=fill)

    def __repr__(self) -> str:
        return f"RandomRotation(degrees={self.degrees})"


class RandomCrop(Geometric):
    """A cut-out of `size` from the picture with a border of `padding` pixels.

    So what is seen moves by up to `padding` whole pixels each way.
    size: the height and width of the pictures, one number or two; a model sees the same
        size in training and afterwards, so another one is an error.
    """

    def __init__(
        self, size: int | Sequence[int], padding: int | None = None, *, fill: float = 0
    ) -> None:
        super().__init__(fill)
        both = [size, size] if isinstance(size, int) else list(size)
        self.size = tuple(both)
        if not isinstance(padding, int) or isinstance(padding, bool) or padding < 1:
            raise ValueRangeError(
                f"RandomCrop: padding is {padding!r}; expected a whole number of "
                "pixels, at least 1, such as RandomCrop(28, padding=2)."
            )
        self.padding = padding

    def affine(self, n: int, height: int, width: int) -> Affine:
        if self.size != (height, width):
            raise ShapeError(
                f"RandomCrop: size is {self.size}, the pictures are {(height, width)}; "
                "a cut-out of another size does not fit the model afterwards. Use "
                f"RandomCrop({(height, width)}, padding={self.padding})."
            )
        low, high = -self.padding, self.padding + 1
        s, t = (drawn(low, high, n, 1, 1).floor() for _ in range(2))
        return Affine(s=s, t=t)

    def __repr__(self) -> str:
        return f"RandomCrop(size={self.size}, padding={self.padding})"


class Flip(Augment):
    """Mirrored with probability `p` along one dimension."""

    needs_pictures = True
    dim = -1

    def __init__(self, p: float = 0.5) -> None:
        self.p = probability(p, type(self).__name__)

    def __call__(self, x: Tensor) -> Tensor:
        n, *_ = pictures_of(type(self).__name__, x)
        chosen: Tensor = functions.where(
            drawn(0, 1, n, 1, 1, 1) < self.p, x.flip(self.dim), x
        )
        return chosen

    def __repr__(self) -> str:
        return f"{type(self).__name__}(p={self.p})"


class RandomHorizontalFlip(Flip):
    """Left and right change places with probability `p`."""

    dim = -1


class RandomVerticalFlip(Flip):
    """Top and bottom change places with probability `p`."""

    dim = -2


def resampled(x: Tensor, changes: Sequence[Geometric]) -> Tensor:
    """The pictures after these maps, each pixel mixed from four around its place."""
    n, channels, height, width = pictures_of(type(changes[0]).__name__, x)
    maps = [change.affine(n, height, width) for change in changes]
    whole = reduce(Affine.after, maps)
    fill = changes[0].fill
    u = creation.arange(width, dtype=dtypes.float32) - (width - 1) / 2
    v = (creation.arange(height, dtype=dtypes.float32) - (height - 1) / 2).unsqueeze(1)
    left = clamped(whole.a * u + whole.b * v + (whole.s + (width - 1) / 2), width)
    top = clamped(whole.c * u + whole.d * v + (whole.t + (height - 1) / 2), height)
    x0, y0 = (place.floor() for place in (left, top))
    x0, y0 = x0.clamp(max=width - 1), y0.clamp(max=height - 1)
    fx, fy = (left - x0).unsqueeze(-1), (top - y0).unsqueeze(-1)
    # A border of one pixel: what lies outside is found there, without a test.
    padded = F.pad(x - fill if fill else x, (1, 1, 1, 1)).permute(0, 2, 3, 1)
    rows = padded.reshape(-1, channels)
    base = creation.arange(n, dtype=dtypes.int32).reshape(n, 1, 1) * (
        (height + 2) * (width + 2)
    )
    index = base + (y0.int() + 1) * (width + 2) + x0.int() + 1
    near, right = taken(rows, index), taken(rows, index + 1)
    below, far = taken(rows, index + width + 2), taken(rows, index + width + 3)
    upper = near + (right - near) * fx
    lower = below + (far - below) * fx
    mixed = (upper + (lower - upper) * fy).permute(0, 3, 1, 2)
    filled: Tensor = mixed + fill if fill else mixed
    return filled


def clamped(place: Any, size: int) -> Any:
    """Places from one pixel before the picture to one behind it."""
    return place.clamp(-1, size)


def taken(rows: Tensor, index: Tensor) -> Tensor:
    return _wrap(ops.take(rows._node, index._node))


def number(name: str, what: str, value: Any) -> float:
    """A finite number."""
    try:
        found = float(value)
    except (TypeError, ValueError):
        found = math.nan
    if not math.isfinite(found):
        raise ValueRangeError(f"{name}: {what} is {value!r}; expected a finite number.")
    return found


def pair(name: str, what: str, value: Any) -> tuple[float, float]:
    """Two finite numbers."""
    if not isinstance(value, Sequence) or len(value) != 2:
        raise ValueRangeError(f"{name}: {what} is {value!r}; expected two numbers.")
    first, second = (number(name, what, part) for part in value)
    return first, second


def span(name: str, what: str, value: Any) -> tuple[float, float]:
    """A pair (low, high), or d for (-d, d)."""
    if not isinstance(value, Sequence):
        most = number(name, what, value)
        value = (-most, most)
    low, high = pair(name, what, value)
    if low > high:
        raise ValueRangeError(
            f"{name}: {what} is {value!r}; expected a number of at least 0, or (low, "
            "high)."
        )
    return low, high
