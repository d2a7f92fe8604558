"""Distances between rows, and the losses made from them, as functions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import ranvier.nn.labels as labels
from ranvier import ops
from ranvier.errors import DTypeError, ShapeError, ValueRangeError
from ranvier.graph import Node
from ranvier.nn.reduction import (
    check_reduction,
    floats,
    given,
    hinge,
    number,
    raised,
    reduced,
)
from ranvier.tensor import Tensor, _wrap

Distance = Callable[[Tensor, Tensor], Tensor]


def cosine_similarity(
    x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8
) -> Tensor:
    """x · y / (max(‖x‖, ε) max(‖y‖, ε)) along `dim`; x and y are broadcast.

    >>> import ranvier as rv
    >>> x, y = rv.tensor([[1.0, 0.0]]), rv.tensor([[1.0, 1.0]])
    >>> rv.nn.functional.cosine_similarity(x, y)
    tensor([0.7071])
    """
    what = "cosine_similarity"
    x, y = floats(what, "x1", x1), floats(what, "x2", x2)
    shape = ops.broadcast(x.shape, y.shape, what)
    d = ops.axis(dim, len(shape), what)
    x, y = (ops.expand(v, shape) for v in (x, y))
    x, y = (ops.div(v, raised(p_norm(v, 2.0, d, True), eps)) for v in (x, y))
    return _wrap(ops.total(ops.mul(x, y), d))


def pairwise_distance(
    x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Tensor:
    """‖x - y + ε‖_p over the last dimension; x and y are broadcast.

    >>> import ranvier as rv
    >>> x, y = rv.tensor([[0.0, 0.0]]), rv.tensor([[3.0, 4.0]])
    >>> rv.nn.functional.pairwise_distance(x, y)
    tensor([5.0000])
    """
    what = "pairwise_distance"
    x, y = floats(what, "x1", x1), floats(what, "x2", x2)
    ops.broadcast(x.shape, y.shape, what)
    d = ops.add(ops.sub(x, y), ops.like(x, number(what, "eps", eps)))
    return _wrap(p_norm(d, check_norm(what, p), len(d.shape) - 1, keepdim))


def check_norm(what: str, p: float) -> float:
    """A number of at least 0, which may be infinite."""
    if number(what, "p", p) < 0:
        raise ValueRangeError(f"{what}: p is {p}; it must be at least 0.")
    return float(p)


def p_norm(x: Node, p: float, d: int, keepdim: bool) -> Node:
    """(Σ |x|^p)^(1/p) along `d`, with gradient 0 where it is 0."""
    size = ops.absolute(x)
    if p == 1:
        return ops.total(size, d, keepdim)
    if p == math.inf:
        return ops.amax(size, d, keepdim)
    zero, one = ops.like(x, 0.0), ops.like(x, 1.0)
    none = ops.eq(x, zero)
    if p == 0:
        return ops.total(ops.where(none, zero, one), d, keepdim)
    if p == 2:
        power = ops.mul(x, x)
    else:
        power = ops.power(ops.where(none, one, size), ops.like(x, p))
        power = ops.where(none, zero, power)
    total = ops.total(power, d, keepdim)
    none = ops.eq(total, zero)
    safe = ops.where(none, one, total)
    root = ops.sqrt(safe) if p == 2 else ops.power(safe, ops.like(x, 1 / p))
    return ops.where(none, zero, root)


def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0.0,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """1 - cos(a, b) where y = 1, max(0, cos(a, b) - m) where y = -1.

    Shapes: a and b (N, D) with y (N), or (D) with y without dimensions.

    >>> import ranvier as rv
    >>> a, b = rv.tensor([[1.0, 0.0]]), rv.tensor([[0.0, 1.0]])
    >>> rv.nn.functional.cosine_embedding_loss(a, b, rv.tensor([1]))
    tensor(1.)
    """
    what = "cosine_embedding_loss"
    check_reduction(reduction, size_average, reduce, what)
    a = floats(what, "first input", input1)
    b = floats(what, "second input", input2)
    labels.same_shape(what, a, b, ("first input", "second"))
    y = given(what, "target", target)
    if len(a.shape) not in (1, 2) or y.shape != a.shape[:-1]:
        raise ShapeError(
            f"{what}: inputs of shape {a.shape} and a target of shape {y.shape}; "
            f"expected (N, D) and (N,), or (D,) and (). Use target.reshape("
            f"{a.shape[:-1]})."
        )
    d, b = len(a.shape) - 1, ops.cast(b, a.dtype)
    tiny, one = ops.like(a, 1e-12), ops.like(a, 1.0)
    sizes = [ops.add(ops.total(ops.mul(v, v), d), tiny) for v in (a, b)]
    cos = ops.div(ops.total(ops.mul(a, b), d), ops.sqrt(ops.mul(*sizes)))
    apart = hinge(ops.sub(cos, ops.like(a, number(what, "margin", margin))))
    y, zero = ops.cast(y, a.dtype), ops.like(a, 0.0)
    near = ops.where(ops.eq(y, one), ops.sub(one, cos), zero)
    far = ops.where(ops.eq(y, ops.neg(one)), apart, zero)
    return reduced(ops.add(near, far), reduction)


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """max(0, d(a, p) - d(a, n) + m) with d(x, y) = ‖x - y + ε‖_p: (N, D) → (N).

    With `swap` d(p, n) counts where it is smaller than d(a, n) (Balntas et al., 2016).

    >>> import ranvier as rv
    >>> a, p, n = rv.zeros(1, 2), rv.tensor([[3.0, 4.0]]), rv.tensor([[0.0, 2.0]])
    >>> rv.nn.functional.triplet_margin_loss(a, p, n)
    tensor(4.0000)
    """
    what = "triplet_margin_loss"
    check_reduction(reduction, size_average, reduce, what)
    check_norm(what, p)
    a = floats(what, "anchor", anchor)
    for role, other in (("positive", positive), ("negative", negative)):
        labels.same_shape(what, a, floats(what, role, other), ("anchor", role))

    def distance(x: Tensor, y: Tensor) -> Tensor:
        return pairwise_distance(x, y, p, eps)

    return _triplet(what, anchor, positive, negative, distance, margin, swap, reduction)


def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Distance | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """max(0, d(a, p) - d(a, n) + m) with a distance of your own; `pairwise_distance`
    where none is given.

    >>> import ranvier as rv
    >>> a, p, n = rv.zeros(1, 2), rv.tensor([[3.0, 4.0]]), rv.tensor([[0.0, 2.0]])
    >>> def far(x, y):
    ...     return (x - y).abs().max(dim=1).values
    >>> rv.nn.functional.triplet_margin_with_distance_loss(
    ...     a, p, n, distance_function=far
    ... )
    tensor(3.)
    """
    what = "triplet_margin_with_distance_loss"
    check_reduction(reduction, what=what)
    ranks = [len(given(what, r, t).shape) for r, t in zip(
        ("anchor", "positive", "negative"), (anchor, positive, negative), strict=True
    )]  # fmt: skip
    if len(set(ranks)) > 1:
        raise ShapeError(
            f"{what}: anchor {anchor.shape}, positive {positive.shape} and negative "
            f"{negative.shape} must have the same number of dimensions."
        )
    distance = check_distance(what, distance_function) or pairwise_distance
    return _triplet(what, anchor, positive, negative, distance, margin, swap, reduction)


def check_distance(what: str, function: Distance | None) -> Distance | None:
    """A function, or None."""
    if function is not None and not callable(function):
        raise DTypeError(
            f"{what}: distance_function is {function!r:.40}; it must be a function of "
            "two tensors, for example nn.PairwiseDistance()."
        )
    return function


def _triplet(
    what: str,
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    distance: Distance,
    margin: float,
    swap: bool,
    reduction: str,
) -> Tensor:
    m = number(what, "margin", margin, 0.0)
    near = given(what, "distance", distance(anchor, positive))
    far = given(what, "distance", distance(anchor, negative))
    if swap:
        far = ops.minimum(far, given(what, "distance", distance(positive, negative)))
    gap = ops.sub(ops.add(near, ops.like(near, m)), far)
    return reduced(hinge(gap), reduction)
