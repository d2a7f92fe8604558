# ruff: noqa: E501  (the tables)
"""Primitives that move elements and compute nothing. Most become views:
no code at all.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ranvier.dtypes import promote
from ranvier.errors import ShapeError
from ranvier.graph import Node, Shape
from ranvier.ops.primitive import axis, cast, node, row

Parts = tuple[tuple[int, int, int], ...]


def reshape(x: Node, shape: Shape) -> Node:
    """The same elements in row-major order under another shape of the same size."""
    if x.shape == shape:
        return x
    if math.prod(shape) != math.prod(x.shape):
        raise ShapeError(
            f"reshape: {x.shape} has {math.prod(x.shape)} elements, {shape} has "
            f"{math.prod(shape)}. Use -1 for one dimension to have it computed."
        )
    return node("reshape", (x,), shape, shape, x.dtype)


def permute(x: Node, order: Sequence[int]) -> Node:
    """Dimensions in another order: result dimension i is dimension
    ``order[i]`` of `x`.
    """
    shape = x.shape
    whole, changes = _order(tuple(order), len(shape))
    if not changes:
        return x
    turned = tuple([shape[i] for i in whole])
    return node("permute", (x,), whole, turned, x.dtype)


@functools.lru_cache(maxsize=1024)
def _order(order: tuple[int, ...], rank: int) -> tuple[tuple[int, ...], bool]:
    """The order counted from 0, and whether it changes anything."""
    whole = tuple(axis(d, rank, "permute") for d in order)
    same = tuple(range(rank))
    if tuple(sorted(whole)) != same:
        raise ShapeError(
            f"permute: {whole} is not an order of {rank} dimensions, 0 to {rank - 1}."
        )
    return whole, whole != same


def swap(x: Node) -> Node:
    """The last two dimensions exchanged."""
    n = len(x.shape)
    if n == 2:
        shape = (x.shape[1], x.shape[0])
        return node("permute", (x,), (1, 0), shape, x.dtype)
    return permute(x, (*range(n - 2), n - 1, n - 2))


def cut(x: Node, parts: tuple[tuple[int, int, int], ...]) -> Node:
    """``x[start:stop:step, …]``, one (start, stop, step) with step > 0 a dimension."""
    shape = tuple(max(0, -(-(stop - start) // step)) for start, stop, step in parts)
    if shape == x.shape:
        return x
    return node("cut", (x,), parts, shape, x.dtype)


def pad(x: Node, parts: Parts, value: float = 0.0) -> Node:
    """`value` around and between: one (before, after, between) a dimension, none
    negative.
    """
    if not any(b or a or m for b, a, m in parts):
        return x
    shape = tuple(
        b + a + n + m * max(0, n - 1)
        for n, (b, a, m) in zip(x.shape, parts, strict=True)
    )
    if value:
        return node("surround", (x,), (parts, value), shape, x.dtype)
    return node("pad", (x,), parts, shape, x.dtype)


def flip(x: Node, dims: tuple[int, ...]) -> Node:
    """The order of the elements reversed along `dims`."""
    return node("flip", (x,), dims, x.shape, x.dtype) if dims else x


def concat(parts: Sequence[Node], dim: int) -> Node:
    """Tensors joined along `dim`; all other sizes equal."""
    first = parts[0]
    dim = axis(dim, len(first.shape), "cat")
    dtype = first.dtype
    size = 0
    for part in parts:
        a, b = list(first.shape), list(part.shape)
        if len(a) != len(b) or a[:dim] + a[dim + 1 :] != b[:dim] + b[dim + 1 :]:
            raise ShapeError(
                f"cat: {part.shape} cannot follow {first.shape} along dimension {dim}; "
                "all other sizes must be equal."
            )
        dtype = promote(dtype, part.dtype)
        size += part.shape[dim]
    shape = (*first.shape[:dim], size, *first.shape[dim + 1 :])
    return node("concat", tuple(cast(p, dtype) for p in parts), dim, shape, dtype)


def _surround_numpy(attrs: tuple[Parts, float], x: Any) -> Any:
    parts, value = attrs
    shape = [
        b + a + n + m * max(0, n - 1)
        for n, (b, a, m) in zip(x.shape, parts, strict=True)
    ]
    out = np.full(shape, value, x.dtype)
    inner = [
        slice(b, b + n + m * max(0, n - 1), m + 1)
        for n, (b, _, m) in zip(x.shape, parts, strict=True)
    ]
    out[tuple(inner)] = x
    return out


def _cut_numpy(attrs: tuple[tuple[int, int, int], ...], x: Any) -> Any:
    return x[tuple(slice(*part) for part in attrs)]


def _uncut(
    g: Node, y: Node, x: Node, attrs: tuple[tuple[int, int, int], ...]
) -> tuple[Node]:
    parts = []
    for n, m, (start, _, step) in zip(x.shape, y.shape, attrs, strict=True):
        end = start + (m - 1) * step + 1 if m else start
        parts.append((start, n - end, step - 1))
    return (pad(g, tuple(parts)),)


def _unpad(
    g: Node, y: Node, x: Node, attrs: tuple[tuple[int, int, int], ...]
) -> tuple[Node]:
    parts = []
    for n, (before, _, between) in zip(x.shape, attrs, strict=True):
        parts.append(
            (before, before + (n - 1) * (between + 1) + 1 if n else before, between + 1)
        )
    return (cut(g, tuple(parts)),)


def _unsurround(g: Node, y: Node, x: Node, attrs: tuple[Parts, float]) -> tuple[Node]:
    return _unpad(g, y, x, attrs[0])


def _unconcat(g: Node, y: Node, *xs: Node, attrs: int) -> tuple[Node, ...]:
    out, at = [], 0
    for x in xs:
        parts = [(0, n, 1) for n in g.shape]
        parts[attrs] = (at, at + x.shape[attrs], 1)
        out.append(cut(g, tuple(parts)))
        at += x.shape[attrs]
    return tuple(out)


def _unpermute(g: Node, y: Node, x: Node, attrs: tuple[int, ...]) -> tuple[Node]:
    return (permute(g, tuple(int(i) for i in np.argsort(attrs))),)


# fmt: off
#    name       kind    NumPy
# gradient                                          lowers to
row("reshape", "view", lambda attrs, x: x.reshape(attrs),                         lambda g, y, x, attrs: (reshape(g, x.shape),),  "view")
row("permute", "view", lambda attrs, x: x.transpose(attrs),                       _unpermute,                                     "view")
row("cut",     "view", _cut_numpy,                                                _uncut,                                         "view")
row("flip",    "view", lambda attrs, x: np.flip(x, attrs),                        lambda g, y, x, attrs: (flip(g, attrs),),       "view")
row("pad",     "move", lambda attrs, x: _surround_numpy((attrs, 0), x),                             _unpad,                                         "pad")
row("surround", "move", _surround_numpy,                                          _unsurround,                                    "pad")
row("concat",  "move", lambda attrs, *xs: np.concatenate(xs, axis=attrs),         _unconcat,                                      "concat")
# fmt: on
