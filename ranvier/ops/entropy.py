"""Cross entropy of a probability and a target from 0 to 1."""

from __future__ import annotations

from typing import Any

import numpy as np

from ranvier.graph import Node
from ranvier.ops.elementwise import (
    add,
    div,
    either,
    le,
    like,
    log,
    lt,
    mul,
    neg,
    sub,
    where,
)
from ranvier.ops.primitive import COMPOSITES, node, row

LEAST = -100.0  # PyTorch's: where a logarithm ends
TINY = 1e-12  # PyTorch's: what the gradient divides by at least


def binary_entropy(x: Node, y: Node) -> Node:
    """-(y ln x + (1 - y) ln(1 - x)) for x and y of one shape; logarithms end at -100.

    dx = (x - y) / max(x (1 - x), 1e-12), which the sum of the two logarithms'
    gradients would not be at 0 and 1.
    """
    return node("binary_entropy", (x, y), None, x.shape, x.dtype)


def _numpy(attrs: None, x: Any, y: Any) -> Any:
    with np.errstate(all="ignore"):
        one = x.dtype.type(1)
        return -(y * _numpy_log(x) + (one - y) * _numpy_log(one - x))


def _numpy_log(x: Any) -> Any:
    return np.maximum(np.log(np.where(x <= 0, 0, x)), x.dtype.type(LEAST))


def _made(attrs: None, x: Node, y: Node) -> Node:
    one = like(x, 1.0)
    hit, miss = mul(y, _log(x)), mul(sub(one, y), _log(sub(one, x)))
    return neg(add(hit, miss))


def _log(x: Node) -> Node:
    """max(ln x, -100), and -100 for x of 0 and below; NaN stays."""
    low, least = le(x, like(x, 0.0)), like(x, LEAST)
    found = log(where(low, like(x, 1.0), x))
    return where(either(low, lt(found, least)), least, found)


def _grad(g: Node, y: Node, x: Node, t: Node, attrs: None) -> tuple[Node | None, ...]:
    dx = dt = None
    if x.rg:
        spread, tiny = mul(x, sub(like(x, 1.0), x)), like(x, TINY)
        dx = mul(g, div(sub(x, t), where(lt(spread, tiny), tiny, spread)))
    if t.rg:
        dt = mul(g, sub(_log(sub(like(x, 1.0), x)), _log(x)))
    return dx, dt


row("binary_entropy", "composite", _numpy, _grad, "add")
COMPOSITES["binary_entropy"] = _made
