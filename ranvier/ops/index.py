# ruff: noqa: E501  (the tables)
"""Primitives that pick rows by number, and add rows back by number."""

from __future__ import annotations

from typing import Any

import numpy as np

from ranvier.errors import DTypeError
from ranvier.graph import Node
from ranvier.ops.primitive import node, row


def take(x: Node, index: Node) -> Node:
    """Rows of `x`: ``y[i, …] = x[index[i], …]``; the shape is ``index.shape +
    x.shape[1:]``.
    """
    if index.dtype.order != 1:
        raise DTypeError(
            f"an index must hold integers, got {index.dtype.name}; use .long()."
        )
    return node("take", (x, index), None, index.shape + x.shape[1:], x.dtype)


def scatter_add(g: Node, index: Node, rows: int) -> Node:
    """``y[index[i], …] += g[i, …]`` into `rows` rows of zeros: the
    transpose of `take`.
    """
    shape = (rows, *g.shape[len(index.shape) :])
    return node("scatter_add", (g, index), rows, shape, g.dtype)


def _scatter_numpy(rows: int, g: Any, index: Any) -> Any:
    out = np.zeros((rows, *g.shape[index.ndim :]), g.dtype)
    np.add.at(out, index, g)
    return out


# fmt: off
#    name           kind       NumPy                               gradient
# lowers to
row("take",        "take",    lambda attrs, x, index: x[index],   lambda g, y, x, index, attrs: (scatter_add(g, index, x.shape[0]), None),          "take")
row("scatter_add", "scatter", _scatter_numpy,                     lambda g, y, x, index, attrs: (take(g, index), None),                             "scatter_add")
# fmt: on
