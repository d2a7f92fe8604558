"""What every loss does with its arguments and with the numbers it has made."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

import ranvier.nn.labels as labels
from ranvier import ops
from ranvier.errors import (
    DTypeError,
    ShapeError,
    UnknownNameError,
    UnsupportedError,
    ValueRangeError,
    nearest,
)
from ranvier.graph import Node
from ranvier.tensor import Tensor, _wrap, not_a_tensor

REDUCTIONS = ("mean", "sum", "none")


def check_reduction(
    reduction: str,
    size_average: Any = None,
    reduce: Any = None,
    what: str = "",
    known: tuple[str, ...] = REDUCTIONS,
) -> str:
    """`reduction` where it is one of `known`; what PyTorch had before it is refused."""
    if size_average is None and reduce is None and reduction in known:
        return reduction
    title = f"{what}: " if what else ""
    for name, value in (("size_average", size_average), ("reduce", reduce)):
        if value is not None:
            raise UnsupportedError(
                f"{title}{name} is not supported; write "
                "reduction='mean', 'sum' or 'none'."
            )
    hint = nearest(str(reduction), known)
    raise UnknownNameError(
        f"{title}reduction is {reduction!r}; known are {', '.join(known)}{hint}"
    )


def reduced(x: Node, reduction: str) -> Tensor:
    """The mean or the sum of all elements, or all of them."""
    if reduction == "mean":
        return _wrap(ops.mean(x))
    if reduction == "sum":
        return _wrap(ops.total(x))
    check_reduction(reduction)
    return _wrap(x)


def given(what: str, role: str, value: Any) -> Node:
    """The node of an argument, which must be a tensor."""
    if not isinstance(value, Tensor):
        raise not_a_tensor(f"{what} ({role})", value)
    return value._node


def floats(what: str, role: str, value: Any) -> Node:
    """The node of an argument that must hold floating point numbers."""
    return floating(what, role, given(what, role, value))


def floating(what: str, role: str, x: Node) -> Node:
    """`x`, which must hold floating point numbers."""
    if not x.dtype.is_float:
        raise DTypeError(
            f"{what}: a {role} of {x.dtype.name}; it must be floating point. "
            "Use .float()."
        )
    return x


def pair(what: str, input: Tensor, target: Tensor) -> tuple[Node, Node]:
    """Prediction and target of one shape and type."""
    x, y = given(what, "prediction", input), given(what, "target", target)
    labels.same_shape(what, x, y)
    return floating(what, "prediction", x), ops.cast(y, x.dtype)


def weighted(what: str, loss: Node, weight: Tensor | None) -> Node:
    """`loss` times `weight`, which is broadcast to its shape."""
    return loss if weight is None else ops.mul(loss, spread(what, weight, loss))


def spread(what: str, weight: Tensor, loss: Node, role: str = "weight") -> Node:
    """The node of a weight that can be broadcast to `loss` without making it larger."""
    w = given(what, role, weight)
    tail = loss.shape[len(loss.shape) - len(w.shape) :]
    fit = all(n in (1, m) for n, m in zip(w.shape, tail, strict=False))
    if len(w.shape) > len(loss.shape) or not fit:
        raise ShapeError(
            f"{what}: {role} has shape {w.shape}, the prediction {loss.shape}; give "
            f"one number an element, or a shape that broadcasts to {loss.shape}."
        )
    return ops.cast(w, loss.dtype)


def number(what: str, name: str, value: Any, above: float = -math.inf) -> float:
    """A setting as a float that lies above a limit."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise DTypeError(f"{what}: {name} is {value!r:.40}; it must be a number.")
    if not float(value) > above:
        limit = "" if above == -math.inf else f" above {above:g}"
        raise ValueRangeError(f"{what}: {name} is {value}; it must be a number{limit}.")
    return float(value)


def hinge(x: Node) -> Node:
    """max(x, 0) with gradient 1 at 0, as PyTorch's losses have it; NaN stays."""
    zero = ops.like(x, 0.0)
    return ops.where(ops.lt(x, zero), zero, x)


def raised(x: Node, low: float) -> Node:
    """max(x, low) with gradient 1 everywhere, as PyTorch has it where it clamps only
    to stay away from 0; NaN stays.
    """
    lifted = ops.add(ops.like(x, float(low)), ops.sub(x, ops.detach(x)))
    return ops.where(ops.lt(x, ops.like(x, float(low))), lifted, x)
