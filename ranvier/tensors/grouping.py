"""Values that go to the same place combined: the nodes behind `scatter_reduce` and
`index_reduce`.
"""

from __future__ import annotations

import math

from ranvier import dtypes, ops
from ranvier.errors import DTypeError, UnknownNameError, nearest
from ranvier.graph import Node
from ranvier.tensors.assignment import last_of_each
from ranvier.tensors.picking import spread

WAYS = ("sum", "prod", "mean", "amax", "amin")


def scatter_reduce(
    what: str,
    x: Node,
    dim: int,
    index: Node,
    source: Node,
    reduce: str,
    include_self: bool,
) -> Node:
    """`x` with the values of `source` that go to one place combined, with what is there
    if `include_self`.
    """
    if reduce not in WAYS:
        raise UnknownNameError(
            f"{what}: reduce is {reduce!r}; known are {', '.join(WAYS)}"
            f"{nearest(str(reduce), WAYS)}"
        )
    if source.dtype is not x.dtype:
        raise DTypeError(
            f"{what}: values of {source.dtype.name} for {x.dtype.name}; both must be "
            "alike."
        )
    dim, flat, values = spread(what, x, dim, index, source)
    if not values.shape[0]:
        return ops.alias(x)
    size = math.prod(x.shape)
    base = ops.reshape(x, (size,))
    ones = ops.expand(ops.const(1, dtypes.int64), flat.shape)
    count = ops.scatter_add(ones, flat, size)
    hit = ops.ne(count, ops.like(count, 0))

    def start(nothing: float) -> Node:
        return base if include_self else ops.where(hit, ops.like(base, nothing), base)

    if reduce == "prod":
        factors = _products(x, dim, index, ops.reshape(values, index.shape))
        found = ops.mul(start(1.0), ops.reshape(factors, (size,)))
    elif reduce == "amax":
        found = _largest(base, flat, values, hit, include_self)
    elif reduce == "amin":
        pair = ops.neg(base), ops.neg(values)
        least = _largest(pair[0], flat, pair[1], hit, include_self)
        found = ops.sub(ops.like(least, 0.0), least)
    else:
        found = ops.add(start(0.0), ops.scatter_add(values, flat, size))
    if reduce == "mean":
        found = _shared(found, count, hit, include_self)
    return ops.reshape(found, x.shape)


def _shared(total: Node, count: Node, hit: Node, include_self: bool) -> Node:
    one = ops.like(count, 1)
    terms = ops.add(count, one) if include_self else ops.where(hit, count, one)
    if total.dtype.is_float:
        return ops.div(total, ops.cast(terms, total.dtype))
    exact = ops.div(ops.cast(total, dtypes.float64), ops.cast(terms, dtypes.float64))
    return ops.cast(ops.floor(exact), total.dtype)


def _products(x: Node, dim: int, index: Node, values: Node) -> Node:
    """The product of the values of each place, 1 where there is none: a table of all
    pairs along `dim`.
    """
    n, places = x.shape[dim], ops.iota(x.shape[dim])
    last = len(x.shape)
    wide = (*index.shape, 1)
    mine = ops.eq(
        ops.reshape(ops.cast(index, dtypes.int64), wide),
        ops.reshape(places, (1,) * last + (n,)),
    )
    given = ops.reshape(values, wide)
    table = ops.where(mine, given, ops.like(given, 1.0))
    product = ops.prod(table, (dim,))  # (…, n) with dimension `dim` gone
    order = list(range(last - 1))
    order.insert(dim, last - 1)
    found = ops.permute(product, tuple(order))
    more = tuple((0, m - k, 0) for m, k in zip(x.shape, found.shape, strict=True))
    return ops.pad(found, more, 1.0)


def _largest(
    base: Node, flat: Node, values: Node, hit: Node, include_self: bool
) -> Node:
    """The largest of each place; equal ones share the gradient."""
    size = base.shape[0]
    if include_self:
        values = ops.concat([base, values], 0)
        flat = ops.concat([ops.iota(size), ops.cast(flat, dtypes.int64)], 0)
    known = ops.detach(values)
    order = ops.argsort(known, 0)  # rising: the last of each place is the largest
    places = ops.take(flat, order)
    top = ops.scatter_add(last_of_each(ops.take(known, order), places), places, size)
    if values.rg:
        top = _with_gradient(top, flat, values)
    return top if include_self else ops.where(hit, top, base)


def _with_gradient(top: Node, flat: Node, values: Node) -> Node:
    size, there = top.shape[0], ops.take(top, flat)
    best = ops.eq(values, there)
    ties = ops.scatter_add(ops.cast(best, values.dtype), flat, size)
    share = ops.div(values, ops.take(ties, flat))
    zero = ops.like(values, 0.0)
    mixed = ops.scatter_add(ops.where(best, share, zero), flat, size)
    finite = ops.lt(ops.absolute(top), ops.like(top, math.inf))
    return ops.where(finite, ops.add(top, ops.sub(mixed, ops.detach(mixed))), top)
