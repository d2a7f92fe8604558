"""Lists and dicts of parameters."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self

from ranvier.errors import DTypeError, ShapeError, UnknownNameError, nearest
from ranvier.nn.module import Module
from ranvier.nn.parameter import Parameter
from ranvier.tensor import Tensor


def _parameter(what: str, value: Any) -> Parameter:
    """A parameter; a plain tensor becomes one, as in PyTorch."""
    if isinstance(value, Parameter):
        return value
    if isinstance(value, Tensor):
        return Parameter(value)
    raise DTypeError(
        f"{what}: expected parameters, got {type(value).__name__} {value!r:.40}; use "
        "nn.Parameter(x)."
    )


class _Kept(Module):
    def extra_repr(self) -> str:
        return "\n".join(
            f"  ({name}): Parameter containing: [{p.dtype} of size "
            f"{'x'.join(map(str, p.shape))}]"
            for name, p in self._parameters.items()
            if p is not None
        )

    def __len__(self) -> int:
        return len(self._parameters)


class ParameterList(_Kept):
    """A list of parameters that are found; it has no `forward`.

    >>> import ranvier as rv
    >>> weights = rv.nn.ParameterList(rv.nn.Parameter(rv.zeros(2)) for _ in range(3))
    >>> list(weights.state_dict())
    ['0', '1', '2']
    """

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__()
        self.extend(values or ())

    def append(self, value: Any) -> Self:
        """Add a parameter at the end."""
        name = str(len(self))
        self._place("_parameters", name, _parameter(type(self).__name__, value))
        return self

    def extend(self, values: Iterable[Any]) -> Self:
        """Add parameters at the end."""
        for value in values:
            self.append(value)
        return self

    def _name(self, index: Any) -> str:
        n, i = len(self), operator.index(index)
        if not -n <= i < n:
            raise ShapeError(
                f"index {i} is out of range for ParameterList of {n} parameters."
            )
        return str(i % n)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return ParameterList(list(self)[index])
        return self._parameters[self._name(index)]

    def __setitem__(self, index: int, value: Any) -> None:
        made = _parameter(type(self).__name__, value)
        self._place("_parameters", self._name(index), made)

    def __iter__(self) -> Iterator[Parameter]:
        return iter([p for p in self._parameters.values() if p is not None])


class ParameterDict(_Kept):
    """Parameters by name that are found; it has no `forward`.

    >>> import ranvier as rv
    >>> weights = rv.nn.ParameterDict({"left": rv.zeros(2)})
    >>> weights["left"].requires_grad
    True
    """

    def __init__(self, parameters: Any = None) -> None:
        super().__init__()
        self.update(parameters or {})

    def update(self, parameters: Any) -> None:
        """Add or replace parameters: a dict, or pairs of name and parameter."""
        pairs = parameters.items() if isinstance(parameters, Mapping) else parameters
        for name, value in pairs:
            self[name] = value

    def __getitem__(self, key: str) -> Any:
        if key not in self._parameters:
            hint = nearest(str(key), self._parameters)
            raise UnknownNameError(f"ParameterDict has no parameter {key!r}{hint}")
        return self._parameters[key]

    def __getattr__(self, name: str) -> Any:
        found = self.__dict__.get("_parameters", {}).get(name)
        return super().__getattr__(name) if found is None else found

    def __setitem__(self, key: str, value: Any) -> None:
        if not isinstance(key, str):
            raise DTypeError(f"ParameterDict: the name is {key!r}; expected a text.")
        self._parameters[key] = _parameter("ParameterDict", value)

    def __delitem__(self, key: str) -> None:
        del self._parameters[key]

    def pop(self, key: str) -> Any:
        """Take the parameter out and return it."""
        parameter = self[key]
        del self[key]
        return parameter

    def __contains__(self, key: object) -> bool:
        return key in self._parameters

    def __iter__(self) -> Iterator[str]:
        return iter(self._parameters)

    def keys(self) -> Iterable[str]:
        """The names."""
        return self._parameters.keys()

    def values(self) -> Iterable[Any]:
        """The parameters."""
        return self._parameters.values()

    def items(self) -> Iterable[tuple[str, Any]]:
        """Names and parameters."""
        return self._parameters.items()
