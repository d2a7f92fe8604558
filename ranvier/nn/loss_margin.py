"""Losses that ask for a margin between scores or distances, as functions."""

from __future__ import annotations

from typing import Any

import ranvier.nn.labels as labels
from ranvier import dtypes, ops
from ranvier.errors import DTypeError, ShapeError
from ranvier.graph import Node
from ranvier.nn.reduction import (
    check_reduction,
    floats,
    given,
    hinge,
    number,
    pair,
    reduced,
)
from ranvier.tensor import Tensor


def hinge_embedding_loss(
    input: Tensor,
    target: Tensor,
    margin: float = 1.0,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """x where y = 1, max(0, m - x) where y = -1, for distances x.

    >>> import ranvier as rv
    >>> x, y = rv.tensor([0.25, 0.25]), rv.tensor([1.0, -1.0])
    >>> rv.nn.functional.hinge_embedding_loss(x, y, reduction="none")
    tensor([0.2500, 0.7500])
    """
    what = "hinge_embedding_loss"
    check_reduction(reduction, size_average, reduce, what)
    x, y = pair(what, input, target)
    zero, one = ops.like(x, 0.0), ops.like(x, 1.0)
    apart = hinge(ops.sub(ops.like(x, number(what, "margin", margin)), x))
    # As in PyTorch, another number than 1 and -1 counts as both.
    near = ops.where(ops.ne(y, ops.neg(one)), x, zero)
    return reduced(ops.add(near, ops.where(ops.ne(y, one), apart, zero)), reduction)


def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0.0,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """max(0, m - y (a - b)): y = 1 asks for a > b, y = -1 for b > a.

    >>> import ranvier as rv
    >>> a, b, y = rv.tensor([3.0]), rv.tensor([5.0]), rv.tensor([1])
    >>> rv.nn.functional.margin_ranking_loss(a, b, y)
    tensor(2.)
    """
    what = "margin_ranking_loss"
    check_reduction(reduction, size_average, reduce, what)
    a, y = pair(what, input1, target)
    b = given(what, "second prediction", input2)
    labels.same_shape(what, a, b, ("first prediction", "second"))
    gap = ops.neg(ops.mul(y, ops.sub(a, ops.cast(b, a.dtype))))
    m = number(what, "margin", margin)
    return reduced(hinge(ops.add(gap, ops.like(a, m)) if m else gap), reduction)


def multilabel_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """Σ_j Σ_i max(0, 1 - (x_j - x_i)) / C, j over the labels of a row and i over the
    classes that are none of them.

    Shapes: scores x (N, C) or (C,), and class numbers y of the same shape: those before
    the first -1 of a row count. Raises ValueRangeError for a number outside -1 … C - 1.

    >>> import ranvier as rv
    >>> x, y = rv.tensor([[0.1, 0.2, 0.4, 0.8]]), rv.tensor([[3, 0, -1, 1]])
    >>> rv.nn.functional.multilabel_margin_loss(x, y)
    tensor(0.8500)
    """
    what = "multilabel_margin_loss"
    check_reduction(reduction, size_average, reduce, what)
    x, y = floats(what, "prediction", input), given(what, "target", target)
    _check_labels(what, x, y)
    rank, c = len(x.shape), x.shape[-1]
    minus = ops.like(y, -1)
    ended = ops.cumsum(ops.cast(ops.eq(y, minus), dtypes.int64), rank - 1)
    counted = ops.eq(ended, ops.like(ended, 0))  # before the first -1
    slot = ops.reshape(ops.where(counted, y, minus), (*y.shape, 1))
    hit = ops.eq(slot, ops.iota(c))  # (…, slot, class)
    zero = ops.like(x, 0.0)
    wide = ops.reshape(x, (*x.shape[:-1], 1, c))
    chosen = ops.total(ops.where(hit, wide, zero), rank, True)
    none = ops.cast(hit, dtypes.int64)
    other = ops.eq(ops.total(none, rank - 1, True), ops.like(none, 0))
    gap = hinge(ops.add(ops.sub(ops.like(x, 1.0), chosen), wide))
    both = ops.both(other, ops.reshape(counted, slot.shape))
    loss = ops.total(ops.where(both, gap, zero), (rank - 1, rank))
    return reduced(ops.mul(loss, ops.like(x, 1 / c if c else 0.0)), reduction)


def _check_labels(what: str, x: Node, y: Node) -> None:
    if y.dtype.order != 1:
        raise DTypeError(
            f"{what}: labels of {y.dtype.name}; class numbers are integers: use "
            "target.long()."
        )
    if len(x.shape) not in (1, 2) or x.shape != y.shape:
        raise ShapeError(
            f"{what}: the prediction has shape {x.shape}, the target {y.shape}; both "
            "must be (N, C) or (C,). Fill the rows of the target with -1."
        )
    labels.in_range(what, y, x.shape[-1], -1)
