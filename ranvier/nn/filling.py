"""What initialisers check about a tensor, and how they write into it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ranvier.errors import DTypeError, ShapeError, ValueRangeError
from ranvier.graph import Array, leaf
from ranvier.random import Generator, default_generator
from ranvier.tensor import Alias, NoGrad, Tensor, not_a_tensor


def shape_of(what: str, tensor: Any) -> tuple[int, ...]:
    if not isinstance(tensor, Tensor):
        raise not_a_tensor(what, tensor)
    return tensor.shape


def matrix(what: str, tensor: Tensor) -> tuple[int, int]:
    shape = shape_of(what, tensor)
    if len(shape) != 2:
        raise ShapeError(f"{what}: a tensor of shape {shape}; it needs a matrix.")
    return shape[0], shape[1]


def deviation(what: str, std: float) -> float:
    if not std >= 0:
        raise ValueRangeError(f"{what}: std is {std}; it must be at least 0.")
    return std


def source_of(what: str, tensor: Tensor, generator: Generator | None) -> Generator:
    """Where random numbers come from; refused where they would not be random."""
    shape_of(what, tensor)
    tensor._not_traced(what)
    if not tensor.dtype.is_float:
        raise DTypeError(
            f"{what}: a tensor of {tensor.dtype.name}; it must be floating point."
        )
    return generator or default_generator


def fill(tensor: Tensor, array: Array) -> Tensor:
    node = leaf(np.asarray(array, tensor.dtype.np), tensor.requires_grad)
    plain = tensor._view is None and not tensor._views
    if plain and tensor.is_leaf and not isinstance(tensor, Alias):
        tensor._rebind(node)
        return tensor
    with NoGrad():
        return tensor._assign(node, "an initialiser")
