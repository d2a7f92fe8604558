# ruff: noqa: E501  (the tables)
"""More functions of one and two elements. Natively most call the C library once an
element, as sin and cos do: they are rare in networks, and its results are precise.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ranvier import dtypes
from ranvier.graph import Node
from ranvier.ops.elementwise import (
    Binary,
    Unary,
    _binary,
    _none,
    _quiet,
    _unary,
    absolute,
    add,
    cos,
    div,
    eq,
    exp,
    floor,
    gt,
    le,
    like,
    log,
    lt,
    mul,
    neg,
    rint,
    sign,
    sqrt,
    sub,
    where,
)
from ranvier.ops.polynomials import CENTRE, DIGAMMA, FAR_TAIL, TAIL, horner
from ranvier.ops.primitive import COMPOSITES, const, floating, node, row


def _scalar(function: Callable[[float], float], pole: float) -> Callable[[Any], Any]:
    """A function of Python's `math` on arrays; `pole` where it has no answer."""

    def one(x: float) -> float:
        try:
            return function(x)
        except (ValueError, OverflowError):
            return pole

    many = np.vectorize(one, otypes=[np.float64])
    return lambda x: many(x).astype(x.dtype) if np.size(x) else x


def _one_minus_square(x: Node) -> Node:
    return mul(sub(like(x, 1.0), x), add(like(x, 1.0), x))


def _atan2_grad(g: Node, y: Node, a: Node, b: Node, attrs: Any) -> tuple[Node, Node]:
    """d atan(a/b) = (b da - a db) / (a² + b²)."""
    part = div(g, add(mul(a, a), mul(b, b)))
    return mul(part, b), neg(mul(part, a))


def _erf_slope(x: Node) -> Node:
    return mul(like(x, 2 / math.sqrt(math.pi)), exp(neg(mul(x, x))))


# fmt: off
#                 name     NumPy                            gradient                                                          lowers to floats only
tan   : Unary = _unary("tan",    _quiet(np.tan),              lambda g, y, x, attrs: (mul(g, add(mul(y, y), like(y, 1.0))),),     "tan",    True)
asin  : Unary = _unary("asin",   _quiet(np.arcsin),           lambda g, y, x, attrs: (div(g, sqrt(_one_minus_square(x))),),       "asin",   True)
acos  : Unary = _unary("acos",   _quiet(np.arccos),           lambda g, y, x, attrs: (neg(div(g, sqrt(_one_minus_square(x)))),),  "acos",   True)
atan  : Unary = _unary("atan",   np.arctan,                   lambda g, y, x, attrs: (div(g, add(mul(x, x), like(x, 1.0))),),     "atan",   True)
sinh  : Unary = _unary("sinh",   _quiet(np.sinh),             lambda g, y, x, attrs: (mul(g, cosh(x)),),                          "sinh",   True)
cosh  : Unary = _unary("cosh",   _quiet(np.cosh),             lambda g, y, x, attrs: (mul(g, sinh(x)),),                          "cosh",   True)
asinh : Unary = _unary("asinh",  np.arcsinh,                  lambda g, y, x, attrs: (div(g, sqrt(add(mul(x, x), like(x, 1.0)))),), "asinh", True)
acosh : Unary = _unary("acosh",  _quiet(np.arccosh),          lambda g, y, x, attrs: (div(g, sqrt(neg(_one_minus_square(x)))),),  "acosh",  True)
atanh : Unary = _unary("atanh",  _quiet(np.arctanh),          lambda g, y, x, attrs: (div(g, _one_minus_square(x)),),             "atanh",  True)
erfc  : Unary = _unary("erfc",   _scalar(math.erfc, 0.0),     lambda g, y, x, attrs: (neg(mul(g, _erf_slope(x))),),               "erfc",   True)
lgamma: Unary = _unary("lgamma", _scalar(math.lgamma, math.inf), lambda g, y, x, attrs: (mul(g, digamma(x)),),                    "lgamma", True)
trunc : Unary = _unary("trunc",  np.trunc,                    _none,                                                              "trunc",  True)

atan2 : Binary = _binary("atan2", np.arctan2,                 _atan2_grad,                                                        "atan2",  floats=True)
hypot : Binary = _binary("hypot", _quiet(np.hypot),           lambda g, y, a, b, attrs: (mul(g, div(a, y)), mul(g, div(b, y))),   "hypot",  floats=True)
fmod  : Binary = _binary("fmod",  _quiet(np.fmod),            lambda g, y, a, b, attrs: (g, neg(mul(g, trunc(div(a, b))))),       "fmod")
# fmt: on


def digamma(x: Node) -> Node:
    """d ln Γ(x) / dx: eight steps up, then the asymptotic series; below 1/2 by
    ψ(x) = ψ(1 - x) - π cot πx.
    """
    x = floating(x)
    low, one = lt(x, like(x, 0.5)), like(x, 1.0)
    z = where(low, sub(one, x), x)
    up, w = _shifted(z, lambda t: div(one, t))
    inverse = div(one, w)
    series = horner(mul(inverse, inverse), DIGAMMA)
    value = sub(sub(log(w), mul(inverse, like(x, 0.5))), series)
    apart = where(low, sub(x, rint(x)), like(x, 0.25))
    turn = div(like(x, math.pi), tan(mul(apart, like(x, math.pi))))
    value = sub(sub(value, up), where(low, turn, like(x, 0.0)))
    value = where(_pole(x), like(x, math.nan), value)
    return where(eq(x, like(x, 0.0)), neg(div(one, x)), value)


def trigamma(x: Node) -> Node:
    """dψ(x) / dx, in the same way; below 1/2 by ψ'(x) = π² / sin² πx - ψ'(1 - x)."""
    x = floating(x)
    low, one = lt(x, like(x, 0.5)), like(x, 1.0)
    z = where(low, sub(one, x), x)
    up, w = _shifted(z, lambda t: div(one, mul(t, t)))
    inverse = div(one, w)
    square = mul(inverse, inverse)
    slopes = tuple(2.0 * (k + 1) * c for k, c in enumerate(DIGAMMA[1:]))
    series = mul(inverse, horner(square, (0.0, *slopes)))
    value = add(add(add(inverse, mul(square, like(x, 0.5))), series), up)
    apart = where(low, sub(x, rint(x)), like(x, 0.5))
    sine = cos(mul(sub(absolute(apart), like(x, 0.5)), like(x, math.pi)))
    turn = div(like(x, math.pi**2), mul(sine, sine))
    return where(low, sub(turn, value), value)


def _shifted(z: Node, term: Callable[[Node], Node]) -> tuple[Node, Node]:
    """Σ term(z + k) for k below 8, and z + 8."""
    total = term(z)
    for k in range(1, 8):
        total = add(total, term(add(z, like(z, float(k)))))
    return total, add(z, like(z, 8.0))


def _pole(x: Node) -> Node:
    """Negative integers."""
    whole = eq(x, floor(x))
    return where(lt(x, like(x, 0.0)), whole, const(False, dtypes.bool_))


# ---- the inverse of erf --------------------------------------------------------------


def erfinv(x: Node) -> Node:
    """The y with erf(y) = x, by Wichura's rational approximations (AS 241, 1988)."""
    x = floating(x)
    return node("erfinv", (x,), None, x.shape, x.dtype)


def _erfinv_made(attrs: Any, x: Node) -> Node:
    q, size = mul(x, like(x, 0.5)), absolute(x)
    centre = sub(like(x, 0.180625), mul(q, q))
    near = mul(q, div(horner(centre, CENTRE[0]), horner(centre, CENTRE[1])))
    tail = mul(sub(like(x, 1.0), size), like(x, 0.5))
    r = sqrt(neg(log(tail)))
    t, f = sub(r, like(r, 1.6)), sub(r, like(r, 5.0))
    middle = div(horner(t, TAIL[0]), horner(t, TAIL[1]))
    if x.dtype is dtypes.float64:  # float32 has no number so close to 1
        far = div(horner(f, FAR_TAIL[0]), horner(f, FAR_TAIL[1]))
        middle = where(gt(r, like(r, 5.0)), far, middle)
    value = where(le(size, like(x, 0.85)), near, mul(sign(x), middle))
    end = mul(x, like(x, math.inf))
    result = mul(value, like(x, math.sqrt(0.5)))
    return where(eq(size, like(x, 1.0)), end, result)


def _erfinv_numpy(attrs: Any, x: Any) -> Any:
    with np.errstate(all="ignore"):
        q, size = x / 2, np.abs(x)
        centre = 0.180625 - q * q
        near = q * _ratio(centre, CENTRE)
        r = np.sqrt(-np.log((1 - size) / 2))
        tail = np.where(r > 5, _ratio(r - 5, FAR_TAIL), _ratio(r - 1.6, TAIL))
        y = np.where(size <= 0.85, near, np.sign(x) * tail) * math.sqrt(0.5)
        return np.where(size == 1, x * math.inf, y).astype(x.dtype)


def _ratio(x: Any, pair: tuple[tuple[float, ...], tuple[float, ...]]) -> Any:
    above, below = (np.polynomial.polynomial.polyval(x, c) for c in pair)
    return above / below


def _erfinv_grad(g: Node, y: Node, x: Node, attrs: Any) -> tuple[Node]:
    return (mul(g, mul(like(y, math.sqrt(math.pi) / 2), exp(mul(y, y)))),)


row("erfinv", "composite", _erfinv_numpy, _erfinv_grad, "add")
COMPOSITES["erfinv"] = _erfinv_made
