"""An epoch with its judging as one program, which alike networks share.

Learning from every mini-batch, judging, and copying the weights out are parts of one
native program; how many epochs it runs is a number. A program belongs to no network:
whoever runs it points it at one's arrays first. So networks whose captured graphs are
equal run the same machine code, each with its own weights, learning rate, order of
rows and random numbers, several at a time on threads of their own.
"""

from __future__ import annotations

import copy
import functools
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ranvier import ops
from ranvier.compiler.capture.trace import Captured, trace
from ranvier.compiler.feed import Feed
from ranvier.compiler.pipeline import Plan, Wanted, want
from ranvier.compiler.run.execute import Outcome, Program, address
from ranvier.compiler.state import State
from ranvier.dtypes import int32, of
from ranvier.errors import CaptureError
from ranvier.graph import Array, Node, hole
from ranvier.tensor import Tensor

Step = Callable[..., Any]
Function = Callable[[Sequence[Tensor]], Any]


class Turn(NamedTuple):
    """What an epoch does with one set of data: a step for every mini-batch."""

    step: Step
    feed: Feed

    def gathered(self, stand_ins: Sequence[Tensor]) -> Any:
        """The step of the whole data and the rows of a mini-batch."""
        batch = list(stand_ins)
        if not self.feed.whole:
            index = batch.pop()._node
            batch = [Tensor._of(ops.take(b._node, index)) for b in batch]
        return self.step(*self.feed.data.prepare(*batch))

    def holes(self, rows: int) -> list[Node]:
        arrays = self.feed.arrays
        found = [hole(i, a.shape, of(a)) for i, a in enumerate(arrays)]
        if not self.feed.whole:
            found.append(hole(len(found), (rows,), int32))
        return found

    @property
    def drawn(self) -> int:
        """Row numbers that it takes from the order of an epoch."""
        return 0 if self.feed.whole else self.feed.used


class Gave(NamedTuple):
    """What a native call gave: of every turn its results, each with a number a step and
    epoch; the copies of what is kept, one an epoch; and how the call ended.
    """

    columns: list[list[Array]]
    kept: list[Array]
    outcome: Outcome
    epochs: int


class Cycle:
    """One network's epoch: `turns` one after the other, then a copy of what is kept.

    replaced: tensors that the steps read and networks would share, each with one of
    this network's own in its place, such as the state of the random generator.
    """

    def __init__(
        self,
        turns: Sequence[Turn],
        kept: Sequence[Tensor] = (),
        replaced: dict[Tensor, Tensor] | None = None,
    ) -> None:
        self.turns = list(turns)
        self.keeps = bool(kept)
        self.parts: list[list[Captured]] = [
            [trace(turn.gathered, turn.holes(rows)) for rows in turn.feed.sizes]
            for turn in self.turns
        ]
        if kept:
            self.parts.append([trace(lambda _: tuple(kept), [])])
        self.flat = [part for some in self.parts for part in some]
        tensors = list(dict.fromkeys(t for p in self.flat for t in p.state))
        self.place = {t: i for i, t in enumerate(tensors)}
        written = {
            self.place[p.state[i - p.arguments]]
            for p in self.flat
            for i, _ in p.graph.updates
        }
        own = [(replaced or {}).get(t, t) for t in tensors]
        self.read = tensors
        self.state = State(own, written)
        self.refresh = list(dict.fromkeys(r for p in self.flat for r in p.refresh))
        self.places: dict[int, int] = {}
        self.pointers = self._pointers()
        self.counts = [n for turn in self.turns for n in turn.feed.counts]
        self.counts += [1] * self.keeps

    def like(
        self, turns: Sequence[Turn], other: dict[Tensor, Tensor], owners: dict[Any, Any]
    ) -> Cycle | None:
        """The epoch of a network that would be captured alike, with what it reads
        instead of this one's, and who refreshes it; None where something is neither.
        """
        if any(t not in other for t in self.read):
            return None
        refresh = [_moved(r, owners) for r in self.refresh]
        if None in refresh:
            return None
        twin = copy.copy(self)
        twin.turns = list(turns)
        twin.read = [other[t] for t in self.read]
        twin.state = State(twin.read, self.state.written)
        twin.refresh = [r for r in refresh if r is not None]
        twin.places = {}
        return twin

    @property
    def changed(self) -> list[Tensor]:
        """The tensors that a run changes."""
        return [self.state.tensors[i] for i in sorted(self.state.written)]

    @property
    def steps(self) -> int:
        """Steps an epoch, those of all turns and the copying."""
        return sum(self.counts)

    # ---- the program -----------------------------------------------------------------

    def _pointers(self) -> list[tuple[str, int]]:
        """What each pointer is: data of all turns, order of rows, state, results, what
        is kept, constants.
        """
        kinds: list[tuple[str, int]] = []
        self.data_at = []
        for turn in self.turns:
            self.data_at.append(len(kinds))
            kinds += [("no", 0)] * len(turn.feed.arrays)
        self.order_at = len(kinds)
        kinds.append(("row", 4))
        self.state_at = len(kinds)
        kinds += [("no", 0)] * len(self.state.tensors)
        self.results_at = []
        for i, some in enumerate(self.parts):
            self.results_at.append(len(kinds))
            moves = "step" if i < len(self.turns) else "epoch"
            kinds += [(moves, _size(o)) for o in _results(some[0])]
        self.constants_at = []
        for part in self.flat:
            self.constants_at.append(len(kinds))
            kinds += [("no", 0)] * len(part.constants)
        return kinds

    def wanted(self) -> Wanted:
        """All that the program depends on; equal for networks that can share it."""
        inputs: list[list[int]] = []
        outputs: list[list[int]] = []
        rows: list[int] = []
        for i, some in enumerate(self.parts):
            turn = self.turns[i] if i < len(self.turns) else None
            for n, part in enumerate(some):
                at = self.constants_at[len(inputs)]
                fixed = range(at, at + len(part.constants))
                held = [self.state_at + self.place[t] for t in part.state]
                inputs.append([*self._given(i, turn), *held, *fixed])
                first = self.results_at[i]
                outputs.append(list(range(first, first + part.results)))
                drawn = turn is not None and turn.drawn
                rows.append(turn.feed.sizes[n] if turn and drawn else 0)
        return want(
            [p.graph for p in self.flat],
            feed=(self.pointers, inputs, outputs),
            rows=rows,
            state=range(self.state_at, self.state_at + len(self.state.tensors)),
            threads=1,
        )

    def _given(self, i: int, turn: Turn | None) -> list[int]:
        if turn is None:
            return []
        at = self.data_at[i]
        given = list(range(at, at + len(turn.feed.arrays)))
        return given if turn.feed.whole else [*given, self.order_at]

    def take_over(self, plan: Plan) -> None:
        """Lay the state in memory as the program wants it."""
        self.state.keep(plan.orders, self.state_at)

    # ---- running ---------------------------------------------------------------------

    def run(
        self,
        program: Program,
        orders: Array,
        stopping: Callable[[], bool],
    ) -> Gave:
        """Epochs in one native call, one for each row of `orders`: the row numbers of
        all turns that draw some.
        """
        epochs = len(orders)
        self._point(program)
        most = max((max(t.feed.sizes) for t in self.turns if t.drawn), default=0)
        order = np.zeros(orders.size + most, np.int32)  # the last step looks ahead
        order[: orders.size] = orders.reshape(-1)
        program.bind(self.order_at, order)
        columns = []
        for i, some in enumerate(self.parts):
            of_epoch = self.steps if i < len(self.turns) else 1
            stacks = [
                np.empty((epochs * of_epoch, *o.shape), o.dtype.np)
                for o in _results(some[0])
            ]
            for n, stack in enumerate(stacks):
                program.bind(self.results_at[i] + n, stack)
            columns.append(stacks)
        outcome = program.alone(epochs, self.counts, stopping)
        whole = outcome.done // self.steps
        kept = columns.pop() if self.keeps else []
        found = [self._of_turn(i, stacks, whole) for i, stacks in enumerate(columns)]
        return Gave(found, [k[:whole] for k in kept], outcome, whole)

    def _point(self, program: Program) -> None:
        """Have the program work on this network's arrays."""
        outdated = [refresh() for refresh in self.refresh]
        if any(outdated):
            raise CaptureError(
                "an optimiser's update took another form during a sweep (an option "
                "that was 0 was changed, or its state was taken away). Give the option "
                "a value above 0 from the start, or train this network with rv.fit."
            )
        # What is bound once is remembered here: the program may be another one.
        looks = self.state.bind(self._note, self.state_at)
        assert looks, "nobody else has this network"
        for position, place in self.places.items():
            program.point(position, place)
        for turn, at in zip(self.turns, self.data_at, strict=True):
            for i, array in enumerate(turn.feed.arrays):
                program.bind(at + i, array)
        for part, at in zip(self.flat, self.constants_at, strict=True):
            for i, array in enumerate(part.constants):
                program.bind(at + i, array)

    def _note(self, position: int, array: Array) -> None:
        self.places[position] = address(array)

    def _of_turn(self, i: int, stacks: list[Array], epochs: int) -> list[Array]:
        """What the steps of one turn returned in whole epochs."""
        first = sum(sum(t.feed.counts) for t in self.turns[:i])
        last = first + sum(self.turns[i].feed.counts)
        rows = [s.reshape(-1, self.steps, *s.shape[1:])[:epochs] for s in stacks]
        return [np.ascontiguousarray(r[:, first:last]) for r in rows]


def _moved(refresh: Any, owners: dict[Any, Any]) -> Callable[[], Any] | None:
    """A method that is called before a run as that of another owner; None where its
    owner is not known.
    """
    given = refresh.args if isinstance(refresh, functools.partial) else ()
    method = refresh.func if given else refresh
    owner = getattr(method, "__self__", None)
    if owner not in owners:
        return None
    return functools.partial(getattr(owners[owner], method.__name__), *given)


def _results(part: Captured) -> tuple[Node, ...]:
    return part.graph.outputs[: part.results]


def _size(output: Node) -> int:
    return math.prod(output.shape) * output.dtype.itemsize
