"""A function captured for arguments of one shape, with its program: one step."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ranvier.accuracy import get_strict_accuracy
from ranvier.compiler.arguments import Expected
from ranvier.compiler.capture.trace import refuse_nesting, trace, unflatten
from ranvier.compiler.failures import first_value, guard_error
from ranvier.compiler.pipeline import plan
from ranvier.compiler.results import Results
from ranvier.compiler.run.execute import Outcome
from ranvier.compiler.state import State
from ranvier.errors import (
    CaptureError,
    InterruptedRun,
)
from ranvier.graph import Array, Node, hole
from ranvier.tensor import Tensor, flush_pending, hooks
from ranvier.tensors.handles import pending

STALE = object()  # what the function reads has changed its shape or its mode


class Specialised:
    """A function captured for arguments of one shape."""

    def __init__(
        self, function: Callable[..., Any], args: Sequence[Any], tensors: list[Tensor]
    ) -> None:
        holes = [hole(i, t.shape, t.dtype, t._node.rg) for i, t in enumerate(tensors)]

        def call(stand_ins: Sequence[Tensor]) -> Any:
            given = iter(stand_ins)
            return function(*[next(given) if _is_tensor(a) else a for a in args])

        self.call, self.holes = call, holes
        self.strict = get_strict_accuracy()
        self.captured = trace(call, holes)
        self.count = len(holes)
        self.state = State(
            self.captured.state,
            {i - self.count for i, _ in self.captured.graph.updates},
        )
        self.changed = {self.captured.state[i] for i in self.state.written}
        state = range(self.count, self.count + len(self.state.tensors))
        self.plan = plan([self.captured.graph], single=True, state=state)
        self.state.keep(self.plan.orders, self.count)
        program = self.plan.program
        for i, array in enumerate(self.captured.constants):
            program.bind(self.count + len(self.state.tensors) + i, array)
        graph = self.captured.graph
        outputs = graph.outputs[: self.captured.results]
        self.results = Results(outputs, len(graph.inputs))
        self.expected = Expected(args)
        self.given: list[Callable[[], Node | None]] = [_nothing] * self.count

    def run(self, tensors: Sequence[Tensor]) -> Any:
        """Bind, run, and hand out the results; or STALE: capture the function again."""
        if hooks.recorder is not None:
            refuse_nesting()
        with self.plan.program.lock:
            return self._run(tensors)

    def _run(self, tensors: Sequence[Tensor]) -> Any:
        captured, program = self.captured, self.plan.program
        if captured.growing:
            self.state.exchange(captured.exchanged())
        for fields, training in captured.modes:
            if fields["training"] is not training:
                return STALE
        for refresh in captured.refresh:
            if refresh():
                return STALE
        if pending.handles or pending.stepped or pending.spent:
            flush_pending()
        self._bind_arguments(tensors)
        if not self.state.bind(program.bind, self.count):
            return STALE
        results = self.results.bind(program)
        outcome = program.once()
        captured.settle()
        if outcome is None or outcome.guard is None:
            for schedule in captured.schedules:
                schedule.go_on()
        if outcome is not None:
            self._end(outcome, tensors)
        out = unflatten(captured.tree, results)
        for (i, grows), gradient in zip(
            captured.argument_gradients, results, strict=True
        ):
            tensor = tensors[i]
            if tensor.is_leaf:
                before = tensor._grad if grows else None
                tensor._grad = gradient if before is None else before + gradient
        return out

    def _end(self, outcome: Outcome, tensors: Sequence[Tensor]) -> None:
        """Raise what a step ended with that did not simply finish."""
        if outcome.guard is not None:
            arrays = [tensor._value() for tensor in tensors]
            first = first_value(outcome, self.call, self.holes, arrays)
            raise guard_error(outcome.guard, "", first)
        if outcome.interrupted:
            raise InterruptedRun("interrupted; this step was finished.")

    def _bind_arguments(self, tensors: Sequence[Tensor]) -> None:
        program, given = self.plan.program, self.given
        for i, tensor in enumerate(tensors):
            node = tensor._node
            if given[i]() is node:
                continue
            self._refuse_state(i, node)
            array = tensor._value()
            if not array.flags.c_contiguous:
                array = _keep(tensor)
            program.bind(i, array)
            given[i] = weakref.ref(node)

    def _refuse_state(self, i: int, node: Node) -> None:
        owner = node.owner
        if owner is not None and owner() in self.changed:
            raise CaptureError(
                f"argument {i + 1} of a compiled function is a tensor that the "
                "function changes. Give it .clone(), or leave the argument out and "
                "use the tensor itself inside."
            )


def _nothing() -> None:
    return None


def _is_tensor(arg: Any) -> bool:
    return isinstance(arg, (Tensor, np.ndarray, list, tuple))


def _keep(tensor: Tensor) -> Array:
    array = np.ascontiguousarray(tensor._value())
    tensor._node.value = array
    return array
