"""Functions of several tensors: joined, stacked, crossed, broadcast."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ranvier import ops
from ranvier.errors import ShapeError, ValueRangeError
from ranvier.graph import Shape, leaf
from ranvier.tensor import Tensor, _wrap, not_a_tensor


def _tensors(tensors: Sequence[Tensor], what: str) -> list[Tensor]:
    if not isinstance(tensors, Iterable) or isinstance(tensors, str):
        raise not_a_tensor(what, tensors)
    found = list(tensors)
    if not found:
        raise ShapeError(f"{what}: got no tensors; it needs at least one.")
    for value in found:
        if not isinstance(value, Tensor):
            raise not_a_tensor(what, value)
    return found


def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """The tensors one after the other along `dim`; all other sizes are equal.

    >>> import ranvier as rv
    >>> rv.cat([rv.tensor([1, 2]), rv.tensor([3])])
    tensor([1, 2, 3])
    """
    return _wrap(ops.concat([x._node for x in _tensors(tensors, "cat")], dim))


concat = cat
concatenate = cat


def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Tensors of one shape, along a new dimension `dim`.

    >>> import ranvier as rv
    >>> rv.stack([rv.tensor([1, 2]), rv.tensor([3, 4])]).shape
    (2, 2)
    """
    found = _tensors(tensors, "stack")
    for x in found:
        if x.shape != found[0].shape:
            raise ShapeError(
                f"stack: shapes {found[0].shape} and {x.shape} differ; all must be "
                "equal. rv.cat joins along a dimension that is there already."
            )
    d = ops.axis(dim, found[0].ndim + 1, "stack")
    shape = (*found[0].shape[:d], 1, *found[0].shape[d:])
    return _wrap(ops.concat([ops.reshape(x._node, shape) for x in found], d))


def _ranked(tensors: Sequence[Tensor], what: str, rank: int) -> list[Tensor]:
    return [_at_least(x, rank) for x in _tensors(tensors, what)]


def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors side by side: along dimension 1, vectors along 0."""
    found = _ranked(tensors, "hstack", 1)
    return cat(found, 0 if found[0].ndim == 1 else 1)


def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors below each other, vectors as rows."""
    return cat(_ranked(tensors, "vstack", 2), 0)


row_stack = vstack


def dstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors behind each other, along dimension 2."""
    return cat(_ranked(tensors, "dstack", 3), 2)


def column_stack(tensors: Sequence[Tensor]) -> Tensor:
    """Vectors as the columns of a matrix; matrices side by side."""
    found = _tensors(tensors, "column_stack")
    return hstack([x.reshape(-1, 1) if x.ndim < 2 else x for x in found])


def _at_least(x: Tensor, rank: int) -> Tensor:
    if rank == 3 and x.ndim < 3:
        return _at_least(x, 2).unsqueeze(2)
    for _ in range(rank - x.ndim):
        x = x.unsqueeze(0)
    return x


def _each(tensors: tuple[Any, ...], what: str, rank: int) -> Any:
    several = len(tensors) != 1 or not isinstance(tensors[0], Tensor)
    if several and len(tensors) == 1:
        tensors = tuple(tensors[0])
    found = tuple(_at_least(x, rank) for x in _tensors(tensors, what))
    return found if several else found[0]


def atleast_1d(*tensors: Any) -> Any:
    """Each tensor with at least one dimension."""
    return _each(tensors, "atleast_1d", 1)


def atleast_2d(*tensors: Any) -> Any:
    """Each tensor with at least two dimensions, new ones in front."""
    return _each(tensors, "atleast_2d", 2)


def atleast_3d(*tensors: Any) -> Any:
    """Each tensor with at least three dimensions; a matrix gets a last one."""
    return _each(tensors, "atleast_3d", 3)


# ---- of one shape --------------------------------------------------------------------


def broadcast_shapes(*shapes: Any) -> Shape:
    """The shape that all broadcast to.

    >>> broadcast_shapes((3, 1), (4,))
    (3, 4)
    """
    out: Shape = ()
    for shape in shapes:
        given = (shape,) if isinstance(shape, int) else tuple(shape)
        out = ops.broadcast(out, given, "broadcast_shapes")
    return out


def broadcast_tensors(*tensors: Any) -> tuple[Tensor, ...]:
    """All tensors with the shape that they broadcast to."""
    given = (
        tensors[0] if len(tensors) == 1 and isinstance(tensors[0], list) else tensors
    )
    found = _tensors(given, "broadcast_tensors")
    shape = broadcast_shapes(*(x.shape for x in found))
    return tuple(x.expand(shape) for x in found)


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Tensor, ...]:
    """The coordinates of a grid: one array a vector, of all their sizes. With
    indexing="xy" the first two dimensions are exchanged.

    >>> import ranvier as rv
    >>> x, y = rv.meshgrid(rv.arange(2), rv.arange(3), indexing="ij")
    >>> y
    tensor([[0, 1, 2],
            [0, 1, 2]])
    """
    listed = len(tensors) == 1 and isinstance(tensors[0], (tuple, list))
    found = _tensors(tensors[0] if listed else tensors, "meshgrid")
    if indexing not in ("ij", "xy"):
        raise ValueRangeError(f"meshgrid: indexing is {indexing!r}; 'ij' or 'xy'.")
    for x in found:
        if x.ndim > 1:
            raise ShapeError(f"meshgrid: {x.shape}; vectors are expected.")
    turned = indexing == "xy" and len(found) > 1
    if turned:
        found[0], found[1] = found[1], found[0]
    sizes = tuple(x.numel() for x in found)
    grids = []
    for d, x in enumerate(found):
        apart = tuple(n if i == d else 1 for i, n in enumerate(sizes))
        grids.append(x.reshape(apart).expand(sizes))
    if turned:
        grids[0], grids[1] = grids[1], grids[0]
    return tuple(grids)


def cartesian_prod(*tensors: Tensor) -> Tensor:
    """All pairs (triples, …) of elements of vectors, one a row."""
    found = _tensors(tensors, "cartesian_prod")
    if len(found) == 1:
        return found[0]
    return stack([g.reshape(-1) for g in meshgrid(*found)], 1)


def combinations(input: Tensor, r: int = 2, with_replacement: bool = False) -> Tensor:
    """All choices of r elements of a vector, one a row.

    >>> import ranvier as rv
    >>> combinations(rv.tensor([1, 2, 3]))
    tensor([[1, 2],
            [1, 3],
            [2, 3]])
    """
    if not isinstance(input, Tensor):
        raise not_a_tensor("combinations", input)
    if input.ndim != 1:
        raise ShapeError(f"combinations: {input.shape}; a vector is expected.")
    if r < 0:
        raise ValueRangeError(f"combinations: r is {r}; it must not be negative.")
    choose = (
        itertools.combinations_with_replacement
        if with_replacement
        else itertools.combinations
    )
    rows = list(choose(range(input.shape[0]), r)) if r else []
    index = np.array(rows, np.int64).reshape(len(rows), r)
    flat = input[_wrap(leaf(index.reshape(-1)))] if rows else input[:0]
    return flat.reshape(len(rows), r) if r else flat


def block_diag(*tensors: Tensor) -> Tensor:
    """A matrix of 0 with the given matrices on its diagonal."""
    found = [_at_least(x, 2) for x in _tensors(tensors, "block_diag")]
    rows, columns = (sum(x.shape[d] for x in found) for d in (0, 1))
    out, top, left = [], 0, 0
    for x in found:
        if x.ndim != 2:
            raise ShapeError(f"block_diag: {x.shape}; at most two dimensions.")
        n, m = x.shape
        right = columns - left - m
        out.append(_wrap(ops.pad(x._node, ((0, 0, 0), (left, right, 0)))))
        top, left = top + n, left + m
    assert top == rows, "every row stands somewhere"
    return cat(out, 0)
