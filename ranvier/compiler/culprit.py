"""Where the first value that is NaN or infinite came from, found when a run has failed.

The state is that before the step, so the step is captured once more with the outputs of
all modules, and walked by the interpreter. While a run goes well this costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ranvier.compiler.capture.trace import Captured, trace
from ranvier.compiler.derive.expand import derive
from ranvier.compiler.run.interpret import interpret
from ranvier.graph import Array, Graph, Node
from ranvier.tensor import Tensor
from ranvier.tensors.handles import Recorder

Call = Callable[[Sequence[Tensor]], Any]
EVERY = slice(None)


def first_not_finite(
    call: Call,
    holes: Sequence[Node],
    arrays: Sequence[Array],
    rows: Array | slice = EVERY,
) -> str:
    """A sentence that names the first value of the step that is not finite, or "".

    `arrays` fill the `holes`; of those with data, the step uses `rows`.
    """
    modules: list[Any] = []

    def outputs(recorder: Recorder, _: list[Node]) -> list[tuple[Any, Node]]:
        modules.extend(module for module, _ in recorder.outputs)
        return recorder.outputs

    captured = trace(call, holes, outputs)
    found = (
        _parameters(modules)
        or _data(arrays, rows)
        or _outputs(captured, arrays, modules)
    )
    return f" {found}" if found else ""


def _parameters(modules: Sequence[Any]) -> str:
    for name, array in _named_arrays(modules):
        if _bad(array):
            return (
                f"Already before it, {name} held {_bad(array)}: the update of an "
                "earlier step made it so."
            )
    return ""


def _named_arrays(modules: Sequence[Any]) -> Iterator[tuple[str, Array]]:
    seen: set[Any] = set()
    for module in reversed(modules):  # the outermost are recorded last
        for name, tensor in (*module.named_parameters(), *module.named_buffers()):
            if tensor not in seen:
                seen.add(tensor)
                yield name, tensor._value()


def _data(arrays: Sequence[Array], rows: Array | slice) -> str:
    for i, array in enumerate(arrays):
        taken = array[rows] if array.dtype.kind == "f" and array.ndim else array
        if _bad(taken):
            return f"The mini-batch, argument {i + 1} of the step, holds {_bad(taken)}."
    return ""


def _outputs(
    captured: Captured, arrays: Sequence[Array], modules: Sequence[Any]
) -> str:
    probed = captured.watched.outputs[len(captured.graph.outputs) :]
    state = [tensor._value() for tensor in captured.state]
    graph = derive(Graph(captured.watched.inputs, probed))
    values = interpret(graph, [*arrays, *state, *captured.constants])
    names = _names(modules)
    for module, value in zip(captured.probes, values, strict=True):
        if _bad(value):
            where = names[module]
            return f"The first such value: the output of {where} holds {_bad(value)}."
    return ""


def _names(modules: Sequence[Any]) -> dict[Any, str]:
    """ "layer 2 (Linear)", "encoder.fc1 (Linear)", or the type alone."""
    names: dict[Any, str] = {}
    for outer in reversed(modules):
        for path, module in outer.named_modules():
            kind = type(module).__name__
            path = f"layer {path}" if path.isdigit() else path
            names.setdefault(module, f"{path} ({kind})" if path else kind)
    return names


def _bad(array: Array) -> str:
    """ "NaN", "inf", or "" where all numbers are finite."""
    if array.dtype.kind != "f" or np.isfinite(array).all():
        return ""
    return "NaN" if np.isnan(array).any() else "inf"
