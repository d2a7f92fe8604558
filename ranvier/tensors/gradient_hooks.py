"""The functions that a tensor's gradient goes through."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from ranvier import ops
from ranvier.errors import DTypeError, ShapeError
from ranvier.graph import Node
from ranvier.tensors.handles import hooks
from ranvier.tensors.methods.handle import Handle, wrap
from ranvier.tensors.sweeping import Gradients, Stop

Hook = Callable[[Any], Any]


class RemovableHandle:
    """What registering a hook gives: ``remove()`` takes it away again; as a context it
    does so at the end.
    """

    def __init__(self, hooks: list[Any], entry: Any) -> None:
        self._hooks = hooks
        self._entry = entry

    def remove(self) -> None:
        """The hook runs no more."""
        self._hooks[:] = [h for h in self._hooks if h is not self._entry]

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *error: object) -> None:
        self.remove()


class Entry:
    """One registration: a function may be registered twice."""

    def __init__(self, run: Hook) -> None:
        self.run = run


class TensorHooks:
    """Those of one tensor. `before` see the gradient, and give another or None;
    `retained` is the tensor whose `.grad` keeps it; `after` run when a leaf has its
    `.grad`.
    """

    def __init__(self) -> None:
        self.before: list[Entry] = []
        self.after: list[Entry] = []
        self.retained: weakref.ref[Handle] | None = None
        self.place: Stop | None = None  # of a computed tensor

    def stop(self, node: Node) -> Stop:
        """Where a sweep ends for them."""
        return Stop([node], self._run)

    def _run(self, gradients: Gradients) -> Gradients:
        (g,) = gradients
        if g is None:
            return gradients
        gradient = wrap(g)
        for entry in list(self.before):
            changed = entry.run(gradient)
            gradient = gradient if changed is None else fitting(changed, gradient)
        tensor = self.retained() if self.retained is not None else None
        if tensor is not None:
            if hooks.recorder is not None:  # made inside: gone after the step
                hooks.recorder.born.add(tensor)
            tensor._collect(gradient)  # type: ignore[attr-defined]
        return [gradient._node]


def fitting(changed: Any, gradient: Any) -> Any:
    """What a hook gave in the place of `gradient`."""
    if not isinstance(changed, Handle):
        raise DTypeError(
            f"a hook gave {type(changed).__name__} {changed!r:.40} in the place of a "
            "gradient; expected a tensor, or None to leave it."
        )
    if changed.shape != gradient.shape:
        raise ShapeError(
            f"a hook gave a gradient of shape {changed.shape} in the place of one of "
            f"{gradient.shape}."
        )
    return wrap(ops.cast(changed._node, gradient.dtype))
