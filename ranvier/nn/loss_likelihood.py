"""Losses that are a distance between distributions or the negative logarithm of a
density, as functions.
"""

from __future__ import annotations

import math
from typing import Any

from ranvier import ops
from ranvier.errors import ShapeError, ValueRangeError
from ranvier.graph import Node, Shape
from ranvier.nn.labels import not_negative
from ranvier.nn.reduction import (
    REDUCTIONS,
    check_reduction,
    floats,
    given,
    number,
    pair,
    raised,
    reduced,
)
from ranvier.tensor import Tensor, _wrap

BATCHMEAN = (*REDUCTIONS, "batchmean")


def kl_div(
    input: Tensor,
    target: Tensor,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """y (ln y - x) for log-probabilities x and probabilities y, 0 where y = 0; with
    `log_target` e^y (y - x).

    "batchmean" divides the sum by the first dimension: only this is the divergence of
    Kullback and Leibler; "mean" divides by the number of all elements.

    >>> import ranvier as rv
    >>> x = rv.tensor([[0.5, 0.5]]).log()
    >>> rv.nn.functional.kl_div(x, rv.tensor([[1.0, 0.0]]), reduction="batchmean")
    tensor(0.6931)
    """
    check_reduction(reduction, size_average, reduce, "kl_div", BATCHMEAN)
    x, y = pair("kl_div", input, target)
    if log_target:
        loss = ops.mul(ops.exp(y), ops.sub(y, x))
    else:
        loss = ops.sub(_x_log_x(y), ops.mul(y, x))
    if reduction != "batchmean":
        return reduced(loss, reduction)
    rows = ops.like(x, float(x.shape[0] if x.shape else 1))
    return _wrap(ops.div(ops.total(loss), rows))


def _x_log_x(x: Node) -> Node:
    """x ln x, and 0 at 0."""
    none = ops.eq(x, ops.like(x, 0.0))
    return ops.mul(x, ops.log(ops.where(none, ops.like(x, 1.0), x)))


def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    size_average: Any = None,
    eps: float = 1e-8,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """e^x - y x for counts y and the logarithm x of their rate; without `log_input`
    x - y ln(x + ε).

    `full` adds Stirling's y ln y - y + ln(2πy)/2 for ln y! where y > 1.

    >>> import ranvier as rv
    >>> rv.nn.functional.poisson_nll_loss(rv.tensor([0.0]), rv.tensor([2.0]))
    tensor(1.)
    """
    what = "poisson_nll_loss"
    check_reduction(reduction, size_average, reduce, what)
    number(what, "eps", eps)
    x, y = pair(what, input, target)
    if log_input:
        loss = ops.sub(ops.exp(x), ops.mul(y, x))
    else:
        loss = ops.sub(x, ops.mul(y, ops.log(ops.add(x, ops.like(x, float(eps))))))
    return reduced(ops.add(loss, _stirling(y)) if full else loss, reduction)


def _stirling(y: Node) -> Node:
    """An approximation of ln y!, 0 for y up to 1."""
    one = ops.like(y, 1.0)
    small = ops.le(y, one)
    safe = ops.where(small, one, y)
    log = ops.log(safe)
    half = ops.mul(ops.add(log, ops.like(y, math.log(2 * math.pi))), ops.like(y, 0.5))
    value = ops.add(ops.sub(ops.mul(safe, log), safe), half)
    return ops.where(small, ops.like(y, 0.0), value)


def gaussian_nll_loss(
    input: Tensor,
    target: Tensor,
    var: Tensor | float,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """(ln max(v, ε) + (x - y)² / max(v, ε)) / 2 for means x and variances v; `full`
    adds ln(2π)/2.

    `var` is a number or a tensor of the shape of x, or with 1 in one of its dimensions,
    or without the last one. The gradient flows to v below ε too, as in PyTorch. Raises
    ValueRangeError for a negative variance.

    Source: Nix and Weigend, "Estimating the mean and variance of the target probability
    distribution" (1994).

    >>> import ranvier as rv
    >>> x, y, v = rv.tensor([1.0]), rv.tensor([3.0]), rv.tensor([4.0])
    >>> rv.nn.functional.gaussian_nll_loss(x, y, v)
    tensor(1.1931)
    """
    what = "gaussian_nll_loss"
    check_reduction(reduction, what=what)
    number(what, "eps", eps, 0.0)
    x = floats(what, "prediction", input)
    y = ops.cast(given(what, "target", target), x.dtype)
    _fits(what, "target", y.shape, x.shape)
    v = raised(_variance(what, var, x), eps)
    d = ops.sub(x, y)
    loss = ops.add(ops.log(v), ops.div(ops.mul(d, d), v))
    loss = ops.mul(loss, ops.like(x, 0.5))
    if full:
        loss = ops.add(loss, ops.like(x, 0.5 * math.log(2 * math.pi)))
    return reduced(ops.expand(loss, x.shape), reduction)


def _variance(what: str, var: Any, x: Node) -> Node:
    if not isinstance(var, Tensor):
        value = number(what, "var", var)
        if value < 0:
            raise ValueRangeError(f"{what}: var is {var}; a variance is at least 0.")
        return ops.like(x, value)
    v = ops.cast(given(what, "var", var), x.dtype)
    if v.shape == x.shape[:-1] and v.shape != x.shape:
        v = ops.reshape(v, (*v.shape, 1))
    _fits(what, "var", v.shape, x.shape)
    not_negative(what, "var", v)
    # One that is not known yet becomes NaN, never silently another number.
    return ops.where(ops.lt(v, ops.like(v, 0.0)), ops.like(v, math.nan), v)


def _fits(what: str, role: str, shape: Shape, wanted: Shape) -> None:
    ones = [n for n, m in zip(shape, wanted, strict=False) if n != m]
    if len(shape) != len(wanted) or ones not in ([], [1]):
        raise ShapeError(
            f"{what}: {role} has shape {shape}, the prediction {wanted}; give the same "
            f"shape, or 1 in one of the dimensions, for example with {role}.unsqueeze"
            "(-1)."
        )
