"""How far one distribution is from another: KL(p ‖ q) = E_p[ln p - ln q]."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ranvier import linalg
from ranvier.distributions.counts import Bernoulli, Categorical, Geometric, Poisson
from ranvier.distributions.distribution import Distribution, Independent, summed, where
from ranvier.distributions.located import (
    Cauchy,
    HalfNormal,
    Laplace,
    LogNormal,
    Normal,
    Uniform,
)
from ranvier.distributions.multivariate import MultivariateNormal
from ranvier.distributions.positive import Beta, Dirichlet, Exponential, Gamma
from ranvier.errors import ShapeError, UnsupportedError
from ranvier.tensor import Tensor

Rule = Callable[[Any, Any], Tensor]
RULES: dict[tuple[type, type], Rule] = {}


def register_kl(p: type[Distribution], q: type[Distribution]) -> Callable[[Rule], Rule]:
    """Decorates the function that gives KL(p ‖ q) for these two classes."""

    def register(rule: Rule) -> Rule:
        RULES[p, q] = rule
        return rule

    return register


def kl_divergence(p: Distribution, q: Distribution) -> Tensor:
    """KL(p ‖ q) of each pair of the batch.

    Raises UnsupportedError for classes without a formula.

    >>> import ranvier as rv
    >>> d = rv.distributions
    >>> d.kl_divergence(d.Normal(1.0, 1.0), d.Normal(0.0, 1.0))
    tensor(0.5000)
    """
    for a in type(p).__mro__:
        for b in type(q).__mro__:
            if (a, b) in RULES:
                return RULES[a, b](p, q)
    raise UnsupportedError(
        f"kl_divergence: no formula for {type(p).__name__} and {type(q).__name__}. "
        "Estimate it: x = p.sample((n,)); (p.log_prob(x) - q.log_prob(x)).mean(0)."
    )


@register_kl(Normal, Normal)
def _normal(p: Normal, q: Normal) -> Tensor:
    ratio = (p.scale / q.scale) ** 2
    off = ((p.loc - q.loc) / q.scale) ** 2
    return 0.5 * (ratio + off - 1 - ratio.log())


@register_kl(LogNormal, LogNormal)
def _log_normal(p: LogNormal, q: LogNormal) -> Tensor:
    return _normal(p.base_dist, q.base_dist)


@register_kl(HalfNormal, HalfNormal)
def _half_normal(p: HalfNormal, q: HalfNormal) -> Tensor:
    return _normal(p._whole, q._whole)


@register_kl(Laplace, Laplace)
def _laplace(p: Laplace, q: Laplace) -> Tensor:
    ratio, off = p.scale / q.scale, (p.loc - q.loc).abs()
    return -ratio.log() + off / q.scale + ratio * (-off / p.scale).exp() - 1


@register_kl(Cauchy, Cauchy)
def _cauchy(p: Cauchy, q: Cauchy) -> Tensor:
    top = (p.scale + q.scale) ** 2 + (p.loc - q.loc) ** 2
    return top.log() - (4 * p.scale * q.scale).log()


@register_kl(Uniform, Uniform)
def _uniform(p: Uniform, q: Uniform) -> Tensor:
    found = ((q.high - q.low) / (p.high - p.low)).log()
    return where((q.low > p.low) | (q.high < p.high), math.inf, found)


@register_kl(Exponential, Exponential)
def _exponential(p: Exponential, q: Exponential) -> Tensor:
    ratio = q.rate / p.rate
    return -ratio.log() + ratio - 1


@register_kl(Gamma, Gamma)
def _gamma(p: Gamma, q: Gamma) -> Tensor:
    return (
        q.concentration * (p.rate / q.rate).log()
        + q.concentration.lgamma()
        - p.concentration.lgamma()
        + (p.concentration - q.concentration) * p.concentration.digamma()
        + (q.rate - p.rate) * (p.concentration / p.rate)
    )


@register_kl(Beta, Beta)
def _beta(p: Beta, q: Beta) -> Tensor:
    whole, other = (d.concentration1 + d.concentration0 for d in (p, q))
    return (
        q._log_beta()
        - p._log_beta()
        + (p.concentration1 - q.concentration1) * p.concentration1.digamma()
        + (p.concentration0 - q.concentration0) * p.concentration0.digamma()
        + (other - whole) * whole.digamma()
    )


@register_kl(Dirichlet, Dirichlet)
def _dirichlet(p: Dirichlet, q: Dirichlet) -> Tensor:
    a, b = p.concentration, q.concentration
    whole = a.sum(-1, True)
    constant = whole.squeeze(-1).lgamma() - b.sum(-1).lgamma()
    spread = (b.lgamma() - a.lgamma()).sum(-1)
    return constant + spread + ((a - b) * (a.digamma() - whole.digamma())).sum(-1)


@register_kl(Bernoulli, Bernoulli)
def _bernoulli(p: Bernoulli, q: Bernoulli) -> Tensor:
    a, b = p.probs, q.probs
    hit = a * (_softplus(-q.logits) - _softplus(-p.logits))
    hit = where(a == 0, 0.0, where(b == 0, math.inf, hit))
    miss = (1 - a) * (_softplus(q.logits) - _softplus(p.logits))
    miss = where(a == 1, 0.0, where(b == 1, math.inf, miss))
    return hit + miss


def _softplus(x: Tensor) -> Tensor:
    """ln(1 + exp x)."""
    return x.clamp(min=0) + (-x.abs()).exp().log1p()


@register_kl(Geometric, Geometric)
def _geometric(p: Geometric, q: Geometric) -> Tensor:
    return -p.entropy() - (-q.probs).log1p() / p.probs - q.logits


@register_kl(Categorical, Categorical)
def _categorical(p: Categorical, q: Categorical) -> Tensor:
    terms = p.probs * (p.logits - q.logits)
    terms = where(q.probs == 0, math.inf, terms)
    return where(p.probs == 0, 0.0, terms).sum(-1)


@register_kl(Poisson, Poisson)
def _poisson(p: Poisson, q: Poisson) -> Tensor:
    return p.rate * (p.rate.log() - q.rate.log()) - (p.rate - q.rate)


@register_kl(MultivariateNormal, MultivariateNormal)
def _multivariate(p: MultivariateNormal, q: MultivariateNormal) -> Tensor:
    if p.event_shape != q.event_shape:
        raise ShapeError(
            f"kl_divergence: vectors of {p.event_shape} and of {q.event_shape}."
        )
    batch = (p.loc[..., 0] + q.loc[..., 0]).shape
    k = p.event_shape[0]
    factor = q.scale_tril.expand(*batch, k, k)
    spread = linalg.solve(factor, p.scale_tril.expand(*batch, k, k))
    off = linalg.solve(factor, (q.loc - p.loc).expand(*batch, k).unsqueeze(-1))
    whole = (spread**2).sum((-2, -1)) + (off**2).sum((-2, -1)) - k
    return q._half_log_det() - p._half_log_det() + 0.5 * whole


@register_kl(Independent, Independent)
def _independent(p: Independent, q: Independent) -> Tensor:
    if p.reinterpreted_batch_ndims != q.reinterpreted_batch_ndims:
        raise ShapeError(
            "kl_divergence: reinterpreted_batch_ndims "
            f"{p.reinterpreted_batch_ndims} and {q.reinterpreted_batch_ndims}."
        )
    found = kl_divergence(p.base_dist, q.base_dist)
    return summed(found, p.reinterpreted_batch_ndims)
