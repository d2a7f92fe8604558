"""A function captured with the gathering of its mini-batches: a whole run."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ranvier import ops
from ranvier.compiler.capture.trace import Captured, trace, unflatten
from ranvier.compiler.failures import first_value, guard_error, interruption
from ranvier.compiler.feed import Feed
from ranvier.compiler.pipeline import plan
from ranvier.compiler.rates import Rates
from ranvier.compiler.ring import Field, layout
from ranvier.compiler.run.execute import Outcome
from ranvier.compiler.state import State
from ranvier.compiler.watch import Watch
from ranvier.compiler.watching import Watching
from ranvier.dtypes import int32, of
from ranvier.errors import (
    CaptureError,
)
from ranvier.graph import Array, Node, hole, leaf
from ranvier.memory import require
from ranvier.tensor import Tensor, flush_pending

INDEX_LIMIT = 8_000_000  # row numbers handed to one native call (32 MB)


class Whole:
    """A function captured with the gathering of its mini-batches, for the loop over all
    steps.
    """

    def __init__(
        self, function: Callable[..., Any], feed: Feed, watch: Watch | None = None
    ) -> None:
        self.function = function
        self.parts = [self._capture(feed, rows, watch) for rows in feed.sizes]
        tensors = list(dict.fromkeys(t for p in self.parts for t in p.state))
        self.place = {t: i for i, t in enumerate(tensors)}
        written = {
            self.place[p.state[i - p.arguments]]
            for p in self.parts
            for i, _ in p.graph.updates
        }
        self.state = State(tensors, written)
        self._check_results()
        self.rates = Rates(self.parts[0].schedules)
        self.fields, self.row = self._ring_layout()
        pointers = self._pointers(feed)
        self.plan = plan(
            [p.graph for p in self.parts],
            feed=pointers,
            rows=feed.sizes,
            watched=[p.watched for p in self.parts] if watch is not None else (),
            watched_outputs=[self._watched_outputs(p) for p in self.parts],
            state=range(self.state_at, self.state_at + len(tensors)),
        )
        self.state.keep(self.plan.orders, self.state_at)
        self.arrays_in = len(feed.arrays)
        self._bind_constants()

    def _capture(self, feed: Feed, rows: int, watch: Watch | None) -> Captured:
        probing = None if watch is None else watch.probes
        return trace(self._gathered(feed), self._holes(feed, rows), probing)

    def _holes(self, feed: Feed, rows: int) -> list[Node]:
        holes = [hole(i, a.shape, of(a)) for i, a in enumerate(feed.arrays)]
        if not feed.whole:
            holes.append(hole(len(holes), (rows,), int32))
        return holes

    def _gathered(self, feed: Feed) -> Callable[[Sequence[Tensor]], Any]:
        """The function of the whole data and the rows of a mini-batch."""

        def call(stand_ins: Sequence[Tensor]) -> Any:
            batch = list(stand_ins)
            if not feed.whole:
                index = batch.pop()._node
                batch = [Tensor._of(ops.take(b._node, index)) for b in batch]
            return self.function(*feed.data.prepare(*batch))

        return call

    def _check_results(self) -> None:
        shapes = [
            [(o.shape, o.dtype) for o in p.graph.outputs[: p.results]]
            for p in self.parts
        ]
        if any(s != shapes[0] for s in shapes):
            raise CaptureError(
                "over(): the results of the last, smaller batch have other shapes "
                f"({shapes[0]} and {shapes[1]}), so they cannot be stacked; return "
                "sums or means, or "
                "use DataLoader(..., drop_last=True)."
            )

    def _ring_layout(self) -> tuple[list[Field], int]:
        """Where the probes lie in a row of the ring, the same for all parts."""
        facts = [
            list(zip(p.probes, ((n.shape, n.dtype) for n in _probed(p)), strict=True))
            for p in self.parts
        ]
        for whole, rest in zip(facts[0], facts[-1], strict=True):
            if whole != rest:
                raise CaptureError(
                    f"watch: '{whole[0]}' has shape {whole[1][0]}, in the last, "
                    f"smaller batch {rest[1][0]}. Watch a mean or a norm of it, or use "
                    "DataLoader(..., drop_last=True)."
                )
        return layout(_probed(self.parts[0]))

    def _watched_outputs(self, part: Captured) -> list[int]:
        """The pointer of each output: results, none for updates and guards, probes."""
        results = range(self.results_at, self.results_at + part.results)
        ring = range(self.ring_at, self.ring_at + len(part.probes))
        none = len(part.graph.outputs) - part.results
        return [*results, *([-1] * none), *ring]

    # ---- pointers of the program: arrays, row numbers, state, constants, results -----

    def _pointers(
        self, feed: Feed
    ) -> tuple[list[tuple[str, int]], list[list[int]], list[list[int]]]:
        """What each pointer is, and those of the inputs and outputs of every part."""
        first = self.parts[0]
        kinds: list[tuple[str, int]] = [("no", 0)] * len(feed.arrays)
        if not feed.whole:
            kinds.append(("row", 4))
        shared = len(kinds)
        for tensor in self.state.tensors:
            kinds.append(("step", 8) if self.rates.includes(tensor) else ("no", 0))
        self.results_at = len(kinds)
        results = first.graph.outputs[: first.results]
        kinds += [("step", int(np.prod(o.shape)) * o.dtype.itemsize) for o in results]
        self.constants_at = []
        inputs, outputs = [], []
        for part in self.parts:
            self.constants_at.append(len(kinds))
            fixed = list(range(len(kinds), len(kinds) + len(part.constants)))
            kinds += [("no", 0)] * len(part.constants)
            held = [shared + self.place[t] for t in part.state]
            inputs.append([*range(part.arguments), *held, *fixed])
            outputs.append(list(range(self.results_at, self.results_at + part.results)))
        self.state_at = shared
        self.ring_at = len(kinds)
        kinds += [("ring", self.row)] * len(self.fields)
        return kinds, inputs, outputs

    def _bind_constants(self) -> None:
        for part, at in zip(self.parts, self.constants_at, strict=True):
            for i, array in enumerate(part.constants):
                self.plan.program.bind(at + i, array)

    def valid(self) -> bool:
        for old, new in dict(p for c in self.parts for p in c.exchanged()).items():
            self.state.exchange([(old, new)])
        modes = (m for p in self.parts for m in p.modes)
        if not (self.state.valid() and all(m["training"] is t for m, t in modes)):
            return False
        outdated = [refresh() for p in self.parts for refresh in p.refresh]
        return not any(outdated)

    # ---- running ---------------------------------------------------------------------

    def run_epochs(
        self,
        feed: Feed,
        epochs: int,
        watch: Watch | None = None,
        some_steps: range | None = None,
    ) -> Any:
        """All steps of the epochs, or some of one; what they returned, stacked."""
        first = self.parts[0]
        chosen = range(sum(feed.counts)) if some_steps is None else some_steps
        steps = len(chosen) * epochs
        results = first.graph.outputs[: first.results]
        size = sum(math.prod(o.shape) * o.dtype.itemsize for o in results)
        require(steps * size, f"what the function returns in {steps:,} steps")
        stacks = [np.empty((steps, *o.shape), o.dtype.np) for o in results]
        watching = None
        if watch is not None:
            names = first.probes
            watching = Watching(self.plan.program, watch, names, self.fields, self.row)
        at_once = epochs if feed.whole else max(1, INDEX_LIMIT // max(1, feed.used))
        at_once = 1 if feed.changes else at_once
        done = 0
        for start in range(0, epochs, at_once):
            some = min(at_once, epochs - start)
            try:
                feed.renew()
                outcome = self._run_some(
                    feed, some, chosen, [s[done:] for s in stacks], watching
                )
            except KeyboardInterrupt:  # between two native calls
                raise self._ended(interruption(done), stacks, done) from None
            done += outcome.done
            failed = watching is not None and watching.failure is not None
            if failed or outcome.guard is not None or outcome.interrupted:
                self._stop(feed, outcome, chosen, stacks, done, watching)
            if outcome.stopped or (watching is not None and watching.ends):
                break
        return self._hand_out([s[:done] for s in stacks])

    def _run_some(self, *call: Any) -> Any:
        with self.plan.program.lock:
            return self._run_locked(*call)

    def _run_locked(
        self,
        feed: Feed,
        epochs: int,
        chosen: range,
        stacks: list[Array],
        watching: Watching | None,
    ) -> Any:
        program = self.plan.program
        for part in self.parts:
            for refresh in part.refresh:
                refresh()
        flush_pending()
        for i, array in enumerate(feed.arrays):
            program.bind(i, array)
        order = None
        if not feed.whole:
            order = feed.order(feed.loader.epoch, epochs)
            order = order[chosen.start * feed.batch :]
            program.bind(self.arrays_in, order)
        self.state.bind(program.bind, self.state_at)
        steps, before = len(chosen) * epochs, self.rates.state()
        for tensor, table in self.rates.tables(steps).items():
            if tensor in self.place:
                program.bind(self.state_at + self.place[tensor], table)
        for i, stack in enumerate(stacks):
            program.bind(self.results_at + i, stack)
        poll = None
        if watching is not None:
            watching.bind(self.ring_at)
            poll = watching.poll
        outcome = program.run(epochs, feed.counts_of(chosen), poll)
        if outcome.done < steps and self.rates.schedules:
            self.rates.put_back(before)
            self.rates.advance(outcome.done)
        for part in self.parts:
            part.settle()
        if outcome.guard is not None:
            outcome.first = self._replay(feed, outcome, chosen, order)
        if watching is not None:
            watching.end_call(outcome.done)
        begun = epochs
        if outcome.guard is not None or outcome.stopped:
            begun = outcome.done // len(chosen) + 1
        feed.loader.epoch += begun  # finished or not, as in a loop over the loader
        return outcome

    def _replay(
        self, feed: Feed, outcome: Outcome, chosen: range, order: Array | None
    ) -> str:
        """Which value of the step that failed was the first that is not finite."""
        call, arrays = self._gathered(feed), feed.arrays
        if order is None:
            return first_value(outcome, call, self._holes(feed, feed.rows), arrays)
        epoch, step = divmod(outcome.done, len(chosen))
        start = epoch * feed.used + step * feed.batch
        size = feed.batch if chosen.start + step < feed.full else feed.rest
        rows = order[start : start + size]
        holes = self._holes(feed, size)
        return first_value(outcome, call, holes, [*arrays, rows], rows)

    def _hand_out(self, stacks: list[Array]) -> Any:
        return unflatten(self.parts[0].tree, [Tensor._of(leaf(s)) for s in stacks])

    def _stop(
        self,
        feed: Feed,
        outcome: Outcome,
        chosen: range,
        stacks: list[Array],
        done: int,
        watching: Watching | None,
    ) -> None:
        """Raise what ended the run, with the results of the steps before."""
        error: BaseException
        if watching is not None and watching.failure is not None:
            error = watching.failure
            error.add_note(
                f"Raised by the callback of rv.Watch; the run was stopped after {done} "
                "steps, the state is that after the last."
            )
        elif outcome.guard is not None:
            epoch, step = divmod(done, len(chosen))
            where = f" in step {chosen.start + step + 1} of epoch {epoch + 1}"
            error = guard_error(outcome.guard, where, outcome.first)
        else:
            error = interruption(done)
        raise self._ended(error, stacks, done)

    def _ended(self, error: Any, stacks: list[Array], done: int) -> Any:
        """`error` with the results of the steps before it."""
        error.steps = done
        error.results = self._hand_out([s[:done] for s in stacks])
        return error


def _probed(part: Captured) -> tuple[Node, ...]:
    """What is watched of a part, in the order of its probes."""
    return part.watched.outputs[len(part.graph.outputs) :]
