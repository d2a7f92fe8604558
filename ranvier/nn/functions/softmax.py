"""Softmax and what is made of it."""

from __future__ import annotations

import warnings
from typing import Any

from ranvier import dtypes, ops
from ranvier.errors import RanvierWarning, ValueRangeError
from ranvier.graph import Node, grad_mode
from ranvier.nn.functions import checks
from ranvier.tensor import Tensor, _wrap
from ranvier.tensors.drawing import draw_uniform


def softmax(input: Tensor, dim: int | None = None, dtype: Any = None) -> Tensor:
    """e^x / Σ e^x along `dim`, shifted by the largest for stability."""
    x = _as("softmax", input, dtype)
    return _wrap(shares(x, _dim(x, dim, "softmax")))


def softmin(input: Tensor, dim: int | None = None, dtype: Any = None) -> Tensor:
    """softmax(-x) along `dim`."""
    x = _as("softmin", input, dtype)
    return _wrap(shares(ops.neg(x), _dim(x, dim, "softmin")))


def log_softmax(input: Tensor, dim: int | None = None, dtype: Any = None) -> Tensor:
    """ln softmax(x) along `dim`: x - max - ln Σ e^(x - max)."""
    x = _as("log_softmax", input, dtype)
    shifted, log = shifted_log(x, _dim(x, dim, "log_softmax"))
    return _wrap(ops.sub(shifted, log))


def gumbel_softmax(
    logits: Tensor,
    tau: float = 1,
    hard: bool = False,
    eps: float = 1e-10,
    dim: int = -1,
) -> Tensor:
    """softmax((x + g) / τ) with Gumbel noise g = -ln(-ln u); with `hard` one 1 at the
    largest and the gradient of the soft values (Jang, Gu and Poole 2017,
    arXiv:1611.01144). `eps` has no effect, as in PyTorch.

    >>> import ranvier as rv
    >>> rv.nn.functional.gumbel_softmax(rv.zeros(4, 3), hard=True).sum(1)
    tensor([1., 1., 1., 1.])
    """
    if tau <= 0:
        raise ValueRangeError(f"gumbel_softmax: tau is {tau}; it must be above 0.")
    x = checks.floats("gumbel_softmax", checks.node("gumbel_softmax", logits))
    d = ops.axis(dim, len(x.shape), "gumbel_softmax")
    drawn = ops.cast(draw_uniform(x.shape), x.dtype)
    # u lies in [0, 1): half a step of 2^-24 inside, both logarithms are finite.
    inner = ops.mul(drawn, ops.like(x, 1.0 - 2.0**-24))
    drawn = ops.add(inner, ops.like(x, 2.0**-25))
    noise = ops.neg(ops.log(ops.neg(ops.log(drawn))))
    soft = shares(ops.div(ops.add(x, noise), ops.like(x, float(tau))), d)
    if not hard:
        return _wrap(soft)
    place = ops.argmax(ops.detach(soft), d, True)
    n = x.shape[d]
    numbers = ops.reshape(ops.iota(n), (n,) + (1,) * (len(x.shape) - d - 1))
    one = ops.cast(ops.eq(numbers, place), x.dtype)
    if not soft.rg or not grad_mode.enabled:
        return _wrap(one)
    return _wrap(ops.add(one, ops.sub(soft, ops.detach(soft))))


def _as(what: str, input: Tensor, dtype: Any) -> Node:
    x = checks.node(what, input)
    return ops.floating(x) if dtype is None else ops.cast(x, dtypes.as_dtype(dtype))


def _dim(x: Node, dim: int | None, what: str) -> int:
    if dim is not None:
        return ops.axis(dim, len(x.shape), what)
    guess = 0 if len(x.shape) in (0, 1, 3) else 1
    warnings.warn(
        f"{what} without dim: dimension {guess} is taken; write dim={guess}.",
        RanvierWarning,
        stacklevel=3,
    )
    return guess


def shares(x: Node, d: int) -> Node:
    """`softmax` of a node."""
    if 0 in x.shape:
        return x
    e = ops.exp(ops.sub(x, _top(x, d)))
    return ops.div(e, ops.total(e, d, True))


def _top(x: Node, d: int) -> Node:
    return ops.detach(ops.amax(x, d, True))


def shifted_log(x: Node, d: int) -> tuple[Node, Node]:
    """x - max, and ln Σ e^(x - max) with dimension d kept."""
    shifted = ops.sub(x, _top(x, d))
    return shifted, ops.log(ops.total(ops.exp(shifted), d, True))
