"""An optimiser's state as a dict in PyTorch's form, and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ranvier.errors import StateError
from ranvier.graph import Array, leaf
from ranvier.optim.options import SCHEDULED
from ranvier.optim.settings import filled
from ranvier.tensor import Tensor

Parts = dict[Tensor, dict[str, Array]]


def take(optimizer: Any) -> dict[str, Any]:
    """``{"state": {0: {…}}, "param_groups": […]}`` with parameters by number."""
    state: dict[int, dict[str, Tensor]] = {}
    for i, (p, _) in enumerate(_parameters(optimizer)):
        if optimizer.state.get(p):
            state[i] = {k: value.detach() for k, value in optimizer.state[p].items()}
    groups, start = [], 0
    for group in optimizer.param_groups:
        numbers = list(range(start, start + len(group["params"])))
        start += len(numbers)
        groups.append({**group, "params": numbers})
    return {"state": state, "param_groups": groups}


def put_back(optimizer: Any, state_dict: Mapping[str, Any]) -> None:
    """Give the optimiser this state, in place where it has arrays for it."""
    groups = state_dict["param_groups"]
    _check_groups(optimizer, groups)
    pairs = zip(optimizer.param_groups, groups, strict=True)
    options = [_options(group, values) for group, values in pairs]
    for group, values in zip(optimizer.param_groups, options, strict=True):
        optimizer.check({**group, **values})
    states = {int(i): state for i, state in state_dict["state"].items()}
    order = (int(i) for group in groups for i in group["params"])
    parts = {
        p: _arrays(optimizer, p, states[number])
        for number, (p, _) in zip(order, _parameters(optimizer), strict=True)
        if states.get(number)
    }
    for group, values in zip(optimizer.param_groups, options, strict=True):
        group.update(values)
    optimizer._refresh()
    for p, _ in _parameters(optimizer):
        if p not in parts and optimizer.state.pop(p, {}):
            optimizer.version += 1
    for group in optimizer.param_groups:
        _put_slots(optimizer, group, parts)
        _put_scalars(optimizer, group, parts)


def _parameters(optimizer: Any) -> Iterator[tuple[Tensor, dict[str, Any]]]:
    for group in optimizer.param_groups:
        for p in group["params"]:
            yield p, group


def _check_groups(optimizer: Any, saved: Any) -> None:
    have = [len(group["params"]) for group in optimizer.param_groups]
    want = [len(group["params"]) for group in saved]
    if have != want:
        raise StateError(
            f"{type(optimizer).__name__}: the state is for groups of {want} "
            f"parameters, this optimiser has groups of {have}."
        )


def _options(group: Mapping[str, Any], saved: Mapping[str, Any]) -> dict[str, Any]:
    """The saved options of a group, pairs as tuples again."""
    return {
        option: tuple(value) if isinstance(value, list) else value
        for option, value in saved.items()
        if option != "params" and (option in group or option in SCHEDULED)
    }


def _arrays(optimizer: Any, p: Tensor, saved: Mapping[str, Any]) -> dict[str, Array]:
    """What was saved for a parameter, of its shape or a number."""
    found = {}
    for name, value in saved.items():
        if value is None:
            continue
        array = np.asarray(value)
        if array.shape not in (p.shape, ()):
            raise StateError(
                f"{type(optimizer).__name__}: {name} has shape {array.shape} for a "
                f"parameter of shape {p.shape}."
            )
        found[name] = array
    return found


def _put_slots(optimizer: Any, group: dict[str, Any], parts: Parts) -> None:
    for p in group["params"]:
        if p not in parts:
            continue
        state = optimizer.state.setdefault(p, {})
        for name, value in optimizer.slots(group).items():
            if name not in state:
                state[name] = filled(p, value)
            if name in parts[p]:
                array = np.array(np.broadcast_to(parts[p][name], p.shape), p.dtype.np)
                state[name]._rebind(leaf(array))


def _put_scalars(optimizer: Any, group: dict[str, Any], parts: Parts) -> None:
    """Parameters with the same numbers have them in common; programs go on if those
    that had them in common before still do.
    """
    first = optimizer.scalars(group)
    if not first:
        return
    first["step"] = 1.0  # state without a count has been stepped
    together: dict[tuple[float, ...], list[Tensor]] = {}
    for p in group["params"]:
        if p in parts:
            found = tuple(float(parts[p].get(k, v)) for k, v in first.items())
            together.setdefault(found, []).append(p)
    for values, members in together.items():
        if not optimizer.is_shared_by(members):
            optimizer.share(members, dict(zip(first, values, strict=True)))
            optimizer.version += 1
            continue
        for name, value in zip(first, values, strict=True):
            optimizer.state[members[0]][name]._rebind(leaf(np.array(value)))
