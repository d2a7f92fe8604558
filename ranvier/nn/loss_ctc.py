"""Connectionist temporal classification as a function."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

import ranvier.nn.labels as labels
from ranvier import dtypes, ops
from ranvier.dtypes import DType
from ranvier.errors import DTypeError, ShapeError, ValueRangeError
from ranvier.graph import Node, Template, leaf
from ranvier.nn.reduction import check_reduction, floats, given, reduced
from ranvier.tensor import Tensor, guard, hooks
from ranvier.tensors.bounds import known_bounds
from ranvier.tensors.picking import picked

WHAT = "ctc_loss"


def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """-ln of the probability of `targets`, summed over all ways to lay them over the
    steps with repetitions and blanks.

    With l the labels with blanks around each of them, in logarithms:

        α_t(s) = ln(e^α_{t-1}(s) + e^α_{t-1}(s-1) + e^α_{t-1}(s-2)) + x_t(l_s)

    the last term only where l_s is neither blank nor equal to l_{s-2}. "mean" divides
    each loss by its target's length first. `zero_infinity` makes the loss of a target
    that does not fit into its steps 0 instead of infinite; its gradient is 0 either
    way.

    Shapes: log-probabilities (T, N, C); targets (N, S) padded, or all of them one after
    the other, (sum of the lengths); lengths (N), as tensors or lists. Or all that
    without N. Raises ShapeError, DTypeError, and ValueRangeError for labels outside
    0 … C - 1 and lengths that do not fit.

    Source: Graves et al., "Connectionist Temporal Classification" (2006).

    >>> import ranvier as rv
    >>> x = rv.zeros(2, 1, 3).log_softmax(2)
    >>> rv.nn.functional.ctc_loss(x, rv.tensor([[1]]), [2], [1])
    tensor(1.0986)
    """
    check_reduction(reduction, what=WHAT)
    x = floats(WHAT, "log_probs", log_probs)
    if len(x.shape) not in (2, 3):
        raise ShapeError(
            f"{WHAT}: log_probs of shape {x.shape}; expected (T, N, C) or (T, C)."
        )
    single = len(x.shape) == 2
    if single:
        x = ops.reshape(x, (x.shape[0], 1, x.shape[1]))
    steps, rows, classes = x.shape
    if not 0 <= blank < classes:
        raise ValueRangeError(
            f"{WHAT}: blank is {blank}; it is one of the {classes} classes, 0 to "
            f"{classes - 1}."
        )
    spoken = _lengths("input_lengths", input_lengths, rows)
    written = _lengths("target_lengths", target_lengths, rows)
    labels.lengths(WHAT, "input_lengths", spoken, steps)
    y = _padded(given(WHAT, "targets", targets), written, rows, single, blank)
    _check_labels(targets._node, y, classes)
    loss = _all_ways(x, _with_blanks(y, blank), blank, spoken, written)
    if zero_infinity:
        lost = ops.eq(loss, ops.like(loss, math.inf))
        loss = ops.where(lost, ops.like(loss, 0.0), loss)
    if reduction == "mean":
        least = ops.maximum(written, ops.like(written, 1))
        loss = ops.div(loss, ops.cast(least, loss.dtype))
    return reduced(ops.reshape(loss, ()) if single else loss, reduction)


def check_blank(blank: int) -> int:
    """A class number."""
    if isinstance(blank, bool) or not isinstance(blank, int) or blank < 0:
        raise ValueRangeError(
            f"CTCLoss: blank is {blank!r}; it is the number of a class, 0 or above."
        )
    return blank


# ---- what is given -------------------------------------------------------------------


def _lengths(role: str, value: Any, rows: int) -> Node:
    """One whole number a row, (N)."""
    if isinstance(value, Tensor):
        x = value._node
    else:
        array = np.atleast_1d(np.asarray(value))
        x = leaf(array if array.size else array.astype(np.int64))
    if x.dtype.order != 1:
        raise DTypeError(f"{WHAT}: {role} of {x.dtype.name}; lengths are integers.")
    if x.shape != (rows,) and not (rows == 1 and x.shape == ()):
        raise ShapeError(
            f"{WHAT}: {role} has shape {x.shape} for {rows} sequences; give one length "
            "each."
        )
    return ops.reshape(ops.cast(x, dtypes.int64), (rows,))


def _padded(y: Node, written: Node, rows: int, single: bool, blank: int) -> Node:
    """Labels (N, S), `blank` behind the end of each target."""
    if y.dtype.order != 1:
        raise DTypeError(f"{WHAT}: targets of {y.dtype.name}; use .long().")
    y = ops.cast(y, dtypes.int64)
    if single and len(y.shape) == 1:
        y = ops.reshape(y, (1, *y.shape))
    joined = len(y.shape) == 1
    if not joined and (len(y.shape) != 2 or y.shape[0] != rows):
        raise ShapeError(
            f"{WHAT}: targets of shape {y.shape} for {rows} sequences; expected "
            f"({rows}, S), or one dimension with all of them one after the other."
        )
    width = _longest(y, written) if joined else y.shape[1]
    labels.lengths(WHAT, "target_lengths", written, width)
    if not width:
        return ops.expand(ops.const(blank, dtypes.int64), (rows, 0))
    ends = ops.reshape(written, (rows, 1))
    inside = ops.lt(ops.iota(width), ends)
    if joined:
        first = ops.sub(ops.cumsum(written, 0), written)
        place = ops.add(ops.reshape(first, (rows, 1)), ops.iota(width))
        y = ops.take(y, ops.where(inside, place, ops.like(place, 0)))
    return ops.where(inside, y, ops.like(y, blank))


def _check_labels(raw: Node, y: Node, classes: int) -> None:
    """Labels are classes. What was given says so at a look, unless its padding is not;
    then what counts is computed.
    """
    bounds = known_bounds(raw, lasting=hooks.recorder is not None)
    if bounds is None or bounds[0] < 0 or bounds[1] >= classes:
        labels.in_range(WHAT, y, classes)


def _longest(y: Node, written: Node) -> int:
    """The longest target, or what none can be longer than where nobody knows yet."""
    if hooks.recorder is not None and not _fixed(written):
        total = ops.eq(ops.total(written), ops.const(y.shape[0], dtypes.int64))
        guard(total, f"{WHAT}: target_lengths must add up to {y.shape[0]} targets")
        return y.shape[0]
    if written.value is None:
        hooks.evaluate([written])
    assert written.value is not None, "evaluate leaves a value"
    if written.value.sum() != y.shape[0]:
        raise ShapeError(
            f"{WHAT}: {y.shape[0]} targets for target_lengths that add up to "
            f"{written.value.sum()}; both must be equal, or targets (N, S) padded."
        )
    return int(written.value.max(initial=0))


def _fixed(x: Node) -> bool:
    """Whether it is a list's own node, which no one can change."""
    return x.value is not None and (x.owner is None or x.owner() is None)


# ---- the sum over all ways -----------------------------------------------------------


def _with_blanks(y: Node, blank: int) -> Node:
    """b l₁ b l₂ … b: (N, S) → (N, 2S + 1)."""
    rows, width = y.shape
    between = ops.expand(ops.const(blank, dtypes.int64), (rows, width, 1))
    pairs = ops.concat([between, ops.reshape(y, (rows, width, 1))], 2)
    last = ops.expand(ops.const(blank, dtypes.int64), (rows, 1))
    return ops.concat([ops.reshape(pairs, (rows, 2 * width)), last], 1)


def _all_ways(x: Node, path: Node, blank: int, spoken: Node, written: Node) -> Node:
    """-ln Σ over all ways, one a row."""
    steps, rows, _ = x.shape
    states = path.shape[1]
    never = ops.like(x, -math.inf)
    emitted = picked(x, 2, ops.expand(path, (steps, rows, states)))
    before = _shifted(path, 2, blank)
    skip = ops.both(ops.ne(path, ops.like(path, blank)), ops.ne(path, before))
    skip = ops.where(skip, ops.like(x, 0.0), never)
    start = ops.eq(ops.iota(states), ops.const(0, dtypes.int64))
    start = ops.expand(ops.where(start, ops.like(x, 0.0), never), (rows, states))
    body = _body(rows, states, x.dtype)
    (alpha,) = ops.scan(body, [start], [emitted], [skip], steps)
    end = ops.mul(written, ops.like(written, 2))
    at_blank = _at(alpha, spoken, end)
    one = ops.like(end, 1)
    at_label = _at(alpha, spoken, ops.maximum(ops.sub(end, one), ops.like(end, 0)))
    at_label = ops.where(ops.lt(end, one), never, at_label)
    return ops.neg(_log_sum([at_blank, at_label]))


def _at(alpha: Node, step: Node, state: Node) -> Node:
    """alpha[step[n], n, state[n]]."""
    _, rows, states = alpha.shape
    row = ops.add(ops.mul(step, ops.like(step, rows)), ops.iota(rows))
    place = ops.add(ops.mul(row, ops.like(row, states)), state)
    size = alpha.shape[0] * rows * states
    return ops.take(ops.reshape(alpha, (size,)), place)


@functools.lru_cache(maxsize=256)
def _body(rows: int, states: int, dtype: DType) -> Template:
    """One step of α, the same object for the same shapes: graphs are known by it."""
    like = [((rows, states), dtype)] * 3
    return ops.loop_body("ctc", _step, like)


def _step(alpha: Node, emitted: Node, skip: Node) -> tuple[Node]:
    one, two = (_shifted(alpha, n, -math.inf) for n in (1, 2))
    return (ops.add(_log_sum([alpha, one, ops.add(two, skip)]), emitted),)


def _shifted(x: Node, by: int, fill: float) -> Node:
    """The elements of the last dimension moved to the right."""
    n = x.shape[1]
    wide = ops.pad(x, ((0, 0, 0), (by, 0, 0)), fill)
    return ops.cut(wide, ((0, x.shape[0], 1), (0, n, 1)))


def _log_sum(terms: list[Node]) -> Node:
    """ln Σ e^term, -∞ where all of them are, with gradient 0 there."""
    top = ops.detach(functools.reduce(ops.maximum, terms))
    never = ops.like(top, -math.inf)
    none = ops.eq(top, never)
    base = ops.where(none, ops.like(top, 0.0), top)
    total = functools.reduce(ops.add, [ops.exp(ops.sub(t, base)) for t in terms])
    safe = ops.where(none, ops.like(top, 1.0), total)
    return ops.where(none, never, ops.add(ops.log(safe), base))
