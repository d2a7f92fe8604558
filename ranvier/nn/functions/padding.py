"""Borders around arrays as functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ranvier import ops
from ranvier.errors import ShapeError, UnknownNameError, ValueRangeError, nearest
from ranvier.graph import Node
from ranvier.tensor import Tensor, _wrap, no_tensor

MODES = ("constant", "reflect", "replicate", "circular")


def pad(
    input: Tensor,
    pad: Sequence[int],
    mode: str = "constant",
    value: float | None = None,
) -> Tensor:
    """A border around the last dimensions: two numbers a dimension, the last one
    first. Negative numbers cut away.

    `mode` is "constant" (`value`, or 0), "reflect", "replicate" or "circular".

    >>> import ranvier as rv
    >>> rv.nn.functional.pad(rv.tensor([1.0, 2.0, 3.0]), (1, 2))
    tensor([0., 1., 2., 3., 0., 0.])
    >>> rv.nn.functional.pad(rv.tensor([[1.0, 2.0, 3.0]]), (2, 0), "reflect")
    tensor([[3., 2., 1., 2., 3.]])
    """
    try:
        x = input._node
    except AttributeError as error:
        raise no_tensor("pad", error) from None
    if mode not in MODES:
        hint = nearest(str(mode), MODES)
        raise UnknownNameError(
            f"pad: mode is {mode!r}; known are {', '.join(MODES)}{hint}"
        )
    borders = _borders(x, pad)
    if mode == "constant":
        return _wrap(_with_value(x, borders, 0.0 if value is None else value))
    for d, (before, after) in enumerate(borders):
        if before or after:
            x = _continued(x, d, before, after, mode)
    return _wrap(x)


def _borders(x: Node, pad: Any) -> list[tuple[int, int]]:
    """(before, after) of every dimension."""
    given = tuple(pad)
    rank = len(x.shape)
    if len(given) % 2 or len(given) > 2 * rank:
        raise ShapeError(
            f"pad: {given} for a tensor with {rank} dimensions; give two numbers for "
            "each of the last dimensions."
        )
    pairs = list(zip(given[::2], given[1::2], strict=True))[::-1]
    return [(0, 0)] * (rank - len(pairs)) + pairs


def _with_value(x: Node, borders: list[tuple[int, int]], value: float) -> Node:
    kept = []
    for n, (before, after) in zip(x.shape, borders, strict=True):
        if n + before + after < 0:
            raise ShapeError(f"pad: {before} and {after} cut more than the {n} places.")
        kept.append((max(0, -before), n - max(0, -after), 1))
    x = ops.cut(x, tuple(kept))
    parts = tuple((max(0, b), max(0, a), 0) for b, a in borders)
    return ops.pad(x, parts, value)


def _continued(x: Node, d: int, before: int, after: int, mode: str) -> Node:
    """Dimension `d` with a border made from its own places."""
    n = x.shape[d]
    if before < 0 or after < 0:
        raise ValueRangeError(
            f"pad: a border of {min(before, after)} with mode {mode!r}; only "
            "mode='constant' cuts away."
        )
    most = {"reflect": n - 1, "circular": n}.get(mode)
    if most is not None and max(before, after) > most:
        raise ShapeError(
            f"pad: a border of {max(before, after)} with mode {mode!r} for {n} places; "
            f"it can be at most {most}. Use mode='replicate'."
        )

    def piece(start: int, stop: int) -> Node:
        parts = [(0, size, 1) for size in x.shape]
        parts[d] = (start, stop, 1)
        return ops.cut(x, tuple(parts))

    def edge(at: int, count: int) -> Node:
        shape = (*x.shape[:d], count, *x.shape[d + 1 :])
        return ops.expand(piece(at, at + 1), shape)

    if mode == "reflect":
        front = ops.flip(piece(1, before + 1), (d,))
        back = ops.flip(piece(n - 1 - after, n - 1), (d,))
    elif mode == "circular":
        front, back = piece(n - before, n), piece(0, after)
    else:
        front, back = edge(0, before), edge(n - 1, after)
    pieces = [front] * bool(before) + [x] + [back] * bool(after)
    return ops.concat(pieces, d)
