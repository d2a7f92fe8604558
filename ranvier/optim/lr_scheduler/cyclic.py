"""CyclicLR."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from typing import Any

from ranvier.errors import UnknownNameError, ValueRangeError, nearest
from ranvier.optim.lr_scheduler import momentum
from ranvier.optim.lr_scheduler.functions import fields_of
from ranvier.optim.lr_scheduler.scheduler import (
    LRScheduler,
    check_optimizer,
    one_a_group,
    put,
)
from ranvier.optim.optimizer import Optimizer

MODES = ("triangular", "triangular2", "exp_range")
PER_CYCLE = ("cycle", "iterations")


class CyclicLR(LRScheduler):
    """Up from base_lr to max_lr and down again, over and over (Smith, 2017).

    With h from 0 to 1 and back in `step_size_up` and `step_size_down` steps:
    lr = base_lr + (max_lr - base_lr) h s, where s is 1 (triangular), 1 / 2^(cycle - 1)
    (triangular2), γ^step (exp_range), or `scale_fn`. The momentum goes the other way.
    Step it after every mini-batch.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | Sequence[float],
        max_lr: float | Sequence[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float | Sequence[float] = 0.8,
        max_momentum: float | Sequence[float] = 0.9,
        last_epoch: int = -1,
    ) -> None:
        check_optimizer("CyclicLR", optimizer)
        if scale_fn is None:
            known("CyclicLR", "mode", mode, MODES)
        known("CyclicLR", "scale_mode", scale_mode, PER_CYCLE)
        base_lrs = one_a_group("CyclicLR", "base_lr", base_lr, optimizer)
        self.max_lrs = one_a_group("CyclicLR", "max_lr", max_lr, optimizer)
        if last_epoch == -1:
            for group, rate in zip(optimizer.param_groups, base_lrs, strict=True):
                put(group, rate)
        down = step_size_up if step_size_down is None else step_size_down
        if step_size_up <= 0 or down < 0:
            raise ValueRangeError(
                f"CyclicLR: step_size_up is {step_size_up}, step_size_down {down}; "
                "expected at least one step up."
            )
        self.total_size = float(step_size_up + down)
        self.step_ratio = step_size_up / self.total_size
        self.mode = mode
        self.gamma = gamma
        self.scale_fn = scale_fn
        self.scale_mode = scale_mode
        if scale_fn is None:
            self.scale_mode = "iterations" if mode == "exp_range" else "cycle"
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            resumes = last_epoch != -1
            given = (base_momentum, max_momentum)
            momentum.prepare("CyclicLR", optimizer, *given, resumes=resumes)
        super().__init__(optimizer, last_epoch)
        self.base_lrs = base_lrs

    def get_lr(self) -> list[float]:
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1.0 + self.last_epoch / self.total_size - cycle
        rises = x <= self.step_ratio
        height = x / self.step_ratio if rises else (x - 1) / (self.step_ratio - 1)
        height *= self._scale(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.cycle_momentum:
            for group in self.optimizer.param_groups:
                low, high = group["base_momentum"], group["max_momentum"]
                momentum.put(group, high - (high - low) * height)
        pairs = zip(self.base_lrs, self.max_lrs, strict=True)
        return [base + (most - base) * height for base, most in pairs]

    def _scale(self, x: float) -> float:
        if self.scale_fn is not None:
            return self.scale_fn(x)
        if self.mode == "triangular":
            return 1.0
        return float(0.5 ** (x - 1) if self.mode == "triangular2" else self.gamma**x)

    def state_dict(self) -> dict[str, Any]:
        """As for all; of a `scale_fn` that is an object, its fields."""
        fields = {
            key: value
            for key, value in self.__dict__.items()
            if key not in ("optimizer", "scale_fn")
        }
        function = self.scale_fn
        fields["scale_fn"] = None if function is None else fields_of(function)
        return copy.deepcopy(fields)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        fields = copy.deepcopy(state_dict)
        saved = fields.pop("scale_fn")
        if saved is not None:
            vars(self.scale_fn).update(saved)
        self.__dict__.update(fields)


def known(name: str, option: str, value: str, values: tuple[str, ...]) -> None:
    """The option is one of these words."""
    if value not in values:
        hint = nearest(value, values) or f"; expected one of {', '.join(values)}."
        raise UnknownNameError(f"{name}: {option} is '{value}'{hint}")
