"""What all optimisers share.

The update of parameters that step together is a `Template`: a piece of graph made once
for the shapes of the parameters and the options that change its form, and called at
every step. Numbers such as the learning rate go in as tensors without dimensions,
refreshed when the value in `param_groups` changed, so that changing them never compiles
again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, NamedTuple

import numpy as np

from ranvier import dtypes
from ranvier.errors import CaptureError, ValueRangeError
from ranvier.graph import Node, Template, hole, leaf
from ranvier.optim import groups, saved
from ranvier.optim.options import SCHEDULED, above_zero, no_option, not_negative, plain
from ranvier.optim.settings import Form, Settings, filled
from ranvier.tensor import Tensor, _wrap, flush_pending, held, hooks

State = dict[str, Tensor]


class Update(NamedTuple):
    """What `Optimizer.update` gives for one parameter: its new value and new state."""

    p: Tensor
    state: State


class Optimizer:
    """Base: groups of parameters, their state, `step`, `zero_grad`, `state_dict`.

    A subclass names its run-time numbers in `numbers`, the options whose being on or
    off changes the form of the update in `switches`, and writes one parameter's update
    with plain arithmetic in `update`. `param_groups` is a list of dicts that may be
    changed between steps; `state[p]` holds the tensors kept for parameter p. Numbers
    that go with the count of steps (`scalars`) are one tensor for all parameters that
    have always stepped together.

    Raises ValueRangeError for numbers out of range (lr <= 0 at construction, below 0
    later, NaN, betas outside [0, 1)), DTypeError for what is no number, GradientError
    for parameters that are no leaves.
    """

    numbers: ClassVar[tuple[str, ...]] = ("lr",)
    switches: ClassVar[tuple[str, ...]] = ()
    needs_closure: ClassVar[bool] = False

    def __init__(self, params: Any, defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        self.param_groups: list[dict[str, Any]] = []
        self.state: dict[Tensor, State] = {}
        self.has_stepped = False
        self.version = 0  # of what compiled steps rely on: forms, and which scalars
        self._settings: list[Settings] = []
        self._templates: dict[Any, Template] = {}
        self._sharing: Counter[Tensor] = Counter()  # step → of how many parameters
        for group in groups.of(params, type(self).__name__):
            self.add_param_group(group)

    # ---- what subclasses write -------------------------------------------------------

    def scalars(self, group: Mapping[str, Any]) -> dict[str, float]:
        """Names of the numbers kept with the count of steps, and how they start."""
        return {"step": 0.0}

    def advance(self, n: Any) -> State:
        """The scalars after this step."""
        return {"step": n.t}

    def slots(self, group: Mapping[str, Any]) -> dict[str, float]:
        """Names of the arrays kept for each parameter, and the value they start
        with.
        """
        return {}

    def update(
        self, p: Tensor, g: Tensor, state: State, n: Any, group: Mapping[str, Any]
    ) -> Update:
        """One parameter's update; `n` holds the numbers, the scalars before the step,
        and `n.t`, the step from 1 on.
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
            if option not in ("params", *self.defaults, *SCHEDULED):
                raise no_option(name, option, self.defaults)
        if "params" not in param_group:
            raise ValueRangeError(
                f"{name}: a group has no parameters; expected a dict such as "
                '{"params": model.parameters(), "lr": 0.1}.'
            )
        given = param_group["params"]
        params = [given] if isinstance(given, Tensor) else list(given)
        if not params:
            raise ValueRangeError(groups.none_given(name, given))
        known = {p for group in self.param_groups for p in group["params"]}
        for p in params:
            groups.check_parameter(name, p, known)
            known.add(p)
        group = {**self.defaults, **param_group, "params": params}
        above_zero(name, "lr", group["lr"])
        self.check(group)
        self.param_groups.append(group)
        self._settings.append(Settings(self.numbers, group))
        self._refresh()

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
        recorder = hooks.recorder
        if recorder is not None and any(
            s.optimizer is self for s in recorder.schedules
        ):
            raise CaptureError(
                f"{type(self).__name__}.step() inside a compiled function, after the "
                "step() of its schedule. Call the schedule's step() last."
            )
        loss = None if closure is None else closure()
        self.has_stepped = True
        self._refresh()
        for group, settings in zip(self.param_groups, self._settings, strict=True):
            params = [p for p in group["params"] if p._grad is not None]
            if params:
                for together in self._together(group, settings, params):
                    self._step(group, settings, together)
        if recorder is not None:
            now = self.version, len(self.state)
            recorder.refresh.append(partial(self._outdated, *now))
            recorder.stepped.append(self)
        flush_pending()
        return loss

    def number_tensors(self) -> list[Tensor]:
        """The numbers of all groups, as compiled steps read them."""
        return [tensor for settings in self._settings for tensor in settings.tensors]

    def number_fields(self) -> list[str]:
        """Their names."""
        return [field for settings in self._settings for field in settings.fields]

    def numbers_now(self) -> list[float]:
        """Their values, as the groups have them now."""
        pairs = zip(self._settings, self.param_groups, strict=True)
        return [x for settings, group in pairs for x in settings.numbers(group)]

    def _outdated(self, version: int, states: int) -> bool:
        """What compiled steps call before a run: copy changed numbers; whether the
        update has another form now, or its state was taken away.
        """
        self._refresh()
        return self.version != version or len(self.state) < states

    def _refresh(self) -> None:
        """Copy changed numbers into their tensors."""
        for i, settings in enumerate(self._settings):
            group = self.param_groups[i]
            if settings.changed(group):
                self.check(group)
                settings.refresh(group)
                self._reform(group, settings)

    def _reform(self, group: dict[str, Any], settings: Settings) -> None:
        """Note the form of the group's update; drop state that it does not use."""
        switches = (*self.switches, "maximize")
        on = tuple(bool(group.get(option)) for option in switches)
        form = Form(on, tuple(self.scalars(group)), tuple(self.slots(group)))
        if form == settings.form:
            return
        settings.form = form
        self.version += 1
        for p in group["params"]:
            state = self.state.get(p, {})
            for name in [name for name in state if name not in form.names]:
                del state[name]

    def _together(
        self, group: dict[str, Any], settings: Settings, params: list[Tensor]
    ) -> list[list[Tensor]]:
        """The parameters by their scalars: mostly one list of all."""
        form, states = settings.form, self.state
        assert form is not None, "set when the group was added"
        size = len(form.names)
        new = [p for p in params if p not in states or len(states[p]) != size]
        if new:
            self._start(group, form, new)
        if not form.scalars:
            return [params]
        found: dict[Tensor, list[Tensor]] = {}
        for p in params:
            found.setdefault(states[p]["step"], []).append(p)
        for step, members in found.items():
            if self._sharing[step] != len(members):
                state = states[members[0]]
                self.share(members, {k: plain(state[k]) for k in form.scalars})
                self.version += 1  # programs go on with the scalars of all
        return list(found.values())

    def _start(
        self, group: dict[str, Any], form: Form, params: Sequence[Tensor]
    ) -> None:
        """Make the state that these parameters lack."""
        begun = [p for p in params if self.state.get(p)]
        slots = self.slots(group)
        for p in params:
            state = self.state.setdefault(p, {})
            for name, value in slots.items():
                if name not in state:
                    state[name] = filled(p, value)
        if form.scalars:
            lacking = [p for p in params if "step" not in self.state[p]]
            first = self.scalars(group)
            self.share([p for p in lacking if p not in begun], first)
            self.share([p for p in lacking if p in begun], {**first, "step": 1.0})

    def share(self, params: Sequence[Tensor], scalars: Mapping[str, float]) -> None:
        """Give these parameters scalars in common, apart from all others."""
        made = {name: _wrap(leaf(np.array(float(v)))) for name, v in scalars.items()}
        for p in params:
            self.state[p] = {**made, **self.state[p], **made}
        steps = (state["step"] for state in self.state.values() if "step" in state)
        self._sharing = Counter(steps)

    def is_shared_by(self, params: Sequence[Tensor]) -> bool:
        """Whether these parameters, and no others, have their scalars in common."""
        steps = {self.state[p].get("step") for p in params}
        step = steps.pop()
        return not steps and step is not None and self._sharing[step] == len(params)

    def _step(
        self, group: dict[str, Any], settings: Settings, params: list[Tensor]
    ) -> None:
        form = settings.form
        assert form is not None, "set when the group was added"
        first = self.state[params[0]] if form.scalars else {}
        kept = [first[name] for name in form.scalars]
        arguments = settings.nodes() + [tensor._node for tensor in kept]
        key: list[Any] = [form]
        for p in params:
            node, g = p._node, p._grad._node  # type: ignore[union-attr]
            key.append((node.shape, node.dtype, g.dtype))
            arguments.append(node)
            arguments.append(g)
            kept.append(p)
            if form.slots:
                state = self.state[p]
                for name in form.slots:
                    arguments.append(state[name]._node)
                    kept.append(state[name])
        found = tuple(key)
        template = self._templates.get(found)
        if template is None:
            made = self._template(group, settings, params)
            template = self._templates[found] = made
        for tensor, item in zip(kept, template.call(arguments), strict=True):
            item.rg = tensor._node.rg
            tensor._rebind(item)

    def _template(
        self, group: dict[str, Any], settings: Settings, params: list[Tensor]
    ) -> Template:
        """The update with holes for numbers, scalars, parameters, gradients, state."""
        form = settings.form
        assert form is not None, "set when the group was added"
        inputs: list[Node] = []

        def hollow(shape: tuple[int, ...], dtype: dtypes.DType) -> Tensor:
            inputs.append(hole(len(inputs), shape, dtype))
            return _wrap(inputs[-1])

        with held():
            n = settings.holes(hollow)
            new = self.advance(n) if form.scalars else {}
            outputs = [new[name].to(dtypes.float64)._node for name in form.scalars]
            for p in params:
                assert p._grad is not None, "only parameters with a gradient get here"
                inside = hollow(p.shape, p.dtype)
                g = hollow(p.shape, p._grad.dtype).to(p.dtype)
                state = {name: hollow(p.shape, p.dtype) for name in form.slots}
                g = -g if group.get("maximize") else g
                made = self.update(inside, g, state, n, group)
                parts = [made.p, *(made.state[name] for name in form.slots)]
                outputs += [part.to(p.dtype)._node for part in parts]
        return Template(type(self).__name__.lower(), inputs, outputs)

    # ---- state -----------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """``{"state": {0: {…}}, "param_groups": […]}`` with parameters by number."""
        return saved.take(self)

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over what `state_dict` gave, tensors or NumPy arrays, in place.

        Raises StateError, before anything is changed, for a state of other parameters.
        """
        saved.put_back(self, state_dict)

    def __repr__(self) -> str:
        groups = []
        for i, group in enumerate(self.param_groups):
            shown = sorted(key for key in group if key != "params")
            lines = [f"    {key}: {group[key]}\n" for key in shown]
            groups.append(f"Parameter Group {i}\n{''.join(lines)}")
        return f"{type(self).__name__} (\n{chr(10).join(groups)})"
