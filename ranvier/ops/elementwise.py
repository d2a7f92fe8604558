# ruff: noqa: E501  (the tables)
"""Primitives that work element by element, with NumPy's and PyTorch's broadcasting.

In every gradient rule `g` is the cotangent of the result `y`; `x`, `a`, `b` are the
sources.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ranvier import dtypes
from ranvier.dtypes import DType
from ranvier.graph import Node
from ranvier.ops.primitive import (
    Gradient,
    broadcast,
    cast,
    common,
    const,
    floating,
    node,
    row,
)

Unary = Callable[[Node], Node]
Binary = Callable[[Node, Node], Node]


def _unary(
    name: str, numpy: Callable[[Any], Any], grad: Gradient, lower: str, floats: bool
) -> Unary:
    row(name, "elementwise", lambda attrs, x: numpy(x), grad, lower)

    def build(x: Node) -> Node:
        if floats:
            x = floating(x)
        return node(name, (x,), None, x.shape, x.dtype)

    build.__name__ = name
    return build


def _binary(name: str, numpy: Callable[[Any, Any], Any], grad: Gradient, lower: str, result: DType | None = None, floats: bool = False) -> Binary:  # fmt: skip
    row(name, "elementwise", lambda attrs, a, b: numpy(a, b), grad, lower)

    def build(a: Node, b: Node) -> Node:
        if a.dtype is not b.dtype:
            dtype = common(a, b)
            a, b = cast(a, dtype), cast(b, dtype)
        if floats and not a.dtype.is_float:
            a, b = floating(a), floating(b)
        shape = a.shape if a.shape == b.shape else broadcast(a.shape, b.shape, name)
        return node(name, (a, b), None, shape, result or a.dtype)

    build.__name__ = name
    return build


def like(x: Node, value: float) -> Node:
    """A constant of the type of `x`."""
    return const(value, x.dtype)


def _sigmoid(x: Any) -> Any:
    t = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + t), t / (1 + t)).astype(x.dtype)


_erf_scalar = np.vectorize(math.erf, otypes=[np.float64])


def _erf(x: Any) -> Any:
    return _erf_scalar(x).astype(x.dtype) if np.size(x) else x


def _quiet(function: Callable[..., Any]) -> Callable[..., Any]:
    """IEEE answers (inf, nan) without NumPy's warnings, as native code gives them."""

    def run(*arrays: Any) -> Any:
        with np.errstate(all="ignore"):
            return function(*arrays)

    return run


def _none(g: Node, y: Node, *xs: Node, attrs: Any) -> tuple[None, ...]:
    return (None,) * len(xs)


def _pow_grad(
    g: Node, y: Node, a: Node, b: Node, attrs: Any
) -> tuple[Node | None, ...]:
    """d(a^b) = b a^(b-1) da + a^b ln(a) db, the second term 0 where a = 0."""
    to_base = mul(g, mul(b, power(a, sub(b, like(b, 1.0)))))
    if not b.rg:
        return to_base, None
    safe = where(eq(a, like(a, 0.0)), like(a, 1.0), a)
    return to_base, mul(g, mul(y, log(safe)))


def _where_grad(
    g: Node, y: Node, c: Node, a: Node, b: Node, attrs: Any
) -> tuple[Node | None, ...]:
    zero = like(g, 0.0)
    return None, where(c, g, zero), where(c, zero, g)


def _extreme_grad(
    g: Node, y: Node, a: Node, b: Node, attrs: Any
) -> tuple[Node | None, ...]:
    """Ties share the gradient equally, as in PyTorch."""
    half = mul(g, like(g, 0.5))
    tie, zero = eq(a, b), like(g, 0.0)
    return (
        where(tie, half, where(eq(y, a), g, zero)),
        where(tie, half, where(eq(y, b), g, zero)),
    )


def _mod(a: Any, b: Any) -> Any:
    return np.mod(a, b)


# fmt: off
#                 name         NumPy                  gradient
# lowers to   floats only
neg     : Unary = _unary("neg",        np.negative,           lambda g, y, x, attrs: (neg(g),),                                 "neg",      False)
absolute : Unary = _unary("abs",       np.abs,                lambda g, y, x, attrs: (mul(g, sign(x)),),                        "abs",      False)
sign    : Unary = _unary("sign",       np.sign,               lambda g, y, x, attrs: (None,),                                   "sign",     False)
exp     : Unary = _unary("exp",        _quiet(np.exp),        lambda g, y, x, attrs: (mul(g, y),),                              "exp",      True)
expm1   : Unary = _unary("expm1",      _quiet(np.expm1),      lambda g, y, x, attrs: (mul(g, add(y, like(y, 1.0))),),           "expm1",    True)
log     : Unary = _unary("log",        _quiet(np.log),        lambda g, y, x, attrs: (div(g, x),),                              "log",      True)
log1p   : Unary = _unary("log1p",      _quiet(np.log1p),      lambda g, y, x, attrs: (div(g, add(x, like(x, 1.0))),),           "log1p",    True)
tanh    : Unary = _unary("tanh",       np.tanh,               lambda g, y, x, attrs: (mul(g, sub(like(y, 1.0), mul(y, y))),),   "tanh",     True)
sigmoid : Unary = _unary("sigmoid",    _quiet(_sigmoid),      lambda g, y, x, attrs: (mul(g, mul(y, sub(like(y, 1.0), y))),),   "sigmoid",  True)
relu    : Unary = _unary("relu",       lambda x: np.maximum(x, 0), lambda g, y, x, attrs: (where(le(y, like(y, 0)), like(g, 0.0), g),), "relu", False)
sqrt    : Unary = _unary("sqrt",       _quiet(np.sqrt),       lambda g, y, x, attrs: (div(g, mul(like(y, 2.0), y)),),           "sqrt",     True)
sin     : Unary = _unary("sin",        _quiet(np.sin),        lambda g, y, x, attrs: (mul(g, cos(x)),),                         "sin",      True)
cos     : Unary = _unary("cos",        _quiet(np.cos),        lambda g, y, x, attrs: (neg(mul(g, sin(x))),),                    "cos",      True)
erf     : Unary = _unary("erf",        _erf,                  lambda g, y, x, attrs: (mul(g, mul(like(x, 2 / math.sqrt(math.pi)), exp(neg(mul(x, x))))),), "erf", True)
floor   : Unary = _unary("floor",      np.floor,              _none,                                                          "floor",    True)
ceil    : Unary = _unary("ceil",       np.ceil,               _none,                                                          "ceil",     True)
rint    : Unary = _unary("round",      np.rint,               _none,                                                          "round",    True)

add     : Binary = _binary("add",       np.add,                lambda g, y, a, b, attrs: (g, g),                                 "add")
sub     : Binary = _binary("sub",       np.subtract,           lambda g, y, a, b, attrs: (g, neg(g)),                            "sub")
mul     : Binary = _binary("mul",       _quiet(np.multiply),   lambda g, y, a, b, attrs: (mul(g, b), mul(g, a)),                 "mul")
div     : Binary = _binary("div",       _quiet(np.divide),     lambda g, y, a, b, attrs: (div(g, b), neg(mul(g, div(y, b)))),    "div",     floats=True)
mod     : Binary = _binary("mod",       _quiet(_mod),          lambda g, y, a, b, attrs: (g, neg(mul(g, floor(div(a, b))))),     "mod")
power   : Binary = _binary("pow",       _quiet(np.power),      _pow_grad,                                                      "pow")
maximum : Binary = _binary("maximum",   np.maximum,            _extreme_grad,                                                  "maximum")
minimum : Binary = _binary("minimum",   np.minimum,            _extreme_grad,                                                  "minimum")

eq      : Binary = _binary("eq",        np.equal,              _none, "eq", dtypes.bool_)
ne      : Binary = _binary("ne",        np.not_equal,          _none, "ne", dtypes.bool_)
lt      : Binary = _binary("lt",        np.less,               _none, "lt", dtypes.bool_)
le      : Binary = _binary("le",        np.less_equal,         _none, "le", dtypes.bool_)
gt      : Binary = _binary("gt",        np.greater,            _none, "gt", dtypes.bool_)
ge      : Binary = _binary("ge",        np.greater_equal,      _none, "ge", dtypes.bool_)
both    : Binary = _binary("and",       np.bitwise_and,        _none, "and")
either  : Binary = _binary("or",        np.bitwise_or,         _none, "or")
exclusive : Binary = _binary("xor",     np.bitwise_xor,        _none, "xor")

row("copy",  "elementwise", lambda attrs, x: x, lambda g, y, x, attrs: (g,), "copy")
row("cast",  "elementwise", lambda attrs, x: x.astype(attrs.np), lambda g, y, x, attrs: (cast(g, x.dtype) if x.dtype.is_float else None,), "cast")
row("where", "elementwise", lambda attrs, c, a, b: np.where(c, a, b), _where_grad, "where")
row("detach", "view",       lambda attrs, x: x, _none, "view")
row("alias", "view",        lambda attrs, x: x, lambda g, y, x, attrs: (g,), "view")
# fmt: on


def where(c: Node, a: Node, b: Node) -> Node:
    """`a` where `c` is true, else `b`; all three broadcast."""
    if a.dtype is not b.dtype:
        dtype = common(a, b)
        a, b = cast(a, dtype), cast(b, dtype)
    shape = broadcast(broadcast(c.shape, a.shape, "where"), b.shape, "where")
    return node("where", (cast(c, dtypes.bool_), a, b), None, shape, a.dtype)


def detach(x: Node) -> Node:
    """The same values, through which no gradient flows."""
    return Node("detach", (x,), None, x.shape, x.dtype, False)


def alias(x: Node) -> Node:
    """The same values under another node."""
    return node("alias", (x,), None, x.shape, x.dtype)
