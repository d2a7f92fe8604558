"""The run-time numbers of one group of parameters, as tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import itemgetter
from types import SimpleNamespace
from typing import Any

import numpy as np

from ranvier import dtypes
from ranvier.graph import Node, leaf
from ranvier.tensor import Tensor


class Settings:
    """One float64 tensor without dimensions a number, and the step count where it is
    used.

    A pair such as ``betas`` gives two numbers, `beta1` and `beta2`.
    """

    def __init__(self, names: tuple[str, ...], counted: bool) -> None:
        self.names = names
        self.read = itemgetter(*names, "params")  # with one name more: always a tuple
        self.values: tuple[Any, ...] | None = None
        self.tensors: list[Tensor] = []
        self.step = Tensor(np.array(0.0)) if counted else None

    def changed(self, group: Mapping[str, Any]) -> bool:
        """Whether a value in the group differs from the one that was copied last."""
        now: tuple[Any, ...] = self.read(group)
        return now[:-1] != self.values

    def refresh(self, group: Mapping[str, Any]) -> None:
        """Copy the group's values into the tensors."""
        self.values = self.read(group)[:-1]
        flat = [n for v in self.values for n in (v if _pair(v) else (v,))]
        if not self.tensors:
            self.tensors = [Tensor(np.array(0.0)) for _ in flat]
        for tensor, number in zip(self.tensors, flat, strict=True):
            # Not an assignment of the step: a compiled one reads it before every run.
            tensor._bind(leaf(np.array(float(number))))

    def nodes(self) -> list[Node]:
        """The arguments of a template that stand before the parameters'."""
        return [tensor._node for tensor in (*self.tensors, *self.counters())]

    def counters(self) -> list[Tensor]:
        """The step count as a list of one, or an empty one."""
        return [] if self.step is None else [self.step]

    def set_step(self, number: float) -> None:
        """Go on from this number of steps."""
        assert self.step is not None, "only an optimiser that counts has a step"
        self.step._rebind(leaf(np.array(number)))

    def holes(
        self, hollow: Callable[[tuple[int, ...], dtypes.DType], Tensor]
    ) -> tuple[SimpleNamespace, list[Node]]:
        """The numbers by name as holes, and the nodes of the counters' new values."""
        n = SimpleNamespace()
        assert self.values is not None, "refreshed when the group was added"
        for name, value in zip(self.names, self.values, strict=True):
            if _pair(value):
                for i in range(len(value)):
                    setattr(n, f"{name[:-1]}{i + 1}", hollow((), dtypes.float64))
            else:
                setattr(n, name, hollow((), dtypes.float64))
        if self.step is None:
            return n, []
        n.t = hollow((), dtypes.float64) + 1.0
        return n, [n.t._node]


def _pair(value: Any) -> bool:
    return isinstance(value, (tuple, list))
