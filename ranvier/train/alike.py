"""Whether two runs would be captured alike, so that one capture does for both.

Capturing takes some milliseconds, as long as some thousand steps of a small network. It
is saved where everything that a step looks at is known: layers of `ranvier.nn` with
equal fields, an optimiser of `ranvier.optim` with equal structure, the same loss and
data. Whatever else there is (a module or an optimiser of the user's own, a field that
is no plain value) is captured for every run.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from ranvier.tensor import Tensor
from ranvier.train.plan import Plan

PLAIN = (bool, int, float, str, type(None))
INSIDE = ("_parameters", "_buffers", "_modules", "_transient", "_made", "training")


class Unknown(Exception):
    """Something that is not compared."""


class Kin(NamedTuple):
    """What a step reads and who refreshes it, in an order that is the same for runs
    with equal keys; `started` are the numbers of the parameters that have state of the
    optimiser.
    """

    key: Any
    tensors: list[Tensor]
    owners: list[Any]
    started: list[int]

    def beside(self, other: Kin) -> tuple[dict[Tensor, Tensor], dict[Any, Any]]:
        """Ours → those of `other`: tensors, and owners."""
        assert self.key == other.key, "captured alike"
        pairs = zip(self.tensors, other.tensors, strict=True)
        return dict(pairs), dict(zip(self.owners, other.owners, strict=True))


def key_of(plan: Plan) -> Any:
    """Equal for runs that are captured alike; None where that cannot be said."""
    try:
        return kin(plan, Tensor(np.zeros(2, np.int64)), []).key
    except Unknown:
        return None


def started(plan: Plan) -> list[int]:
    """The numbers of the parameters that have state of the optimiser."""
    groups = plan.optimizer.param_groups
    params = [p for group in groups for p in group["params"]]
    return [i for i, p in enumerate(params) if p in plan.optimizer.state]


def kin(plan: Plan, generator: Tensor, numbers: list[int]) -> Kin:
    """The kin of a run; the parameters of these numbers get state of the optimiser."""
    tensors: list[Tensor] = [generator]
    modules = dict(plan.model.named_modules())
    layers = [(name, _layer(m, tensors)) for name, m in modules.items()]
    optimizer = plan.optimizer
    if not type(optimizer).__module__.startswith("ranvier.optim."):
        raise Unknown
    kept = {id(t): i for i, t in enumerate(tensors)}
    rules = tuple(_groups(optimizer, kept, tensors, set(numbers)))
    data = id(plan.train), id(plan.val), plan.batch_size, plan.shuffle
    key = tuple(layers), type(optimizer), rules, id(plan.loss), plan.scoring, data
    return Kin(key, tensors, [*modules.values(), optimizer], numbers)


def _layer(module: Any, tensors: list[Tensor]) -> Any:
    """A module's class and fields; its tensors are added to `tensors`."""
    if not type(module).__module__.startswith("ranvier.nn."):
        raise Unknown
    facts: list[Any] = []
    named = {*INSIDE, *module._parameters, *module._buffers, *module._modules}
    fields = {k: v for k, v in vars(module).items() if k not in named}
    inside = (module._parameters, module._buffers, fields)
    for name, value in (pair for part in inside for pair in part.items()):
        if isinstance(value, Tensor):
            tensors.append(value)
            node = value._node
            facts.append((name, node.shape, node.dtype, node.rg))
        else:
            facts.append((name, _plain(value)))
    return type(module), tuple(facts)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return tuple(map(_plain, value))
    if isinstance(value, PLAIN):
        return type(value), repr(value)
    raise Unknown


def _groups(
    optimizer: Any, kept: dict[int, int], tensors: list[Tensor], chosen: set[int]
) -> Iterator[Any]:
    """What the update of each group depends on; its tensors are added to `tensors`."""
    number = 0
    for group, settings in zip(
        optimizer.param_groups, optimizer._settings, strict=True
    ):
        tensors += settings.tensors
        own, begun = [], []
        for p in group["params"]:
            if id(p) not in kept:
                raise Unknown
            own.append(kept[id(p)])
            begun += [p] if number in chosen else []
            number += 1
        if begun:  # as the step that is captured does
            optimizer._together(group, settings, begun)
            optimizer.has_stepped = True
        for p in begun:
            tensors += [optimizer.state[p][name] for name in settings.form.names]
        yield settings.form, tuple(settings.fields), tuple(own)
