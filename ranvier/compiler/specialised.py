"""A function captured for one set of shapes, with its program: one step, or a run."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ranvier import ops
from ranvier.compiler.capture.trace import Captured, trace, unflatten
from ranvier.compiler.feed import Feed
from ranvier.compiler.pipeline import plan
from ranvier.compiler.state import State
from ranvier.dtypes import int32, of
from ranvier.errors import (
    CaptureError,
    InterruptedRun,
    NotFiniteError,
    RanvierError,
    ValueRangeError,
)
from ranvier.graph import Array, hole, leaf
from ranvier.memory import require
from ranvier.tensor import Tensor, flush_pending

INDEX_LIMIT = 8_000_000  # row numbers handed to one native call (32 MB)


class Specialised:
    """A function captured for arguments of one shape."""

    def __init__(
        self, function: Callable[..., Any], args: Sequence[Any], tensors: list[Tensor]
    ) -> None:
        holes = [hole(i, t.shape, t.dtype, t._node.rg) for i, t in enumerate(tensors)]

        def call(stand_ins: Sequence[Tensor]) -> Any:
            given = iter(stand_ins)
            return function(*[next(given) if _is_tensor(a) else a for a in args])

        self.captured = trace(call, holes)
        self.count = len(holes)
        self.state = State(
            self.captured.state,
            {i - self.count for i, _ in self.captured.graph.updates},
        )
        self.changed = {self.captured.state[i] for i in self.state.written}
        self.plan = plan([self.captured.graph], single=True)
        program = self.plan.program
        for i, array in enumerate(self.captured.constants):
            program.bind(self.count + len(self.state.tensors) + i, array)
        self.first_output = len(self.captured.graph.inputs)
        self.results = self.captured.graph.outputs[: self.captured.results]

    def valid(self) -> bool:
        self.state.exchange(self.captured.exchanged())
        return self.state.valid() and all(
            m.training == t for m, t in self.captured.modes
        )

    def run(self, tensors: Sequence[Tensor]) -> Any:
        """Bind, run, and hand out the results."""
        with self.plan.program.lock:
            return self._run(tensors)

    def _run(self, tensors: Sequence[Tensor]) -> Any:
        for refresh in self.captured.refresh:
            refresh()
        flush_pending()
        program = self.plan.program
        self._refuse_state(tensors)
        for i, tensor in enumerate(tensors):
            array = tensor._value()
            program.bind(i, array if array.flags.c_contiguous else _keep(tensor))
        self.state.bind(program.bind, self.count)
        arrays = [np.empty(o.shape, o.dtype.np) for o in self.results]
        for i, array in enumerate(arrays):
            program.bind(self.first_output + i, array)
        outcome = program.run(1, (1,))
        self.captured.settle()
        if outcome.guard is not None:
            raise guard_error(outcome.guard, "")
        if outcome.interrupted:
            raise InterruptedRun("interrupted; this step was finished.")
        return unflatten(self.captured.tree, [Tensor._of(leaf(a)) for a in arrays])

    def _refuse_state(self, tensors: Sequence[Tensor]) -> None:
        for i, tensor in enumerate(tensors):
            owner = tensor._node.owner
            if owner is not None and owner() in self.changed:
                raise CaptureError(
                    f"argument {i + 1} of a compiled function is a tensor that the "
                    "function changes. Give it .clone(), or leave the argument out and "
                    "use the tensor itself inside."
                )


def _is_tensor(arg: Any) -> bool:
    return isinstance(arg, (Tensor, np.ndarray, list, tuple))


def _keep(tensor: Tensor) -> Array:
    array = np.ascontiguousarray(tensor._value())
    tensor._node.value = array
    return array


def guard_error(message: str, where: str) -> RanvierError:
    """The error of a check that failed inside a run."""
    if message == "not finite":
        return NotFiniteError(
            f"the loss became NaN or infinite{where}; the parameters are those before "
            "that step. "
            "Use a smaller learning rate, or look for NaN or very large values in the "
            "data."
        )
    happened, stop, remedy = message.partition(". ")
    return ValueRangeError(f"{happened.removesuffix('.')}{where}.{stop[1:]}{remedy}")


class Whole:
    """A function captured with the gathering of its mini-batches, for the loop over all
    steps.
    """

    def __init__(self, function: Callable[..., Any], feed: Feed) -> None:
        self.parts = [self._capture(function, feed, rows) for rows in feed.sizes]
        tensors = list(dict.fromkeys(t for p in self.parts for t in p.state))
        self.place = {t: i for i, t in enumerate(tensors)}
        written = {
            self.place[p.state[i - p.arguments]]
            for p in self.parts
            for i, _ in p.graph.updates
        }
        self.state = State(tensors, written)
        self._check_results()
        self.plan = plan(
            [p.graph for p in self.parts], feed=self._pointers(feed), rows=feed.sizes
        )
        self.arrays_in = len(feed.arrays)
        self._bind_constants()

    def _capture(self, function: Callable[..., Any], feed: Feed, rows: int) -> Captured:
        holes = [hole(i, a.shape, of(a)) for i, a in enumerate(feed.arrays)]
        if not feed.whole:
            holes.append(hole(len(holes), (rows,), int32))

        def call(stand_ins: Sequence[Tensor]) -> Any:
            batch = list(stand_ins)
            if not feed.whole:
                index = batch.pop()._node
                batch = [Tensor._of(ops.take(b._node, index)) for b in batch]
            return function(*feed.data.prepare(*batch))

        return trace(call, holes)

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
        kinds += [("no", 0)] * len(self.state.tensors)
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
        return kinds, inputs, outputs

    def _bind_constants(self) -> None:
        for part, at in zip(self.parts, self.constants_at, strict=True):
            for i, array in enumerate(part.constants):
                self.plan.program.bind(at + i, array)

    def valid(self) -> bool:
        for old, new in dict(p for c in self.parts for p in c.exchanged()).items():
            self.state.exchange([(old, new)])
        modes = (m for p in self.parts for m in p.modes)
        return self.state.valid() and all(m.training == t for m, t in modes)

    # ---- running ---------------------------------------------------------------------

    def run_epochs(self, feed: Feed, epochs: int) -> Any:
        first = self.parts[0]
        steps = sum(feed.counts) * epochs
        results = first.graph.outputs[: first.results]
        size = sum(math.prod(o.shape) * o.dtype.itemsize for o in results)
        require(steps * size, f"what the function returns in {steps:,} steps")
        stacks = [np.empty((steps, *o.shape), o.dtype.np) for o in results]
        at_once = epochs if feed.whole else max(1, INDEX_LIMIT // max(1, feed.used))
        done = 0
        for start in range(0, epochs, at_once):
            some = min(at_once, epochs - start)
            try:
                outcome = self._run_some(feed, some, [s[done:] for s in stacks])
            except KeyboardInterrupt:  # between two native calls
                raise self._ended(_interruption(done), stacks, done) from None
            done += outcome.done
            if outcome.guard is not None or outcome.stopped or outcome.interrupted:
                self._stop(feed, outcome, stacks, done)
        return self._hand_out(stacks)

    def _run_some(self, feed: Feed, epochs: int, stacks: list[Array]) -> Any:
        with self.plan.program.lock:
            return self._run_locked(feed, epochs, stacks)

    def _run_locked(self, feed: Feed, epochs: int, stacks: list[Array]) -> Any:
        program = self.plan.program
        for part in self.parts:
            for refresh in part.refresh:
                refresh()
        flush_pending()
        for i, array in enumerate(feed.arrays):
            program.bind(i, array)
        if not feed.whole:
            order = feed.order(feed.loader.epoch, epochs)
            program.bind(self.arrays_in, order)
        self.state.bind(program.bind, self.state_at)
        for i, stack in enumerate(stacks):
            program.bind(self.results_at + i, stack)
        outcome = program.run(epochs, feed.counts)
        for part in self.parts:
            part.settle()
        begun = epochs
        if outcome.guard is not None or outcome.stopped:
            begun = outcome.done // sum(feed.counts) + 1
        feed.loader.epoch += begun  # finished or not, as in a loop over the loader
        return outcome

    def _hand_out(self, stacks: list[Array]) -> Any:
        return unflatten(self.parts[0].tree, [Tensor._of(leaf(s)) for s in stacks])

    def _stop(self, feed: Feed, outcome: Any, stacks: list[Array], done: int) -> None:
        """Raise what ended the run, with the results of the steps before."""
        error: BaseException
        if outcome.guard is not None:
            epoch, step = divmod(done, sum(feed.counts))
            error = guard_error(
                outcome.guard, f" in step {step + 1} of epoch {epoch + 1}"
            )
        else:
            error = _interruption(done)
        raise self._ended(error, stacks, done)

    def _ended(self, error: Any, stacks: list[Array], done: int) -> Any:
        """`error` with the results of the steps before it."""
        error.steps = done
        error.results = self._hand_out([s[:done] for s in stacks])
        return error


def _interruption(done: int) -> InterruptedRun:
    return InterruptedRun(
        f"interrupted after {done} steps; the state is that after the last."
    )
