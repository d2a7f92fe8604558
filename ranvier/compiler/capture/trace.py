"""Run a function once on stand-ins and keep the graph that it leaves behind.

What the function reads from outside (parameters, optimiser state, a generator's
counter) becomes state: an input that is bound to that tensor's array in every run. What
it assigns becomes an update of that state. Everything is put back afterwards: tracing
changes nothing.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ranvier.compiler.capture.lift import Lifted
from ranvier.errors import CaptureError
from ranvier.graph import Array, Graph, Node
from ranvier.tensor import Recorder, Tensor, flush_pending, forget_pending, hooks

Probing = Callable[[Recorder, list[Node]], Sequence[tuple[Any, Node]]]

GRADIENT_GONE = (
    "this gradient was used inside a compiled step and not kept. Return it from the "
    "step "
    "(`return loss, parameter.grad`) to look at it."
)


class Captured:
    """A traced function.

    Inputs of `graph`: first the arguments, then `state` (tensors), then `constants`
    (arrays). Outputs: first the results (`tree` says how they are put together), then
    the new values of the state that `graph.updates` names, then what the guards look
    at.
    """

    def __init__(
        self,
        graph: Graph,
        arguments: int,
        state: list[Tensor],
        constants: list[Array],
        tree: Any,
        results: int,
        recorder: Recorder,
    ) -> None:
        self.graph = graph
        self.arguments = arguments
        self.state = state
        self.constants = constants
        self.tree = tree
        self.results = results
        self.refresh = list(recorder.refresh)
        self.schedules = list(recorder.schedules)
        # The modules' own fields: looked at before every run.
        self.modes = [(m.__dict__, on) for m, on in dict.fromkeys(recorder.modes)]
        self.gradients: list[tuple[Tensor, Tensor | None]] = []
        # Arguments with a gradient (a result after those of `tree`), and whether it is
        # added to the one they have.
        self.argument_gradients: list[tuple[int, bool]] = []
        self.growing: list[int] = []  # which gradients are added to in every run
        self.watched = graph  # the same with one output more for every probe
        self.probes: list[Any] = []  # their names

    def exchanged(self) -> list[tuple[Tensor, Tensor]]:
        """Gradients that grow from run to run and were set from outside since: (old,
        new).
        """
        pairs = []
        for i in self.growing:
            tensor, grad = self.gradients[i]
            now = tensor._grad
            assert grad is not None, "a gradient that grows is there"
            if grad is now:
                continue
            if now is None:
                now = tensor._grad = Tensor(_zeros(tensor))
            self.gradients[i] = (tensor, now)
            pairs.append((grad, now))
        return pairs

    def settle(self) -> None:
        """Give `.grad` of the parameters what it is after a run of the step."""
        for tensor, grad in self.gradients:
            tensor._grad = grad


def trace(
    function: Callable[[Sequence[Tensor]], Any],
    holes: Sequence[Node],
    probing: Probing | None = None,
) -> Captured:
    """Capture `function` for arguments that look like `holes`.

    `probing` is asked, when the function has run, what is to be watched.
    """
    flush_pending()
    captured, grown = _once(function, holes, probing)
    if grown:
        for tensor in grown:  # gradients that grow from call to call start as zeros
            tensor._grad = Tensor(_zeros(tensor))
        captured, grown = _once(function, holes, probing)
        assert not grown, "a gradient that is there is not made again"
    return captured


def _zeros(tensor: Tensor) -> Array:
    return np.zeros(tensor.shape, tensor.dtype.np)


def _once(
    function: Callable[[Sequence[Tensor]], Any],
    holes: Sequence[Node],
    probing: Probing | None,
) -> tuple[Captured, list[Tensor]]:
    if hooks.recorder is not None:
        refuse_nesting()
    recorder = hooks.recorder = Recorder()
    nodes: list[Node] = []
    try:
        stand_ins = [_stand_in(h) for h in holes]
        tree = flatten(function(stand_ins), nodes)
        probes = [] if probing is None else probing(recorder, nodes)
    finally:
        hooks.recorder = None
        forget_pending()
        final = {t: t._node for t in recorder.bound}
        gradients = {t: t._grad for t in recorder.grads}
        for tensor, node in recorder.bound.items():
            tensor._node = node
        for tensor, grad in recorder.grads.items():
            tensor._grad = grad
    own = [(i, s) for i, s in enumerate(stand_ins) if gradients.get(s) is not None]
    nodes += [gradients.pop(s)._node for _, s in own]
    captured, grown = _assemble(recorder, holes, tree, nodes, final, gradients, probes)
    grows = set(recorder.accumulated)
    captured.argument_gradients = [(i, s in grows) for i, s in own]
    return captured, grown


def _stand_in(hole: Node) -> Tensor:
    """A handle on the hole, which collects gradients where the argument does."""
    tensor = Tensor._of(hole)
    if hole.rg:
        hole.owner = weakref.ref(tensor)
    return tensor


def refuse_nesting() -> None:
    raise CaptureError(
        "a compiled function was called inside another; compile the outer one only."
    )


def _assemble(
    recorder: Recorder,
    holes: Sequence[Node],
    tree: Any,
    nodes: list[Node],
    final: dict[Tensor, Node],
    gradients: dict[Tensor, Tensor | None],
    probes: Sequence[tuple[Any, Node]],
) -> tuple[Captured, list[Tensor]]:
    count = len(nodes)
    _refuse_written_arguments(recorder, holes)
    updates = {
        t: n
        for t, n in final.items()
        if t not in recorder.born
        and recorder.bound[t].value is not None
        and n is not recorder.bound[t]
    }
    after, grown = _gradients(recorder, gradients, updates)
    every = [*nodes, *updates.values(), *(g for g, _ in recorder.guards)]
    looked_at = [node for _, node in probes]
    lifted = Lifted(
        [*every, *looked_at, *holes, *(recorder.bound.get(t, t._node) for t in updates)]
    )
    whole = lifted.graph()
    place = {n: i for i, n in enumerate(lifted.leaves)}
    state = _state(lifted, recorder, holes)
    order = [place[h] for h in holes] + [place[n] for n in state]
    known = set(order)
    constants = [i for i in range(len(lifted.leaves)) if i not in known]
    order += constants
    inputs = [whole.inputs[i] for i in order]
    for i, node in enumerate(inputs):
        node.attrs = i
    position = {t: len(holes) + i for i, t in enumerate(state.values())}
    pairs = [(position[t], count + i) for i, t in enumerate(updates)]
    first = count + len(updates)
    guards = [(first + i, message) for i, (_, message) in enumerate(recorder.guards)]
    graph = Graph(inputs, whole.outputs[: len(every)], pairs, guards)
    values = (lifted.leaves[i].value for i in constants)
    arrays = [v for v in values if v is not None]
    captured = Captured(
        graph, len(holes), list(state.values()), arrays, tree, count, recorder
    )
    captured.watched = Graph(
        inputs, whole.outputs[: len(every) + len(looked_at)], pairs, guards
    )
    captured.probes = [name for name, _ in probes]
    captured.gradients = after
    captured.growing = [
        i for i, (_, g) in enumerate(after) if g is not None and g._node.op != "absent"
    ]
    return captured, grown


def _refuse_written_arguments(recorder: Recorder, holes: Sequence[Node]) -> None:
    for before in recorder.bound.values():
        if before in holes:
            raise CaptureError(
                f"a compiled function changed argument {before.attrs + 1} in place; "
                "the caller's tensor would not change. Use the form that makes a new "
                "tensor (x = x + 1 instead of x += 1), or .clone() first."
            )


def _gradients(
    recorder: Recorder,
    gradients: dict[Tensor, Tensor | None],
    updates: dict[Tensor, Node],
) -> tuple[list[tuple[Tensor, Tensor | None]], list[Tensor]]:
    """What `.grad` is after a run, and the parameters whose gradient has to exist
    before.
    """
    after: list[tuple[Tensor, Tensor | None]] = []
    grown = []
    accumulated = set(recorder.accumulated)
    for tensor, grad in gradients.items():
        before = recorder.grads[tensor]
        if grad is None or tensor in recorder.born:
            after.append((tensor, None))
        elif tensor not in accumulated:
            after.append(
                (
                    tensor,
                    Tensor._of(
                        Node("absent", (), GRADIENT_GONE, grad.shape, grad.dtype, False)
                    ),
                )
            )
        elif before is None:
            grown.append(tensor)
        else:
            updates[before] = grad._node
            recorder.bound.setdefault(before, before._node)
            after.append((tensor, before))
    return after, grown


def _state(
    lifted: Lifted, recorder: Recorder, holes: Sequence[Node]
) -> dict[Node, Tensor]:
    """Leaves that are the value of a tensor that outlives the function."""
    state: dict[Node, Tensor] = {}
    assigned = {n: t for t, n in recorder.bound.items()}
    for node in lifted.leaves:
        owner = assigned.get(node)
        if owner is None and node.owner is not None:
            owner = node.owner()
        if owner is None or node in holes or owner in recorder.born:
            continue
        if recorder.bound.get(owner, owner._node) is node:
            state[node] = owner
    return state


def flatten(results: Any, nodes: list[Node]) -> Any:
    """Collect the tensors of nested tuples, lists and dicts; the shape of the nest is
    returned.
    """
    if isinstance(results, Tensor):
        nodes.append(results._node)
        return "tensor"
    if results is None:
        return None
    if isinstance(results, (tuple, list)):
        parts = [flatten(r, nodes) for r in results]
        return (tuple if isinstance(results, tuple) else list, parts)
    if isinstance(results, dict):
        return (list(results), [flatten(r, nodes) for r in results.values()])
    if isinstance(results, (int, float, str, bool)):
        return ("constant", results)
    raise CaptureError(
        f"a compiled function returned {type(results).__name__}; it may return "
        "tensors, None, "
        "numbers, and tuples, lists or dicts of them."
    )


def unflatten(tree: Any, values: list[Any]) -> Any:
    """The nest with `values` (used up from the front) at its tensors."""
    if tree == "tensor":
        return values.pop(0)
    if tree is None:
        return None
    kind, parts = tree
    if kind == "constant":
        return parts
    inside = [unflatten(p, values) for p in parts]
    if isinstance(kind, list):
        return dict(zip(kind, inside, strict=True))
    return kind(inside)
