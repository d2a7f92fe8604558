"""All parameters as one vector, and back."""

from __future__ import annotations

import math
from collections.abc import Iterable

from ranvier import ops
from ranvier.errors import ShapeError
from ranvier.nn.functions import checks
from ranvier.tensor import Tensor, _wrap


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """The elements of all parameters one after the other; gradients flow through.

    >>> import ranvier as rv
    >>> rv.nn.utils.parameters_to_vector(rv.nn.Linear(2, 3).parameters()).shape
    (9,)
    """
    what = "parameters_to_vector"
    nodes = [checks.node(what, p) for p in parameters]
    if not nodes:
        raise ShapeError(f"{what}: got no parameters; it needs at least one.")
    flat = [ops.reshape(x, (math.prod(x.shape),)) for x in nodes]
    return _wrap(ops.concat(flat, 0))


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Put the elements of `vec` into the parameters, one after the other.

    Raises ShapeError where there are more or fewer of them.
    """
    what = "vector_to_parameters"
    v, given = checks.node(what, vec), list(parameters)
    wanted = sum(p.numel() for p in given)
    if v.shape != (wanted,):
        raise ShapeError(
            f"{what}: a vector of shape {v.shape} for parameters with {wanted} "
            f"elements; expected ({wanted},)."
        )
    start = 0
    for p in given:
        end = start + p.numel()
        p.data = _wrap(ops.reshape(ops.cut(v, ((start, end, 1),)), p.shape))
        start = end
