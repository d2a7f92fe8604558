"""Convolution, channels last and without padding: two primitives that are each other's
gradients.

    conv         y[n, p, o] = Σ_{k, c} x[n, s p + d k, c] w[k, c, o]
    conv_weight  w[k, c, o] = Σ_{n, p} x[n, s p + d k, c] g[n, p, o]

p and k run over one, two or three spatial dimensions; s is the stride, d the dilation.
With groups, output channel o sees the input channels of its group only. Padding is
`pad`, a transposed convolution is `conv_input`.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ranvier.dtypes import promote
from ranvier.graph import Node, Shape
from ranvier.ops.movement import flip, pad, permute, reshape
from ranvier.ops.primitive import cast, node, row


class Window(NamedTuple):
    """How a kernel goes over an image: one number a spatial dimension, and groups."""

    stride: Shape
    dilation: Shape
    groups: int = 1


class Weight(NamedTuple):
    """The sizes of the kernel that `conv_weight` makes."""

    window: Window
    kernel: Shape


def span(size: int, step: int) -> int:
    """How many places `size` of them, each `step` from the one before, reach over.

    >>> span(3, 2)
    5
    """
    return (size - 1) * step + 1


def places(n: int, kernel: int, stride: int, dilation: int) -> int:
    """How many windows fit into `n` places.

    >>> places(7, 3, 2, 1)
    3
    """
    return (n - span(kernel, dilation)) // stride + 1


def conv(x: Node, w: Node, window: Window) -> Node:
    """(N, *S, C) and (*K, C / groups, O) give (N, *P, O); shapes are the caller's
    care.
    """
    dtype = promote(x.dtype, w.dtype)
    x, w = cast(x, dtype), cast(w, dtype)
    kernel = w.shape[: len(window.stride)]
    spatial = tuple(
        places(*four) for four in zip(x.shape[1:-1], kernel, *window[:2], strict=True)
    )
    return node("conv", (x, w), window, (x.shape[0], *spatial, w.shape[-1]), dtype)


def conv_weight(x: Node, g: Node, window: Window, kernel: Shape) -> Node:
    """(N, *S, C) and (N, *P, O) give (*K, C / groups, O)."""
    shape = (*kernel, x.shape[-1] // window.groups, g.shape[-1])
    return node("conv_weight", (x, g), Weight(window, kernel), shape, g.dtype)


def conv_input(g: Node, w: Node, window: Window, spatial: Shape) -> Node:
    """The transpose of `conv` in its first factor: (N, *P, O) back to (N, *S, C).

    Zeros between and around the places of `g`, then the mirrored kernel; a kernel of
    one place goes first, as it would only multiply the zeros.
    """
    parts = [(0, 0, 0)]
    kernel = w.shape[: len(spatial)]
    for n, p, k, s, d in zip(
        spatial, g.shape[1:-1], kernel, window.stride, window.dilation, strict=True
    ):
        edge = span(k, d) - 1
        rest = n - edge - span(p, s)
        parts.append((edge, edge + rest, s - 1))
    ones = (1,) * len(spatial)
    back, every = mirrored(w, window.groups), window._replace(stride=ones)
    if kernel == ones:
        return pad(conv(g, back, every), (*parts, (0, 0, 0)))
    return conv(pad(g, (*parts, (0, 0, 0))), back, every)


def mirrored(w: Node, groups: int) -> Node:
    """The kernel flipped in space, with input and output channels exchanged."""
    rank = len(w.shape) - 2
    w = flip(w, tuple(range(rank)))
    *space, c, o = w.shape
    order = (*range(rank), rank + 2, rank + 1, rank)
    split = reshape(w, (*space, c, groups, o // groups))
    return reshape(permute(split, order), (*space, o // groups, groups * c))


# ---- NumPy ---------------------------------------------------------------------------


def windows(x: Any, kernel: Shape, window: Window) -> Any:
    """(N, *P, *K, G, C / G): a view of `x` with a kernel's places at each place."""
    n, *spatial, c = x.shape
    fit = [places(*four) for four in zip(spatial, kernel, *window[:2], strict=True)]
    steps = x.strides[1:-1]
    strides = [a * s for a, s in zip(steps, window.stride, strict=True)]
    inside = [a * d for a, d in zip(steps, window.dilation, strict=True)]
    each = c // window.groups
    return np.lib.stride_tricks.as_strided(
        x,
        (n, *fit, *kernel, window.groups, each),
        (x.strides[0], *strides, *inside, each * x.strides[-1], x.strides[-1]),
        writeable=False,
    )


def _conv_numpy(window: Window, x: Any, w: Any) -> Any:
    rank = x.ndim - 2
    kernel = w.shape[:rank]
    view = windows(x, kernel, window)
    g, o = window.groups, w.shape[-1]
    out = np.empty((*view.shape[: rank + 1], o), x.dtype)
    inner = math.prod(kernel) * (x.shape[-1] // g)
    for i in range(g):
        columns = slice(i * (o // g), (i + 1) * (o // g))
        rows = view[..., i, :].reshape(-1, inner)
        part = rows @ w[..., columns].reshape(inner, o // g)
        out[..., columns] = part.reshape(*out.shape[:-1], o // g)
    return out


def _weight_numpy(attrs: Weight, x: Any, g: Any) -> Any:
    window, kernel = attrs
    view = windows(x, kernel, window)
    groups, o = window.groups, g.shape[-1]
    c = x.shape[-1] // groups
    out = np.empty((*kernel, c, o), g.dtype)
    inner = math.prod(kernel) * c
    rows_of_g = g.reshape(-1, o)
    for i in range(groups):
        columns = slice(i * (o // groups), (i + 1) * (o // groups))
        rows = view[..., i, :].reshape(len(rows_of_g), inner)
        out[..., columns] = (rows.T @ rows_of_g[:, columns]).reshape(*kernel, c, -1)
    return out


# ---- gradients -----------------------------------------------------------------------


def _conv_grad(
    g: Node, y: Node, x: Node, w: Node, attrs: Window
) -> tuple[Node | None, ...]:
    kernel = w.shape[: len(attrs.stride)]
    return (
        conv_input(g, w, attrs, x.shape[1:-1]) if x.rg else None,
        conv_weight(x, g, attrs, kernel) if w.rg else None,
    )


def _weight_grad(
    g: Node, y: Node, x: Node, p: Node, attrs: Weight
) -> tuple[Node | None, ...]:
    return (
        conv_input(p, g, attrs.window, x.shape[1:-1]) if x.rg else None,
        conv(x, g, attrs.window) if p.rg else None,
    )


row("conv", "matmul", _conv_numpy, _conv_grad, "conv")
row("conv_weight", "matmul", _weight_numpy, _weight_grad, "conv_weight")
