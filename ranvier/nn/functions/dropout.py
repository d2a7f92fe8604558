"""Dropout as functions."""

from __future__ import annotations

from ranvier import dtypes, ops
from ranvier.errors import LayerShapeError
from ranvier.graph import Node, Shape
from ranvier.nn.functions import checks
from ranvier.nn.functions.checks import in_place, probability
from ranvier.tensor import Tensor, _wrap, no_tensor
from ranvier.tensors.drawing import draw_uniform

ALPHA = 1.7580993408473766  # λα of SELU, the value it falls to


def dropout(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """0 with probability p, else x / (1 - p); `input` itself when not training."""
    if inplace:
        return in_place("dropout", input, dropout(input, p, training))
    p = probability(p, "dropout")
    if not training or p == 0.0:
        return input
    try:
        x = input._node
    except AttributeError as error:
        raise no_tensor("dropout", error) from None
    return _wrap(dropped(x, x.shape, p))


def dropped(x: Node, drawn: Shape, p: float) -> Node:
    """`drop` with a number p that does not change, one draw a place of `drawn`."""
    kept, share = (ops.const(n, dtypes.float32) for n in (p, scale(p)))
    return drop(x, draw_uniform(drawn), kept, share)


def dropout1d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Rows of (N, C, L) or (C, L) dropped as a whole."""
    return _drop_channels("dropout1d", 1, input, p, training, inplace)


def dropout2d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Pictures of (N, C, H, W) or (C, H, W) dropped as a whole."""
    return _drop_channels("dropout2d", 2, input, p, training, inplace)


def dropout3d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Volumes of (N, C, D, H, W) or (C, D, H, W) dropped as a whole."""
    return _drop_channels("dropout3d", 3, input, p, training, inplace)


def _drop_channels(
    what: str,
    rank: int,
    input: Tensor,
    p: float,
    training: bool,
    inplace: bool = False,
) -> Tensor:
    if inplace:
        return in_place(what, input, _drop_channels(what, rank, input, p, training))
    p = probability(p, what)
    if not training or p == 0.0:
        return input
    x = checks.node(what, input)
    return _wrap(dropped(x, channels_drawn(what, x.shape, rank), p))


def channels_drawn(what: str, shape: Shape, rank: int) -> Shape:
    """`shape` with one place for each channel."""
    if len(shape) not in (rank + 1, rank + 2):
        reason = f"{len(shape)} dimensions ≠ {rank + 1} or {rank + 2}"
        raise LayerShapeError(what, shape, reason, "nn.Dropout")
    return shape[:-rank] + (1,) * rank


def drop(x: Node, uniform: Node, p: Node, scale: Node) -> Node:
    """x times `scale` where `uniform` is at least p, else 0."""
    kept = ops.mul(x, ops.cast(scale, x.dtype))
    return ops.where(ops.ge(uniform, p), kept, ops.like(x, 0.0))


def scale(p: float) -> float:
    """What is kept is multiplied by 1 / (1 - p), so that the mean stays."""
    return 1.0 / (1.0 - p) if p < 1.0 else 0.0


# ---- with mean and variance kept -----------------------------------------------------


def alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """a x + b, and with probability p a α' + b where α' = -λα is what SELU falls to;
    a = 1 / √((1 - p)(1 + p α'²)) and b = -a p α' keep mean 0 and variance 1
    (Klambauer et al. 2017, arXiv:1706.02515).
    """
    return _drop_alpha("alpha_dropout", input, p, training, inplace, False)


def feature_alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """`alpha_dropout` of whole channels of (N, C, …)."""
    return _drop_alpha("feature_alpha_dropout", input, p, training, inplace, True)


def _drop_alpha(
    what: str, input: Tensor, p: float, training: bool, inplace: bool, whole: bool
) -> Tensor:
    if inplace:
        return in_place(
            what, input, _drop_alpha(what, input, p, training, False, whole)
        )
    p = probability(p, what)
    if not training or p == 0.0:
        return input
    x = checks.node(what, input)
    shape = features_drawn(what, x.shape) if whole else x.shape
    return _wrap(drop_alpha(x, draw_uniform(shape), ops.const(p, dtypes.float32)))


def features_drawn(what: str, shape: Shape) -> Shape:
    """(N, C, …) with one place for each channel."""
    if len(shape) < 2:
        reason = f"{len(shape)} dimensions, expected (N, C, …)"
        raise LayerShapeError(what, shape, reason, "nn.AlphaDropout")
    return shape[:2] + (1,) * (len(shape) - 2)


def drop_alpha(x: Node, uniform: Node, p: Node) -> Node:
    """a x + b where `uniform` is at least p, else a α' + b; 0 for p = 1."""
    one, fall = ops.like(p, 1.0), ops.like(p, ALPHA)
    spread = ops.add(ops.mul(ops.mul(fall, fall), p), one)
    root = ops.sqrt(ops.mul(spread, ops.sub(one, p)))
    some = ops.lt(p, one)
    a = ops.where(some, ops.div(one, ops.where(some, root, one)), ops.like(p, 0.0))
    lost = ops.cast(ops.mul(a, fall), x.dtype)
    shift = ops.mul(lost, ops.cast(p, x.dtype))
    kept = ops.mul(x, ops.cast(a, x.dtype))
    return ops.add(ops.where(ops.ge(uniform, p), kept, ops.neg(lost)), shift)
