"""``x[index]`` on nodes, with PyTorch's meaning."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ranvier import dtypes, ops
from ranvier.errors import DTypeError, ShapeError
from ranvier.graph import Node, Shape, leaf
from ranvier.tensors.bounds import known_bounds
from ranvier.tensors.handles import guard, hooks

Arrays = dict[int, Node]  # of rows to pick, by dimension


def _is_array(index: Any) -> bool:
    """Whether an index picks by an array, not by numbers and slices."""
    return hasattr(index, "_node") or isinstance(index, (np.ndarray, list, range))


def ints(values: Any) -> Shape:
    if len(values) == 1 and isinstance(values[0], (tuple, list)):
        values = values[0]
    if all(type(v) is int for v in values):
        return tuple(values)
    return tuple([ops.integer(v, "shape", "a size") for v in values])


def fits(small: Shape, large: Shape) -> bool:
    if len(small) > len(large):
        return False
    tail = large[len(large) - len(small) :]
    return all(s in (1, n) for s, n in zip(small, tail, strict=True))


def read(x: Node, index: Any) -> tuple[Node, bool]:
    """``x[index]`` and whether PyTorch would make it a view.

    Numbers, slices and new dimensions first; then the arrays of what is left.
    """
    if hasattr(index, "_node") and _there(x) and x.shape:
        made = _rows_now(x, index._node)
        if made is not None:
            return made, False
    items = index if isinstance(index, tuple) else (index,)
    if _there(x) and (found := _piece_now(x, items)) is not None:
        return found, True
    if not any(map(_is_array, items)):
        return _cut(x, _spread_ellipsis(items, len(x.shape)))[0], True
    items = tuple(_array(item) if _is_array(item) else item for item in items)
    items = _spread_ellipsis(items, len(x.shape))
    x, items = _masks_as_rows(x, items)
    y, arrays = _cut(x, items)
    return _picked(y, arrays), False


def _rows_now(x: Node, index: Node) -> Node | None:
    """Rows of data by numbers that are there, as a loop over mini-batches asks for."""
    if index.value is None or index.dtype.order != 1:
        return None
    assert x.value is not None
    try:
        return leaf(x.value[index.value])
    except IndexError:
        return None  # told by the way for all others, in our words


def _array(item: Any) -> Node:
    """An index of integers or booleans as a node."""
    if hasattr(item, "_node"):
        node: Node = item._node
    else:
        array = np.array(item)
        node = leaf(array if array.size else array.astype(np.int64))
    if node.dtype.order == 2:
        raise DTypeError(
            f"an index must hold integers or booleans, got {node.dtype.name}."
        )
    return node


def _takes(item: Any) -> int:
    """How many dimensions an item of an index stands for."""
    if item is None or item is Ellipsis:
        return 0
    mask = isinstance(item, Node) and item.dtype.order == 0
    return len(item.shape) if mask else 1


def _cut(x: Node, items: tuple[Any, ...]) -> tuple[Node, Arrays]:
    """By numbers, slices and None alone; arrays are left, at the dimensions that they
    have now.
    """
    parts: list[tuple[int, int, int]] = []
    shape: list[int] = []
    arrays: Arrays = {}
    for item in items:
        if item is None:
            shape.append(1)
            continue
        dim = len(parts)
        if isinstance(item, Node):
            arrays[len(shape)] = item
            item = slice(None)
        part, size = _part(item, x.shape, dim)
        parts.append(part)
        shape.extend([size] if size is not None else [])
    shape += x.shape[len(parts) :]
    parts += [(0, n, 1) for n in x.shape[len(parts) :]]
    if any(step < 0 for _, _, step in parts):
        raise ShapeError(
            "a slice step must be positive, as in PyTorch; use .flip(dim)."
        )
    if _there(x) and not (arrays and tuple(shape) == x.shape):
        return _cut_now(x, parts, tuple(shape)), arrays
    return ops.reshape(ops.cut(x, tuple(parts)), tuple(shape)), arrays


def _there(x: Node) -> bool:
    """Whether it is data, with which something can be done at once."""
    return x.value is not None and not x.rg and hooks.recorder is None


def _cut_now(x: Node, parts: list[tuple[int, int, int]], shape: Shape) -> Node:
    """A piece of data that is there already: a NumPy view, so that loops over slices
    make one graph and not one a slice.
    """
    assert x.value is not None
    x.exported = True
    return leaf(x.value[tuple(slice(*part) for part in parts)].reshape(shape))


def _piece_now(x: Node, items: tuple[Any, ...]) -> Node | None:
    """The same by plain numbers and slices alone, as NumPy reads them; None for all
    else, and for what is an error.
    """
    whole = False
    for item in items:
        kind = type(item)
        if kind is slice:
            if item.step is not None and not (type(item.step) is int and item.step > 0):
                return None
        elif kind is type(Ellipsis):
            whole = True
        elif kind is not int and item is not None:
            return None
    assert x.value is not None
    try:
        piece = x.value[items if whole else (*items, ...)]
    except (IndexError, TypeError):
        return None
    x.exported = True
    return leaf(piece)


def _spread_ellipsis(items: tuple[Any, ...], rank: int) -> tuple[Any, ...]:
    used = sum(map(_takes, items))
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
    if isinstance(item, bool):
        raise DTypeError(f"cannot index with {item}; use an integer or a mask.")
    if isinstance(item, (int, np.integer)):
        if not -n <= item < n:
            raise ShapeError(
                f"index {item} is out of range for dimension {dim} of size {n}."
            )
        i = int(item) % n
        return (i, i + 1, 1), None
    raise DTypeError(f"cannot index a tensor with {type(item).__name__}.")


def _masks_as_rows(x: Node, items: tuple[Any, ...]) -> tuple[Node, tuple[Any, ...]]:
    """Masks replaced by the numbers of their true places, in one dimension each."""
    out, shape, dim = [], [], 0
    for item in items:
        if isinstance(item, Node) and item.dtype.order == 0:
            rank = len(item.shape)
            check_mask(x, item, dim)
            out.append(_true_places(item))
            shape.append(math.prod(item.shape))
            dim += rank
        else:
            out.append(item)
            if item is not None:
                shape.append(x.shape[dim])
                dim += 1
    return _reshaped(x, (*shape, *x.shape[dim:])), tuple(out)


def _reshaped(x: Node, shape: Shape) -> Node:
    if x.shape == shape or not _there(x):
        return ops.reshape(x, shape)
    assert x.value is not None
    x.exported = True
    return leaf(x.value.reshape(shape))


def _true_places(mask: Node) -> Node:
    if hooks.recorder is not None:
        hooks.refuse_look(mask)
    if mask.value is None:
        hooks.evaluate([mask])
    assert mask.value is not None, "evaluate leaves a value"
    return leaf(np.flatnonzero(mask.value))


def check_mask(x: Node, mask: Node, dim: int = 0) -> None:
    """Refuse a mask that is not of the shape of `x` from `dim` on."""
    if mask.shape != x.shape[dim : dim + len(mask.shape)]:
        raise ShapeError(
            f"a mask of shape {mask.shape} for a tensor of shape {x.shape}."
        )


def _picked(x: Node, arrays: Arrays) -> Node:
    """Rows by number along the dimensions of `arrays`. The picked dimensions stand
    where the arrays stood, or in front if those were not side by side.
    """
    if _there(x) and all(a.value is not None for a in arrays.values()):
        whole: Any = slice(None)
        items = [arrays[d].value if d in arrays else whole for d in range(len(x.shape))]
        assert x.value is not None
        try:
            return leaf(np.ascontiguousarray(x.value[tuple(items)]))
        except IndexError:
            pass  # told below, in our words
    dims = list(arrays)
    nodes = [_in_range(node, x.shape, d) for d, node in arrays.items()]
    moved = ops.permute(x, dims + [i for i in range(len(x.shape)) if i not in dims])
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


def _in_range(node: Node, shape: Shape, dim: int) -> Node:
    """The numbers, negative ones counted from the end."""
    if 0 in node.shape:
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
