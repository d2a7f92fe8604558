"""Where numbers stand among sorted ones, and whether they are among others."""

from __future__ import annotations

from typing import Any

from ranvier import dtypes, ops
from ranvier.errors import ShapeError
from ranvier.graph import Node
from ranvier.tensor import Tensor, _node_of, _wrap, not_a_tensor


def searchsorted(
    sorted_sequence: Tensor,
    input: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Tensor | None = None,
) -> Tensor:
    """Where each number would be put into a sorted sequence, in front of equal ones or,
    with `right`, behind them; row by row, or all of `input` into one vector.

    >>> import ranvier as rv
    >>> searchsorted(rv.tensor([1, 3, 5]), rv.tensor([3, 4]))
    tensor([1, 2])
    """
    if not isinstance(sorted_sequence, Tensor):
        raise not_a_tensor("searchsorted", sorted_sequence)
    if sorter is not None:
        sorted_sequence = sorted_sequence.gather(-1, sorter)
    rows = sorted_sequence._node
    numbers = _node_of(input, sorted_sequence)
    if len(rows.shape) != 1 and rows.shape[:-1] != numbers.shape[:-1]:
        raise ShapeError(
            f"searchsorted: a sequence of {rows.shape} for {numbers.shape}; all "
            "dimensions but the last must be equal, or the sequence a vector."
        )
    place = _place(rows, numbers, right or side == "right")
    return _wrap(ops.cast(place, dtypes.int32) if out_int32 else place)


def bucketize(
    input: Any, boundaries: Tensor, *, out_int32: bool = False, right: bool = False
) -> Tensor:
    """The number of the interval between `boundaries` in which each number lies."""
    if isinstance(boundaries, Tensor) and boundaries.ndim != 1:
        raise ShapeError(f"bucketize: boundaries of {boundaries.shape}; a vector.")
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)


def _place(rows: Node, numbers: Node, right: bool) -> Node:
    """Bisection: how many of the sorted numbers stand before."""
    n = rows.shape[-1]
    zero = ops.expand(ops.const(0, dtypes.int64), numbers.shape)
    if not n or 0 in numbers.shape:
        return zero
    flat = ops.reshape(ops.detach(rows), (_size(rows),))
    first = _first_of_row(rows, numbers)
    before = ops.le if right else ops.lt
    numbers, found = ops.detach(numbers), zero
    step = 1 << (n.bit_length() - 1)
    while step:
        at = ops.add(found, ops.const(step, dtypes.int64))
        inside = ops.le(at, ops.const(n, dtypes.int64))
        last = ops.minimum(at, ops.const(n, dtypes.int64))
        there = ops.add(ops.add(first, last), ops.const(-1, dtypes.int64))
        smaller = before(ops.take(flat, there), numbers)
        found = ops.where(ops.both(inside, smaller), at, found)
        step >>= 1
    return found


def _first_of_row(rows: Node, numbers: Node) -> Node:
    """The place of each row's first number among all numbers."""
    if len(rows.shape) == 1:
        return ops.const(0, dtypes.int64)
    count = _size(rows) // rows.shape[-1]
    starts = ops.mul(ops.iota(count), ops.const(rows.shape[-1], dtypes.int64))
    return ops.reshape(starts, (*rows.shape[:-1], 1))


def _size(node: Node) -> int:
    size = 1
    for n in node.shape:
        size *= n
    return size


def isin(
    elements: Any,
    test_elements: Any,
    *,
    assume_unique: bool = False,
    invert: bool = False,
) -> Tensor:
    """Whether each element is among `test_elements`."""
    like = next((x for x in (elements, test_elements) if isinstance(x, Tensor)), None)
    if like is None:
        raise not_a_tensor("isin", elements)
    a, b = _wrap(_node_of(elements, like)), _wrap(_node_of(test_elements, like))
    if not b.numel():
        found = _wrap(ops.expand(ops.const(False, dtypes.bool_), a.shape))
        return ~found if invert else found
    values = b.ravel().sort().values
    place = searchsorted(values, a).clamp(max=values.shape[0] - 1)
    found = values[place].eq(a)
    return ~found if invert else found
