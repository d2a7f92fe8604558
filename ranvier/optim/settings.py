"""The options of one group of parameters: its numbers as tensors, and its form."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from operator import itemgetter
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from ranvier import dtypes
from ranvier.graph import Node, leaf
from ranvier.optim.options import plain
from ranvier.tensor import Tensor, _wrap


class Form(NamedTuple):
    """What decides which operations an update is made of.

    switches: of the options, whether each is on. scalars: names of the numbers that
    parameters which step together share. slots: names of the arrays of a parameter.
    """

    switches: tuple[bool, ...]
    scalars: tuple[str, ...]
    slots: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """What is kept for a parameter, in PyTorch's order."""
        return self.scalars + self.slots


class Settings:
    """One float64 tensor without dimensions for every number.

    A pair such as ``betas`` gives two numbers, `beta1` and `beta2`. A number may be
    given as a tensor of one element; it is read before every step then.
    """

    def __init__(self, names: tuple[str, ...], group: Mapping[str, Any]) -> None:
        self.names = names
        options = [option for option in group if option != "params"]
        self.read = itemgetter("lr", *options)  # with one name more: always a tuple
        self.values: tuple[Any, ...] = ()
        self.is_live = False
        self.fields = [field for name in names for field in _fields(name, group[name])]
        self.tensors = [Tensor(np.array(0.0)) for _ in self.fields]
        self.form: Form | None = None

    def changed(self, group: Mapping[str, Any]) -> bool:
        """Whether an option differs from what was copied last."""
        return self.is_live or self.read(group) != self.values

    def refresh(self, group: Mapping[str, Any]) -> None:
        """Copy the group's numbers into the tensors."""
        self.values = self.read(group)
        self.is_live = any(isinstance(value, Tensor) for value in self.values)
        for tensor, value in zip(self.tensors, self.numbers(group), strict=True):
            # Not an assignment of the step: a compiled one reads it before every run.
            tensor._bind(leaf(np.array(value)))

    def numbers(self, group: Mapping[str, Any]) -> list[float]:
        """The group's numbers in the order of the tensors."""
        found: list[float] = []
        for name in self.names:
            value = group[name]
            found += map(plain, value) if _is_pair(value) else [plain(value)]
        return found

    def holes(
        self, hollow: Callable[[tuple[int, ...], dtypes.DType], Tensor]
    ) -> SimpleNamespace:
        """The numbers and scalars by name, as holes; `t` is the step from 1 on."""
        assert self.form is not None, "set when the group was added"
        fields = (*self.fields, *self.form.scalars)
        n = SimpleNamespace(**{f: hollow((), dtypes.float64) for f in fields})
        if "step" in self.form.scalars:
            n.t = n.step + 1.0
        return n

    def nodes(self) -> list[Node]:
        """The arguments of a template that stand before all others."""
        return [tensor._node for tensor in self.tensors]


def _fields(name: str, value: Any) -> Iterator[str]:
    if not _is_pair(value):
        yield name
        return
    for i in range(len(value)):
        yield f"{name[:-1]}{i + 1}"


def _is_pair(value: Any) -> bool:
    return isinstance(value, tuple | list)


def filled(p: Tensor, value: float) -> Tensor:
    """State of the parameter's shape, which outlives a compiled step that asks for
    it.
    """
    array = np.zeros(p.shape, p.dtype.np)  # touched where it is used
    if value:
        array[...] = value
    return _wrap(leaf(array))
