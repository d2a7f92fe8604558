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
from ranvier.nn.loss_binary import (  # noqa: F401
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    hinge_loss,
    multilabel_soft_margin_loss,
    soft_margin_loss,
)
from ranvier.nn.loss_classes import (  # noqa: F401
    cross_entropy,
    multi_margin_loss,
    nll_loss,
)
from ranvier.nn.loss_ctc import ctc_loss  # noqa: F401
from ranvier.nn.loss_distance import (  # noqa: F401
    cosine_embedding_loss,
    cosine_similarity,
    pairwise_distance,
    triplet_margin_loss,
    triplet_margin_with_distance_loss,
)
from ranvier.nn.loss_likelihood import (  # noqa: F401
    gaussian_nll_loss,
    kl_div,
    poisson_nll_loss,
)
from ranvier.nn.loss_margin import (  # noqa: F401
    hinge_embedding_loss,
    margin_ranking_loss,
    multilabel_margin_loss,
)
from ranvier.nn.loss_regression import (  # noqa: F401
    huber_loss,
    l1_loss,
    mse_loss,
    smooth_l1_loss,
)
from ranvier.tensor import Tensor, _wrap, no_tensor

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
