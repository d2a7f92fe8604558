"""Distributions with a place and a width."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from ranvier.distributions.distribution import (
    Distribution,
    Sizes,
    as_arguments,
    even,
    gaussian,
    where,
)
from ranvier.tensor import NoGrad, Tensor
from ranvier.tensors.creation import full_like

EULER = 0.57721566490153286060
LOG_ROOT_2PI = 0.5 * math.log(2 * math.pi)


class _Located(Distribution):
    """A distribution with a `loc` and a `scale` above 0."""

    arg_names: ClassVar = ("loc", "scale")
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = as_arguments(loc, scale)
        super().__init__(self.loc.shape, validate_args=validate_args)
        self._positive("scale")

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc


class Normal(_Located):
    """The Gaussian distribution, density exp(-(x - loc)² / 2 scale²) / (scale √2π).

    >>> import ranvier as rv
    >>> d = rv.distributions.Normal(0.0, 1.0)
    >>> d.log_prob(rv.tensor(0.0))
    tensor(-0.9189)
    """

    @property
    def variance(self) -> Tensor:
        return self.scale**2

    @property
    def stddev(self) -> Tensor:
        return self.scale

    def rsample(self, sample_shape: Sizes = ()) -> Tensor:
        return self.loc + self.scale * gaussian(self._shape(sample_shape), self.loc)

    def log_prob(self, value: Tensor) -> Tensor:
        off = self._value(value) - self.loc
        return -(off**2) / (2 * self.variance) - self.scale.log() - LOG_ROOT_2PI

    def entropy(self) -> Tensor:
        return 0.5 + LOG_ROOT_2PI + self.scale.log()

    def cdf(self, value: Tensor) -> Tensor:
        off = (self._value(value) - self.loc) / self.scale
        return 0.5 * (1 + (off / math.sqrt(2)).erf())

    def icdf(self, value: Tensor) -> Tensor:
        return self.loc + self.scale * (2 * value - 1).erfinv() * math.sqrt(2)


class LogNormal(_Located):
    """exp(x) of a Gaussian x."""

    @property
    def mean(self) -> Tensor:
        return (self.loc + self.scale**2 / 2).exp()

    @property
    def mode(self) -> Tensor:
        return (self.loc - self.scale**2).exp()

    @property
    def variance(self) -> Tensor:
        square = self.scale**2
        return square.expm1() * (2 * self.loc + square).exp()

    @property
    def base_dist(self) -> Normal:
        """The distribution of the logarithm."""
        return Normal(self.loc, self.scale, validate_args=False)

    def rsample(self, sample_shape: Sizes = ()) -> Tensor:
        return self.base_dist.rsample(sample_shape).exp()

    def log_prob(self, value: Tensor) -> Tensor:
        log = self._value(value).log()
        return self.base_dist.log_prob(log) - log

    def entropy(self) -> Tensor:
        return self.base_dist.entropy() + self.loc

    def cdf(self, value: Tensor) -> Tensor:
        return self.base_dist.cdf(self._value(value).log())


class Laplace(_Located):
    """Density exp(-|x - loc| / scale) / 2 scale."""

    @property
    def variance(self) -> Tensor:
        return 2 * self.scale**2

    @property
    def stddev(self) -> Tensor:
        return math.sqrt(2) * self.scale

    def rsample(self, sample_shape: Sizes = ()) -> Tensor:
        u = 2 * even(self._shape(sample_shape), self.loc) - 1
        u = u.clamp(min=-1 + 1e-7)
        return self.loc - self.scale * u.sign() * (-u.abs()).log1p()

    def log_prob(self, value: Tensor) -> Tensor:
        off = (self._value(value) - self.loc).abs()
        return -(2 * self.scale).log() - off / self.scale

    def entropy(self) -> Tensor:
        return 1 + (2 * self.scale).log()

    def cdf(self, value: Tensor) -> Tensor:
        off = self._value(value) - self.loc
        return 0.5 - 0.5 * off.sign() * (-off.abs() / self.scale).expm1()

    def icdf(self, value: Tensor) -> Tensor:
        off = value - 0.5
        return self.loc - self.scale * off.sign() * (-2 * off.abs()).log1p()


class Gumbel(_Located):
    """The largest of many: the cdf is exp(-exp(-(x - loc) / scale))."""

    @property
    def mean(self) -> Tensor:
        return self.loc + self.scale * EULER

    @property
    def variance(self) -> Tensor:
        return self.stddev**2

    @property
    def stddev(self) -> Tensor:
        return (math.pi / math.sqrt(6)) * self.scale

    def rsample(self, sample_shape: Sizes = ()) -> Tensor:
        u = even(self._shape(sample_shape), self.loc).clamp(min=1e-37)
        return self.loc - self.scale * (-u.log()).clamp(min=1e-37).log()

    def log_prob(self, value: Tensor) -> Tensor:
        y = (self.loc - self._value(value)) / self.scale
        return (y - y.exp()) - self.scale.log()

    def entropy(self) -> Tensor:
        return self.scale.log() + (1 + EULER)


class Cauchy(_Located):
    """Density 1 / (π scale (1 + ((x - loc) / scale)²)); it has no mean."""

    @property
    def mean(self) -> Tensor:
        return full_like(self.loc, math.nan)

    @property
    def variance(self) -> Tensor:
        return full_like(self.loc, math.inf)

    def rsample(self, sample_shape: Sizes = ()) -> Tensor:
        u = even(self._shape(sample_shape), self.loc)
        return self.loc + self.scale * (math.pi * (u - 0.5)).tan()

    def log_prob(self, value: Tensor) -> Tensor:
        off = (self._value(value) - self.loc) / self.scale
        return -math.log(math.pi) - self.scale.log() - (off**2).log1p()

    def entropy(self) -> Tensor:
        return math.log(4 * math.pi) + self.scale.log()

    def cdf(self, value: Tensor) -> Tensor:
        return ((self._value(value) - self.loc) / self.scale).atan() / math.pi + 0.5

    def icdf(self, value: Tensor) -> Tensor:
        return (math.pi * (value - 0.5)).tan() * self.scale + self.loc


class HalfNormal(Distribution):
    """|x| of a Gaussian x with mean 0."""

    arg_names: ClassVar = ("scale",)
    has_rsample = True

    def __init__(self, scale: Any, validate_args: bool | None = None) -> None:
        (self.scale,) = as_arguments(scale)
        super().__init__(self.scale.shape, validate_args=validate_args)
        self._positive("scale")

    @property
    def _whole(self) -> Normal:
        return Normal(0.0 * self.scale, self.scale, validate_args=False)

    @property
    def mean(self) -> Tensor:
        return self.scale * math.sqrt(2 / math.pi)

    @property
    def mode(self) -> Tensor:
        return full_like(self.scale, 0.0)

    @property
    def variance(self) -> Tensor:
        return self.scale**2 * (1 - 2 / math.pi)

    def rsample(self, sample_shape: Sizes = ()) -> Tensor:
        return self._whole.rsample(sample_shape).abs()

    def log_prob(self, value: Tensor) -> Tensor:
        log = self._whole.log_prob(value) + math.log(2)
        return where(value >= 0, log, -math.inf)

    def entropy(self) -> Tensor:
        return self._whole.entropy() - math.log(2)

    def cdf(self, value: Tensor) -> Tensor:
        return 2 * self._whole.cdf(value) - 1

    def icdf(self, value: Tensor) -> Tensor:
        return self._whole.icdf((value + 1) / 2)


class Uniform(Distribution):
    """Even from `low` up to but not with `high`."""

    arg_names: ClassVar = ("low", "high")
    has_rsample = True

    def __init__(self, low: Any, high: Any, validate_args: bool | None = None) -> None:
        self.low, self.high = as_arguments(low, high)
        super().__init__(self.low.shape, validate_args=validate_args)
        with NoGrad():
            room = self.high - self.low
        self._check("high - low", room, lambda r: r > 0, "numbers above 0")

    @property
    def mean(self) -> Tensor:
        return (self.high + self.low) / 2

    @property
    def variance(self) -> Tensor:
        return (self.high - self.low) ** 2 / 12

    @property
    def stddev(self) -> Tensor:
        return (self.high - self.low) / math.sqrt(12)

    def rsample(self, sample_shape: Sizes = ()) -> Tensor:
        u = even(self._shape(sample_shape), self.low)
        return self.low + u * (self.high - self.low)

    def log_prob(self, value: Tensor) -> Tensor:
        inside = (self.low <= self._value(value)) & (value < self.high)
        return inside.to(self.low.dtype).log() - (self.high - self.low).log()

    def entropy(self) -> Tensor:
        return (self.high - self.low).log()

    def cdf(self, value: Tensor) -> Tensor:
        share = (self._value(value) - self.low) / (self.high - self.low)
        return share.clamp(min=0, max=1)

    def icdf(self, value: Tensor) -> Tensor:
        return value * (self.high - self.low) + self.low
