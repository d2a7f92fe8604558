"""Activations as functions, element by element.

At a kink the gradient is PyTorch's. The ones that fit every step of a plain loop write
their node directly: that is what such a step costs in Python.
"""

from __future__ import annotations

import math

from ranvier import ops
from ranvier.errors import (
    ShapeError,
    UnknownNameError,
    ValueRangeError,
    nearest,
)
from ranvier.graph import Node
from ranvier.nn.functions import checks
from ranvier.nn.functions.checks import in_place
from ranvier.tensor import Tensor, _wrap, no_tensor
from ranvier.tensors.drawing import draw_uniform

# ---- the common ones -----------------------------------------------------------------


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """max(x, 0)."""
    if inplace:
        return in_place("relu", input, relu(input))
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


def leaky_relu(
    input: Tensor, negative_slope: float = 0.01, inplace: bool = False
) -> Tensor:
    """x where x > 0, else a x with the slope a."""
    if inplace:
        return in_place("leaky_relu", input, leaky_relu(input, negative_slope))
    try:
        x = input._node
    except AttributeError as error:
        raise no_tensor("leaky_relu", error) from None
    below = ops.mul(x, ops.like(x, float(negative_slope)))
    return _wrap(ops.where(_above(x, 0.0), x, below))


def _above(x: Node, edge: float) -> Node:
    return ops.gt(x, ops.like(x, edge))


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """x where x > 0, else a x with learnt a: one number, or one a channel (dimension
    1).
    """
    x, a = checks.node("prelu", input), checks.node("prelu", weight)
    checks.one_type("prelu", x, weight)
    if a.shape not in ((), (1,)):
        channels = x.shape[1] if len(x.shape) > 1 else 1
        if a.shape != (channels,):
            raise ShapeError(
                f"prelu: {a.shape[0]} slopes for {channels} channels of a tensor of "
                f"shape {x.shape}; give 1 or {channels}."
            )
        a = ops.reshape(a, (channels,) + (1,) * (len(x.shape) - 2))
    return _wrap(ops.where(_above(x, 0.0), x, ops.mul(x, a)))


def rrelu(
    input: Tensor,
    lower: float = 1.0 / 8,
    upper: float = 1.0 / 3,
    training: bool = False,
    inplace: bool = False,
) -> Tensor:
    """x where x > 0, else a x; a is drawn evenly from [lower, upper] for each element
    when training, else (lower + upper) / 2.
    """
    if inplace:
        return in_place("rrelu", input, rrelu(input, lower, upper, training))
    lower, upper = slopes("rrelu", lower, upper)
    x = ops.floating(checks.node("rrelu", input))
    if not training:
        return leaky_relu(_wrap(x), (lower + upper) / 2)
    drawn = ops.cast(draw_uniform(x.shape), x.dtype)
    width = ops.mul(drawn, ops.like(x, upper - lower))
    slope = ops.add(width, ops.like(x, lower))
    return _wrap(ops.where(_above(x, 0.0), x, ops.mul(x, slope)))


def slopes(what: str, lower: float, upper: float) -> tuple[float, float]:
    """Both ends, in order."""
    if not lower <= upper:
        raise ValueRangeError(
            f"{what}: lower is {lower}, upper {upper}; expected lower <= upper."
        )
    return float(lower), float(upper)


# ---- with an exponential -------------------------------------------------------------


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x where x > 0, else α (e^x - 1)."""
    if inplace:
        return in_place("elu", input, elu(input, alpha))
    return _wrap(_elu(checks.node("elu", input), float(alpha), 1.0))


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """λ elu(x, α) with the constants that keep mean 0 and variance 1."""
    if inplace:
        return in_place("selu", input, selu(input))
    x = checks.node("selu", input)
    return _wrap(_elu(x, 1.6732632423543772, 1.0507009873554805))


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x where x > 0, else α (e^(x/α) - 1)."""
    if inplace:
        return in_place("celu", input, celu(input, alpha))
    alpha = not_zero("celu", alpha)
    return _wrap(_elu(checks.node("celu", input), alpha, 1.0, 1.0 / alpha))


def not_zero(what: str, alpha: float) -> float:
    """α, by which x is divided."""
    if not alpha:
        raise ValueRangeError(f"{what}: alpha is 0; x is divided by it.")
    return float(alpha)


def _elu(x: Node, alpha: float, scale: float, inside: float = 1.0) -> Node:
    above, zero = _above(x, 0.0), ops.like(x, 0.0)
    # The exponential sees no positive x: 0 · ∞ would make its gradient NaN.
    low = ops.where(above, zero, x)
    if inside != 1.0:
        low = ops.mul(low, ops.like(x, inside))
    low = ops.mul(ops.expm1(low), ops.like(x, alpha * scale))
    high = x if scale == 1.0 else ops.mul(x, ops.like(x, scale))
    return ops.where(above, high, low)


def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """x Φ(x) with the Gaussian Φ; "tanh" for the approximation by tanh."""
    approximation(approximate)
    x = checks.node("gelu", input)
    half = ops.mul(x, ops.like(x, 0.5))
    if approximate == "none":
        phi = ops.erf(ops.mul(x, ops.like(x, math.sqrt(0.5))))
    else:
        cube = ops.mul(ops.mul(x, ops.mul(x, x)), ops.like(x, 0.044715))
        inner = ops.mul(ops.add(x, cube), ops.like(x, math.sqrt(2 / math.pi)))
        phi = ops.tanh(inner)
    return _wrap(ops.mul(half, ops.add(phi, ops.like(x, 1.0))))


def approximation(name: str) -> str:
    """How gelu finds Φ."""
    if name not in ("none", "tanh"):
        hint = nearest(str(name), ("none", "tanh"))
        raise UnknownNameError(f"gelu: approximate is '{name}'{hint}")
    return name


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """x sigmoid(x)."""
    if inplace:
        return in_place("silu", input, silu(input))
    x = checks.node("silu", input)
    return _wrap(ops.mul(x, ops.sigmoid(x)))


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """x tanh(softplus(x)) (Misra 2019, arXiv:1908.08681)."""
    if inplace:
        return in_place("mish", input, mish(input))
    x = checks.node("mish", input)
    return _wrap(ops.mul(x, ops.tanh(log1p_exp(x))))


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """ln(1 + e^(βx)) / β; x itself where βx lies above the threshold."""
    x = checks.node("softplus", input)
    return _wrap(log1p_exp(x, float(beta), float(threshold)))


def log1p_exp(x: Node, beta: float = 1.0, threshold: float = 20.0) -> Node:
    """`softplus` of a node."""
    scaled = x if beta == 1.0 else ops.mul(x, ops.like(x, beta))
    high = ops.gt(scaled, ops.like(x, threshold))
    # No exponential above the threshold: 0 · ∞ would make its gradient NaN.
    low = ops.log1p(ops.exp(ops.where(high, ops.like(x, 0.0), scaled)))
    if beta != 1.0:
        low = ops.mul(low, ops.like(x, 1.0 / beta))
    return ops.where(high, x, low)


def logsigmoid(input: Tensor) -> Tensor:
    """ln sigmoid(x) = -softplus(-x)."""
    x = checks.node("logsigmoid", input)
    return _wrap(ops.neg(log1p_exp(ops.neg(x), threshold=40.0)))


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """a sigmoid(b) where a and b are the two halves of `dim` (Dauphin et al. 2017,
    arXiv:1612.08083). Raises ShapeError for an odd size.
    """
    x = checks.node("glu", input)
    if not x.shape:
        raise ShapeError("glu: a tensor without dimensions has no two halves.")
    d = ops.axis(dim, len(x.shape), "glu")
    if x.shape[d] % 2:
        raise ShapeError(
            f"glu: dimension {d} of {x.shape} has {x.shape[d]} places; it needs an "
            "even number."
        )
    a, b = (_half(x, d, i) for i in range(2))
    return _wrap(ops.mul(a, ops.sigmoid(b)))


def _half(x: Node, d: int, i: int) -> Node:
    n = x.shape[d] // 2
    parts = [(0, size, 1) for size in x.shape]
    parts[d] = (i * n, (i + 1) * n, 1)
    return ops.cut(x, tuple(parts))
