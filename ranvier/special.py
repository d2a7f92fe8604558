"""`rv.special`: special functions under the names of `torch.special`."""

from __future__ import annotations

import math
from typing import Any

from ranvier import ops
from ranvier.absent import SPECIAL, unknown
from ranvier.tensor import Tensor, _wrap, not_a_tensor
from ranvier.tensors.functions import (
    digamma,
    erf,
    erfc,
    erfinv,
    exp2,
    expm1,
    lgamma,
    log1p,
    log_softmax,
    logit,
    logsumexp,
    mvlgamma,
    round,
    sigmoid,
    sinc,
    softmax,
    xlogy,
)

psi = digamma
gammaln = lgamma
expit = sigmoid
multigammaln = mvlgamma


def polygamma(n: int, input: Tensor) -> Tensor:
    """The n-th derivative of the digamma function, n = 0 or 1."""
    if not isinstance(input, Tensor):
        raise not_a_tensor("polygamma", input)
    return input.polygamma(n)


def xlog1py(input: Tensor, other: Any) -> Tensor:
    """``input * ln(1 + other)``; 0 where `input` is 0."""
    return input.xlog1py(other)


def ndtr(input: Tensor) -> Tensor:
    """The share of a standard Gaussian below x: erfc(-x / √2) / 2."""
    x = ops.floating(input._node)
    half = ops.erfc(ops.mul(x, ops.like(x, -math.sqrt(0.5))))
    return _wrap(ops.mul(half, ops.like(x, 0.5)))


def ndtri(input: Tensor) -> Tensor:
    """The x below which a standard Gaussian has that share: √2 erfinv(2 p - 1)."""
    p = ops.floating(input._node)
    inner = ops.sub(ops.mul(p, ops.like(p, 2.0)), ops.like(p, 1.0))
    return _wrap(ops.mul(ops.erfinv(inner), ops.like(p, math.sqrt(2.0))))


def entr(input: Tensor) -> Tensor:
    """-x ln x; 0 at 0 and -∞ below."""
    x = ops.floating(input._node)
    value = ops.neg(_wrap(x).xlogy(_wrap(x))._node)
    below = ops.lt(x, ops.like(x, 0.0))
    return _wrap(ops.where(below, ops.like(x, -math.inf), value))


__all__ = [
    "digamma", "entr", "erf", "erfc", "erfinv", "exp2", "expit", "expm1", "gammaln",
    "log1p", "log_softmax", "logit", "logsumexp", "multigammaln", "ndtr", "ndtri",
    "polygamma", "psi", "round", "sinc", "softmax", "xlog1py", "xlogy",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    raise unknown(__name__, name, __all__, SPECIAL)
