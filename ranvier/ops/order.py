"""Primitives that go along one dimension in order: running sums and products, and the
order of the elements by size.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ranvier import dtypes
from ranvier.errors import DTypeError
from ranvier.graph import Node
from ranvier.ops.elementwise import both, div, eq, gt, like, mul, where
from ranvier.ops.movement import flip
from ranvier.ops.primitive import axis, cast, node, row


def cumsum(x: Node, dim: int) -> Node:
    """``y[i] = x[0] + … + x[i]`` along `dim`; integers and booleans give int64."""
    return _running("cumsum", x, dim)


def cumprod(x: Node, dim: int) -> Node:
    """``y[i] = x[0] · … · x[i]`` along `dim`; integers and booleans give int64."""
    return _running("cumprod", x, dim)


def _running(name: str, x: Node, dim: int) -> Node:
    x = x if x.dtype.is_float else cast(x, dtypes.int64)
    dim = axis(dim, len(x.shape), name)
    return node(name, (x,), dim, x.shape, x.dtype) if x.shape else x


def argsort(x: Node, dim: int, descending: bool = False) -> Node:
    """int64 positions along `dim` in rising (falling) order; equal elements stay in
    their order, NaN counts as larger than any number.
    """
    if x.dtype.order == 0:
        raise DTypeError("sort: booleans have no order; use .int().")
    dim = axis(dim, len(x.shape), "sort")
    return node("argsort", (x,), (dim, descending), x.shape, dtypes.int64)


def _from_the_end(g: Node, dim: int) -> Node:
    return flip(cumsum(flip(g, (dim,)), dim), (dim,))


def _cumsum_grad(g: Node, y: Node, x: Node, attrs: int) -> tuple[Node]:
    return (_from_the_end(g, attrs),)


def _cumprod_grad(g: Node, y: Node, x: Node, attrs: int) -> tuple[Node]:
    """Σ g y from i on, over x[i]; the first 0 of a row is left out of the product, and
    behind it nothing changes.
    """
    none = eq(x, like(x, 0.0))
    seen = cumsum(cast(none, dtypes.int64), attrs)
    first = both(none, eq(seen, like(seen, 1)))
    without = cumprod(where(first, like(x, 1.0), x), attrs)
    safe = where(none, like(x, 1.0), x)
    before = div(_from_the_end(mul(g, y), attrs), safe)
    rest = where(gt(seen, like(seen, 0)), like(x, 0.0), before)
    return (where(first, _from_the_end(mul(g, without), attrs), rest),)


def _sum_numpy(attrs: int, x: Any) -> Any:
    return np.cumsum(x, axis=attrs, dtype=x.dtype)


def _prod_numpy(attrs: int, x: Any) -> Any:
    with np.errstate(all="ignore"):
        return np.cumprod(x, axis=attrs, dtype=x.dtype)


def _argsort_numpy(attrs: tuple[int, bool], x: Any) -> Any:
    dim, descending = attrs
    if not descending:
        return np.argsort(x, axis=dim, kind="stable")
    found = np.argsort(np.flip(x, dim), axis=dim, kind="stable")
    return x.shape[dim] - 1 - np.flip(found, dim)


row("cumsum", "move", _sum_numpy, _cumsum_grad, "cumsum")
row("cumprod", "move", _prod_numpy, _cumprod_grad, "cumprod")
row("argsort", "move", _argsort_numpy, lambda g, y, x, attrs: (None,), "argsort")
