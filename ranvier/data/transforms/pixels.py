"""Values changed where they stand: noise, and rectangles that are wiped out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ranvier import dtypes
from ranvier.data.transforms.augment import Augment, drawn, pictures_of
from ranvier.data.transforms.geometry import number, pair
from ranvier.errors import ValueRangeError
from ranvier.nn.functions.checks import probability
from ranvier.tensor import Tensor
from ranvier.tensors import creation, functions, joining


class GaussianNoise(Augment):
    """x + mean + sigma ε, ε Gaussian, as torchvision's transform of this name.

    clip: keep the result in 0 … 1, where pixels are; for other inputs False.
    """

    def __init__(
        self, mean: float = 0.0, sigma: float = 0.1, clip: bool = True
    ) -> None:
        self.mean = number("GaussianNoise", "mean", mean)
        self.sigma = number("GaussianNoise", "sigma", sigma)
        self.clip = bool(clip)
        if self.sigma < 0:
            raise ValueRangeError(
                f"GaussianNoise: sigma is {sigma}; expected a number of at least 0."
            )

    def __call__(self, x: Tensor) -> Tensor:
        noisy = x + (normal(x.shape) * self.sigma + self.mean)
        return noisy.clamp(0, 1) if self.clip else noisy

    def __repr__(self) -> str:
        return f"GaussianNoise(mean={self.mean}, sigma={self.sigma}, clip={self.clip})"


def normal(shape: tuple[int, ...]) -> Tensor:
    """Gaussian numbers, two of each pair of uniform ones (Box and Muller, 1958).

    Both of a pair and polynomials make it ten times as fast as `rv.randn`, which makes
    one of a pair, with a cosine for any angle.
    """
    count = math.prod(shape)
    u, v = drawn(0, 1, -(-count // 2)), drawn(-math.pi, math.pi, -(-count // 2))
    radius, square = ((1 - u).log() * -2).sqrt(), v * v
    cosine, sine = taylor(square, 0), taylor(square, 1) * v
    both = joining.cat([radius * cosine, radius * sine])
    return both[:count].reshape(shape)


def taylor(square: Tensor, first: int) -> Tensor:
    """cos v (first 0) or sin v / v (first 1) of v², to 1e-6 for |v| <= π."""
    value: Any = 0.0
    for k in range(9, -1, -1):
        value = value * square + (-1) ** k / math.factorial(2 * k + first)
    result: Tensor = value
    return result


class RandomErasing(Augment):
    """A rectangle of a picture becomes `value`, with probability `p`.

    scale: its share of the picture's area; ratio: its height by its width. Both are
        drawn evenly, the ratio on a scale of logarithms; a side that would be longer
        than the picture is cut (Zhong et al., 2017, draw again).
    """

    needs_pictures = True

    def __init__(
        self,
        p: float = 0.5,
        scale: Sequence[float] = (0.02, 0.33),
        ratio: Sequence[float] = (0.3, 3.3),
        value: float = 0.0,
    ) -> None:
        self.p = probability(p, "RandomErasing")
        self.scale = pair("RandomErasing", "scale", scale)
        self.ratio = pair("RandomErasing", "ratio", ratio)
        self.value = number("RandomErasing", "value", value)
        for what, (low, high) in (("scale", self.scale), ("ratio", self.ratio)):
            if not 0 < low <= high or (what == "scale" and high > 1):
                raise ValueRangeError(
                    f"RandomErasing: {what} is {(low, high)}; expected (low, high) "
                    f"with 0 < low <= high{' <= 1' * (what == 'scale')}."
                )

    def __call__(self, x: Tensor) -> Tensor:
        n, _, height, width = pictures_of("RandomErasing", x)
        area = drawn(*self.scale, n, 1, 1, 1) * (height * width)
        low, high = map(math.log, self.ratio)
        ratio = drawn(low, high, n, 1, 1, 1).exp()
        rows = within((area * ratio).sqrt(), height, n).unsqueeze(-1)
        columns = within((area / ratio).sqrt(), width, n).unsqueeze(-2)
        hit = drawn(0, 1, n, 1, 1, 1) < self.p
        chosen: Tensor = functions.where(rows & columns & hit, self.value, x)
        return chosen

    def __repr__(self) -> str:
        return f"RandomErasing(p={self.p}, scale={self.scale}, ratio={self.ratio})"


def within(length: Any, size: int, n: int) -> Tensor:
    """Which of `size` places lie in a stretch of this length: (n, 1, size)."""
    length = length.round().clamp(1, size).reshape(n, 1, 1)
    start = (drawn(0, 1, n, 1, 1) * (size + 1 - length)).floor()
    place = creation.arange(size, dtype=dtypes.float32)
    inside: Tensor = (place >= start) & (place < start + length)
    return inside
