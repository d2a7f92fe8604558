"""Modules made of modules."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self

from ranvier.errors import DTypeError, ShapeError, UnknownNameError, nearest
from ranvier.nn import printing
from ranvier.nn.module import Module


class _Numbered(Module):
    """Modules under the names "0", "1", …"""

    def _check(self, module: Any) -> Module:
        if not isinstance(module, Module):
            raise _no_module(type(self).__name__, module)
        return module

    def _list(self) -> list[Module]:
        return [module for module in self._modules.values() if module is not None]

    def _renumber(self, modules: Iterable[Module]) -> None:
        for name in list(self._modules):
            delattr(self, name)
        for i, module in enumerate(modules):
            self.register_module(str(i), module)

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Module]:
        return iter(self._list())

    def _name(self, index: int) -> str:
        n, i = len(self), operator.index(index)
        if not -n <= i < n:
            kind = type(self).__name__
            raise ShapeError(f"index {i} is out of range for {kind} of {n} modules.")
        return list(self._modules)[i % n]

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return self._slice(index)
        return self._modules[self._name(index)]

    def _slice(self, index: slice) -> Any:
        return type(self)(self._list()[index])  # type: ignore[call-arg]

    def __setitem__(self, index: int, module: Module) -> None:
        self.register_module(self._name(index), self._check(module))

    def pop(self, index: int = -1) -> Module:
        """Take the module at `index` out and return it."""
        module: Module = self[index]
        del self[index]
        return module

    def __delitem__(self, index: int) -> None:
        name = self._name(index)
        parts = list(self._modules.items())
        self._renumber(m for n, m in parts if n != name and m is not None)

    def append(self, module: Module) -> Self:
        """Add a module at the end."""
        self.register_module(str(len(self)), self._check(module))
        return self

    def insert(self, index: int, module: Module) -> Self:
        """Put a module in before `index`."""
        modules = self._list()
        modules.insert(index, self._check(module))
        self._renumber(modules)
        return self

    def extend(self, modules: Iterable[Module]) -> Self:
        """Add modules at the end."""
        for module in modules:
            self.append(module)
        return self


def _no_module(what: str, given: Any) -> DTypeError:
    if isinstance(given, type) and issubclass(given, Module):
        name = given.__name__
        home = "nn." if given.__module__.startswith("ranvier.nn") else ""
        return DTypeError(
            f"{what}: got the class {name}, expected a layer made from it; write "
            f"{home}{name}()."
        )
    kind = type(given).__name__
    return DTypeError(f"{what}: expected modules, got {kind} {given!r:.60}.")


class Sequential(_Numbered):
    """Modules one after the other; each gets what the one before it gave.

    >>> from ranvier import nn
    >>> nn.Sequential(nn.Linear(2, 10), nn.ReLU())
    Sequential(
      (0): Linear(in_features=2, out_features=10, bias=True)
      (1): ReLU()
    )
    """

    def __init__(self, *args: Any) -> None:
        super().__init__()
        named: Iterable[tuple[str, Any]]
        if len(args) == 1 and isinstance(args[0], Mapping):
            named = args[0].items()
        else:
            named = ((str(i), module) for i, module in enumerate(args))
        for name, module in named:
            self.register_module(name, self._check(module))

    def _slice(self, index: slice) -> Sequential:
        return Sequential(dict(list(self._modules.items())[index]))

    def forward(self, input: Any) -> Any:
        """What the last module gives."""
        for module in self._modules.values():
            input = module(input)  # type: ignore[misc]
        return input


class ModuleList(_Numbered):
    """A list of modules whose parameters are found; it has no `forward`."""

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        self.extend(modules or ())

    def __repr__(self) -> str:
        return printing.numbered(type(self).__name__, self._list())


class ModuleDict(Module):
    """Modules by name, whose parameters are found; it has no `forward`."""

    def __init__(self, modules: Mapping[str, Module] | None = None) -> None:
        super().__init__()
        self.update(modules or {})

    def update(self, modules: Mapping[str, Module]) -> None:
        """Add or replace modules."""
        for name, module in modules.items():
            self[name] = module

    def __getitem__(self, key: str) -> Any:
        if key not in self._modules:
            hint = nearest(key, self._modules)
            raise UnknownNameError(f"ModuleDict has no module '{key}'{hint}")
        return self._modules[key]

    def __getattr__(self, name: str) -> Any:
        found = self.__dict__.get("_modules", {}).get(name)
        return super().__getattr__(name) if found is None else found

    def __setitem__(self, key: str, module: Module) -> None:
        if not isinstance(module, Module):
            raise DTypeError(f"ModuleDict: '{key}' is no module: {module!r:.60}.")
        self._modules[key] = module

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: str) -> bool:
        return key in self._modules

    def pop(self, key: str) -> Any:
        """Take the module out and return it."""
        module = self[key]
        del self[key]
        return module

    def clear(self) -> None:
        """Take all modules out."""
        self._modules.clear()

    def keys(self) -> Iterable[str]:
        """The names."""
        return self._modules.keys()

    def values(self) -> Iterable[Any]:
        """The modules."""
        return self._modules.values()

    def items(self) -> Iterable[tuple[str, Any]]:
        """Names and modules."""
        return self._modules.items()
