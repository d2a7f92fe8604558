"""``x[index]`` and ``x[index] = value`` on nodes, with PyTorch's meaning."""

from __future__ import annotations

from typing import Any

import numpy as np

from ranvier import dtypes, ops
from ranvier.bounds import known_bounds
from ranvier.errors import DTypeError, ShapeError, UnsupportedError
from ranvier.graph import Node, Shape, leaf
from ranvier.handles import guard, hooks


def _is_array(index: Any) -> bool:
    """Whether an index picks by an array, not by numbers and slices."""
    return hasattr(index, "_node") or isinstance(index, (np.ndarray, list))


def ints(values: Any) -> Shape:
    if len(values) == 1 and isinstance(values[0], (tuple, list)):
        values = values[0]
    return tuple([ops.integer(v, "shape", "a size") for v in values])


def fits(small: Shape, large: Shape) -> bool:
    if len(small) > len(large):
        return False
    tail = large[len(large) - len(small) :]
    return all(s in (1, n) for s, n in zip(small, tail, strict=True))


def read(x: Node, index: Any) -> tuple[Node, bool]:
    """``x[index]`` and whether PyTorch would make it a view."""
    items = index if isinstance(index, tuple) else (index,)
    items = _spread_ellipsis(items, len(x.shape))
    if any(_is_array(i) for i in items):
        return _get_by_array(x, items), False
    parts, shape, dim = [], [], 0
    for item in items:
        if item is None:
            shape.append(1)
            continue
        part, size = _part(item, x.shape, dim)
        parts.append(part)
        shape.extend([size] if size is not None else [])
        dim += 1
    parts += [(0, n, 1) for n in x.shape[dim:]]
    shape += x.shape[dim:]
    flips = tuple(i for i, (_, _, step) in enumerate(parts) if step < 0)
    if flips:
        raise ShapeError(
            "a slice step must be positive, as in PyTorch; use .flip(dim)."
        )
    if x.value is not None and not x.rg and hooks.recorder is None:
        return _cut_now(x, parts, tuple(shape)), True
    return ops.reshape(ops.cut(x, tuple(parts)), tuple(shape)), True


def _cut_now(x: Node, parts: list[tuple[int, int, int]], shape: Shape) -> Node:
    """A piece of data that is there already: a NumPy view, so that loops over slices
    make one graph and not one a slice.
    """
    assert x.value is not None
    x.exported = True
    return leaf(x.value[tuple(slice(*part) for part in parts)].reshape(shape))


def _spread_ellipsis(items: tuple[Any, ...], rank: int) -> tuple[Any, ...]:
    used = sum(1 for i in items if i is not None and i is not Ellipsis)
    if used > rank:
        raise ShapeError(f"{used} indices for a tensor with {rank} dimensions.")
    if not any(i is Ellipsis for i in items):
        return items
    at = next(n for n, i in enumerate(items) if i is Ellipsis)
    return items[:at] + (slice(None),) * (rank - used) + items[at + 1 :]


def _part(item: Any, shape: Shape, dim: int) -> tuple[tuple[int, int, int], int | None]:
    n = shape[dim]
    if isinstance(item, slice):
        start, stop, step = item.indices(n)
        return (start, max(start, stop), step), max(0, -(-(stop - start) // step))
    if isinstance(item, (int, np.integer)):
        if not -n <= item < n:
            raise ShapeError(
                f"index {item} is out of range for dimension {dim} of size {n}."
            )
        i = int(item) % n
        return (i, i + 1, 1), None
    raise DTypeError(f"cannot index a tensor with {type(item).__name__}.")


def _get_by_array(x: Node, items: tuple[Any, ...]) -> Node:
    arrays = [(i, item) for i, item in enumerate(items) if not isinstance(item, slice)]
    whole = all(item == slice(None) for item in items if isinstance(item, slice))
    if not whole or any(item is None for item in items):
        raise UnsupportedError(
            "an index that mixes integer tensors with part slices or None; index in "
            "two steps."
        )
    nodes = [_index_node(item, x.shape, i) for i, item in arrays]
    if len(nodes) == 1 and nodes[0].dtype.order == 0:
        return _get_by_mask(x, nodes[0])
    dims = [i for i, _ in arrays]
    order = dims + [i for i in range(len(x.shape)) if i not in dims]
    moved = ops.permute(x, order)
    flat, size = nodes[0], x.shape[dims[0]]
    for d, node in zip(dims[1:], nodes[1:], strict=True):
        flat = ops.add(ops.mul(flat, ops.like(flat, x.shape[d])), node)
        size *= x.shape[d]
    rest = moved.shape[len(dims) :]
    out = ops.take(ops.reshape(moved, (size, *rest)), flat)
    if dims != list(range(dims[0], dims[0] + len(dims))) or not dims[0]:
        return out
    k, before = len(flat.shape), dims[0]
    axes = [*range(k, k + before), *range(k), *range(k + before, len(out.shape))]
    return ops.permute(out, axes)


def _index_node(item: Any, shape: Shape, dim: int) -> Node:
    node = item._node if hasattr(item, "_node") else leaf(np.array(item))
    if node.dtype.order == 2:
        raise DTypeError(
            f"an index must hold integers or booleans, got {node.dtype.name}."
        )
    if node.dtype.order == 0:
        return node
    low = _check_index(node, shape[dim], dim)
    if low >= 0:
        return node
    wrapped = ops.add(node, ops.like(node, shape[dim]))
    return ops.where(ops.lt(node, ops.like(node, 0)), wrapped, node)


def _check_index(node: Node, n: int, dim: int) -> int:
    """Refuse numbers outside -n … n - 1; a lower bound of those in use."""
    bounds = known_bounds(node, lasting=hooks.recorder is not None)
    if bounds is None or bounds[0] < -n or bounds[1] >= n:
        if hooks.recorder is not None:
            low = ops.ge(ops.amin(node), ops.like(node, -n))
            high = ops.lt(ops.amax(node), ops.const(n, dtypes.int64))
            text = f"an index is out of range for dimension {dim} of size {n}."
            guard(ops.both(low, high), text)
            return -n
        if node.value is None:
            hooks.evaluate([node])
        bounds = known_bounds(node)
    if bounds is None:
        return 0
    bad = bounds[0] if bounds[0] < -n else bounds[1]
    if not -n <= bad < n:
        raise ShapeError(
            f"index {bad} is out of range for dimension {dim} of size {n}."
        )
    return bounds[0]


def _get_by_mask(x: Node, mask: Node) -> Node:
    if hooks.recorder is not None:
        hooks.refuse_look(mask)
    _check_mask(x, mask)
    if mask.value is None:
        hooks.evaluate([mask])
    assert mask.value is not None
    rest = x.shape[len(mask.shape) :]
    flat = ops.reshape(x, (mask.value.size, *rest))
    return ops.take(flat, leaf(np.flatnonzero(mask.value)))


def written(x: Node, index: Any, value: Node) -> Node:
    """`x` with ``x[index] = value`` done, as a new node."""
    value = ops.cast(value, x.dtype)
    if _count(value.shape) == 1:
        value = ops.reshape(value, ())
    if (
        hasattr(index, "_node") or isinstance(index, np.ndarray)
    ) and index.dtype in _MASKS:
        mask = _index_node(index, x.shape, 0)
        rest = x.shape[len(mask.shape) :]
        if fits(value.shape, rest):
            _check_mask(x, mask)
            extra = (1,) * len(rest)
            return ops.where(ops.reshape(mask, mask.shape + extra), value, x)
        _check_masked(x, index, mask, value)
    places = ops.reshape(_positions(x), x.shape)
    chosen, basic = read(places, index)
    while len(value.shape) > len(chosen.shape) and value.shape[0] == 1:
        value = ops.reshape(value, value.shape[1:])
    if not fits(value.shape, chosen.shape):
        raise _refused(value, chosen)
    flat = ops.reshape(chosen, (_count(chosen.shape),))
    size = _count(x.shape)
    hit = ops.scatter_add(ops.expand(ops.like(places, 1), flat.shape), flat, size)
    if value.shape == ():
        put = value
    else:
        new = ops.reshape(ops.expand(value, chosen.shape), flat.shape)
        if not basic:
            new = last_of_each(new, flat, index)
        put = ops.reshape(ops.scatter_add(new, flat, size), x.shape)
    chosen_here = ops.ne(ops.reshape(hit, x.shape), ops.like(hit, 0))
    return ops.where(chosen_here, put, x)


_MASKS = (dtypes.bool_, np.dtype(bool))


def last_of_each(new: Node, flat: Node, index: Any) -> Node:
    """`new` with 0 where a later row goes to the same place: the last one stays."""
    items = index if isinstance(index, tuple) else (index,)
    if hooks.recorder is not None and any(hasattr(i, "_node") for i in items):
        raise UnsupportedError(
            "x[index] = values inside a compiled function: which value stays where the "
            "same row comes twice is not known there. Assign one number, index with a "
            "list or a NumPy array, use rv.where(mask, values, x), or leave this "
            "function uncompiled."
        )
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


def _check_mask(x: Node, mask: Node) -> None:
    if mask.shape != x.shape[: len(mask.shape)]:
        raise ShapeError(
            f"a mask of shape {mask.shape} for a tensor of shape {x.shape}."
        )


def _check_masked(x: Node, index: Any, mask: Node, value: Node) -> None:
    """Refuse what is not one value for each true place of a mask."""
    _check_mask(x, mask)
    if hooks.recorder is not None and hasattr(index, "_node"):
        raise UnsupportedError(
            "x[mask] = values inside a compiled function: how many places are true is "
            "not known there. Assign one number, or use rv.where(mask, values, x) with "
            f"values of shape {x.shape}."
        )
    if mask.value is None:
        hooks.evaluate([mask])
    assert mask.value is not None, "evaluate leaves a value"
    true = int(np.count_nonzero(mask.value))
    wanted = (true, *x.shape[len(mask.shape) :])
    if not fits(value.shape, wanted):
        remedy = "Give one number, or one value for each true place."
        if value.shape == x.shape:
            remedy = "Use x = rv.where(mask, values, x)."
        raise ShapeError(
            f"x[mask] = values: {true} places are true, so values of shape {wanted} "
            f"are expected, got {value.shape}. {remedy}"
        )


def _positions(x: Node) -> Node:
    return ops.iota(_count(x.shape))


def _count(shape: Shape) -> int:
    n = 1
    for size in shape:
        n *= size
    return n


def _refused(value: Node, chosen: Node) -> ShapeError:
    return ShapeError(
        f"x[index] = value: the place has shape {chosen.shape}, the value "
        f"{value.shape}."
    )
