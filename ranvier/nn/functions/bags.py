"""Sums, means and maxima of rows of a table, many bags at a time."""

from __future__ import annotations

import math

from ranvier import dtypes, ops
from ranvier.errors import (
    DTypeError,
    ShapeError,
    UnknownNameError,
    UnsupportedError,
    ValueRangeError,
    nearest,
)
from ranvier.graph import Node, Shape
from ranvier.nn.functions import checks
from ranvier.nn.functions.embedding import no_rescaling, padding_row
from ranvier.tensor import Tensor, _wrap
from ranvier.tensors.handles import guard, hooks
from ranvier.tensors.picking import in_range

MODES = ("sum", "mean", "max")
WHAT = "embedding_bag"


def embedding_bag(
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | None = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """Rows of `weight` (rows, dim) by number, summed, averaged or maximised a bag.

    Bags are the rows of `input` (bags, n); or `input` has one dimension, and bag i goes
    from ``offsets[i]`` to ``offsets[i + 1]`` (the last to the end; with
    ``include_last_offset`` the last offset is that end). `per_sample_weights`, of the
    shape of `input`, multiply the rows of a sum. Rows `padding_idx` do not count. An
    empty bag gives 0. Shapes: → (bags, dim).

    >>> import ranvier as rv
    >>> table = rv.tensor([[1.0], [2.0], [4.0]])
    >>> bag, starts = rv.tensor([0, 1, 2, 2]), rv.tensor([0, 2])
    >>> rv.nn.functional.embedding_bag(bag, table, starts, mode="sum")
    tensor([[3.],
            [8.]])
    """
    no_rescaling(WHAT, max_norm, scale_grad_by_freq, sparse)
    known_mode(WHAT, mode)
    index, table = checks.node(WHAT, input), checks.node(WHAT, weight)
    if len(table.shape) != 2:
        raise ShapeError(
            f"{WHAT}: weights of shape {table.shape}; expected (rows, dim)."
        )
    factor = _factor(per_sample_weights, index.shape, mode)
    rows, dim = table.shape
    in_range(f"{WHAT}({rows} rows of {dim})", index, rows, "rows")
    taken = ops.take(table, index)
    row = padding_row(WHAT, padding_idx, rows)
    counted = None if row is None else ops.ne(index, ops.like(index, row))
    if len(index.shape) == 2:
        _no_offsets(offsets, index.shape)
        return _wrap(_of_rows(taken, counted, factor, mode))
    bag, bags = _bag_of_each(index.shape, offsets, include_last_offset)
    return _wrap(_of_bags(taken, counted, factor, mode, bag, bags))


def known_mode(what: str, mode: str) -> str:
    """One of "sum", "mean", "max"."""
    if mode not in MODES:
        hint = nearest(str(mode), MODES)
        raise UnknownNameError(
            f"{what}: mode is {mode!r}; known are {', '.join(MODES)}{hint}"
        )
    return mode


def _factor(weights: Tensor | None, shape: Shape, mode: str) -> Node | None:
    if weights is None:
        return None
    if mode != "sum":
        raise UnsupportedError(
            f"{WHAT}: per_sample_weights with mode={mode!r}; they go with mode='sum'."
        )
    w = checks.node(f"{WHAT} (per_sample_weights)", weights)
    if w.shape != shape:
        raise ShapeError(
            f"{WHAT}: per_sample_weights of shape {w.shape} for an input of {shape}; "
            "they must be equal."
        )
    return ops.reshape(w, (*shape, 1))


def _no_offsets(offsets: Tensor | None, shape: Shape) -> None:
    if offsets is not None:
        raise ShapeError(
            f"{WHAT}: offsets with an input of shape {shape}, whose rows are the bags "
            "already; leave them out, or use input.reshape(-1)."
        )


# ---- where the bags are --------------------------------------------------------------


def _bag_of_each(
    shape: Shape, offsets: Tensor | None, with_end: bool
) -> tuple[Node, int]:
    """The number of the bag of each element, and how many bags there are."""
    if len(shape) != 1:
        raise ShapeError(
            f"{WHAT}: an input of shape {shape}; expected (bags, n), or (n) with "
            "offsets."
        )
    if offsets is None:
        raise ShapeError(
            f"{WHAT}: an input of shape {shape} without offsets; say where each bag "
            "starts, as in offsets=rv.tensor([0, 4])."
        )
    starts, n = checks.node(f"{WHAT} (offsets)", offsets), shape[0]
    if len(starts.shape) != 1 or starts.dtype.order != 1:
        raise DTypeError(
            f"{WHAT}: offsets of {starts.dtype.name} with shape {starts.shape}; "
            "expected one dimension of whole numbers."
        )
    if with_end and not starts.shape[0]:
        raise ShapeError(f"{WHAT}: include_last_offset needs at least one offset.")
    _check_starts(starts, n)
    places = ops.reshape(ops.iota(n), (n, 1))
    begun = ops.cast(ops.le(ops.cast(starts, dtypes.int64), places), dtypes.int64)
    bag = ops.sub(ops.total(begun, 1), ops.const(1, dtypes.int64))
    return bag, starts.shape[0] - with_end


def _check_starts(starts: Node, n: int) -> None:
    if not starts.shape[0]:
        return
    in_range(f"{WHAT} (offsets)", starts, n + 1, "places")
    first = ops.reshape(ops.cut(starts, ((0, 1, 1),)), ())
    text = f"{WHAT}: the first offset is not 0"
    if hooks.recorder is not None:
        guard(ops.eq(first, ops.like(first, 0)), text)
        return
    hooks.evaluate([first])
    assert first.value is not None, "evaluate leaves a value"
    if first.value.item():
        raise ValueRangeError(f"{text} but {first.value}; elements before it are lost.")


# ---- what comes of them --------------------------------------------------------------


def _of_rows(taken: Node, counted: Node | None, factor: Node | None, mode: str) -> Node:
    if counted is not None:
        counted = ops.reshape(counted, (*counted.shape, 1))
    if not taken.shape[1]:
        return ops.total(taken, 1)
    if mode == "max":
        return _largest(taken, counted, 1)
    total = ops.total(_weighted(taken, counted, factor), 1)
    if mode == "sum":
        return total
    if counted is None:
        return ops.mul(total, ops.like(total, 1.0 / taken.shape[1]))
    return _shared(total, ops.total(ops.cast(counted, taken.dtype), 1))


def _of_bags(
    taken: Node,
    counted: Node | None,
    factor: Node | None,
    mode: str,
    bag: Node,
    bags: int,
) -> Node:
    n, dim = taken.shape
    if not n or not bags:
        return ops.expand(ops.like(taken, 0.0), (bags, dim))
    if counted is not None:
        counted = ops.reshape(counted, (n, 1))
    if mode == "max":
        inside = ops.eq(
            ops.reshape(bag, (1, n)), ops.reshape(ops.iota(bags), (bags, 1))
        )
        inside = ops.reshape(inside, (bags, n, 1))
        inside = inside if counted is None else ops.both(inside, counted)
        return _largest(ops.reshape(taken, (1, n, dim)), inside, 1)
    # Elements behind an included last offset fall into a bag that is cut off.
    total = ops.scatter_add(_weighted(taken, counted, factor), bag, bags + 1)
    total = ops.cut(total, ((0, bags, 1), (0, dim, 1)))
    if mode == "sum":
        return total
    one = ops.expand(ops.like(taken, 1.0), (n, 1))
    one = one if counted is None else ops.cast(counted, taken.dtype)
    count = ops.scatter_add(one, bag, bags + 1)
    return _shared(total, ops.cut(count, ((0, bags, 1), (0, 1, 1))))


def _weighted(taken: Node, counted: Node | None, factor: Node | None) -> Node:
    if factor is not None:
        taken = ops.mul(taken, ops.cast(factor, taken.dtype))
    if counted is not None:
        taken = ops.where(counted, taken, ops.like(taken, 0.0))
    return taken


def _shared(total: Node, count: Node) -> Node:
    """The mean; 0 for an empty bag."""
    return ops.div(total, ops.maximum(count, ops.like(count, 1.0)))


def _largest(x: Node, counted: Node | None, d: int) -> Node:
    """The maximum of what counts; 0 where nothing does."""
    if counted is None:
        return ops.amax(x, d)
    least = ops.amax(ops.where(counted, x, ops.like(x, -math.inf)), d)
    some = ops.amax(ops.cast(counted, dtypes.int64), d)
    return ops.where(ops.ne(some, ops.like(some, 0)), least, ops.like(x, 0.0))
