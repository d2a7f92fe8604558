"""Packages whose public names are loaded at their first use, so that they cost nothing
until then. Type checkers read the names elsewhere; a test holds the two together.
"""

import sys
from collections.abc import Mapping
from importlib import import_module
from types import ModuleType


class Package(ModuleType):
    """A package with `_HOME`: public name → (its module, its name there)."""

    _HOME: dict[str, tuple[str, str]]
    __all__: tuple[str, ...]

    def __setattr__(self, name: str, value: object) -> None:
        # The import system puts the module ranvier.tensor here when it has loaded it;
        # the name belongs to the function.
        if not (isinstance(value, ModuleType) and self._is_of_a_module(name)):
            super().__setattr__(name, value)

    def __getattr__(self, name: str) -> object:
        """A public name, at its first use; else a module of the package."""
        if self._is_of_a_module(name):
            module, there = self._HOME[name]
            self.__dict__[name] = value = getattr(import_module(module), there)
            return value
        room = f"{self.__name__}.{name}"
        try:
            return import_module(room)
        except ModuleNotFoundError as error:
            if error.name != room:
                raise
        from ranvier.absent import PACKAGE, unknown  # only when a name is missing

        left_out = PACKAGE if self.__name__ == "ranvier" else {}
        raise unknown(self.__name__, name, self.__all__, left_out)

    def __dir__(self) -> tuple[str, ...]:
        return self.__all__

    def _is_of_a_module(self, name: str) -> bool:
        """Whether it is a public name that is no module of this package itself."""
        return name in self._HOME and self._HOME[name][0] != self.__name__


def install(package: str, names: Mapping[str, str]) -> None:
    """Make a package lazy. names: of each of its modules ("" for modules that are
    public themselves) the public names; new=old where the package calls it otherwise.
    """
    module = sys.modules[package]
    home = {
        word.partition("=")[0]: (f"{package}.{inner}".rstrip("."), word.split("=")[-1])
        for inner, words in names.items()
        for word in words.split()
    }
    vars(module).update(_HOME=home, __all__=tuple(sorted(home)))
    module.__class__ = Package
