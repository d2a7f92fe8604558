"""What all optimisers share.

The update of one group of parameters is a `Template`: a piece of graph made once for
the shapes of the parameters and the options that change its form, and called at every
step. Numbers such as the learning rate go in as tensors without dimensions, refreshed
when the value in `param_groups` changed, so that changing them never compiles again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from ranvier import dtypes
from ranvier.errors import (
    DTypeError,
    GradientError,
    StateError,
    UnknownNameError,
    UnsupportedError,
    ValueRangeError,
    nearest,
)
from ranvier.graph import Node, Template, hole, leaf
from ranvier.optim.settings import Settings
from ranvier.tensor import Tensor, _wrap, flush_pending, held, hooks

State = dict[str, Tensor]


class Update(NamedTuple):
    """What `Optimizer.update` gives for one parameter: its new value and new state."""

    p: Tensor
    state: State


class Optimizer:
    """Base: groups of parameters, their state, `step`, `zero_grad`, `state_dict`.

    A subclass names its run-time numbers in `numbers` and writes one parameter's update
    with plain arithmetic in `update`. `param_groups` is a list of dicts that may be
    changed between steps; `state[p]` holds the tensors kept for parameter p.

    Raises ValueRangeError for numbers out of range (lr <= 0 at construction, below 0
    later, NaN, betas outside [0, 1)), DTypeError for what is no number, GradientError
    for parameters that are no leaves.
    """

    numbers: tuple[str, ...] = ("lr",)
    counted = False

    def __init__(self, params: Any, defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        self.param_groups: list[dict[str, Any]] = []
        self.state: dict[Tensor, State] = {}
        self._settings: list[Settings] = []
        self._templates: dict[Any, Template] = {}
        for group in _groups(params, type(self).__name__):
            self.add_param_group(group)

    # ---- what subclasses write -------------------------------------------------------

    def structure(self, group: Mapping[str, Any]) -> tuple[Any, ...]:
        """Options that change the form of the update; part of the template's key."""
        return ()

    def slots(self, group: Mapping[str, Any]) -> dict[str, float]:
        """Names of the state kept for each parameter, and the value it starts with."""
        return {}

    def update(
        self, p: Tensor, g: Tensor, state: State, n: Any, group: Mapping[str, Any]
    ) -> Update:
        """One parameter's update; `n` holds the numbers, and `n.t` the
        step from 1 on.
        """
        raise NotImplementedError

    def check(self, group: Mapping[str, Any]) -> None:
        """Refuse numbers out of range; schedules may take the rate down to 0."""
        not_negative(type(self).__name__, group, "lr")

    # ---- groups ----------------------------------------------------------------------

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add parameters with options of their own, the others taken
        from the defaults.
        """
        name = type(self).__name__
        for option in param_group:
            if option != "params" and option not in self.defaults:
                raise _no_option(name, option, self.defaults)
        given = param_group["params"]
        params = [given] if isinstance(given, Tensor) else list(given)
        if not params:
            raise ValueRangeError(_no_parameters(name, given))
        known = {p for group in self.param_groups for p in group["params"]}
        for p in params:
            _check_parameter(name, p, known)
            known.add(p)
        group = {**self.defaults, **param_group, "params": params}
        above_zero(name, "lr", group["lr"])
        self.check(group)
        self.param_groups.append(group)
        self._settings.append(Settings(self.numbers, self.counted))
        self._settings[-1].refresh(group)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients (or set them to 0)."""
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none:
                    p.grad = None
                elif p.grad is not None:
                    p.grad = Tensor(np.zeros(p.shape, p.dtype.np))

    # ---- the step --------------------------------------------------------------------

    def step(self, closure: Callable[[], Tensor] | None = None) -> Tensor | None:
        """Update every parameter that has a gradient.

        Nothing is looked at; what is still open is computed at the end, in one go.
        """
        loss = None if closure is None else closure()
        self._refresh()
        if hooks.recorder is not None:
            hooks.recorder.refresh.append(self._refresh)
        for group, settings in zip(self.param_groups, self._settings, strict=True):
            params = [p for p in group["params"] if p._grad is not None]
            if params:
                self._step(group, settings, params)
        flush_pending()
        return loss

    def _refresh(self) -> None:
        """Copy changed numbers into their tensors; compiled steps call
        it before a run.
        """
        groups = self.param_groups
        for i, settings in enumerate(self._settings):
            group = groups[i]
            if settings.changed(group):
                self.check(group)
                settings.refresh(group)

    def _step(
        self, group: dict[str, Any], settings: Settings, params: list[Tensor]
    ) -> None:
        slots = self.slots(group)
        arguments = settings.nodes()
        kept: list[Tensor] = settings.counters()
        key: list[Any] = [self.structure(group), tuple(slots)]
        for p in params:
            state = self.state.get(p)
            if state is None or len(state) != len(slots):
                state = self._started(p, slots)
            node, g = p._node, p._grad._node  # type: ignore[union-attr]
            key.append((node.shape, node.dtype, g.dtype))
            arguments.append(node)
            arguments.append(g)
            kept.append(p)
            for tensor in state.values():
                arguments.append(tensor._node)
                kept.append(tensor)
        found = tuple(key)
        template = self._templates.get(found)
        if template is None:
            made = self._template(group, settings, params, slots)
            template = self._templates[found] = made
        for tensor, item in zip(kept, template.call(arguments), strict=True):
            item.rg = tensor._node.rg
            tensor._rebind(item)

    def _started(self, p: Tensor, slots: dict[str, float]) -> State:
        state = self.state.setdefault(p, {})
        for name in [n for n in state if n not in slots]:
            del state[name]
        for name, value in slots.items():
            if name not in state:
                # Not "made inside" where a compiled step first asks for it: it outlives
                # the step.
                fresh = np.zeros(p.shape, p.dtype.np)  # touched where it is used
                if value:
                    fresh[...] = value
                state[name] = _wrap(leaf(fresh))
        return state

    def _template(
        self,
        group: dict[str, Any],
        settings: Settings,
        params: list[Tensor],
        slots: dict[str, float],
    ) -> Template:
        """The group's update with holes for parameters, gradients,
        state and numbers.
        """
        inputs: list[Node] = []

        def hollow(shape: tuple[int, ...], dtype: dtypes.DType) -> Tensor:
            inputs.append(hole(len(inputs), shape, dtype))
            return _wrap(inputs[-1])

        with held():
            n, outputs = settings.holes(hollow)
            for p in params:
                g = p._grad
                assert g is not None, "only parameters with a gradient are updated"
                inside = hollow(p.shape, p.dtype), hollow(p.shape, g.dtype).to(p.dtype)
                state = {name: hollow(p.shape, p.dtype) for name in slots}
                new = self.update(*inside, state, n, group)
                parts = [new.p, *(new.state[name] for name in slots)]
                outputs += [part.to(p.dtype)._node for part in parts]
        return Template(type(self).__name__.lower(), inputs, outputs)

    # ---- state -----------------------------------------------------------------------

    def _numbered(self) -> Iterator[tuple[int, Tensor, Settings]]:
        i = 0
        for group, settings in zip(self.param_groups, self._settings, strict=True):
            for p in group["params"]:
                yield i, p, settings
                i += 1

    def state_dict(self) -> dict[str, Any]:
        """``{"state": {0: {…}}, "param_groups": […]}`` with parameters by number."""
        state: dict[int, dict[str, Tensor]] = {}
        for i, p, settings in self._numbered():
            if p in self.state and (self.state[p] or self.counted):
                steps = zip(("step",), settings.counters(), strict=False)
                kept = {**dict(steps), **self.state[p]}
                state[i] = {name: value.detach() for name, value in kept.items()}
        groups, start = [], 0
        for group in self.param_groups:
            numbers = list(range(start, start + len(group["params"])))
            start += len(numbers)
            groups.append({**group, "params": numbers})
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over what `state_dict` gave, tensors or NumPy arrays, in place."""
        name = type(self).__name__
        saved = state_dict["param_groups"]
        have = [len(group["params"]) for group in self.param_groups]
        want = [len(group["params"]) for group in saved]
        if have != want:
            raise StateError(
                f"{name}: the state is for groups of {want} parameters, this optimiser "
                f"has groups of {have}."
            )
        kept = {int(i): state for i, state in state_dict["state"].items()}
        order = [int(i) for group in saved for i in group["params"]]
        for group, new in zip(self.param_groups, saved, strict=True):
            values = {k: v for k, v in new.items() if k in group and k != "params"}
            self.check({**group, **values})
            group.update(values)
        self._refresh()
        owner = {id(p): g for g in self.param_groups for p in g["params"]}
        for i, p, settings in self._numbered():
            self._load(p, kept.get(order[i], {}), settings, owner[id(p)])

    def _load(
        self,
        p: Tensor,
        saved: Mapping[str, Any],
        settings: Settings,
        group: dict[str, Any],
    ) -> None:
        if "step" in saved and self.counted:
            settings.set_step(float(np.asarray(saved["step"])))
        slots = self.slots(group)
        if not saved:
            self.state.pop(p, None)
            return
        state = self._started(p, slots)
        for key, tensor in state.items():
            if saved.get(key) is None:
                continue
            array = np.array(saved[key], p.dtype.np)
            if array.shape != p.shape:
                raise StateError(
                    f"{type(self).__name__}: {key} has shape {array.shape} for a "
                    f"parameter of shape {p.shape}."
                )
            tensor._rebind(leaf(array))

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {i}")
            shown = sorted(k for k in group if k != "params")
            lines += [f"    {key}: {group[key]}" for key in shown]
        return "\n".join([*lines, ")"])


def _groups(params: Any, name: str) -> list[dict[str, Any]]:
    if isinstance(params, Tensor):
        raise DTypeError(
            f"{name}: got one tensor; give a list of tensors, such as {name}([w], "
            "lr=0.1), or model.parameters()."
        )
    found = list(params)
    if not found:
        raise ValueRangeError(_no_parameters(name, params))
    if isinstance(found[0], Mapping):
        return [dict(group) for group in found]
    return [{"params": found}]


def _no_parameters(name: str, given: Any) -> str:
    if isinstance(given, Iterator):
        return (
            f"{name}: got no parameters. model.parameters() can be gone through only "
            "once; if it was, call it again. Or the model has none."
        )
    return f"{name}: got an empty list of parameters."


def _check_parameter(name: str, p: Any, known: Iterable[Tensor]) -> None:
    if not isinstance(p, Tensor):
        raise DTypeError(
            f"{name}: parameters are tensors; got {type(p).__name__} {p!r:.40}. "
            "Use model.parameters()."
        )
    if not p.is_leaf:
        raise GradientError(
            f"{name}: a tensor of shape {p.shape} was computed from others; only "
            f"leaves "
            "can be learnt. Use x.detach().requires_grad_()."
        )
    if p in known:
        raise ValueRangeError(f"{name}: a parameter of shape {p.shape} is given twice.")


# ---- checks that subclasses share ----------------------------------------------------


def number(name: str, option: str, value: Any) -> float:
    """`value` as a float; a text that looks like a number is none."""
    try:
        if not isinstance(value, str | bytes):
            return float(value)
    except (TypeError, ValueError):
        pass
    raise DTypeError(
        f"{name}: {option} is {value!r:.40}, of type {type(value).__name__}; expected "
        f"a number, such as {option}=0.1."
    )


def above_zero(name: str, option: str, value: Any) -> None:
    """`value` is a number above 0 (NaN is not)."""
    if not 0 < number(name, option, value) < float("inf"):
        raise ValueRangeError(f"{name}: {option} is {value}; it must be above 0.")


def not_negative(name: str, group: Mapping[str, Any], *options: str) -> None:
    """These options are numbers of at least 0 (NaN is not)."""
    for option in options:
        value = group[option]
        if not 0 <= number(name, option, value) < float("inf"):
            raise ValueRangeError(
                f"{name}: {option} is {value}; it must be at least 0."
            )


def below_one(name: str, option: str, values: Iterable[float]) -> None:
    """These numbers lie in [0, 1)."""
    for value in values:
        if not 0.0 <= number(name, option, value) < 1.0:
            raise ValueRangeError(f"{name}: {option} holds {value}; expected [0, 1).")


def refuse_options(
    name: str, options: Mapping[str, Any], known: Collection[str]
) -> None:
    """PyTorch's remaining options: those about its speed have no effect here."""
    idle = ("foreach", "fused", "capturable")
    for option, value in options.items():
        if option == "differentiable" and value:
            raise UnsupportedError(f"{name}: differentiable=True is not supported.")
        if option not in (*idle, "differentiable"):
            raise _no_option(name, option, (*known, *idle))


ALSO_CALLED = {
    "beta1": "betas",
    "beta2": "betas",
    "beta_1": "betas",
    "beta_2": "betas",
    "decay": "weight_decay",
    "epsilon": "eps",
    "l2": "weight_decay",
    "learning_rate": "lr",
    "step_size": "lr",
}


def _no_option(name: str, option: str, known: Collection[str]) -> UnknownNameError:
    meant = ALSO_CALLED.get(option.lower())
    hint = nearest(option, known)
    if meant is not None and meant in known:
        hint = f"; it is called {meant}."
        if meant == "betas":
            hint = "; both are given as betas=(beta1, beta2)."
    return UnknownNameError(f"{name} has no option '{option}'{hint or '.'}")
