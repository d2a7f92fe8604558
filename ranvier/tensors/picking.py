"""Elements picked, put and added by number along one dimension: the nodes behind
`gather`, `scatter`, `scatter_add` and `take_along_dim`.
"""

from __future__ import annotations

import math

from ranvier import dtypes, ops
from ranvier.errors import DTypeError, ShapeError, ValueRangeError
from ranvier.graph import Node, Shape
from ranvier.tensors.assignment import last_of_each
from ranvier.tensors.bounds import known_bounds
from ranvier.tensors.handles import guard, hooks


def in_range(what: str, index: Node, n: int, rows: str) -> None:
    """Refuse numbers outside 0 … n - 1, now or, in a compiled step, as it runs.

    `rows` says what there are n of.
    """
    if index.dtype.order != 1:
        raise DTypeError(
            f"{what}: numbers of {index.dtype.name}; an index holds integers, use "
            ".long()."
        )
    if 0 in index.shape:
        return
    captured = hooks.recorder is not None
    bounds = known_bounds(index, lasting=captured)
    if bounds is not None and bounds[0] >= 0 and bounds[1] < n:
        return
    if captured:
        low = ops.ge(ops.amin(index), ops.like(index, 0))
        high = ops.lt(ops.amax(index), ops.const(n, dtypes.int64))
        guard(ops.both(low, high), f"{what}: a number {_expected(n, rows)}")
        return
    if index.value is None:
        hooks.evaluate([index])
    assert index.value is not None, "evaluate leaves a value"
    bad = index.value[(index.value < 0) | (index.value >= n)]
    if bad.size:
        raise ValueRangeError(f"{what}: {bad[0]} {_expected(n, rows)}")


def _expected(n: int, rows: str) -> str:
    return f"is out of range for {n} {rows}, numbered 0 to {n - 1}."


def enough(what: str, mask: Node, count: int) -> None:
    """Refuse a mask with more true places than there are values, now or as it runs."""
    true = ops.total(mask)
    if hooks.recorder is not None:
        fits = ops.le(true, ops.const(count, dtypes.int64))
        guard(fits, f"{what}: more places are true than there are values ({count}).")
        return
    hooks.evaluate([true])
    assert true.value is not None, "evaluate leaves a value"
    if true.value > count:
        raise ShapeError(
            f"{what}: {int(true.value)} places are true, {count} values are given."
        )


def gather(x: Node, dim: int, index: Node) -> Node:
    """``y[i, j, …] = x[index[i, j, …], j, …]`` for dim 0."""
    return picked(x, _fit("gather", x.shape, dim, index), index)


def picked(x: Node, dim: int, index: Node) -> Node:
    """`gather` where the numbers are known to be right."""
    return ops.take(ops.reshape(x, (math.prod(x.shape),)), _flat(x.shape, dim, index))


def scatter(x: Node, dim: int, index: Node, value: Node) -> Node:
    """`x` with ``x[index[i, j, …], j, …] = value[i, j, …]`` for dim 0 done; of numbers
    that come twice the last one stays.
    """
    dim = _fit("scatter", x.shape, dim, index)
    flat = ops.reshape(_flat(x.shape, dim, index), (math.prod(index.shape),))
    size = math.prod(x.shape)
    ones = ops.expand(ops.const(1, dtypes.int64), flat.shape)
    hit = ops.scatter_add(ones, flat, size)
    new: Node = value
    if value.shape:
        new = ops.reshape(_leading("scatter", value, index.shape), flat.shape)
        new = last_of_each(new, flat)
        new = ops.reshape(ops.scatter_add(new, flat, size), x.shape)
    chosen = ops.ne(ops.reshape(hit, x.shape), ops.const(0, dtypes.int64))
    return ops.where(chosen, ops.cast(new, x.dtype), x)


def spread(
    what: str, x: Node, dim: int, index: Node, source: Node
) -> tuple[int, Node, Node]:
    """(the dimension, the places in the flat `x`, the values that go there)."""
    dim = _fit(what, x.shape, dim, index)
    flat = ops.reshape(_flat(x.shape, dim, index), (math.prod(index.shape),))
    return dim, flat, ops.reshape(_leading(what, source, index.shape), flat.shape)


def scatter_add(x: Node, dim: int, index: Node, source: Node) -> Node:
    """`x` with ``x[index[i, j, …], j, …] += source[i, j, …]`` for dim 0 done."""
    dim, flat, new = spread("scatter_add", x, dim, index, source)
    added = ops.scatter_add(ops.cast(new, x.dtype), flat, math.prod(x.shape))
    return ops.add(x, ops.reshape(added, x.shape))


def take_along(x: Node, index: Node, dim: int) -> Node:
    """As `gather`, the other dimensions broadcast."""
    dim = ops.axis(dim, len(x.shape), "take_along_dim")
    if len(index.shape) != len(x.shape):
        raise ShapeError(
            f"take_along_dim: an index of shape {index.shape} for {x.shape}; both need "
            "the same number of dimensions."
        )
    own = tuple(1 if d == dim else n for d, n in enumerate(x.shape))
    wide = ops.broadcast(index.shape, own, "take_along_dim")
    rest = tuple(x.shape[d] if d == dim else n for d, n in enumerate(wide))
    return gather(ops.expand(x, rest), dim, ops.expand(index, wide))


def _fit(what: str, shape: Shape, dim: int, index: Node) -> int:
    """The dimension, where `index` fits `shape`."""
    dim = ops.axis(dim, len(shape), what)
    sizes = zip(index.shape, shape, strict=False)
    if len(index.shape) != len(shape) or any(
        n > m and d != dim for d, (n, m) in enumerate(sizes)
    ):
        raise ShapeError(
            f"{what}: an index of shape {index.shape} for {shape}; it needs as many "
            f"dimensions, none larger except dimension {dim}."
        )
    in_range(what, index, shape[dim], f"places of dimension {dim}")
    return dim


def _flat(shape: Shape, dim: int, index: Node) -> Node:
    """The number of each picked element in the row-major order of `shape`."""
    step = math.prod(shape[dim + 1 :])
    total = ops.mul(ops.cast(index, dtypes.int64), ops.const(step, dtypes.int64))
    for d, n in enumerate(index.shape):
        step = math.prod(shape[d + 1 :])
        if d != dim and n > 1:
            place = ops.reshape(ops.iota(n), (n,) + (1,) * (len(shape) - d - 1))
            total = ops.add(total, ops.mul(place, ops.const(step, dtypes.int64)))
    return total


def _leading(what: str, source: Node, shape: Shape) -> Node:
    """The first elements of `source`, as many as `shape` asks for."""
    sizes = zip(source.shape, shape, strict=False)
    if len(source.shape) != len(shape) or any(n < m for n, m in sizes):
        raise ShapeError(
            f"{what}: values of shape {source.shape} for an index of shape {shape}; "
            "no dimension may be smaller."
        )
    return ops.cut(source, tuple((0, n, 1) for n in shape))
