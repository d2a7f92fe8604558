"""Modules called with parameters that are given, not their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from ranvier.errors import DTypeError, StateError, ValueRangeError, nearest
from ranvier.nn.module import Module
from ranvier.tensor import Tensor
from ranvier.tensors.joining import stack

Named = Mapping[str, Tensor]


def functional_call(
    module: Module,
    parameter_and_buffer_dicts: Named | Sequence[Named],
    args: Any = None,
    kwargs: Mapping[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """``module(*args, **kwargs)`` with the given tensors in the place of its parameters
    and buffers, which gradients flow to.

    `parameter_and_buffer_dicts` names them as in a state_dict: one dict, or several;
    what is not named is the module's own. `args` is a tuple, or the one argument. With
    `tie_weights`, a parameter that has several names is replaced under all of them;
    with `strict`, all names must be there.

    Raises StateError for names that the module does not have, that are missing with
    `strict`, or that come twice.

    >>> import ranvier as rv
    >>> layer = rv.nn.Linear(2, 1)
    >>> weights = {"weight": rv.tensor([[1.0, 2.0]]), "bias": rv.tensor([0.5])}
    >>> rv.func.functional_call(layer, weights, rv.tensor([[3.0, 4.0]]))
    tensor([[11.5000]])
    """
    given = _merged(parameter_and_buffer_dicts)
    places = _places(module)
    _check(module, given, places, strict)
    if tie_weights:
        given = _tied(given, places)
    positional = () if args is None else args if isinstance(args, tuple) else (args,)
    with _swapped(places, given):
        return module(*positional, **(kwargs or {}))


Places = dict[str, tuple[Module, str, str]]


def _places(module: Module) -> Places:
    """Where each name is kept: (module, registry, name there)."""
    return {
        f"{path}.{name}" if path else name: (part, registry, name)
        for path, part in module.named_modules(remove_duplicate=False)
        for registry in ("_parameters", "_buffers")
        for name, value in part.__dict__[registry].items()
        if value is not None
    }


def _merged(dicts: Named | Sequence[Named]) -> dict[str, Tensor]:
    found: dict[str, Tensor] = {}
    for part in [dicts] if isinstance(dicts, Mapping) else list(dicts):
        twice = sorted(found.keys() & part.keys())
        if twice:
            raise StateError(f"functional_call: {twice} stand in several of the dicts.")
        found.update(part)
    for name, value in found.items():
        if not isinstance(value, Tensor):
            raise DTypeError(
                f"functional_call: '{name}' is {type(value).__name__}; expected a "
                "tensor."
            )
    return found


def _check(module: Module, given: Named, places: Places, strict: bool) -> None:
    faults = [f"unexpected: {n}{nearest(n, places)}" for n in given if n not in places]
    if strict:
        faults += [f"missing: {name}" for name in places if name not in given]
    if faults:
        lines = "".join(f"\n  {fault}" for fault in faults)
        raise StateError(
            f"functional_call: these tensors do not fit {type(module).__name__}:{lines}"
        )


def _tied(given: Named, places: Places) -> dict[str, Tensor]:
    """The same with every other name of a parameter that is given."""
    names: dict[int, list[str]] = {}
    for name, (part, registry, own) in places.items():
        names.setdefault(id(part.__dict__[registry][own]), []).append(name)
    found = dict(given)
    for same in names.values():
        chosen = [name for name in same if name in given]
        if len({id(given[name]) for name in chosen}) > 1:
            raise StateError(
                f"functional_call: {chosen} are one parameter, but the tensors given "
                "for them differ; give one of them, or tie_weights=False."
            )
        found.update({name: given[chosen[0]] for name in same if chosen})
    return found


@contextmanager
def _swapped(places: Places, given: Named) -> Iterator[None]:
    before = []
    try:
        for name, tensor in given.items():
            part, registry, own = places[name]
            fields = part.__dict__
            before.append((fields, registry, own, fields[registry][own]))
            fields[registry][own] = tensor
            if own in fields:
                fields[own] = tensor
        yield
    finally:
        for fields, registry, own, tensor in reversed(before):
            fields[registry][own] = tensor
            if own in fields:
                fields[own] = tensor


def stack_module_state(
    models: Sequence[Module],
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """(parameters, buffers) of modules of one kind, stacked by name along a new first
    dimension: what `vmap` of a `functional_call` takes.

    >>> import ranvier as rv
    >>> models = [rv.nn.Linear(2, 3) for _ in range(4)]
    >>> parameters, buffers = rv.func.stack_module_state(models)
    >>> parameters["weight"].shape
    (4, 3, 2)
    """
    if not models:
        raise ValueRangeError("stack_module_state: got no models.")
    if any(type(m) is not type(models[0]) for m in models):
        raise DTypeError("stack_module_state: the models are of different classes.")
    parameters = _stacked([dict(m.named_parameters()) for m in models])
    buffers = _stacked([dict(m.named_buffers()) for m in models])
    return (
        {n: p.detach().clone().requires_grad_() for n, p in parameters.items()},
        {n: b.detach().clone() for n, b in buffers.items()},
    )


def _stacked(every: Sequence[Mapping[str, Any]]) -> dict[str, Tensor]:
    return {name: stack([one[name] for one in every]) for name in every[0]}
