"""What runs before and after a module's `forward`, and when its gradients are known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ranvier import ops
from ranvier.errors import ShapeError
from ranvier.tensor import Tensor, _wrap
from ranvier.tensors.gradient_hooks import RemovableHandle, fitting
from ranvier.tensors.sweeping import Gradients, Stop

Hook = Callable[..., Any]


class Entry(NamedTuple):
    """A hook, and whether it wants the keyword arguments too."""

    run: Hook
    with_kwargs: bool


class Around:
    """The hooks of one module, in the order in which they run."""

    def __init__(self) -> None:
        self.before: list[Entry] = []
        self.after: list[Entry] = []
        self.coming: list[Entry] = []  # see the gradients of the results
        self.going: list[Entry] = []  # see those of the arguments too

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
        watch = Watched(module, self) if self.coming or self.going else None
        if watch is not None:
            args = watch.arguments(args)
        out = module.forward(*args, **kwargs)
        for entry in list(self.after):
            given = (args, kwargs) if entry.with_kwargs else (args,)
            changed = entry.run(module, *given, out)
            out = out if changed is None else changed
        return out if watch is None else watch.results(out)


class Watched:
    """One call of a module whose gradients go through hooks: those of all results come
    in together, those of all arguments go out together.
    """

    def __init__(self, module: Any, hooks: Around) -> None:
        self.module = module
        self.hooks = hooks
        self.places: list[int] = []  # of the arguments that have a gradient
        self.count = 0  # arguments
        self.outside: tuple[Tensor | None, ...] = ()  # the gradients of the results

    def arguments(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments under other nodes, where sweeps end."""
        self.count = len(args)
        new, self.places = _marked(args, self._go_out)
        return new

    def results(self, out: Any) -> Any:
        """The results under other nodes, where sweeps end."""
        several = isinstance(out, tuple)
        every = out if several else (out,)
        new, places = _marked(every, lambda found: self._come_in(found, places, every))
        return new if several else new[0]

    def _come_in(
        self, found: Gradients, places: list[int], out: tuple[Any, ...]
    ) -> Gradients:
        self.outside = _spread(found, places, len(out))
        for entry in list(self.hooks.coming):
            changed = entry.run(self.module, self.outside)
            self.outside = _changed(changed, self.outside)
        if not self.places:
            nothing = (None,) * self.count
            for entry in list(self.hooks.going):
                entry.run(self.module, nothing, self.outside)
        return _nodes(self.outside, places)

    def _go_out(self, found: Gradients) -> Gradients:
        if not self.outside:  # a gradient of a gradient: not through the results
            return found
        inside = _spread(found, self.places, self.count)
        for entry in list(self.hooks.going):
            changed = entry.run(self.module, inside, self.outside)
            inside = _changed(changed, inside)
        self.outside = ()
        return _nodes(inside, self.places)


def _marked(
    values: tuple[Any, ...], run: Callable[[Gradients], Gradients]
) -> tuple[tuple[Any, ...], list[int]]:
    """`values` with a stop at every tensor that has a gradient, and where those are."""
    places = [
        i for i, v in enumerate(values) if isinstance(v, Tensor) and v.requires_grad
    ]
    new = list(values)
    for i in places:
        new[i] = _wrap(ops.alias(values[i]._node))
    if places:
        Stop([new[i]._node for i in places], run)
    return tuple(new), places


def _spread(
    found: Gradients, places: list[int], count: int
) -> tuple[Tensor | None, ...]:
    out: list[Tensor | None] = [None] * count
    for i, g in zip(places, found, strict=True):
        out[i] = None if g is None else _wrap(g)
    return tuple(out)


def _nodes(gradients: tuple[Tensor | None, ...], places: list[int]) -> Gradients:
    found = (gradients[i] for i in places)
    return [None if g is None else g._node for g in found]


def _changed(new: Any, old: tuple[Tensor | None, ...]) -> tuple[Tensor | None, ...]:
    """What a hook gave in the place of gradients."""
    if new is None:
        return old
    new = new if isinstance(new, tuple) else (new,)
    if len(new) != len(old):
        raise ShapeError(
            f"a backward hook gave {len(new)} gradients in the place of {len(old)}."
        )
    return tuple(
        o if n is None or o is None else fitting(n, o)
        for n, o in zip(new, old, strict=True)
    )


def add(hooks: list[Entry], entry: Entry, prepend: bool) -> RemovableHandle:
    """Put the hook in, at the end or in front."""
    hooks.insert(0 if prepend else len(hooks), entry)
    return RemovableHandle(hooks, entry)
