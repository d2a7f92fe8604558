"""The states of a run that are kept in memory, to go back to any of its steps.

Kept are the start, the end, and the state after every epoch, of a run that may have
more than 200 epochs after every second, third, …; but no more than 256 MB, so that of a
large model fewer are kept, and of one whose state takes more than half of that none. A
step between two of them is reached by running those after the earlier one again, to the
same bits. A resumed run goes back to before it was stopped from the
first state, which lies with its checkpoint.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

import ranvier.train.randomness as randomness
from ranvier.data.refusals import refuse_drawn
from ranvier.errors import StateError, ValueRangeError
from ranvier.formats.nested import pack, unpack
from ranvier.train.checkpoint import START, load_start
from ranvier.train.history import History
from ranvier.train.loop import Loop, schedule

Array = np.ndarray[Any, Any]
MOST_STATES = 200
MOST_BYTES = 256 << 20


@dataclass(frozen=True)
class Moment:
    """A state of a run, and the best weights until then."""

    step: int
    structure: str
    arrays: dict[str, Array]
    best: dict[str, Any] | None

    @classmethod
    def of(cls, loop: Loop) -> Moment:
        """Where the loop stands; a copy."""
        arrays: dict[str, Array] = {}
        structure = json.dumps(pack(loop.moving(), arrays))
        return cls(loop.steps_done, structure, arrays, loop.best)

    @classmethod
    def started(cls, loop: Loop) -> Moment | None:
        """The first state of the loop's run, where its checkpoint keeps it."""
        state = load_start(loop.plan.folder, loop.origin)
        if state is None:
            return None
        arrays: dict[str, Array] = {}
        structure = json.dumps(pack(state, arrays))
        begun = len(state["begun"][0]) if state["begun"] else 0
        step = state["epoch"] * len(loop.loader) + begun
        return cls(step, structure, arrays, None)

    def state(self) -> dict[str, Any]:
        """What `Loop.adopt` takes; copies, which a native run may write to."""
        arrays = {name: array.copy() for name, array in self.arrays.items()}
        state: dict[str, Any] = unpack(json.loads(self.structure), arrays)
        return state

    @cached_property
    def bytes(self) -> int:
        arrays = [*self.arrays.values(), *(self.best or {}).values()]
        return sum(array.nbytes for array in arrays)


class Tape:
    """The moments of one run, thinned out as they become many."""

    def __init__(self, epochs: int = 1) -> None:
        """epochs: how many the run may have."""
        self.moments: list[Moment] = []
        self.every = -(-epochs // MOST_STATES)
        self.is_off = False

    def keep(self, loop: Loop) -> None:
        """Remember where the loop stands after a whole epoch, now and then."""
        if self.is_off or loop.done % self.every:
            return
        moment = Moment.of(loop)
        if 2 * moment.bytes > MOST_BYTES:
            self.is_off = True
            return
        self.moments.append(moment)
        size = sum(kept.bytes for kept in self.moments)
        while len(self.moments) > MOST_STATES or size > MOST_BYTES:
            self.every *= 2
            self.moments = self.moments[::2]
            size = sum(kept.bytes for kept in self.moments)

    def end(self, loop: Loop) -> None:
        """Remember the end, in the middle of an epoch too."""
        last = self.moments[-1].step if self.moments else -1
        if not self.is_off and loop.is_whole and loop.steps_done > last:
            self.moments.append(Moment.of(loop))

    def at(self, step: int, loop: Loop) -> Moment:
        """The moment after this many steps, run again from the one before it.

        The model of the run is left as it was then, and its optimiser.
        Raises ValueRangeError: the run has no such step; StateError: too large.
        """
        refuse_drawn(loop.plan.train, f"rewind({step}), which runs steps again,")
        check_step(step, loop)
        before = [moment for moment in self.moments if moment.step <= step]
        first = None if before else Moment.started(loop)
        if first is not None and first.step <= step:
            before = [first]
        if not before:
            kept = f"from step {self.moments[0].step} on" if self.moments else "none"
            raise StateError(
                f"rewind({step}): no state before that step was kept ({kept}); a run "
                f"keeps up to {MOST_BYTES >> 20} MB of them, and a resumed one those "
                f"since it was resumed and the first in {START}, which is not there. "
                "Train it again with the same seed: it comes by the same states."
            )
        drawn = randomness.take()
        quiet: dict[str, Any] = dict.fromkeys(("folder", "progress", "watch"))
        again = Loop(replace(loop.plan, doctor=False, **quiet))
        again.adopt(before[-1].state())
        again.best = before[-1].best
        play(again, step, loop.history)
        moment = Moment.of(again)
        randomness.put_back(drawn)
        return moment


def play(loop: Loop, step: int, recorded: History) -> None:
    """Go on to this step, with what was recorded after every epoch."""
    epoch, rest = divmod(step, len(loop.loader))
    if not loop.plan.is_scored_by_epoch and loop.done < epoch:
        loop.advance(epoch - loop.done)
        loop.taken, loop.done = [], epoch
    while loop.done < epoch:
        loop.advance(1)
        loop.taken, loop.done = [], loop.done + 1
        row = {name: values[loop.done - 1] for name, values in recorded.columns.items()}
        loop.remember(row)
        if not loop.plan.steps_schedule:
            schedule(loop.plan.scheduler, row)
    if rest > loop.begun:
        loop.advance(1, until=rest)
    loop.history = recorded.until(epoch)


def check_step(step: Any, loop: Loop) -> None:
    """A step that the run has made."""
    whole = isinstance(step, int | np.integer) and not isinstance(step, bool)
    if not whole or not 0 <= step <= loop.steps_done:
        raise ValueRangeError(
            f"rewind({step!r}): the run has made {loop.steps_done} steps, "
            f"{len(loop.loader)} an epoch; expected a whole number from 0 to "
            f"{loop.steps_done}."
        )
