"""Losses between numbers and numbers, as functions."""

from __future__ import annotations

from typing import Any

from ranvier import ops
from ranvier.errors import ShapeError, ValueRangeError
from ranvier.graph import Node
from ranvier.nn.reduction import check_reduction, floats, number, pair, reduced
from ranvier.tensor import Tensor, _wrap


def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """(x - y)²; shapes must be equal. With `weight` the mean divides by its sum."""
    check_reduction(reduction, size_average, reduce, "mse_loss")
    x, y = pair("mse_loss", input, target)
    d = ops.sub(x, y)
    return _with_weight("mse_loss", ops.mul(d, d), weight, reduction)


def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """|x - y|; shapes must be equal. With `weight` the mean divides by its sum."""
    check_reduction(reduction, size_average, reduce, "l1_loss")
    x, y = pair("l1_loss", input, target)
    return _with_weight("l1_loss", ops.absolute(ops.sub(x, y)), weight, reduction)


def smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """d²/2β where |d| < β, else |d| - β/2, with d = x - y."""
    what = "smooth_l1_loss"
    check_reduction(reduction, size_average, reduce, what)
    if check_beta(what, beta) == 0:
        return l1_loss(input, target, reduction=reduction)
    d, size, small = _distance(what, input, target, beta)
    near = ops.mul(ops.mul(d, d), ops.like(d, 0.5 / beta))
    far = ops.sub(size, ops.like(d, 0.5 * beta))
    return reduced(ops.where(small, near, far), reduction)


def huber_loss(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
    delta: float = 1.0,
    weight: Tensor | None = None,
) -> Tensor:
    """d²/2 where |d| < δ, else δ (|d| - δ/2), with d = x - y; times `weight`.

    Source: Huber, "Robust Estimation of a Location Parameter" (1964).
    """
    what = "huber_loss"
    check_reduction(reduction, what=what)
    d, size, small = _distance(what, input, target, check_delta(what, delta))
    near = ops.mul(ops.mul(d, d), ops.like(d, 0.5))
    far = ops.mul(ops.sub(size, ops.like(d, 0.5 * delta)), ops.like(d, float(delta)))
    loss = ops.where(small, near, far)
    if weight is not None:
        loss = ops.mul(loss, _same(what, weight, loss))
    return reduced(loss, reduction)


def check_beta(what: str, beta: float) -> float:
    """A number of at least 0."""
    if not number(what, "beta", beta) >= 0:
        raise ValueRangeError(f"{what}: beta is {beta}; it must be at least 0.")
    return beta


def check_delta(what: str, delta: float) -> float:
    """A number above 0."""
    return number(what, "delta", delta, 0.0)


def _distance(
    what: str, input: Tensor, target: Tensor, edge: float
) -> tuple[Node, Node, Node]:
    x, y = pair(what, input, target)
    d = ops.sub(x, y)
    size = ops.absolute(d)
    return d, size, ops.lt(size, ops.like(d, float(edge)))


def _with_weight(
    what: str, loss: Node, weight: Tensor | None, reduction: str
) -> Tensor:
    if weight is None:
        return reduced(loss, reduction)
    w = _same(what, weight, loss)
    loss = ops.mul(loss, w)
    if reduction == "mean":
        return _wrap(ops.div(ops.total(loss), ops.total(w)))
    return reduced(loss, reduction)


def _same(what: str, weight: Tensor, loss: Node) -> Node:
    w = floats(what, "weight", weight)
    if w.shape != loss.shape:
        raise ShapeError(
            f"{what}: weight has shape {w.shape}, the prediction {loss.shape}; give "
            "one number an element, as in weight.expand(prediction.shape)."
        )
    return ops.cast(w, loss.dtype)
