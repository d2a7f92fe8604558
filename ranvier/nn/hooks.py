"""What runs before and after a module's `forward`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

Hook = Callable[..., Any]


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


class Entry(NamedTuple):
    """A hook, and whether it wants the keyword arguments too."""

    run: Hook
    with_kwargs: bool


class Around:
    """The hooks of one module, in the order in which they run."""

    def __init__(self) -> None:
        self.before: list[Entry] = []
        self.after: list[Entry] = []

    def call(self, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """`forward` with what the hooks make of its arguments and its result."""
        for entry in list(self.before):
            if entry.with_kwargs:
                changed = entry.run(module, args, kwargs)
                if changed is not None:
                    args, kwargs = changed
            else:
                changed = entry.run(module, args)
                if changed is not None:
                    args = changed if isinstance(changed, tuple) else (changed,)
        out = module.forward(*args, **kwargs)
        for entry in list(self.after):
            given = (args, kwargs) if entry.with_kwargs else (args,)
            changed = entry.run(module, *given, out)
            out = out if changed is None else changed
        return out


def add(hooks: list[Entry], entry: Entry, prepend: bool) -> RemovableHandle:
    """Put the hook in, at the end or in front."""
    hooks.insert(0 if prepend else len(hooks), entry)
    return RemovableHandle(hooks, entry)
