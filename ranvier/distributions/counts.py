"""Distributions of whole numbers and of classes."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import ranvier.nn.functional as F
from ranvier import dtypes
from ranvier.distributions.distribution import (
    Distribution,
    Sizes,
    as_arguments,
    by_numpy,
    even,
    where,
)
from ranvier.errors import ShapeError, ValueRangeError
from ranvier.size import Size
from ranvier.tensor import NoGrad, Tensor, not_a_tensor
from ranvier.tensors.creation import arange, full
from ranvier.tensors.functions import xlogy


def _clamped(probs: Tensor) -> Tensor:
    eps = dtypes.finfo(probs.dtype).eps
    return probs.clamp(min=eps, max=1 - eps)


class _Scored(Distribution):
    """A distribution that is given by `probs` or by `logits`."""

    def __init__(self, probs: Any, logits: Any) -> None:
        if (probs is None) == (logits is None):
            raise ValueRangeError(
                f"{type(self).__name__}: give one of probs and logits."
            )
        self._by_probs = probs is not None

    def _given(self) -> tuple[str, ...]:
        return ("probs",) if self._by_probs else ("logits",)

    probs: Any
    logits: Any


class _Binary(_Scored):
    """`probs`, or `logits` ln(p / (1 - p))."""

    def __init__(
        self, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        super().__init__(probs, logits)
        (given,) = as_arguments(probs if self._by_probs else logits)
        self._kept = given
        Distribution.__init__(self, given.shape, validate_args=validate_args)
        if self._by_probs:
            inside = "numbers from 0 to 1"
            self._check("probs", given, lambda p: (p >= 0) & (p <= 1), inside)

    @property
    def probs(self) -> Tensor:
        """p."""
        return self._kept if self._by_probs else self._kept.sigmoid()

    @property
    def logits(self) -> Tensor:
        """ln(p / (1 - p))."""
        if not self._by_probs:
            return self._kept
        clamped = _clamped(self._kept)
        return clamped.log() - (-clamped).log1p()


class Bernoulli(_Binary):
    """1 with probability p, else 0.

    >>> import ranvier as rv
    >>> d = rv.distributions.Bernoulli(logits=rv.tensor([0.0, 2.0]))
    >>> d.log_prob(rv.tensor([1.0, 0.0]))
    tensor([-0.6931, -2.1269])
    """

    has_enumerate_support = True

    @property
    def mean(self) -> Tensor:
        return self.probs

    @property
    def mode(self) -> Tensor:
        p = self.probs
        return where(p == 0.5, math.nan, (p > 0.5).to(p.dtype))

    @property
    def variance(self) -> Tensor:
        return self.probs * (1 - self.probs)

    def sample(self, sample_shape: Sizes = ()) -> Tensor:
        with NoGrad():
            p = self.probs
            return (even(self._shape(sample_shape), p) < p).to(p.dtype)

    def log_prob(self, value: Tensor) -> Tensor:
        return -_binary_entropy(self.logits, self._value(value))

    def entropy(self) -> Tensor:
        return _binary_entropy(self.logits, self.probs)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        return _all(2, self._batch, expand).to(self._kept.dtype)


def _binary_entropy(logits: Tensor, target: Tensor) -> Tensor:
    """-t ln p - (1 - t) ln(1 - p), of shapes that broadcast."""
    size = logits.clamp(min=0) - logits * target
    return size + (-logits.abs()).exp().log1p()


def _all(count: int, batch: Size, expand: bool) -> Tensor:
    values = arange(count).reshape(count, *(1,) * len(batch))
    return values.expand(count, *batch) if expand else values


class Geometric(_Binary):
    """How many failures come before the first success: p (1 - p)ᵏ."""

    @property
    def mean(self) -> Tensor:
        return 1.0 / self.probs - 1.0

    @property
    def mode(self) -> Tensor:
        return 0.0 * self.probs

    @property
    def variance(self) -> Tensor:
        return (1.0 / self.probs - 1.0) / self.probs

    def sample(self, sample_shape: Sizes = ()) -> Tensor:
        with NoGrad():
            p = self.probs
            u = even(self._shape(sample_shape), p)
            return ((-u).log1p() / (-p).log1p()).floor()

    def log_prob(self, value: Tensor) -> Tensor:
        p = self.probs
        certain = (p == 1) & (self._value(value) == 0)
        failure = where(certain, 0.0, (-p).log1p() * value)
        return failure + p.log()

    def entropy(self) -> Tensor:
        return _binary_entropy(self.logits, self.probs) / self.probs


class Categorical(_Scored):
    """A class from 0 to K - 1, with `probs` (they need not add up to 1) or `logits`
    along the last dimension.

    >>> import ranvier as rv
    >>> d = rv.distributions.Categorical(probs=rv.tensor([1.0, 1.0, 2.0]))
    >>> d.log_prob(rv.tensor(2)), d.entropy()
    (tensor(-0.6931), tensor(1.0397))
    """

    tails: ClassVar = {"probs": 1, "logits": 1}
    has_enumerate_support = True

    def __init__(
        self,
        probs: Tensor | None = None,
        logits: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        super().__init__(probs, logits)
        given = probs if probs is not None else logits
        if not isinstance(given, Tensor):
            raise not_a_tensor("Categorical", given)
        if given.ndim < 1:
            raise ShapeError(
                f"Categorical: {self._given()[0]} is one number; expected one for each "
                "class."
            )
        Distribution.__init__(self, given.shape[:-1], validate_args=validate_args)
        self._raw = given
        if self._by_probs:
            wanted = "numbers from 0 that are not all 0"
            self._check(
                "probs", given, lambda p: (p >= 0) & (p.sum(-1, True) > 0), wanted
            )
            self._kept = given / given.sum(-1, True)
        else:
            self._kept = given - given.logsumexp(-1, True)

    @property
    def probs(self) -> Tensor:
        """Probabilities, adding up to 1."""
        return self._kept if self._by_probs else self._kept.softmax(-1)

    @property
    def logits(self) -> Tensor:
        """Their logarithms."""
        return _clamped(self._kept).log() if self._by_probs else self._kept

    @property
    def param_shape(self) -> Size:
        """The shape of `probs`."""
        return Size(self._kept.shape)

    @property
    def _classes(self) -> int:
        return self._kept.shape[-1]

    @property
    def mean(self) -> Tensor:
        return full(self._batch, math.nan, dtype=self._kept.dtype)

    @property
    def variance(self) -> Tensor:
        return full(self._batch, math.nan, dtype=self._kept.dtype)

    @property
    def mode(self) -> Tensor:
        return self.probs.argmax(-1)

    def sample(self, sample_shape: Sizes = ()) -> Tensor:
        with NoGrad():
            sums = self.probs.cumsum(-1)
            u = even((*self._shape(sample_shape), 1), sums) * sums[..., -1:]
            return (sums <= u).sum(-1).clamp(max=self._classes - 1)

    def log_prob(self, value: Tensor) -> Tensor:
        index = self._value(value).long().unsqueeze(-1)
        logits = self.logits
        shape = [
            max(a, b) for a, b in zip(*_alike(index.shape, logits.shape), strict=True)
        ]
        index = index.expand(*shape[:-1], 1)
        return logits.expand(*shape[:-1], self._classes).gather(-1, index).squeeze(-1)

    def entropy(self) -> Tensor:
        least = dtypes.finfo(self._kept.dtype).min
        return -(self.logits.clamp(min=least) * self.probs).sum(-1)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        return _all(self._classes, self._batch, expand)


def _alike(a: Sizes, b: Sizes) -> tuple[list[int], list[int]]:
    rank = max(len(a), len(b))
    return [1] * (rank - len(a)) + list(a), [1] * (rank - len(b)) + list(b)


class OneHotCategorical(Categorical):
    """The same, each draw a vector with a 1 at its class."""

    def __init__(
        self,
        probs: Tensor | None = None,
        logits: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        super().__init__(probs, logits, validate_args)
        self._event = Size((self._classes,))

    @property
    def mean(self) -> Tensor:
        return self.probs

    @property
    def mode(self) -> Tensor:
        return self._vectors(self.probs.argmax(-1))

    @property
    def variance(self) -> Tensor:
        return self.probs * (1 - self.probs)

    def _vectors(self, classes: Tensor) -> Tensor:
        return F.one_hot(classes, self._classes).to(self._kept.dtype)

    def _shape(self, sample_shape: Sizes) -> tuple[int, ...]:
        whole = super()._shape(sample_shape)
        return whole[: len(whole) - len(self._event)]

    def sample(self, sample_shape: Sizes = ()) -> Tensor:
        return self._vectors(super().sample(sample_shape))

    def log_prob(self, value: Tensor) -> Tensor:
        return super().log_prob(self._value(value).argmax(-1))

    def enumerate_support(self, expand: bool = True) -> Tensor:
        return self._vectors(super().enumerate_support(expand))


class Poisson(Distribution):
    """rateᵏ exp(-rate) / k!.

    NumPy draws its numbers: not inside compiled functions.
    """

    arg_names: ClassVar = ("rate",)

    def __init__(self, rate: Any, validate_args: bool | None = None) -> None:
        (self.rate,) = as_arguments(rate)
        super().__init__(self.rate.shape, validate_args=validate_args)
        self._check("rate", self.rate, lambda r: r >= 0, "numbers from 0")

    @property
    def mean(self) -> Tensor:
        return self.rate

    @property
    def mode(self) -> Tensor:
        return self.rate.floor()

    @property
    def variance(self) -> Tensor:
        return self.rate

    def sample(self, sample_shape: Sizes = ()) -> Tensor:
        shape = self._shape(sample_shape)
        return by_numpy("Poisson", lambda g, rate: g.poisson(rate, shape), self.rate)

    def log_prob(self, value: Tensor) -> Tensor:
        return xlogy(self._value(value), self.rate) - self.rate - (value + 1).lgamma()
