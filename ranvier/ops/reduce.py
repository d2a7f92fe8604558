"""Primitives that reduce dimensions. Each keeps the reduced dimensions as 1; the
builders drop them with a reshape when they are not wanted, so later stages know one
form only.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ranvier import dtypes
from ranvier.graph import Node, Shape
from ranvier.ops.elementwise import add, div, either, eq, like, mul, ne, where
from ranvier.ops.movement import reshape
from ranvier.ops.primitive import Gradient, axes, cast, const, node, row

Dims = int | Sequence[int] | None


def _reduction(
    name: str, numpy: Callable[..., Any], grad: Gradient
) -> Callable[..., Node]:
    def oracle(attrs: tuple[int, ...], x: Any) -> Any:
        return numpy(x, axis=attrs, keepdims=True).astype(x.dtype, copy=False)

    row(name, "reduce", oracle, grad, name)

    def build(x: Node, dims: Dims = None, keepdim: bool = False) -> Node:
        over = axes(dims, len(x.shape), name)
        if not over:
            return x if keepdim else drop(x, over)
        kept, rest = _shapes(x.shape, over)
        x = node(name, (x,), over, kept, x.dtype)
        return x if keepdim else node("reshape", (x,), rest, rest, x.dtype)

    build.__name__ = name
    return build


@functools.lru_cache(maxsize=4096)
def _shapes(shape: Shape, over: tuple[int, ...]) -> tuple[Shape, Shape]:
    """With the dimensions `over` as 1, and without them."""
    kept = tuple(1 if i in over else n for i, n in enumerate(shape))
    return kept, tuple(n for i, n in enumerate(shape) if i not in over)


def drop(x: Node, over: tuple[int, ...]) -> Node:
    """`x` without the dimensions `over`, which have size 1."""
    return reshape(x, tuple(n for i, n in enumerate(x.shape) if i not in over))


def _extreme_grad(g: Node, y: Node, x: Node, attrs: tuple[int, ...]) -> tuple[Node]:
    """Equal extremes share the gradient."""
    hit = cast(eq(x, y), g.dtype)
    return (mul(hit, div(g, total(hit, attrs, True))),)


def _prod_grad(g: Node, y: Node, x: Node, attrs: tuple[int, ...]) -> tuple[Node]:
    """y/x, and the product of the others where one factor is 0."""
    zero = eq(x, like(x, 0.0))
    filled = where(zero, like(x, 1.0), x)
    zeros = total(cast(zero, x.dtype), attrs, True)
    others = where(
        eq(zeros, cast(zero, x.dtype)),
        div(prod(filled, attrs, True), filled),
        like(x, 0.0),
    )
    return (mul(g, others),)


def _spread(g: Node, y: Node, x: Node, attrs: tuple[int, ...]) -> tuple[Node]:
    return (expand(g, x.shape),)


# fmt: off
#                     name    NumPy     gradient
_sum   = _reduction("sum",  np.sum,   _spread)
amax   = _reduction("amax", np.max,   _extreme_grad)
amin   = _reduction("amin", np.min,   _extreme_grad)
_prod  = _reduction("prod", np.prod,  _prod_grad)
row("expand", "view", lambda attrs, x: np.broadcast_to(x, attrs), lambda g, y, x, attrs: (g,), "view")  # noqa: E501
# fmt: on


def _wide(x: Node) -> Node:
    """Integers and booleans are added up as int64."""
    return x if x.dtype.is_float else cast(x, dtypes.int64)


def total(x: Node, dims: Dims = None, keepdim: bool = False) -> Node:
    """The sum over `dims`; integers and booleans give int64."""
    return _sum(_wide(x), dims, keepdim)


def prod(x: Node, dims: Dims = None, keepdim: bool = False) -> Node:
    """The product over `dims`; integers and booleans give int64."""
    return _prod(_wide(x), dims, keepdim)


def expand(x: Node, shape: Shape) -> Node:
    """`x` repeated to `shape` by broadcasting (sizes 1 grow, dimensions appear in
    front).
    """
    return x if x.shape == shape else node("expand", (x,), shape, shape, x.dtype)


def sum_to(x: Node, shape: Shape) -> Node:
    """Undo broadcasting: the sum of `x` over whatever `shape` was repeated along."""
    if x.shape == shape:
        return x
    front = len(x.shape) - len(shape)
    over = tuple(range(front)) + tuple(
        front + i for i, n in enumerate(shape) if n == 1 and x.shape[front + i] != 1
    )
    if not over:
        return reshape(x, shape)
    return reshape(_sum(x, over, True), shape)


def mean(x: Node, dims: Dims = None, keepdim: bool = False) -> Node:
    """The arithmetic mean over `dims`."""
    count = 1
    for i in axes(dims, len(x.shape), "mean"):
        count *= x.shape[i]
    s = total(x, dims, keepdim)
    return mul(s, like(s, 1.0 / count)) if count else div(s, like(s, 0.0))


def argmax(x: Node, dim: int, keepdim: bool = False) -> Node:
    """int64 position of the largest element along `dim`; the first one among equals."""
    return _first(x, amax(x, dim, True), dim, keepdim)


def argmin(x: Node, dim: int, keepdim: bool = False) -> Node:
    """int64 position of the smallest element along `dim`; the first one
    among equals.
    """
    return _first(x, amin(x, dim, True), dim, keepdim)


def _first(x: Node, extreme: Node, dim: int, keepdim: bool) -> Node:
    if not x.shape:
        return const(0, dtypes.int64)
    (over,) = axes(dim, len(x.shape), "argmax")
    place = _places(x, over)
    found = eq(x, extreme)
    if x.dtype.is_float:  # the extreme is NaN where one is among them
        found = either(found, ne(x, x))
    hit = where(found, place, like(place, x.shape[over]))
    return amin(hit, over, keepdim)


def _places(x: Node, over: int) -> Node:
    n = x.shape[over]
    return reshape(iota(n), (n,) + (1,) * (len(x.shape) - over - 1))


def pick(x: Node, index: Node, dim: int) -> Node:
    """The element of `x` at `index` along `dim`, which both keep as 1."""
    (over,) = axes(dim, len(x.shape), "pick")
    there = eq(_places(x, over), index)
    return total(where(there, x, like(x, 0)), over, True)


def iota(n: int) -> Node:
    """0, 1, …, n - 1 as int64."""
    return node("iota", (), n, (n,), dtypes.int64)


row(
    "iota",
    "iota",
    lambda attrs: np.arange(attrs, dtype=np.int64),
    lambda g, y, attrs: (),
    "iota",
)

__all__ = [
    "add", "amax", "amin", "argmax", "argmin", "drop", "expand", "iota", "mean", "pick",
    "prod", "sum_to", "total",
]  # fmt: skip
