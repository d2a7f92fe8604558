"""Distributions of numbers above 0, and of shares."""

from __future__ import annotations

from typing import Any, ClassVar

from ranvier.distributions.distribution import (
    Distribution,
    Sizes,
    as_arguments,
    by_numpy,
    even,
)
from ranvier.errors import ShapeError
from ranvier.tensor import Tensor, not_a_tensor
from ranvier.tensors.functions import xlogy


class Exponential(Distribution):
    """Density rate · exp(-rate x) for x from 0.

    >>> import ranvier as rv
    >>> rv.distributions.Exponential(2.0).mean
    tensor(0.5000)
    """

    arg_names: ClassVar = ("rate",)
    has_rsample = True

    def __init__(self, rate: Any, validate_args: bool | None = None) -> None:
        (self.rate,) = as_arguments(rate)
        super().__init__(self.rate.shape, validate_args=validate_args)
        self._positive("rate")

    @property
    def mean(self) -> Tensor:
        return self.rate.reciprocal()

    @property
    def mode(self) -> Tensor:
        return 0.0 * self.rate

    @property
    def stddev(self) -> Tensor:
        return self.rate.reciprocal()

    @property
    def variance(self) -> Tensor:
        return self.rate**-2

    def rsample(self, sample_shape: Sizes = ()) -> Tensor:
        u = even(self._shape(sample_shape), self.rate)
        return -(-u).log1p() / self.rate

    def log_prob(self, value: Tensor) -> Tensor:
        return self.rate.log() - self.rate * self._value(value)

    def entropy(self) -> Tensor:
        return 1.0 - self.rate.log()

    def cdf(self, value: Tensor) -> Tensor:
        return 1 - (-self.rate * self._value(value)).exp()

    def icdf(self, value: Tensor) -> Tensor:
        return -(-value).log1p() / self.rate


class Gamma(Distribution):
    """Density rateᵃ xᵃ⁻¹ exp(-rate x) / Γ(a) with a the `concentration`.

    NumPy draws its numbers: not inside compiled functions, and without a gradient.
    """

    arg_names: ClassVar[tuple[str, ...]] = ("concentration", "rate")

    def __init__(
        self, concentration: Any, rate: Any, validate_args: bool | None = None
    ) -> None:
        self.concentration, self.rate = as_arguments(concentration, rate)
        super().__init__(self.rate.shape, validate_args=validate_args)
        self._positive("concentration", "rate")

    @property
    def mean(self) -> Tensor:
        return self.concentration / self.rate

    @property
    def mode(self) -> Tensor:
        return ((self.concentration - 1) / self.rate).clamp(min=0)

    @property
    def variance(self) -> Tensor:
        return self.concentration / self.rate**2

    def sample(self, sample_shape: Sizes = ()) -> Tensor:
        shape = self._shape(sample_shape)
        return by_numpy(
            type(self).__name__,
            lambda g, a, rate: g.gamma(a, 1 / rate, shape),
            self.concentration,
            self.rate,
        )

    def log_prob(self, value: Tensor) -> Tensor:
        a = self.concentration
        return (
            xlogy(a, self.rate)
            + xlogy(a - 1, self._value(value))
            - self.rate * value
            - a.lgamma()
        )

    def entropy(self) -> Tensor:
        a = self.concentration
        return a - self.rate.log() + a.lgamma() + (1.0 - a) * a.digamma()


class Chi2(Gamma):
    """The sum of `df` squares of Gaussian numbers."""

    arg_names: ClassVar = ("df",)

    def __init__(self, df: Any, validate_args: bool | None = None) -> None:
        (df,) = as_arguments(df)
        super().__init__(0.5 * df, 0.5, validate_args)

    @property
    def df(self) -> Tensor:
        """Degrees of freedom."""
        return self.concentration * 2


class Dirichlet(Distribution):
    """Shares that add up to 1, density ∝ Π xᵢ^(concentrationᵢ - 1).

    NumPy draws its numbers: not inside compiled functions, and without a gradient.
    """

    arg_names: ClassVar = ("concentration",)
    tails: ClassVar = {"concentration": 1}

    def __init__(
        self, concentration: Tensor, validate_args: bool | None = None
    ) -> None:
        if not isinstance(concentration, Tensor):
            raise not_a_tensor("Dirichlet", concentration)
        if concentration.ndim < 1:
            raise ShapeError("Dirichlet: concentration must have a dimension.")
        self.concentration = concentration
        shape = concentration.shape
        super().__init__(shape[:-1], shape[-1:], validate_args)
        self._positive("concentration")

    @property
    def mean(self) -> Tensor:
        return self.concentration / self.concentration.sum(-1, True)

    @property
    def variance(self) -> Tensor:
        a, whole = self.concentration, self.concentration.sum(-1, True)
        return a * (whole - a) / (whole**2 * (whole + 1))

    def sample(self, sample_shape: Sizes = ()) -> Tensor:
        shape = self._shape(sample_shape)

        def draw(generator: Any, a: Any) -> Any:
            parts = generator.standard_gamma(a, shape)
            return parts / parts.sum(-1, keepdims=True)

        return by_numpy("Dirichlet", draw, self.concentration)

    def log_prob(self, value: Tensor) -> Tensor:
        a = self.concentration
        density = xlogy(a - 1.0, self._value(value)).sum(-1)
        return density + a.sum(-1).lgamma() - a.lgamma().sum(-1)

    def entropy(self) -> Tensor:
        a, k = self.concentration, self.concentration.shape[-1]
        whole = a.sum(-1)
        return (
            a.lgamma().sum(-1)
            - whole.lgamma()
            - (k - whole) * whole.digamma()
            - ((a - 1.0) * a.digamma()).sum(-1)
        )


class Beta(Distribution):
    """Shares from 0 to 1, density ∝ x^(concentration1 - 1) (1 - x)^(concentration0 -
    1).

    NumPy draws its numbers: not inside compiled functions, and without a gradient.
    """

    arg_names: ClassVar = ("concentration1", "concentration0")

    def __init__(
        self,
        concentration1: Any,
        concentration0: Any,
        validate_args: bool | None = None,
    ) -> None:
        self.concentration1, self.concentration0 = as_arguments(
            concentration1, concentration0
        )
        super().__init__(self.concentration0.shape, validate_args=validate_args)
        self._positive("concentration1", "concentration0")

    @property
    def mean(self) -> Tensor:
        return self.concentration1 / (self.concentration1 + self.concentration0)

    @property
    def variance(self) -> Tensor:
        a, b = self.concentration1, self.concentration0
        whole = a + b
        return a * b / (whole**2 * (whole + 1))

    def sample(self, sample_shape: Sizes = ()) -> Tensor:
        shape = self._shape(sample_shape)
        return by_numpy(
            "Beta",
            lambda g, a, b: g.beta(a, b, shape),
            self.concentration1,
            self.concentration0,
        )

    def log_prob(self, value: Tensor) -> Tensor:
        a, b = self.concentration1, self.concentration0
        density = xlogy(a - 1.0, self._value(value)) + xlogy(b - 1.0, 1.0 - value)
        return density - self._log_beta()

    def _log_beta(self) -> Tensor:
        a, b = self.concentration1, self.concentration0
        return a.lgamma() + b.lgamma() - (a + b).lgamma()

    def entropy(self) -> Tensor:
        a, b = self.concentration1, self.concentration0
        return (
            self._log_beta()
            - (a - 1.0) * a.digamma()
            - (b - 1.0) * b.digamma()
            + (a + b - 2.0) * (a + b).digamma()
        )
