"""Layers, activations and losses as functions.

They write nodes directly and few of them: in a plain loop that is what a step costs in
Python. Reductions keep their dimensions, so that nothing stands between them and what
uses them.
"""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

import ranvier.nn.labels as labels
import ranvier.nn.norms as norms
import ranvier.nn.pools as pools
import ranvier.nn.rows as rows
from ranvier import absent, dtypes, ops
from ranvier.creation import draw_uniform
from ranvier.errors import (
    DTypeError,
    LayerShapeError,
    RanvierWarning,
    ShapeError,
    UnknownNameError,
    UnsupportedError,
    ValueRangeError,
    nearest,
)
from ranvier.graph import Node, Shape
from ranvier.nn.convs import (  # noqa: F401
    conv1d,
    conv2d,
    conv3d,
    conv_transpose1d,
    conv_transpose2d,
    conv_transpose3d,
)
from ranvier.tensor import Tensor, _wrap, no_tensor, not_a_tensor

# ---- from the files beside this one --------------------------------------------------

batch_norm = norms.batch_norm
group_norm = norms.group_norm
instance_norm = norms.instance_norm
layer_norm = norms.layer_norm
rms_norm = norms.rms_norm
adaptive_avg_pool1d = pools.adaptive_avg_pool1d
adaptive_avg_pool2d = pools.adaptive_avg_pool2d
adaptive_max_pool1d = pools.adaptive_max_pool1d
adaptive_max_pool2d = pools.adaptive_max_pool2d
avg_pool1d = pools.avg_pool1d
avg_pool2d = pools.avg_pool2d
fold = pools.fold
max_pool1d = pools.max_pool1d
max_pool2d = pools.max_pool2d
unfold = pools.unfold
embedding = rows.embedding
pad = rows.pad

# ---- linear --------------------------------------------------------------------------


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x Wᵀ + b: (…, in) with W (out, in) and b (out) → (…, out)."""
    try:
        y = ops.matmul(input._node, ops.swap(weight._node))
    except AttributeError as error:
        raise no_tensor("linear", error) from None
    return _wrap(y if bias is None else ops.add(y, bias._node))


# ---- activations ---------------------------------------------------------------------


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """max(x, 0)."""
    no_inplace("relu", inplace)
    try:
        return _wrap(ops.relu(input._node))
    except AttributeError as error:
        raise no_tensor("relu", error) from None


def sigmoid(input: Tensor) -> Tensor:
    """1 / (1 + e^-x)."""
    try:
        return _wrap(ops.sigmoid(input._node))
    except AttributeError as error:
        raise no_tensor("sigmoid", error) from None


def tanh(input: Tensor) -> Tensor:
    """(e^x - e^-x) / (e^x + e^-x)."""
    try:
        return _wrap(ops.tanh(input._node))
    except AttributeError as error:
        raise no_tensor("tanh", error) from None


def sign(input: Tensor) -> Tensor:
    """-1, 0 or 1; gradient 0."""
    try:
        return _wrap(ops.sign(input._node))
    except AttributeError as error:
        raise no_tensor("sign", error) from None


def step(input: Tensor) -> Tensor:
    """1 where x >= 0, else 0; gradient 0 everywhere."""
    try:
        x = ops.floating(input._node)
    except AttributeError as error:
        raise no_tensor("step", error) from None
    hit = Node("ge", (x, ops.like(x, 0.0)), None, x.shape, dtypes.bool_, x.rg)
    return _wrap(Node("cast", (hit,), x.dtype, x.shape, x.dtype, x.rg))


def _positive(x: Node) -> Node:
    return ops.gt(x, ops.like(x, 0.0))


def leaky_relu(
    input: Tensor, negative_slope: float = 0.01, inplace: bool = False
) -> Tensor:
    """x where x > 0, else a x with the slope a."""
    no_inplace("leaky_relu", inplace)
    try:
        x = input._node
    except AttributeError as error:
        raise no_tensor("leaky_relu", error) from None
    below = ops.mul(x, ops.like(x, float(negative_slope)))
    return _wrap(ops.where(_positive(x), x, below))


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """x where x > 0, else a x with learnt a: one number, or one a channel (dimension
    1).
    """
    try:
        x, a = input._node, weight._node
    except AttributeError as error:
        raise no_tensor("prelu", error) from None
    if a.shape not in ((), (1,)):
        channels = x.shape[1] if len(x.shape) > 1 else 1
        if a.shape != (channels,):
            raise ShapeError(
                f"prelu: {a.shape[0]} slopes for {channels} channels of a tensor of "
                f"shape {x.shape}; give 1 or {channels}."
            )
        a = ops.reshape(a, (channels,) + (1,) * (len(x.shape) - 2))
    return _wrap(ops.where(_positive(x), x, ops.mul(x, a)))


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x where x > 0, else α (e^x - 1)."""
    no_inplace("elu", inplace)
    try:
        return _wrap(_elu(input._node, float(alpha), 1.0))
    except AttributeError as error:
        raise no_tensor("elu", error) from None


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """λ elu(x, α) with the constants that keep mean 0 and variance 1."""
    no_inplace("selu", inplace)
    try:
        return _wrap(_elu(input._node, 1.6732632423543772, 1.0507009873554805))
    except AttributeError as error:
        raise no_tensor("selu", error) from None


def _elu(x: Node, alpha: float, scale: float) -> Node:
    above, zero = _positive(x), ops.like(x, 0.0)
    # The exponential sees no positive x: 0 · ∞ would make its gradient NaN.
    below = ops.expm1(ops.where(above, zero, x))
    low = ops.mul(below, ops.like(x, alpha * scale))
    high = x if scale == 1.0 else ops.mul(x, ops.like(x, scale))
    return ops.where(above, high, low)


def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """x Φ(x) with the Gaussian Φ; "tanh" for the approximation by tanh."""
    try:
        x = input._node
    except AttributeError as error:
        raise no_tensor("gelu", error) from None
    half = ops.mul(x, ops.like(x, 0.5))
    if approximate == "none":
        phi = ops.erf(ops.mul(x, ops.like(x, math.sqrt(0.5))))
    elif approximate == "tanh":
        cube = ops.mul(ops.mul(x, ops.mul(x, x)), ops.like(x, 0.044715))
        inner = ops.mul(ops.add(x, cube), ops.like(x, math.sqrt(2 / math.pi)))
        phi = ops.tanh(inner)
    else:
        hint = nearest(approximate, ("none", "tanh"))
        raise UnknownNameError(f"gelu: approximate is '{approximate}'{hint}")
    return _wrap(ops.mul(half, ops.add(phi, ops.like(x, 1.0))))


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """x sigmoid(x)."""
    no_inplace("silu", inplace)
    try:
        x = input._node
    except AttributeError as error:
        raise no_tensor("silu", error) from None
    return _wrap(ops.mul(x, ops.sigmoid(x)))


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """ln(1 + e^(βx)) / β; x itself where βx lies above the threshold."""
    try:
        return _wrap(_softplus(input._node, float(beta), float(threshold)))
    except AttributeError as error:
        raise no_tensor("softplus", error) from None


def _softplus(x: Node, beta: float = 1.0, threshold: float = 20.0) -> Node:
    scaled = x if beta == 1.0 else ops.mul(x, ops.like(x, beta))
    high = ops.gt(scaled, ops.like(x, threshold))
    # No exponential above the threshold: 0 · ∞ would make its gradient NaN.
    low = ops.log1p(ops.exp(ops.where(high, ops.like(x, 0.0), scaled)))
    if beta != 1.0:
        low = ops.mul(low, ops.like(x, 1.0 / beta))
    return ops.where(high, x, low)


def logsigmoid(input: Tensor) -> Tensor:
    """ln sigmoid(x) = -softplus(-x)."""
    try:
        x = input._node
    except AttributeError as error:
        raise no_tensor("logsigmoid", error) from None
    return _wrap(ops.neg(_softplus(ops.neg(x), threshold=40.0)))


def softmax(input: Tensor, dim: int | None = None, dtype: Any = None) -> Tensor:
    """e^x / Σ e^x along `dim`, shifted by the largest for stability."""
    try:
        x = _as(input, dtype)
    except AttributeError as error:
        raise no_tensor("softmax", error) from None
    d = _dim(x, dim, "softmax")
    e = ops.exp(ops.sub(x, _top(x, d)))
    return _wrap(ops.div(e, ops.total(e, d, True)))


def log_softmax(input: Tensor, dim: int | None = None, dtype: Any = None) -> Tensor:
    """ln softmax(x) along `dim`: x - max - ln Σ e^(x - max)."""
    try:
        x = _as(input, dtype)
    except AttributeError as error:
        raise no_tensor("log_softmax", error) from None
    d = _dim(x, dim, "log_softmax")
    shifted, log = _shifted_log(x, d)
    return _wrap(ops.sub(shifted, log))


def _as(input: Tensor, dtype: Any) -> Node:
    x = input._node
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


def _top(x: Node, d: int) -> Node:
    return ops.detach(ops.amax(x, d, True))


def _shifted_log(x: Node, d: int) -> tuple[Node, Node]:
    """x - max, and ln Σ e^(x - max) with dimension d kept."""
    shifted = ops.sub(x, _top(x, d))
    return shifted, ops.log(ops.total(ops.exp(shifted), d, True))


# ---- dropout and one-hot -------------------------------------------------------------


def dropout(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """0 with probability p, else x / (1 - p); `input` itself when not training."""
    no_inplace("dropout", inplace)
    p = probability(p, "dropout")
    if not training or p == 0.0:
        return input
    try:
        x = input._node
    except AttributeError as error:
        raise no_tensor("dropout", error) from None
    return _wrap(drop(x, draw_uniform(x.shape), ops.const(p, dtypes.float32)))


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


def _drop_channels(
    what: str, rank: int, input: Tensor, p: float, training: bool, inplace: bool
) -> Tensor:
    no_inplace(what, inplace)
    p = probability(p, what)
    if not training or p == 0.0:
        return input
    try:
        x = input._node
    except AttributeError as error:
        raise no_tensor(what, error) from None
    drawn = draw_uniform(channels_drawn(what, x.shape, rank))
    return _wrap(drop(x, drawn, ops.const(p, dtypes.float32)))


def channels_drawn(what: str, shape: Shape, rank: int) -> Shape:
    """`shape` with one place for each channel."""
    if len(shape) not in (rank + 1, rank + 2):
        reason = f"{len(shape)} dimensions ≠ {rank + 1} or {rank + 2}"
        raise LayerShapeError(what, shape, reason, "nn.Dropout")
    return shape[:-rank] + (1,) * rank


def drop(x: Node, uniform: Node, p: Node) -> Node:
    """x / (1 - p) where `uniform` is at least p, else 0."""
    keep = ops.ge(uniform, p)
    rest = ops.sub(ops.like(p, 1.0), p)
    return ops.where(keep, ops.div(x, ops.cast(rest, x.dtype)), ops.like(x, 0.0))


def probability(p: float, what: str) -> float:
    """`p` as a float in [0, 1]."""
    if not 0.0 <= p <= 1.0:
        raise ValueRangeError(f"{what}: p is {p}; a probability lies in [0, 1].")
    return float(p)


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """int64 rows with a 1 at the label: (…) → (…, num_classes)."""
    try:
        y = tensor._node
    except AttributeError as error:
        raise no_tensor("one_hot", error) from None
    if y.dtype.order != 1:
        raise DTypeError(f"one_hot: labels of {y.dtype.name}; use .long().")
    n = int(tensor.max().item()) + 1 if num_classes == -1 else num_classes
    labels.in_range("one_hot", y, n)
    hit = ops.eq(ops.iota(n), ops.reshape(y, (*y.shape, 1)))
    return _wrap(ops.cast(hit, dtypes.int64))


# ---- losses --------------------------------------------------------------------------


REDUCTIONS = ("mean", "sum", "none")


def check_reduction(reduction: str) -> str:
    """One of "mean", "sum", "none"."""
    if reduction not in REDUCTIONS:
        hint = nearest(str(reduction), REDUCTIONS)
        raise UnknownNameError(
            f"reduction is {reduction!r}; known are {', '.join(REDUCTIONS)}{hint}"
        )
    return reduction


def _reduced(x: Node, reduction: str) -> Tensor:
    if reduction == "mean":
        return _wrap(ops.mean(x))
    if reduction == "sum":
        return _wrap(ops.total(x))
    check_reduction(reduction)
    return _wrap(x)


def _pair(what: str, input: Tensor, target: Tensor) -> tuple[Node, Node]:
    """Prediction and target of one shape and type."""
    x, y = _node(what, "prediction", input), _node(what, "target", target)
    labels.same_shape(what, x, y)
    if not x.dtype.is_float:
        raise DTypeError(
            f"{what}: a prediction of {x.dtype.name}; it must be floating point. "
            "Use .float()."
        )
    return x, ops.cast(y, x.dtype)


def _node(what: str, role: str, value: Any) -> Node:
    if not isinstance(value, Tensor):
        raise not_a_tensor(f"{what} ({role})", value)
    return value._node


def mse_loss(input: Tensor, target: Tensor, *, reduction: str = "mean") -> Tensor:
    """(x - y)²; shapes must be equal."""
    x, y = _pair("mse_loss", input, target)
    d = ops.sub(x, y)
    return _reduced(ops.mul(d, d), reduction)


def l1_loss(input: Tensor, target: Tensor, *, reduction: str = "mean") -> Tensor:
    """|x - y|; shapes must be equal."""
    x, y = _pair("l1_loss", input, target)
    return _reduced(ops.absolute(ops.sub(x, y)), reduction)


def smooth_l1_loss(
    input: Tensor, target: Tensor, *, reduction: str = "mean", beta: float = 1.0
) -> Tensor:
    """d²/2β where |d| < β, else |d| - β/2, with d = x - y."""
    if beta < 0:
        raise ValueRangeError(f"smooth_l1_loss: beta is {beta}; it must be at least 0.")
    if beta == 0:
        return l1_loss(input, target, reduction=reduction)
    d, size, small = _distance("smooth_l1_loss", input, target, beta)
    near = ops.mul(ops.mul(d, d), ops.like(d, 0.5 / beta))
    far = ops.sub(size, ops.like(d, 0.5 * beta))
    return _reduced(ops.where(small, near, far), reduction)


def huber_loss(
    input: Tensor, target: Tensor, *, reduction: str = "mean", delta: float = 1.0
) -> Tensor:
    """d²/2 where |d| <= δ, else δ (|d| - δ/2), with d = x - y."""
    if delta <= 0:
        raise ValueRangeError(f"huber_loss: delta is {delta}; it must be above 0.")
    d, size, small = _distance("huber_loss", input, target, delta)
    near = ops.mul(ops.mul(d, d), ops.like(d, 0.5))
    far = ops.mul(ops.sub(size, ops.like(d, 0.5 * delta)), ops.like(d, float(delta)))
    return _reduced(ops.where(small, near, far), reduction)


def _distance(
    what: str, input: Tensor, target: Tensor, edge: float
) -> tuple[Node, Node, Node]:
    x, y = _pair(what, input, target)
    d = ops.sub(x, y)
    size = ops.absolute(d)
    return d, size, ops.lt(size, ops.like(d, float(edge)))


def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    reduction: str = "mean",
) -> Tensor:
    """-(y ln x + (1 - y) ln(1 - x)) for probabilities x; logarithms end at -100."""
    what = "binary_cross_entropy"
    x, y = _pair(what, input, target)
    labels.probabilities(what, x)
    one = ops.like(x, 1.0)
    hit = ops.mul(y, _log_above(x))
    miss = ops.mul(ops.sub(one, y), _log_above(ops.sub(one, x)))
    loss = ops.neg(ops.add(hit, miss))
    return _reduced(_weighted(loss, weight), reduction)


def _log_above(x: Node) -> Node:
    """max(ln x, -100), and -100 with gradient 0 for x of 0 and below; NaN stays."""
    low, least = ops.le(x, ops.like(x, 0.0)), ops.like(x, -100.0)
    log = ops.log(ops.where(low, ops.like(x, 1.0), x))
    return ops.where(ops.either(low, ops.lt(log, least)), least, log)


def _weighted(loss: Node, weight: Tensor | None) -> Node:
    return loss if weight is None else ops.mul(loss, weight._node)


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """(1 - y) x + (1 + (p - 1) y) softplus(-x): cross entropy of sigmoid(x), stable."""
    what = "binary_cross_entropy_with_logits"
    x, y = _pair(what, input, target)
    labels.warn_sigmoid(what, x)
    one = ops.like(x, 1.0)
    rest = _softplus(ops.neg(x), threshold=40.0)
    if pos_weight is not None:
        scale = ops.mul(ops.sub(pos_weight._node, one), y)
        rest = ops.mul(ops.add(scale, one), rest)
    loss = ops.add(ops.mul(ops.sub(one, y), x), rest)
    return _reduced(_weighted(loss, weight), reduction)


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """-ln softmax(x)[y] for scores x of shape (N, C, …) and class numbers y (N, …).

    With probabilities y of the shape of x: -Σ y ln softmax(x).

        loss_n = ln Σ_c e^(x_nc - m_n) - (x_ny - m_n),   m_n = max_c x_nc

    Raises DTypeError for labels that are no integers, ShapeError, and ValueRangeError
    for labels outside 0 … C - 1.
    """
    what = "cross_entropy"
    x, y = _node(what, "prediction", input), _node(what, "target", target)
    d = _class_dim(what, x)
    labels.warn_softmax(what, x)
    probability(label_smoothing, "label_smoothing")
    shifted, log = _shifted_log(x, d)
    if y.dtype.is_float and y.shape == x.shape:
        logp = ops.sub(shifted, log)
        return _with_probabilities(logp, y, d, weight, label_smoothing, reduction)
    labels.class_labels(what, x, y)
    ignoring = labels.in_range(what, y, x.shape[d], ignore_index)
    if weight is None and not label_smoothing and not ignoring:
        loss = ops.sub(log, _at_label(shifted, y, d))
        return _reduced(loss if reduction != "none" else _dropped(loss, d), reduction)
    logp = ops.sub(shifted, log)
    valid = ops.ne(y, ops.like(y, ignore_index)) if ignoring else None
    return _picked(logp, y, d, weight, valid, label_smoothing, reduction)


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    """-x[y] for log-probabilities x of shape (N, C, …) and class numbers y (N, …)."""
    what = "nll_loss"
    x, y = _node(what, "prediction", input), _node(what, "target", target)
    d = _class_dim(what, x)
    labels.class_labels(what, x, y)
    ignoring = labels.in_range(what, y, x.shape[d], ignore_index)
    valid = ops.ne(y, ops.like(y, ignore_index)) if ignoring else None
    return _picked(x, y, d, weight, valid, 0.0, reduction)


def _class_dim(what: str, x: Node) -> int:
    if not x.shape:
        raise ShapeError(f"{what}: scores without dimensions; expected (N, C).")
    if not x.dtype.is_float:
        raise DTypeError(f"{what}: scores of {x.dtype.name}; use .float().")
    return min(1, len(x.shape) - 1)


def _at_label(values: Node, y: Node, d: int) -> Node:
    """values[n, y[n]] with the class dimension kept as 1.

    A comparison and a sum: they fuse with what stands around them; a gather would not.
    """
    n, rank = values.shape[d], len(values.shape)
    classes = ops.reshape(ops.iota(n), (n,) + (1,) * (rank - d - 1))
    label = ops.reshape(y, (*y.shape[:d], 1, *y.shape[d:]))
    hit = ops.eq(classes, label)
    return ops.total(ops.where(hit, values, ops.like(values, 0.0)), d, True)


def _dropped(x: Node, d: int) -> Node:
    return ops.reshape(x, x.shape[:d] + x.shape[d + 1 :])


def _class_weights(weight: Tensor, logp: Node, d: int) -> Node:
    w, n = weight._node, logp.shape[d]
    if w.shape != (n,):
        raise ShapeError(
            f"weight has shape {w.shape} for {n} classes; expected ({n},)."
        )
    shape = (n,) + (1,) * (len(logp.shape) - d - 1)
    return ops.cast(ops.reshape(w, shape), logp.dtype)


def _picked(
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
        w = _class_weights(weight, logp, d)
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
        return _reduced(loss, reduction)
    return _wrap(ops.div(ops.total(loss), ops.total(scale)))


def _with_probabilities(
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
        y = ops.mul(y, _class_weights(weight, logp, d))
    loss = ops.neg(ops.total(ops.mul(y, logp), d, True))
    return _reduced(loss if reduction != "none" else _dropped(loss, d), reduction)


def no_inplace(what: str, inplace: bool) -> None:
    """``inplace=True`` only saves memory in PyTorch; here the compiler does that."""
    if inplace:
        raise UnsupportedError(
            f"{what}: inplace=True would change its input, which other tensors may "
            f"share; "
            "leave it out, the compiler reuses memory by itself."
        )


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        known = [n for n, v in globals().items() if callable(v) and n[0].islower()]
        raise absent.unknown(__name__, name, known, {})
