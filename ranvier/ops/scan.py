"""A loop with carried state.

`scan` runs a body, a `Template`, once a step. It is no row of the table: it has many
results, which `item` nodes read, and its gradient (`compiler.derive.scan`) and its
native form (`compiler.fuse.scan`) are made by going through the body.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ranvier import dtypes
from ranvier.dtypes import DType
from ranvier.errors import DTypeError, ShapeError
from ranvier.graph import Node, Shape, Template, grad_mode, hole


class Loop(NamedTuple):
    """The attributes of a scan.

    body: its inputs are the carries, one row of every stacked input, the constants; its
    outputs are the next carries and the rows of the stacked results (see `loop_body`).
    reverse: the last row comes first.
    """

    body: Template
    steps: int
    carries: int
    inputs: int
    reverse: bool = False

    def __repr__(self) -> str:
        way = " backwards" if self.reverse else ""
        return f"{self.body} x {self.steps}{way}"

    @property
    def first(self) -> int:
        """Where the initial value of a carry stands in its stack."""
        return self.steps if self.reverse else 0

    @property
    def last(self) -> int:
        """Where the final value of a carry stands in its stack."""
        return 0 if self.reverse else self.steps

    def order(self) -> range:
        """The rows in the order of the steps."""
        return range(self.steps)[:: -1 if self.reverse else 1]

    def before(self, row: int) -> int:
        """The row of a carry's stack that the step for row `row` reads."""
        return row + self.reverse

    def after(self, row: int) -> int:
        """The row of a carry's stack that the step for row `row` writes."""
        return row + (not self.reverse)

    def shape(self, result: int) -> Shape:
        """The shape of a result: a stack."""
        more = 1 if result < self.carries else 0
        return (self.steps + more, *self.body.outputs[result].shape)


def loop_body(
    name: str,
    function: Callable[..., Sequence[Node]],
    like: Sequence[tuple[Shape, DType]],
) -> Template:
    """The template of a function of nodes that look `like` this, for `scan`.

    Gradients flow through it even if it is made where they are switched off: it may be
    used again where they are not.
    """
    before, grad_mode.enabled = grad_mode.enabled, True
    try:
        holes = [hole(i, s, kind, kind.is_float) for i, (s, kind) in enumerate(like)]
        return Template(name, holes, function(*holes))
    finally:
        grad_mode.enabled = before


def scan(
    body: Template,
    carries: Sequence[Node],
    inputs: Sequence[Node],
    constants: Sequence[Node],
    steps: int,
    reverse: bool = False,
) -> list[Node]:
    """``c[t + 1], y[t] = body(c[t], x[t], constants)`` for t = 0 … steps - 1.

    For every carry the stack (steps + 1, …) of all its values, the initial one first;
    for every other output of the body the stack (steps, …). With `reverse`,
    ``c[t], y[t] = body(c[t + 1], x[t], constants)`` from the last t down, and the
    initial value stands last.
    """
    loop = Loop(body, steps, len(carries), len(inputs), reverse)
    srcs = (*carries, *inputs, *constants)
    _check(loop, srcs)
    rg = grad_mode.enabled and any(s.rg for s in srcs)
    return items(Node("scan", srcs, loop, (), dtypes.float32, rg))


def items(scan: Node) -> list[Node]:
    """The results of a scan node."""
    return [item(scan, i) for i in range(len(scan.attrs.body.outputs))]


def item(scan: Node, i: int) -> Node:
    """One result of a scan node."""
    dtype = scan.attrs.body.outputs[i].dtype
    rg = scan.rg and dtype.is_float
    return Node("item", (scan,), i, scan.attrs.shape(i), dtype, rg)


def _check(loop: Loop, srcs: Sequence[Node]) -> None:
    body, n = loop.body, loop.carries
    if len(srcs) != len(body.inputs):
        raise ShapeError(
            f"scan: {body} takes {len(body.inputs)} values, {len(srcs)} are given."
        )
    for i, (src, inner) in enumerate(zip(srcs, body.inputs, strict=True)):
        stacked = n <= i < n + loop.inputs
        expected = (loop.steps, *inner.shape) if stacked else inner.shape
        if src.shape != expected:
            raise ShapeError(
                f"scan: value {i} of {body} has shape {src.shape}, expected {expected}."
            )
        if src.dtype is not inner.dtype:
            raise DTypeError(
                f"scan: value {i} of {body} is {src.dtype.name}, expected "
                f"{inner.dtype.name}."
            )
    for i, (inner, out) in enumerate(zip(body.inputs[:n], body.outputs, strict=False)):
        if (inner.shape, inner.dtype) != (out.shape, out.dtype):
            raise ShapeError(
                f"scan: carry {i} of {body} goes in as {inner.dtype.name}"
                f"{list(inner.shape)} and comes out as {out.dtype.name}"
                f"{list(out.shape)}; both must be alike."
            )
