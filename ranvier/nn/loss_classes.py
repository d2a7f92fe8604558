"""Losses between scores and class numbers, as functions."""

from __future__ import annotations

from typing import Any

import ranvier.nn.labels as labels
from ranvier import ops
from ranvier.errors import DTypeError, ShapeError, UnsupportedError, ValueRangeError
from ranvier.graph import Node
from ranvier.nn.reduction import check_reduction, given, number, reduced
from ranvier.tensor import Tensor, _wrap


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: Any = None,
    ignore_index: int = -100,
    reduce: Any = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """-ln softmax(x)[y] for scores x of shape (N, C, …) and class numbers y (N, …).

    With probabilities y of the shape of x: -Σ y ln softmax(x).

        loss_n = ln Σ_c e^(x_nc - m_n) - (x_ny - m_n),   m_n = max_c x_nc

    `weight` holds one number a class; the mean divides by the weights used. Rows of
    `ignore_index` count for nothing. `label_smoothing` s gives the label 1 - s and
    spreads s over all C classes (Szegedy et al., 2016).

    Raises DTypeError for labels that are no integers, ShapeError, and ValueRangeError
    for labels outside 0 … C - 1.
    """
    what = "cross_entropy"
    check_reduction(reduction, size_average, reduce, what)
    smoothing = check_smoothing(what, label_smoothing)
    x, y = given(what, "prediction", input), given(what, "target", target)
    d = _class_dim(what, x)
    labels.warn_softmax(what, x)
    if y.dtype.is_float and y.shape == x.shape:
        if ignore_index >= 0:
            raise UnsupportedError(
                f"{what}: ignore_index is {ignore_index} and the target holds "
                "probabilities; only class numbers can be ignored. Give class numbers, "
                "or leave ignore_index out."
            )
        logp = _log_softmax(x, d)
        return _with_probabilities(what, logp, y, d, weight, smoothing, reduction)
    y = labels.class_labels(what, x, y)
    ignoring = labels.in_range(what, y, x.shape[d], ignore_index)
    if weight is None and not smoothing and not ignoring:
        shifted, log = _shifted_log(x, d)
        loss = ops.sub(log, _at_label(shifted, y, d))
        return reduced(loss if reduction != "none" else _dropped(loss, d), reduction)
    valid = ops.ne(y, ops.like(y, ignore_index)) if ignoring else None
    logp = _log_softmax(x, d)
    return _picked(what, logp, y, d, weight, valid, smoothing, reduction)


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: Any = None,
    ignore_index: int = -100,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """-x[y] for log-probabilities x of shape (N, C, …) and class numbers y (N, …)."""
    what = "nll_loss"
    check_reduction(reduction, size_average, reduce, what)
    x, y = given(what, "prediction", input), given(what, "target", target)
    d = _class_dim(what, x)
    y = labels.class_labels(what, x, y)
    ignoring = labels.in_range(what, y, x.shape[d], ignore_index)
    valid = ops.ne(y, ops.like(y, ignore_index)) if ignoring else None
    return _picked(what, x, y, d, weight, valid, 0.0, reduction)


def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """Σ_{i ≠ y} w_y max(0, m - x_y + x_i)^p / C for scores x (N, C) and class
    numbers y (N), p being 1 or 2.

    Source: Crammer and Singer, "On the Algorithmic Implementation of Multiclass
    Kernel-based Vector Machines" (2001).

    >>> import ranvier as rv
    >>> x, y = rv.tensor([[0.1, 0.2, 0.4, 0.8]]), rv.tensor([3])
    >>> rv.nn.functional.multi_margin_loss(x, y)
    tensor(0.3250)
    """
    what = "multi_margin_loss"
    check_reduction(reduction, size_average, reduce, what)
    check_power(what, p)
    x, y = given(what, "prediction", input), given(what, "target", target)
    d = _class_dim(what, x)
    if len(x.shape) > 2:
        raise ShapeError(f"{what}: scores of shape {x.shape}; expected (N, C) or (C,).")
    single = y.shape
    y = labels.class_labels(what, x, y)
    labels.in_range(what, y, x.shape[d])
    gap = ops.sub(x, _at_label(x, y, d))
    gap = ops.add(gap, ops.like(x, number(what, "margin", margin)))
    zero = ops.like(x, 0.0)
    counted = ops.both(ops.gt(gap, zero), ops.ne(*_classes_and_label(x, y, d)))
    gap = ops.where(counted, gap, zero)
    if p == 2:
        gap = ops.mul(gap, gap)
    if weight is not None:
        w = _class_weights(what, weight, x, d)
        gap = ops.mul(gap, _at_label(ops.expand(w, x.shape), y, d))
    loss = ops.mean(gap, d)
    return reduced(ops.reshape(loss, single) if d == 0 else loss, reduction)


def check_power(what: str, p: int) -> int:
    """1 or 2."""
    if p not in (1, 2):
        raise ValueRangeError(f"{what}: p is {p}; it must be 1 or 2.")
    return p


def check_smoothing(what: str, smoothing: float) -> float:
    """A part of 1."""
    if not 0.0 <= smoothing <= 1.0:
        raise ValueRangeError(
            f"{what}: label_smoothing is {smoothing}; it must lie in [0, 1]."
        )
    return float(smoothing)


def _class_dim(what: str, x: Node) -> int:
    if not x.shape:
        raise ShapeError(f"{what}: scores without dimensions; expected (N, C).")
    if not x.dtype.is_float:
        raise DTypeError(f"{what}: scores of {x.dtype.name}; use .float().")
    return min(1, len(x.shape) - 1)


def _shifted_log(x: Node, d: int) -> tuple[Node, Node]:
    """x - max, and ln Σ e^(x - max) with dimension d kept."""
    if 0 in x.shape:  # no largest element
        shifted = x
    else:
        shifted = ops.sub(x, ops.detach(ops.amax(x, d, True)))
    return shifted, ops.log(ops.total(ops.exp(shifted), d, True))


def _log_softmax(x: Node, d: int) -> Node:
    shifted, log = _shifted_log(x, d)
    return ops.sub(shifted, log)


def _classes_and_label(values: Node, y: Node, d: int) -> tuple[Node, Node]:
    """Two nodes that broadcast to `values`: class numbers, and the label of the row."""
    n, rank = values.shape[d], len(values.shape)
    classes = ops.reshape(ops.iota(n), (n,) + (1,) * (rank - d - 1))
    return classes, ops.reshape(y, (*y.shape[:d], 1, *y.shape[d:]))


def _at_label(values: Node, y: Node, d: int) -> Node:
    """values[n, y[n]] with the class dimension kept as 1.

    A comparison and a sum: they fuse with what stands around them; a gather would not.
    """
    hit = ops.eq(*_classes_and_label(values, y, d))
    return ops.total(ops.where(hit, values, ops.like(values, 0.0)), d, True)


def _dropped(x: Node, d: int) -> Node:
    return ops.reshape(x, x.shape[:d] + x.shape[d + 1 :])


def _class_weights(what: str, weight: Tensor, logp: Node, d: int) -> Node:
    w, n = given(what, "weight", weight), logp.shape[d]
    if w.shape != (n,):
        raise ShapeError(
            f"{what}: weight has shape {w.shape} for {n} classes; expected ({n},)."
        )
    shape = (n,) + (1,) * (len(logp.shape) - d - 1)
    return ops.cast(ops.reshape(w, shape), logp.dtype)


def _picked(
    what: str,
    logp: Node,
    y: Node,
    d: int,
    weight: Tensor | None,
    valid: Node | None,
    smoothing: float,
    reduction: str,
) -> Tensor:
    """Weights, ignored rows and label smoothing; the mean divides by
    the weights used.
    """
    scaled, scale = logp, None
    if weight is not None:
        w = _class_weights(what, weight, logp, d)
        scaled = ops.mul(logp, w)
        scale = _at_label(ops.expand(w, logp.shape), y, d)
    loss = ops.neg(_at_label(scaled, y, d))
    if smoothing:
        flat = ops.neg(ops.total(scaled, d, True))
        loss = ops.add(
            ops.mul(loss, ops.like(loss, 1.0 - smoothing)),
            ops.mul(flat, ops.like(loss, smoothing / logp.shape[d])),
        )
    if valid is not None:
        keep = ops.reshape(valid, loss.shape)
        loss = ops.where(keep, loss, ops.like(loss, 0.0))
        used = ops.cast(keep, loss.dtype)
        scale = used if scale is None else ops.mul(scale, used)
    if reduction == "none":
        loss = _dropped(loss, d)
    if reduction != "mean" or scale is None:
        return reduced(loss, reduction)
    return _wrap(ops.div(ops.total(loss), ops.total(scale)))


def _with_probabilities(
    what: str,
    logp: Node,
    y: Node,
    d: int,
    weight: Tensor | None,
    smoothing: float,
    reduction: str,
) -> Tensor:
    y, n = ops.cast(y, logp.dtype), logp.shape[d]
    if smoothing:
        kept = ops.mul(y, ops.like(y, 1.0 - smoothing))
        y = ops.add(kept, ops.like(y, smoothing / n))
    if weight is not None:
        y = ops.mul(y, _class_weights(what, weight, logp, d))
    loss = ops.neg(ops.total(ops.mul(y, logp), d, True))
    return reduced(loss if reduction != "none" else _dropped(loss, d), reduction)
