"""Parameters that are computed from others each time they are read."""

from __future__ import annotations

from typing import Any

from ranvier.errors import StateError, UnsupportedError
from ranvier.nn.containers import ModuleDict, ModuleList
from ranvier.nn.module import Module
from ranvier.nn.parameter import Parameter
from ranvier.nn.utils.weight_norm import parameter
from ranvier.tensor import NoGrad, Tensor


class ParametrizationList(ModuleList):
    """What a parameter is computed with, and from: ``original``, or ``original0``,
    ``original1``, … where the first step wants several.
    """

    def __init__(self, step: Module, value: Parameter) -> None:
        super().__init__([step])
        inverse = getattr(type(step), "right_inverse", None)
        with NoGrad():
            first: Any = value if inverse is None else inverse(step, value)
        self.count = len(first) if isinstance(first, tuple) else 0
        parts = first if self.count else (first,)
        for i, part in enumerate(parts):
            name = f"original{i}" if self.count else "original"
            self.register_parameter(name, Parameter(part, value.requires_grad))

    def _list(self) -> list[Module]:
        return [m for m in self._modules.values() if m is not None]

    def forward(self) -> Tensor:
        """The parameter's value."""
        names = [f"original{i}" for i in range(self.count)] or ["original"]
        first, *others = self._list()
        value: Tensor = first(*(getattr(self, name) for name in names))
        for step in others:
            value = step(value)
        return value


def register_parametrization(
    module: Module, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> Module:
    """Read parameter `tensor_name` of `module` through `parametrization`, a module that
    takes the stored value, or the values its ``right_inverse`` gives, and returns the
    one to use; a second one is applied to the first one's result.

    >>> import ranvier as rv
    >>> class Symmetric(rv.nn.Module):
    ...     def forward(self, w):
    ...         return (w + w.t()) / 2
    >>> layer = rv.nn.Linear(3, 3)
    >>> parametrize = rv.nn.utils.parametrize
    >>> _ = parametrize.register_parametrization(layer, "weight", Symmetric())
    >>> bool((layer.weight == layer.weight.t()).all())
    True
    """
    if is_parametrized(module, tensor_name):
        steps: ParametrizationList = module.parametrizations[tensor_name]
        steps.append(parametrization)
        return module
    value = parameter(module, tensor_name)
    made = ParametrizationList(parametrization, value)
    delattr(module, tensor_name)
    if not is_parametrized(module):
        module.parametrizations = ModuleDict()
        module.__class__ = _with_properties(type(module))
    module.parametrizations[tensor_name] = made
    setattr(type(module), tensor_name, _read(tensor_name))
    return module


def _read(name: str) -> property:
    def value(module: Module) -> Tensor:
        return module.parametrizations[name]()  # type: ignore[no-any-return]

    return property(value)


def _with_properties(kind: type[Module]) -> type[Module]:
    """A class of its own for one module, with room for properties."""

    def refuse(module: Module, name: str, value: Any) -> None:
        if is_parametrized(module, name):
            raise UnsupportedError(
                f"{kind.__name__}.{name} is computed by a parametrization; take that "
                "away with nn.utils.parametrize.remove_parametrizations first."
            )
        kind.__setattr__(module, name, value)

    body = {"__module__": kind.__module__, "__setattr__": refuse}
    return type(f"Parametrized{kind.__name__}", (kind,), body)


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether the parameter of that name, or any, is computed from others."""
    found = module._modules.get("parametrizations")
    if not isinstance(found, ModuleDict):
        return False
    return tensor_name is None or tensor_name in found


def remove_parametrizations(
    module: Module, tensor_name: str, leave_parametrized: bool = True
) -> Module:
    """A plain parameter again, with the value it has now, or with the stored one."""
    if not is_parametrized(module, tensor_name):
        raise StateError(
            f"remove_parametrizations: '{tensor_name}' of {type(module).__name__} is "
            "not parametrized."
        )
    steps: ParametrizationList = module.parametrizations[tensor_name]
    if not leave_parametrized and steps.count:
        raise UnsupportedError(
            f"remove_parametrizations: '{tensor_name}' is stored in several parts; "
            "leave_parametrized=False has no one value to leave."
        )
    with NoGrad():
        value = steps() if leave_parametrized else steps.original
    learnt = any(p.requires_grad for p in steps.parameters())
    del module.parametrizations[tensor_name]
    delattr(type(module), tensor_name)
    if not len(module.parametrizations):
        del module.parametrizations
        module.__class__ = type(module).__mro__[1]
    module.register_parameter(tensor_name, Parameter(value, learnt))
    return module
