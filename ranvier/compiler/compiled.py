"""What `rv.compile` returns: a function that runs as one native program."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ranvier.compiler.capture.trace import Captured, trace, unflatten
from ranvier.compiler.pipeline import Plan, plan
from ranvier.errors import (
    CaptureError, DataError, InterruptedRun, NotFiniteError, RanvierError,
)  # fmt: skip
from ranvier.graph import Array, Node, hole, leaf
from ranvier.tensor import Tensor, default_array, flush_pending

INDEX_LIMIT = 8_000_000  # row numbers handed to one native call (32 MB)
HELD = (
    3  # references to a node that only its tensor holds, as `getrefcount` counts them
)


class Compiled:
    """A function captured once for each shape of its arguments.

    >>> import ranvier as rv
    >>> double = rv.compile(lambda x: 2 * x)
    >>> double(rv.tensor([1.0, 2.0]))
    tensor([2., 4.])
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.made: dict[Any, Specialised] = {}
        self.last: Plan | None = None
        functools.update_wrapper(self, function, updated=())

    def __call__(self, *args: Any) -> Any:
        """One step: one native call."""
        tensors, key = _arguments(args)
        found = self.made.get(key)
        if found is None or not found.valid():
            found = self.made[key] = Specialised(self.function, args, tensors)
        self.last = found.plan
        return found.run(tensors)

    def over(self, loader: Any, epochs: int = 1) -> Any:
        """Every step of every epoch in one native call, mini-batches gathered inside.

        `loader` is a `DataLoader` (or a pair of arrays, taken whole). Returns what the
        function returns, stacked: first dimension = steps. Ctrl-C ends the run after a
        whole step and raises `InterruptedRun` with the results so far in ``.results``.
        """
        if isinstance(epochs, bool) or not isinstance(epochs, int) or epochs < 1:
            raise DataError(f"over(epochs={epochs!r}): expected a whole number from 1.")
        feed = Feed.of(loader)
        key = ("over", feed.key())
        found = self.made.get(key)
        if found is None or not found.valid():
            found = self.made[key] = Whole(self.function, feed)
        self.last = found.plan
        return found.run_epochs(feed, epochs)


def compile(function: Any) -> Compiled:
    """Turn a function of tensors, or a module, into one native program.

    It is captured by running it once on stand-ins for each new shape of its arguments.
    Parameters, optimiser state, running statistics and random state that it reads
    become state of the program; what it assigns to them becomes updates. Looking at a
    value inside is an error.
    """
    if isinstance(function, Compiled):
        return function
    if not callable(function):
        raise CaptureError(
            f"rv.compile needs a function or a module, got {type(function).__name__}."
        )
    return Compiled(function)


def _arguments(args: Sequence[Any]) -> tuple[list[Tensor], Any]:
    """Tensors of the arguments (arrays are taken as they are), and a key of their
    shapes.
    """
    tensors, key = [], []
    for arg in args:
        if isinstance(arg, np.ndarray):
            arg = Tensor(arg)
        elif isinstance(arg, (list, tuple)):
            arg = Tensor(default_array(arg))
        if isinstance(arg, Tensor):
            node = arg._node
            tensors.append(arg)
            key.append((node.shape, node.dtype))
        else:
            key.append(arg)
    return tensors, tuple(key)


class State:
    """Tensors whose arrays a program reads and writes in place."""

    def __init__(self, tensors: Sequence[Tensor], written: set[int]) -> None:
        self.tensors = list(tensors)
        self.written = written
        self.facts = [(t.shape, t.dtype, t._node.rg) for t in tensors]
        self.nodes: list[Node | None] = [None] * len(tensors)

    def valid(self) -> bool:
        """Whether the tensors still look as they did at capture."""
        return all(
            n is t._node or f == (t.shape, t.dtype, t._node.rg)
            for t, n, f in zip(self.tensors, self.nodes, self.facts, strict=True)
        )

    def bind(self, bind: Callable[[int, Array], None], first: int) -> None:
        """Hand the arrays to the program; one that somebody else holds too is copied
        first.
        """
        for i, tensor in enumerate(self.tensors):
            node = tensor._node
            if node is self.nodes[i] and (i not in self.written or not _shared(node)):
                continue
            array = tensor._value()
            if i in self.written and (_shared(tensor._node) or not _writable(array)):
                array = np.array(array, order="C")
                tensor._bind(leaf(array, node.rg))
            elif not array.flags.c_contiguous:
                array = np.ascontiguousarray(array)
                tensor._bind(leaf(array, node.rg))
            self.nodes[i] = tensor._node
            bind(first + i, array)


def _shared(node: Node) -> bool:
    return node.exported or sys.getrefcount(node) > HELD + 2


def _writable(array: Array) -> bool:
    return array.flags.writeable and array.flags.c_contiguous and array.base is None


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
        self.plan = plan([self.captured.graph], single=True)
        program = self.plan.program
        for i, array in enumerate(self.captured.constants):
            program.bind(self.count + len(self.state.tensors) + i, array)
        self.first_output = len(self.captured.graph.inputs)
        self.results = self.captured.graph.outputs[: self.captured.results]

    def valid(self) -> bool:
        return self.state.valid() and all(
            m.training == t for m, t in self.captured.modes
        )

    def run(self, tensors: Sequence[Tensor]) -> Any:
        """Bind, run, and hand out the results."""
        for refresh in self.captured.refresh:
            refresh()
        flush_pending()
        program = self.plan.program
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
            f"the loss became NaN or infinite{where}; the parameters are those before that step. "
            "Use a smaller learning rate, or look for NaN or very large values in the data."
        )
    return DataError(message + where)


class Everything:
    """A tuple of arrays or tensors as a loader of one step an epoch."""

    shuffle = False
    drop_last = False
    scale = shift = None

    def __init__(self, data: Any) -> None:
        parts = data if isinstance(data, (tuple, list)) else (data,)
        self.arrays = [default_array(p) for p in parts]
        if not self.arrays or not all(
            a.ndim and len(a) == len(self.arrays[0]) > 0 for a in self.arrays
        ):
            shapes = ", ".join(str(a.shape) for a in self.arrays)
            raise DataError(
                f"over() got arrays of shapes {shapes}; expected equal lengths from 1."
            )
        self.dataset = self
        self.batch_size = len(self.arrays[0])
        self.epoch = 0

    def prepare(self, *batch: Tensor) -> tuple[Tensor, ...]:
        return batch


class Feed:
    """Where the mini-batches of a whole run come from: arrays, and the order of their
    rows.
    """

    def __init__(self, loader: Any) -> None:
        self.loader = loader
        self.data = loader.dataset
        self.arrays: list[Array] = [np.ascontiguousarray(a) for a in self.data.arrays]
        self.rows = len(self.arrays[0])
        self.batch = min(loader.batch_size, self.rows)
        self.shuffle = bool(loader.shuffle)
        self.full, rest = divmod(self.rows, self.batch)
        self.rest = 0 if loader.drop_last else rest
        self.whole = self.full == 1 and not self.rest and not self.shuffle

    @staticmethod
    def of(loader: Any) -> Feed:
        """The feed of a DataLoader, or of a tuple of arrays taken whole in every step."""
        return Feed(loader if hasattr(loader, "order") else Everything(loader))

    def key(self) -> Any:
        facts = tuple((a.shape, a.dtype.str) for a in self.arrays)
        way = (self.data.scale, self.data.shift)
        return (facts, self.batch, self.rest, self.whole, way)

    @property
    def sizes(self) -> list[int]:
        """Rows of each kind of step."""
        return [self.batch] + [self.rest] * bool(self.rest)

    @property
    def counts(self) -> list[int]:
        """Steps of each kind in an epoch."""
        return [self.full] + [1] * bool(self.rest)

    @property
    def used(self) -> int:
        """Rows an epoch goes through."""
        return self.full * self.batch + self.rest

    def order(self, first: int, epochs: int) -> Array:
        """Row numbers of `epochs` epochs, one after the other."""
        if not self.shuffle:
            return np.tile(np.arange(self.used, dtype=np.int32), epochs)
        parts = [self.loader.order(first + e)[: self.used] for e in range(epochs)]
        return np.concatenate(parts).astype(np.int32, copy=False)


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
        from ranvier import ops
        from ranvier.dtypes import int32, of

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
                f"({shapes[0]} and {shapes[1]}), so they cannot be stacked; return sums or means, or "
                "use DataLoader(..., drop_last=True)."
            )

    # ---- pointers of the program: arrays, row numbers, state, constants, results
    # ------------------

    def _pointers(
        self, feed: Feed
    ) -> tuple[list[tuple[str, int]], list[list[int]], list[list[int]]]:
        """What each pointer is, and those of the inputs and outputs of every part."""
        first = self.parts[0]
        kinds = [("no", 0)] * len(feed.arrays)
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
        modes = (m for p in self.parts for m in p.modes)
        return self.state.valid() and all(m.training == t for m, t in modes)

    # ---- running ---------------------------------------------------------------------
    # ---------------

    def run_epochs(self, feed: Feed, epochs: int) -> Any:
        first = self.parts[0]
        steps = sum(feed.counts) * epochs
        stacks = [
            np.empty((steps, *o.shape), o.dtype.np)
            for o in first.graph.outputs[: first.results]
        ]
        at_once = epochs if feed.whole else max(1, INDEX_LIMIT // max(1, feed.used))
        done = 0
        for start in range(0, epochs, at_once):
            some = min(at_once, epochs - start)
            outcome = self._run_some(feed, some, [s[done:] for s in stacks])
            done += outcome.done
            if outcome.guard is not None or outcome.stopped or outcome.interrupted:
                self._stop(feed, outcome, stacks, done)
        return self._hand_out(stacks)

    def _run_some(self, feed: Feed, epochs: int, stacks: list[Array]) -> Any:
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
        if not (outcome.guard or outcome.stopped):
            feed.loader.epoch += epochs
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
            error = InterruptedRun(
                f"interrupted after {done} steps; the state is that after the last."
            )
        error.steps = done  # type: ignore[attr-defined]
        error.results = self._hand_out([s[:done] for s in stacks])  # type: ignore[attr-defined]
        raise error


__all__ = ["Compiled", "compile"]
