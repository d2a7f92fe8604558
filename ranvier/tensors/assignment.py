"""``x[index] = value`` on nodes, with PyTorch's meaning."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ranvier import dtypes, ops
from ranvier.errors import ShapeError
from ranvier.graph import Node, leaf
from ranvier.tensors.handles import guard, hooks
from ranvier.tensors.indexing import check_mask, fits, read

_MASKS = (dtypes.bool_, np.dtype(bool))


def written(x: Node, index: Any, value: Node) -> Node:
    """`x` with ``x[index] = value`` done, as a new node."""
    value = ops.cast(value, x.dtype)
    if math.prod(value.shape) == 1:
        value = ops.reshape(value, ())
    array = hasattr(index, "_node") or isinstance(index, np.ndarray)
    if array and index.dtype in _MASKS:
        made = _masked(x, index, value)
        if made is not None:
            return made
    size = math.prod(x.shape)
    places = ops.reshape(ops.iota(size), x.shape)
    chosen, basic = read(places, index)
    while len(value.shape) > len(chosen.shape) and value.shape[0] == 1:
        value = ops.reshape(value, value.shape[1:])
    if not fits(value.shape, chosen.shape):
        raise ShapeError(
            f"x[index] = value: the place has shape {chosen.shape}, the value "
            f"{value.shape}."
        )
    return put(x, chosen, value, once=basic)


def put(x: Node, chosen: Node, value: Node, once: bool) -> Node:
    """`x` with `value` at the places whose numbers `chosen` holds; `once`: no number
    comes twice.
    """
    size = math.prod(x.shape)
    flat = ops.reshape(chosen, (math.prod(chosen.shape),))
    hit = ops.scatter_add(ops.expand(ops.like(chosen, 1), flat.shape), flat, size)
    if value.shape == ():
        there = value
    else:
        new = ops.reshape(ops.expand(value, chosen.shape), flat.shape)
        if not once:
            new = last_of_each(new, flat)
        there = ops.reshape(ops.scatter_add(new, flat, size), x.shape)
    chosen_here = ops.ne(ops.reshape(hit, x.shape), ops.like(hit, 0))
    return ops.where(chosen_here, there, x)


def last_of_each(new: Node, flat: Node) -> Node:
    """`new` with 0 where a later row goes to the same place: the last one stays."""
    if hooks.recorder is not None:
        return _last_of_each_as_it_runs(new, flat)
    if flat.value is None:
        hooks.evaluate([flat])
    assert flat.value is not None, "evaluate leaves a value"
    places = flat.value
    winner, first = np.unique(places[::-1], return_index=True)
    if winner.size == places.size:
        return new
    stays = np.zeros(places.size, bool)
    stays[places.size - 1 - first] = True
    return ops.where(leaf(stays), new, ops.like(new, 0))


def _last_of_each_as_it_runs(new: Node, flat: Node) -> Node:
    """The rows sorted by place, equal ones in their order: the last of each run."""
    n = flat.shape[0]
    if n < 2:
        return new
    order = ops.argsort(flat, 0)
    places = ops.take(flat, order)
    after, before = ops.cut(places, ((1, n, 1),)), ops.cut(places, ((0, n - 1, 1),))
    last = ops.pad(ops.cast(ops.ne(after, before), dtypes.int64), ((0, 1, 0),), 1.0)
    stays = ops.ne(ops.scatter_add(last, order, n), ops.like(flat, 0))
    return ops.where(stays, new, ops.like(new, 0))


# ---- by a mask -----------------------------------------------------------------------


def _masked(x: Node, index: Any, value: Node) -> Node | None:
    """`value` for all true places, or one after the other in a compiled function."""
    mask = index._node if hasattr(index, "_node") else leaf(np.array(index))
    rest = x.shape[len(mask.shape) :]
    check_mask(x, mask)
    wide = ops.reshape(mask, mask.shape + (1,) * len(rest))
    if len(value.shape) > len(rest) and value.shape[0] == 1:
        value = ops.reshape(value, value.shape[1:])
    if fits(value.shape, rest):
        return ops.where(wide, value, x)
    if hooks.recorder is not None and hasattr(index, "_node"):
        return ops.where(wide, _in_order(x, mask, value), x)
    _check_count(x, mask, value)
    return None


def _in_order(x: Node, mask: Node, value: Node) -> Node:
    """The rows of `value` at the true places, one after the other; how many there are
    is looked at as it runs.
    """
    rest = x.shape[len(mask.shape) :]
    count = value.shape[0] if value.shape else 0
    wanted = (count, *rest)
    if not fits(value.shape, wanted) or value.shape == x.shape:
        raise _refused(x, mask, value, "some")
    flat = ops.cast(ops.reshape(mask, (math.prod(mask.shape),)), dtypes.int64)
    right = ops.eq(ops.total(flat), ops.const(count, dtypes.int64))
    guard(right, f"x[mask] = values: not {count} places are true, but so many values.")
    place = ops.sub(ops.cumsum(flat, 0), ops.const(1, dtypes.int64))
    inside = ops.maximum(place, ops.const(0, dtypes.int64))
    inside = ops.minimum(inside, ops.const(max(0, count - 1), dtypes.int64))
    rows = ops.take(ops.expand(value, wanted), inside)
    return ops.reshape(rows, x.shape)


def _check_count(x: Node, mask: Node, value: Node) -> None:
    """Refuse what is not one value for each true place of a mask."""
    if mask.value is None:
        hooks.evaluate([mask])
    assert mask.value is not None, "evaluate leaves a value"
    true = int(np.count_nonzero(mask.value))
    if not fits(value.shape, (true, *x.shape[len(mask.shape) :])):
        raise _refused(x, mask, value, true)


def _refused(x: Node, mask: Node, value: Node, true: int | str) -> ShapeError:
    wanted = (true, *x.shape[len(mask.shape) :])
    remedy = "Give one number, or one value for each true place."
    if value.shape == x.shape:
        remedy = "Use x = rv.where(mask, values, x)."
    return ShapeError(
        f"x[mask] = values: {true} places are true, so values of shape {wanted} are "
        f"expected, got {value.shape}. {remedy}"
    )
