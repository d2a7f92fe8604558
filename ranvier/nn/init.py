"""Initial values, written into tensors in place; drawn from `rv.manual_seed`'s
generator, or from `generator`.

A weight is (out, in, *kernel): its fan in is `in`, its fan out `out`, each times the
size of the kernel.
"""

from __future__ import annotations

import math
import warnings
from numbers import Real
from typing import TYPE_CHECKING

import numpy as np

from ranvier import absent
from ranvier.errors import (
    DTypeError,
    RanvierWarning,
    ShapeError,
    UnknownNameError,
    ValueRangeError,
    nearest,
)
from ranvier.nn.filling import deviation, fill, shape_of, source_of
from ranvier.nn.init_matrices import dirac_, eye_, orthogonal_, sparse_
from ranvier.nn.truncated import truncated_normal
from ranvier.random import Generator
from ranvier.tensor import Tensor

__all__ = [
    "calculate_gain",
    "constant_",
    "dirac_",
    "eye_",
    "kaiming_normal_",
    "kaiming_uniform_",
    "normal_",
    "ones_",
    "orthogonal_",
    "sparse_",
    "trunc_normal_",
    "uniform_",
    "xavier_normal_",
    "xavier_uniform_",
    "zeros_",
]

GAINS = {
    "linear": 1.0,
    "conv1d": 1.0,
    "conv2d": 1.0,
    "conv3d": 1.0,
    "conv_transpose1d": 1.0,
    "conv_transpose2d": 1.0,
    "conv_transpose3d": 1.0,
    "sigmoid": 1.0,
    "tanh": 5 / 3,
    "relu": math.sqrt(2.0),
    "selu": 0.75,
}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """How much a layer's values must grow to keep their size through this function.

    1 for linear, sigmoid and convolutions, 5/3 for tanh, √2 for relu, 3/4 for selu,
    √(2 / (1 + a²)) for leaky_relu with the slope a = `param` (0.01 if left out).

    >>> calculate_gain("leaky_relu", 1.0)
    1.0
    """
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, Real):
            raise DTypeError(
                f"calculate_gain: param is {param!r:.40}; the slope of leaky_relu is "
                "a number."
            )
        return math.sqrt(2 / (1 + float(slope) ** 2))
    if nonlinearity not in GAINS:
        hint = nearest(str(nonlinearity), [*GAINS, "leaky_relu"])
        raise UnknownNameError(f"calculate_gain: unknown '{nonlinearity}'{hint}")
    return GAINS[nonlinearity]


# ---- the same for every layer --------------------------------------------------------


def uniform_(
    tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Evenly from [a, b).

    >>> import ranvier as rv
    >>> w = rv.nn.init.uniform_(rv.empty(2, 3), -1, 1)
    >>> bool((w.abs() <= 1).all())
    True
    """
    source = source_of("uniform_", tensor, generator)
    if not a <= b:
        raise ValueRangeError(f"uniform_: from {a} to {b}; a must be at most b.")
    return fill(tensor, source.uniform(a, b, tensor.shape, tensor.dtype.np))


def normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    generator: Generator | None = None,
) -> Tensor:
    """Gaussian with this mean and standard deviation."""
    source = source_of("normal_", tensor, generator)
    deviation("normal_", std)
    return fill(tensor, source.normal(mean, std, tensor.shape, tensor.dtype.np))


def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator | None = None,
) -> Tensor:
    """Gaussian, with what lies outside [a, b] drawn again.

    Exact far from the mean too: there the tail is drawn (Marsaglia, "Generating a
    Variable from the Tail of the Normal Distribution", 1964).

    >>> import ranvier as rv
    >>> w = rv.nn.init.trunc_normal_(rv.empty(100), std=0.02, a=-0.04, b=0.04)
    >>> bool((w.abs() <= 0.04).all())
    True
    """
    source = source_of("trunc_normal_", tensor, generator)
    if not deviation("trunc_normal_", std) > 0:
        raise ValueRangeError("trunc_normal_: std is 0; it must be above 0.")
    if not a <= b:
        raise ValueRangeError(f"trunc_normal_: from {a} to {b}; a must be at most b.")
    low, high = (a - mean) / std, (b - mean) / std
    draw = mean + std * truncated_normal(source, tensor.shape, low, high)
    kind = tensor.dtype.np
    return fill(tensor, np.clip(draw.astype(kind), kind.type(a), kind.type(b)))


def constant_(tensor: Tensor, val: float) -> Tensor:
    """Every element `val`."""
    return fill(tensor, np.full(shape_of("constant_", tensor), val))


def zeros_(tensor: Tensor) -> Tensor:
    """Every element 0."""
    return constant_(tensor, 0.0)


def ones_(tensor: Tensor) -> Tensor:
    """Every element 1."""
    return constant_(tensor, 1.0)


# ---- by the size of the layer --------------------------------------------------------


def _calculate_fan_in_and_fan_out(tensor: Tensor) -> tuple[int, int]:
    """(in, out), each times the size of the kernel; layers of one's own call it by
    this name, as in PyTorch.
    """
    return _fans(tensor, "fan in and fan out")


def _fans(tensor: Tensor, what: str) -> tuple[int, int]:
    shape = shape_of(what, tensor)
    if len(shape) < 2:
        raise ShapeError(
            f"{what}: a tensor of shape {shape}; it needs a weight of at least "
            "2 dimensions (out, in). For a bias use zeros_."
        )
    field = math.prod(shape[2:])
    return shape[1] * field, shape[0] * field


def xavier_uniform_(
    tensor: Tensor, gain: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Evenly from ±gain √(6 / (in + out)).

    Source: Glorot and Bengio, "Understanding the difficulty of training deep
    feedforward neural networks" (2010), equation 16.

    >>> import ranvier as rv
    >>> w = rv.nn.init.xavier_uniform_(rv.empty(3, 3))
    >>> bool((w.abs() <= 1).all())
    True
    """
    fans = sum(_fans(tensor, "xavier_uniform_"))
    bound = gain * math.sqrt(6 / max(1, fans))
    return uniform_(tensor, -abs(bound), abs(bound), generator)


def xavier_normal_(
    tensor: Tensor, gain: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Gaussian with deviation gain √(2 / (in + out)) (Glorot and Bengio, 2010)."""
    fans = sum(_fans(tensor, "xavier_normal_"))
    return normal_(tensor, 0.0, abs(gain) * math.sqrt(2 / max(1, fans)), generator)


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Evenly from ±gain √(3 / fan), with the gain of `nonlinearity`; `a` is the slope
    of leaky_relu. "fan_in" keeps the size of values, "fan_out" that of gradients.

    Source: He et al., "Delving Deep into Rectifiers" (2015), equation 10.
    """
    std = _kaiming_std(tensor, a, mode, nonlinearity, "kaiming_uniform_")
    bound = math.sqrt(3.0) * std
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Gaussian with deviation gain / √fan (He et al., 2015), as `kaiming_uniform_`."""
    std = _kaiming_std(tensor, a, mode, nonlinearity, "kaiming_normal_")
    return normal_(tensor, 0.0, std, generator)


def _kaiming_std(
    tensor: Tensor, a: float, mode: str, nonlinearity: str, what: str
) -> float:
    modes = ("fan_in", "fan_out")
    name = str(mode).lower()
    if name not in modes:
        raise UnknownNameError(f"{what}: mode '{mode}'{nearest(name, modes)}")
    fan = _fans(tensor, what)[modes.index(name)]
    gain = calculate_gain(nonlinearity, a)
    if 0 in tensor.shape:
        warnings.warn(
            f"{what}: a tensor of shape {tensor.shape} has no elements; nothing to do.",
            RanvierWarning,
            stacklevel=3,
        )
    return gain / math.sqrt(max(1, fan))


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        raise absent.unknown(__name__, name, __all__, absent.INIT)
