"""Schedules of the learning rate: plain Python on `optimizer.param_groups`.

Call `scheduler.step()` after each epoch. A compiled step reads the new rate; nothing is
compiled again.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable, Sequence
from typing import Any

from ranvier.errors import UnknownNameError, ValueRangeError, nearest
from ranvier.optim.optimizer import Optimizer


class LRScheduler:
    """Base: `factor(epoch, base)` gives the rate of an epoch from the first rate."""

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        self.optimizer = optimizer
        for group in optimizer.param_groups:
            group.setdefault("initial_lr", group["lr"])
        self.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self.step()

    def rate(self, epoch: int, base: float, group: int) -> float:
        """The learning rate of this epoch."""
        raise NotImplementedError

    def step(self) -> None:
        """Go on to the next epoch."""
        self.last_epoch += 1
        groups = self.optimizer.param_groups
        for i, (group, base) in enumerate(zip(groups, self.base_lrs, strict=True)):
            group["lr"] = self.rate(self.last_epoch, base, i)

    def get_last_lr(self) -> list[float]:
        """The rates now, one a group."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimiser and functions."""
        return {
            key: value
            for key, value in self.__dict__.items()
            if key not in ("optimizer", "lr_lambdas")
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` gave."""
        self.__dict__.update(state_dict)


class StepLR(LRScheduler):
    """lr · γ^⌊epoch / step_size⌋."""

    def __init__(
        self,
        optimizer: Optimizer,
        step_size: int,
        gamma: float = 0.1,
        last_epoch: int = -1,
    ) -> None:
        if step_size < 1:
            text = f"StepLR: step_size is {step_size}; it must be at least 1."
            raise ValueRangeError(text)
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def rate(self, epoch: int, base: float, group: int) -> float:
        return float(base * self.gamma ** (epoch // self.step_size))


class MultiStepLR(LRScheduler):
    """lr · γ^(number of milestones reached)."""

    def __init__(
        self,
        optimizer: Optimizer,
        milestones: Sequence[int],
        gamma: float = 0.1,
        last_epoch: int = -1,
    ) -> None:
        self.milestones = sorted(milestones)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def rate(self, epoch: int, base: float, group: int) -> float:
        return float(base * self.gamma ** bisect.bisect_right(self.milestones, epoch))


class ExponentialLR(LRScheduler):
    """lr · γ^epoch."""

    def __init__(
        self, optimizer: Optimizer, gamma: float, last_epoch: int = -1
    ) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def rate(self, epoch: int, base: float, group: int) -> float:
        return float(base * self.gamma**epoch)


class CosineAnnealingLR(LRScheduler):
    """η + (lr - η) (1 + cos(π epoch / T)) / 2 (Loshchilov and Hutter, 2017)."""

    def __init__(
        self,
        optimizer: Optimizer,
        T_max: int,
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        if T_max < 1:
            raise ValueRangeError(
                f"CosineAnnealingLR: T_max is {T_max}; it must be at least 1."
            )
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def rate(self, epoch: int, base: float, group: int) -> float:
        wave = (1 + math.cos(math.pi * epoch / self.T_max)) / 2
        return self.eta_min + (base - self.eta_min) * wave


class LambdaLR(LRScheduler):
    """lr · f(epoch), with one function, or one a group."""

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        count = len(optimizer.param_groups)
        if callable(lr_lambda):
            lr_lambda = [lr_lambda] * count
        self.lr_lambdas = list(lr_lambda)
        if len(self.lr_lambdas) != count:
            raise ValueRangeError(
                f"LambdaLR: {len(self.lr_lambdas)} functions for {count} groups."
            )
        super().__init__(optimizer, last_epoch)

    def rate(self, epoch: int, base: float, group: int) -> float:
        return float(base * self.lr_lambdas[group](epoch))


class ReduceLROnPlateau:
    """lr · factor when a metric has not improved for more than `patience` epochs."""

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | Sequence[float] = 0.0,
        eps: float = 1e-8,
    ) -> None:
        if not 0 < factor < 1:
            text = f"ReduceLROnPlateau: factor is {factor}; it must lie in (0, 1)."
            raise ValueRangeError(text)
        _known("mode", mode, ("min", "max"))
        _known("threshold_mode", threshold_mode, ("rel", "abs"))
        self.optimizer = optimizer
        self.mode = mode
        self.factor = factor
        self.patience = patience
        self.threshold = threshold
        self.threshold_mode = threshold_mode
        self.cooldown = cooldown
        count = len(optimizer.param_groups)
        if isinstance(min_lr, (int, float)):
            min_lr = [min_lr] * count
        self.min_lrs = list(min_lr)
        self.eps = eps
        self.best = math.inf if mode == "min" else -math.inf
        self.num_bad_epochs = 0
        self.cooldown_counter = 0
        self.last_epoch = 0

    def step(self, metrics: float) -> None:
        """Take note of an epoch's metric."""
        value = float(metrics)
        self.last_epoch += 1
        if self._better(value):
            self.best = value
            self.num_bad_epochs = 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce()
            self.cooldown_counter = self.cooldown
            self.num_bad_epochs = 0

    def _better(self, value: float) -> bool:
        sign = 1.0 if self.mode == "min" else -1.0
        if self.threshold_mode == "abs" or math.isinf(self.best):
            return sign * value < sign * self.best - self.threshold
        return sign * value < sign * self.best * (1.0 - sign * self.threshold)

    def _reduce(self) -> None:
        groups = self.optimizer.param_groups
        for group, least in zip(groups, self.min_lrs, strict=True):
            new = max(group["lr"] * self.factor, least)
            if group["lr"] - new > self.eps:
                group["lr"] = new

    def get_last_lr(self) -> list[float]:
        """The rates now, one a group."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimiser."""
        return {k: v for k, v in self.__dict__.items() if k != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` gave."""
        self.__dict__.update(state_dict)


def _known(option: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        hint = nearest(value, known)
        raise UnknownNameError(f"ReduceLROnPlateau: {option} is '{value}'{hint}")
