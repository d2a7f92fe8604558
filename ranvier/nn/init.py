"""Initial values, written into tensors in place; drawn from `rv.manual_seed`'s
generator.
"""

from __future__ import annotations

import math

import numpy as np

from ranvier.errors import ShapeError, UnknownNameError, nearest
from ranvier.graph import Array, leaf
from ranvier.random import default_generator
from ranvier.tensor import Alias, NoGrad, Tensor

GAINS = {
    "linear": 1.0,
    "conv1d": 1.0,
    "conv2d": 1.0,
    "conv3d": 1.0,
    "sigmoid": 1.0,
    "tanh": 5 / 3,
    "relu": math.sqrt(2.0),
    "selu": 0.75,
}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """How much a layer's values must grow to keep their size through this function."""
    if nonlinearity == "leaky_relu":
        return math.sqrt(2 / (1 + (0.01 if param is None else param) ** 2))
    if nonlinearity not in GAINS:
        hint = nearest(nonlinearity, [*GAINS, "leaky_relu"])
        raise UnknownNameError(f"calculate_gain: unknown '{nonlinearity}'{hint}")
    return GAINS[nonlinearity]


def _fill(tensor: Tensor, array: Array) -> Tensor:
    node = leaf(np.asarray(array, tensor.dtype.np), tensor.requires_grad)
    plain = tensor._view is None and not tensor._views
    if plain and tensor.is_leaf and not isinstance(tensor, Alias):
        tensor._rebind(node)
        return tensor
    with NoGrad():
        return tensor._assign(node, "an initialiser")


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0) -> Tensor:
    """Evenly from [a, b)."""
    draw = default_generator.uniform(a, b, tensor.shape, tensor.dtype.np)
    return _fill(tensor, draw)


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0) -> Tensor:
    """Gaussian."""
    draw = default_generator.normal(mean, std, tensor.shape, tensor.dtype.np)
    return _fill(tensor, draw)


def constant_(tensor: Tensor, val: float) -> Tensor:
    """Every element `val`."""
    return _fill(tensor, np.full(tensor.shape, val))


def zeros_(tensor: Tensor) -> Tensor:
    """Every element 0."""
    return constant_(tensor, 0.0)


def ones_(tensor: Tensor) -> Tensor:
    """Every element 1."""
    return constant_(tensor, 1.0)


def eye_(tensor: Tensor) -> Tensor:
    """The identity matrix."""
    if tensor.ndim != 2:
        raise ShapeError(f"eye_: a tensor of shape {tensor.shape}; it needs a matrix.")
    return _fill(tensor, np.eye(tensor.shape[0], tensor.shape[1]))


def _fans(tensor: Tensor, what: str) -> tuple[int, int]:
    """Inputs and outputs of the layer whose weight this is: (out, in, *kernel)."""
    if tensor.ndim < 2:
        raise ShapeError(
            f"{what}: a tensor of shape {tensor.shape}; it needs a weight of at least "
            "2 dimensions (out, in). For a bias use zeros_."
        )
    field = math.prod(tensor.shape[2:])
    return tensor.shape[1] * field, tensor.shape[0] * field


def xavier_uniform_(tensor: Tensor, gain: float = 1.0) -> Tensor:
    """Evenly from ±gain √(6 / (in + out)) (Glorot and Bengio, 2010)."""
    bound = gain * math.sqrt(6 / sum(_fans(tensor, "xavier_uniform_")))
    return uniform_(tensor, -bound, bound)


def xavier_normal_(tensor: Tensor, gain: float = 1.0) -> Tensor:
    """Gaussian with deviation gain √(2 / (in + out)) (Glorot and Bengio, 2010)."""
    std = gain * math.sqrt(2 / sum(_fans(tensor, "xavier_normal_")))
    return normal_(tensor, 0.0, std)


def _kaiming_std(
    tensor: Tensor, a: float, mode: str, nonlinearity: str, what: str
) -> float:
    modes = ("fan_in", "fan_out")
    if mode not in modes:
        raise UnknownNameError(f"{what}: mode '{mode}'{nearest(mode, modes)}")
    fan = _fans(tensor, what)[modes.index(mode)]
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
) -> Tensor:
    """Evenly from ±gain √(3 / fan) (He et al., 2015)."""
    std = _kaiming_std(tensor, a, mode, nonlinearity, "kaiming_uniform_")
    bound = math.sqrt(3.0) * std
    return uniform_(tensor, -bound, bound)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
) -> Tensor:
    """Gaussian with deviation gain / √fan (He et al., 2015)."""
    std = _kaiming_std(tensor, a, mode, nonlinearity, "kaiming_normal_")
    return normal_(tensor, 0.0, std)
