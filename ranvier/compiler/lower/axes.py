"""Loops over the blocks of dimensions: those that threads share, and those inside."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from ranvier.compiler.lower.memory import Index
from ranvier.compiler.lower.text import Writer

ENOUGH = 16  # pieces of work to be shared by threads


class Axis(NamedTuple):
    """A loop over blocks of a dimension: `name` says which, the last block may be
    smaller.
    """

    name: str | int
    size: int
    step: int = 1

    @property
    def blocks(self) -> int:
        return -(-self.size // self.step)

    @property
    def tail(self) -> int:
        return self.size % self.step


# Where a tile begins, and how many rows or columns it has, by the name of the axis
Spot = dict[str | int, tuple[Index, int]]


def shared(axes: list[Axis]) -> list[Axis]:
    """The outermost loops, as many as it takes to have enough to share; only the
    last of them may end with a smaller block.
    """
    shared: list[Axis] = []
    for axis in axes:
        shared.append(axis)
        if axis.tail or math.prod(a.blocks for a in shared) >= ENOUGH:
            break
    return shared


def units(w: Writer, shared: list[Axis], body: Callable[[Spot], None]) -> None:
    """`body` for units low … high - 1."""
    *outer, last = shared
    if not any(a.blocks > 1 for a in outer):
        start: Spot = {a.name: (0, a.step) for a in outer}
        return _last(w, last, lambda spot: body({**start, **spot}))
    w.loop("%low", "%high", 1, lambda u, _: _unit(w, outer, last, u, body))
    return None


def _last(w: Writer, axis: Axis, body: Callable[[Spot], None]) -> None:
    """Units are the blocks of one axis."""
    full, tail = divmod(axis.size, axis.step)
    if full:
        below = w.set(f"icmp slt i64 %high, {full}")
        stop = w.set(f"select i1 {below}, i64 %high, i64 {full}")
        w.loop(
            "%low",
            stop,
            1,
            lambda i, _: _block(body, axis.name, w.mul(i, axis.step), axis.step),
        )
    if tail:
        last = w.set(f"icmp sgt i64 %high, {full}")
        w.when(last, lambda: body({axis.name: (full * axis.step, tail)}))


def _unit(
    w: Writer, outer: list[Axis], last: Axis, unit: Index, body: Callable[[Spot], None]
) -> list[str]:
    """One unit: its number says where each axis is."""
    spot: Spot = {}
    sizes = [last, *reversed(outer)]
    for axis in sizes[:-1]:
        index = w.set(f"urem i64 {unit}, {axis.blocks}", "i")
        unit = w.set(f"udiv i64 {unit}, {axis.blocks}", "i")
        spot[axis.name] = (w.mul(index, axis.step), axis.step)
    spot[sizes[-1].name] = (w.mul(unit, sizes[-1].step), sizes[-1].step)
    full, tail = divmod(last.size, last.step)
    if not tail:
        body(spot)
        return []
    start = spot[last.name][0]
    whole = w.set(f"icmp slt i64 {start}, {full * last.step}")
    if full:
        w.when(whole, lambda: body(spot))
    rest = w.set(f"icmp sge i64 {start}, {full * last.step}")
    w.when(rest, lambda: body({**spot, last.name: (full * last.step, tail)}))
    return []


def inside(
    w: Writer, axes: list[Axis], spot: Spot, body: Callable[[Spot], None]
) -> None:
    """Loops over the axes that are not shared."""
    if not axes:
        return body(spot)
    axis, *rest = axes
    full, tail = divmod(axis.size, axis.step)
    w.loop(
        0,
        full * axis.step,
        axis.step,
        lambda i, _: _block(
            lambda more: inside(w, rest, {**spot, **more}, body),
            axis.name,
            i,
            axis.step,
        ),
    )
    if tail:
        inside(w, rest, {**spot, axis.name: (full * axis.step, tail)}, body)
    return None


def quotient(w: Writer, x: Index, by: int, times: int = 1) -> Index:
    """x / by * times for a multiple of `by`."""
    if isinstance(x, int):
        return x // by * times
    if times % by == 0:
        return w.mul(x, times // by)
    return w.mul(w.set(f"udiv exact i64 {x}, {by}", "i"), times)


def _block(
    body: Callable[[Spot], None], name: str | int, start: Index, size: int
) -> list[str]:
    """`body` as the body of a loop that carries nothing."""
    body({name: (start, size)})
    return []
