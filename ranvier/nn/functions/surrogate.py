"""Sign and step: no slope of their own, and one that is put in its place."""

from __future__ import annotations

import math

from ranvier import dtypes, ops
from ranvier.errors import UnknownNameError, nearest
from ranvier.graph import Node, grad_mode
from ranvier.nn.functions import checks
from ranvier.tensor import Tensor, _wrap

SURROGATES = ("identity", "hardtanh", "sigmoid")


def sign(input: Tensor, surrogate: str | None = None) -> Tensor:
    """-1, 0 or 1. The gradient is 0, or that of a `surrogate`, so that what stands in
    front can be learnt: "identity" passes it on, "hardtanh" passes it on where
    |x| <= 1, "sigmoid" multiplies it by 2 σ(x) (1 - σ(x)), the slope of 2 σ(x) - 1.

    Sources: Bengio, Léonard and Courville 2013, arXiv:1308.3432 (identity, sigmoid);
    Hubara et al. 2016, arXiv:1602.02830 (hardtanh).

    >>> import ranvier as rv
    >>> x = rv.tensor([-2.0, 0.5, 3.0], requires_grad=True)
    >>> rv.nn.functional.sign(x, surrogate="hardtanh").sum().backward()
    >>> x.grad
    tensor([0., 1., 0.])
    """
    known_surrogate("sign", surrogate)
    x = checks.node("sign", input)
    return _wrap(_straight(x, ops.sign(x), surrogate, 2.0))


def step(input: Tensor, surrogate: str | None = None) -> Tensor:
    """h(x) = 1 where x >= 0, else 0. The gradient is 0, or that of a `surrogate` as in
    `sign`; "sigmoid" multiplies it by σ(x) (1 - σ(x)), the slope of σ(x).

    >>> import ranvier as rv
    >>> rv.nn.functional.step(rv.tensor([-0.5, 0.0, 2.0]))
    tensor([0., 1., 1.])
    """
    known_surrogate("step", surrogate)
    x = ops.floating(checks.node("step", input))
    hit = Node("ge", (x, ops.like(x, 0.0)), None, x.shape, dtypes.bool_, x.rg)
    hard = Node("cast", (hit,), x.dtype, x.shape, x.dtype, x.rg)
    return _wrap(_straight(x, hard, surrogate, 1.0))


def known_surrogate(what: str, name: str | None) -> str | None:
    """None or one of the surrogates."""
    if name is not None and name not in SURROGATES:
        hint = nearest(str(name), SURROGATES)
        raise UnknownNameError(
            f"{what}: surrogate is {name!r}; known are {', '.join(SURROGATES)}{hint}"
        )
    return name


def _straight(x: Node, hard: Node, surrogate: str | None, scale: float) -> Node:
    """The value `hard` with the gradient of a soft function of x."""
    if surrogate is None or not x.rg or not grad_mode.enabled:
        return hard
    if surrogate == "sigmoid":
        soft = ops.mul(ops.sigmoid(x), ops.like(x, scale))
    else:
        edge = ops.like(x, 1.0 if surrogate == "hardtanh" else math.inf)
        size = ops.absolute(x)
        inside = (ops.le if surrogate == "hardtanh" else ops.lt)(size, edge)
        soft = ops.where(inside, x, ops.like(x, 0.0))
    return ops.add(ops.detach(hard), ops.sub(soft, ops.detach(soft)))
