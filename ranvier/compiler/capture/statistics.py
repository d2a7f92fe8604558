"""What is worth watching of a model while it learns, as nodes of the captured step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ranvier.graph import Node
from ranvier.tensor import NoGrad, Tensor
from ranvier.tensors.functions import logical_or, where
from ranvier.tensors.handles import Recorder

Probe = tuple[str, Node]
EDGE = 0.01  # of the range: there a sigmoid's slope is 4 % of its steepest


def layer_statistics(model: Any, recorder: Recorder) -> list[Probe]:
    """Mean, standard deviation and share of zeros of every layer's output, the share of
    saturated values where it has `bounds`, which units were not 0 for every row where
    it `can_die`; how far the rows of the model's output differ; of every parameter the
    norm of its gradient, and that of its update over its own.

    Called when the step has been run on stand-ins, while `recorder` still listens.
    """
    with NoGrad():
        found = [*_outputs(model, recorder), *_parameters(model, recorder)]
        return [(name, value._node) for name, value in found]


def _outputs(model: Any, recorder: Recorder) -> Iterator[tuple[str, Tensor]]:
    names = {m: n for n, m in model.named_modules() if not any(m.children())}
    for module, node in recorder.outputs:
        if module is model and node.dtype.is_float and len(node.shape) > 1:
            rows = Tensor._of(node).var(0, unbiased=False)
            yield "output.spread", rows.mean().sqrt()
        name = names.get(module)
        if name is None or not node.dtype.is_float:
            continue
        name, y = name or type(module).__name__, Tensor._of(node)
        yield f"{name}.mean", y.mean()
        yield f"{name}.std", y.std(unbiased=False)
        yield f"{name}.zeros", (y == 0).float().mean()
        yield from _ends(name, module, y)


def _ends(name: str, module: Any, y: Tensor) -> Iterator[tuple[str, Tensor]]:
    """How much of an activation sits where its slope is 0, or nearly."""
    facts = type(module)  # asked of the class: a module looks for near misses
    bounds = getattr(facts, "bounds", None)
    if bounds is not None:
        low, high = bounds
        edge = EDGE * (high - low)
        ends = logical_or(y < low + edge, y > high - edge)
        yield f"{name}.saturated", ends.float().mean()
    if getattr(facts, "can_die", False) and y.ndim in (
        2,
        4,
    ):  # (n, c) and (n, c, h, w)
        dims = [d for d in range(y.ndim) if d != 1]
        yield f"{name}.active", (y != 0).float().amax(dims)


def _parameters(model: Any, recorder: Recorder) -> Iterator[tuple[str, Tensor]]:
    for name, p in model.named_parameters():
        gradient = p._grad if p in recorder.grads else None
        if gradient is not None:
            yield f"{name}.grad_norm", gradient.norm()
        before = recorder.bound.get(p)
        if before is not None and before is not p._node:
            old = Tensor._of(before).norm()
            one = where(old == 0, 1.0, old)
            yield f"{name}.update_ratio", (p - Tensor._of(before)).norm() / one


def unique(probes: list[Probe]) -> list[Probe]:
    """The same with names told apart: what comes a second time is "name#2"."""
    count: dict[str, int] = {}
    out = []
    for name, node in probes:
        n = count[name] = count.get(name, 0) + 1
        out.append((name if n == 1 else f"{name}#{n}", node))
    return out
