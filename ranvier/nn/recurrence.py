"""One step of the recurrent layers, on nodes, and as the body of a scan.

`gates` is W_ih x + b_ih + b_hh: it does not depend on the state, so a layer computes it
for all steps at once, before the loop. The order of the gates is PyTorch's.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ranvier import ops
from ranvier.dtypes import DType
from ranvier.graph import Node, Shape, Template

Step = Callable[..., tuple[Node, ...]]


def tanh_step(h: Node, gates: Node, w_hh: Node) -> tuple[Node]:
    """h' = tanh(gates + W_hh h)."""
    return (ops.tanh(ops.add(gates, ops.matmul(h, ops.swap(w_hh)))),)


def relu_step(h: Node, gates: Node, w_hh: Node) -> tuple[Node]:
    """h' = max(0, gates + W_hh h)."""
    return (ops.relu(ops.add(gates, ops.matmul(h, ops.swap(w_hh)))),)


def lstm_step(
    h: Node, c: Node, gates: Node, w_hh: Node, w_hr: Node | None = None
) -> tuple[Node, Node]:
    """i, f, o = σ(…), g = tanh(…); c' = f c + i g; h' = o tanh(c'), or W_hr times
    that.
    """
    whole = ops.add(gates, ops.matmul(h, ops.swap(w_hh)))
    i, f, g, o = _split(whole, 4)
    c = ops.add(ops.mul(ops.sigmoid(f), c), ops.mul(ops.sigmoid(i), ops.tanh(g)))
    h = ops.mul(ops.sigmoid(o), ops.tanh(c))
    return (h if w_hr is None else ops.matmul(h, ops.swap(w_hr))), c


def gru_step(h: Node, gates: Node, w_hh: Node, b_hh: Node | None = None) -> tuple[Node]:
    """r, z = σ(…); n = tanh(W_in x + b_in + r (W_hn h + b_hn)); h' = (1 - z) n + z h.

    Here `gates` is W_ih x + b_ih alone: r multiplies the rest.
    """
    own = ops.matmul(h, ops.swap(w_hh))
    own = own if b_hh is None else ops.add(own, b_hh)
    (r, z, n), (own_r, own_z, own_n) = _split(gates, 3), _split(own, 3)
    r, z = ops.sigmoid(ops.add(r, own_r)), ops.sigmoid(ops.add(z, own_z))
    n = ops.tanh(ops.add(n, ops.mul(r, own_n)))
    return (ops.add(ops.mul(ops.sub(ops.like(z, 1.0), z), n), ops.mul(z, h)),)


def _split(x: Node, count: int) -> list[Node]:
    """Equal parts along the last dimension."""
    width = x.shape[-1] // count
    whole = tuple((0, n, 1) for n in x.shape[:-1])
    starts = range(0, count * width, width)
    return [ops.cut(x, (*whole, (start, start + width, 1))) for start in starts]


class Kind(NamedTuple):
    """A kind of layer: its step, how many gates and carries it has, and whether both
    biases may be added to the gates at once.
    """

    step: Step
    gates: int
    carries: int
    one_bias: bool


KINDS = {
    "RNN_TANH": Kind(tanh_step, 1, 1, True),
    "RNN_RELU": Kind(relu_step, 1, 1, True),
    "LSTM": Kind(lstm_step, 4, 2, True),
    "GRU": Kind(gru_step, 3, 1, False),
}


@functools.lru_cache(maxsize=1024)
def body(
    kind: str, shapes: tuple[Shape, ...], dtype: DType, masked: bool = False
) -> Template:
    """The body of the scan of a layer: the same object for the same shapes, since
    graphs are told apart by it.
    """
    step = masked_step(KINDS[kind]) if masked else KINDS[kind].step
    name = f"{kind.lower()}_masked" if masked else kind.lower()
    return ops.loop_body(name, step, [(s, dtype) for s in shapes])


def masked_step(kind: Kind) -> Step:
    """A step in which the rows where the mask is 0 stay as they are."""

    def step(*values: Node) -> tuple[Node, ...]:
        carries, rest = values[: kind.carries], values[kind.carries :]
        gates, mask, *constants = rest
        there = ops.ne(mask, ops.like(mask, 0.0))
        new = kind.step(*carries, gates, *constants)
        return tuple(ops.where(there, n, c) for n, c in zip(new, carries, strict=True))

    return step


def run(
    kind: str,
    carries: Sequence[Node],
    gates: Node,
    constants: Sequence[Node],
    reverse: bool,
    mask: Node | None = None,
) -> tuple[Node, list[Node]]:
    """(h after every step, the last value of every carry); `gates` is (steps, …), and
    `mask` (steps, batch, 1) is 0 where a sequence has no step.
    """
    steps = gates.shape[0]
    inputs = [gates] if mask is None else [gates, mask]
    shapes = [c.shape for c in carries] + [x.shape[1:] for x in inputs]
    shapes += [c.shape for c in constants]
    made = body(kind, tuple(shapes), gates.dtype, mask is not None)
    stacks = ops.scan(made, carries, inputs, constants, steps, reverse)
    last = 0 if reverse else steps
    after = int(not reverse)
    return (
        _rows(stacks[0], after, after + steps),
        [
            ops.reshape(_rows(s, last, last + 1), s.shape[1:])
            for s in stacks[: len(carries)]
        ],
    )


def _rows(stack: Node, start: int, stop: int) -> Node:
    rest = ((0, n, 1) for n in stack.shape[1:])
    return ops.cut(stack, ((start, stop, 1), *rest))
