"""What functions and layers check of their arguments."""

from __future__ import annotations

from typing import Any

from ranvier.errors import DTypeError, ValueRangeError
from ranvier.graph import Node
from ranvier.tensor import Tensor, not_a_tensor


def node(what: str, value: Any) -> Node:
    """The node of a tensor; DTypeError for anything else."""
    if not isinstance(value, Tensor):
        raise not_a_tensor(what, value)
    return value._node


def floats(what: str, x: Node) -> Node:
    """`x`, which must hold floating point numbers."""
    if not x.dtype.is_float:
        raise DTypeError(f"{what}: values of {x.dtype.name}; use .float().")
    return x


def one_type(what: str, x: Node, *weights: Tensor | None) -> None:
    """The input has the number type of the weights, as in PyTorch."""
    for weight in weights:
        if weight is not None and weight.dtype is not x.dtype:
            have = weight.dtype.name
            remedy = "x.double()" if have == "float64" else "x.float()"
            model = {"float64": "double", "float32": "float"}.get(x.dtype.name)
            raise DTypeError(
                f"{what} got values of {x.dtype.name}, its weights are {have}; convert "
                f"the input with {remedy}"
                f"{f' or the model with .{model}()' if model else ''}."
            )


def positive(what: str, name: str, n: Any) -> None:
    """`n` is a whole number above 0."""
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise ValueRangeError(f"{what}: {name} is {n!r}; it must be at least 1.")


def probability(p: float, what: str) -> float:
    """`p` as a float in [0, 1]."""
    if not 0.0 <= p <= 1.0:
        raise ValueRangeError(f"{what}: p is {p}; a probability lies in [0, 1].")
    return float(p)


def in_place(what: str, input: Tensor, result: Tensor) -> Tensor:
    """With ``inplace=True`` the result becomes the input's own value."""
    if result is input:  # nothing was dropped
        return input
    return input._assign(result._node, f"{what}_")
