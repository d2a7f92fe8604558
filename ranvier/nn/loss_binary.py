"""Losses between scores and yes or no, as functions."""

from __future__ import annotations

from typing import Any

import ranvier.nn.labels as labels
from ranvier import ops
from ranvier.errors import ShapeError
from ranvier.graph import Node
from ranvier.nn.reduction import (
    check_reduction,
    number,
    pair,
    reduced,
    spread,
    weighted,
)
from ranvier.tensor import Tensor


def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """-(y ln x + (1 - y) ln(1 - x)) for probabilities x; logarithms end at -100."""
    what = "binary_cross_entropy"
    check_reduction(reduction, size_average, reduce, what)
    x, y = pair(what, input, target)
    labels.probabilities(what, x, "prediction", labels.SIGMOID)
    labels.probabilities(what, y, "target", "Give 0, 1 or a probability.")
    return reduced(weighted(what, ops.binary_entropy(x, y), weight), reduction)


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """(1 - y) x + (1 + (p - 1) y) softplus(-x): cross entropy of sigmoid(x), stable."""
    what = "binary_cross_entropy_with_logits"
    check_reduction(reduction, size_average, reduce, what)
    x, y = pair(what, input, target)
    labels.warn_sigmoid(what, x)
    one = ops.like(x, 1.0)
    rest = _softplus(ops.neg(x))
    if pos_weight is not None:
        p = spread(what, pos_weight, x, "pos_weight")
        scale = ops.mul(ops.sub(p, one), y)
        rest = ops.mul(ops.add(scale, one), rest)
    loss = ops.add(ops.mul(ops.sub(one, y), x), rest)
    return reduced(weighted(what, loss, weight), reduction)


def _softplus(x: Node) -> Node:
    """ln(1 + e^x); above 40 it is x."""
    high = ops.gt(x, ops.like(x, 40.0))
    # No exponential above the threshold: 0 · ∞ would make its gradient NaN.
    low = ops.log1p(ops.exp(ops.where(high, ops.like(x, 0.0), x)))
    return ops.where(high, x, low)


def multilabel_soft_margin_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """-Σ_c (y ln σ(x) + (1 - y) ln σ(-x)) / C over the last dimension: (…, C) → (…).

    >>> import ranvier as rv
    >>> x, y = rv.tensor([[0.0, 0.0]]), rv.tensor([[1.0, 0.0]])
    >>> rv.nn.functional.multilabel_soft_margin_loss(x, y)
    tensor(0.6931)
    """
    what = "multilabel_soft_margin_loss"
    check_reduction(reduction, size_average, reduce, what)
    x, y = pair(what, input, target)
    if not x.shape:
        raise ShapeError(f"{what}: scores without dimensions; expected (…, C).")
    labels.warn_sigmoid(what, x)
    miss = ops.mul(ops.sub(ops.like(x, 1.0), y), x)
    loss = ops.add(miss, _softplus(ops.neg(x)))
    loss = ops.mean(weighted(what, loss, weight), len(x.shape) - 1)
    return reduced(loss, reduction)


def soft_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """ln(1 + e^(-y x)) for labels y of 1 and -1; finite for every finite x.

    >>> import ranvier as rv
    >>> rv.nn.functional.soft_margin_loss(rv.tensor([0.0, -200.0]), rv.ones(2))
    tensor(100.3466)
    """
    what = "soft_margin_loss"
    check_reduction(reduction, size_average, reduce, what)
    x, y = pair(what, input, target)
    return reduced(_softplus(ops.neg(ops.mul(y, x))), reduction)


def hinge_loss(
    input: Tensor,
    target: Tensor,
    margin: float = 1.0,
    squared: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """max(0, m - y x) for labels y of 1 and -1, or its square: the support vector
    machine's loss. PyTorch has none.

    Source: Cortes and Vapnik, "Support-Vector Networks" (1995).

    >>> import ranvier as rv
    >>> rv.nn.functional.hinge_loss(rv.tensor([0.5, 2.0]), rv.tensor([1.0, -1.0]))
    tensor(1.7500)
    """
    what = "hinge_loss"
    check_reduction(reduction, what=what)
    x, y = pair(what, input, target)
    short = ops.sub(ops.like(x, number(what, "margin", margin)), ops.mul(y, x))
    loss = ops.relu(short)
    return reduced(ops.mul(loss, loss) if squared else loss, reduction)
