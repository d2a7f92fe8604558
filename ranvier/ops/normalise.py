"""Values minus their mean, over their spread: batch normalisation's inner step."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ranvier.graph import Node
from ranvier.ops.elementwise import add, like, mul, neg, sub
from ranvier.ops.primitive import COMPOSITES, node, row
from ranvier.ops.reduce import total


def normalise(
    x: Node, mean: Node, rate: Node, weight: Node, bias: Node, over: tuple[int, ...]
) -> Node:
    """``(x - mean) * rate * weight + bias`` where `mean` is the mean of `x` over the
    dimensions `over` and `rate` is 1 / √(its variance + ε); what is given besides `x`
    keeps those dimensions as 1.

    The rule knows how `mean` and `rate` depend on `x`, so the reverse sweep needs two
    passes over `x` and `g`: one for two sums, one for the result.
    """
    return node("normalise", (x, mean, rate, weight, bias), over, x.shape, x.dtype)


def _numpy(attrs: tuple[int, ...], x: Any, mean: Any, rate: Any, w: Any, b: Any) -> Any:
    with np.errstate(all="ignore"):
        return (x - mean) * (rate * w) + b


def _made(
    attrs: tuple[int, ...], x: Node, mean: Node, rate: Node, w: Node, b: Node
) -> Node:
    return add(mul(sub(x, mean), mul(rate, w)), b)


def _grad(
    g: Node, y: Node, x: Node, mean: Node, rate: Node, w: Node, b: Node,
    attrs: tuple[int, ...],
) -> tuple[Node | None, ...]:  # fmt: skip
    """With s = Σ g and t = Σ g (x - mean) over n values:
    dx = rate w (g - s/n - (x - mean) rate² t/n), dw = rate t, db = s.
    """
    n = math.prod(x.shape[d] for d in attrs)
    s = total(g, attrs, True)
    # x - mean is written in three ways, so that each pass makes its own from x: kept
    # from pass to pass it would be one more array to write and read.
    t = total(mul(g, add(x, neg(mean))), attrs, True)
    dx = None
    if x.rg:
        scale = mul(rate, w)
        shift = mul(scale, mul(s, like(s, -1.0 / n)))
        slope = mul(mul(scale, mul(rate, rate)), mul(t, like(t, 1.0 / n)))
        dx = add(add(mul(g, scale), shift), mul(sub(mean, x), slope))
    return dx, None, None, mul(rate, t), s


row("normalise", "composite", _numpy, _grad, "add")
COMPOSITES["normalise"] = _made
