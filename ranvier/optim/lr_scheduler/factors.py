"""Schedules that multiply the rate by a factor."""

from __future__ import annotations

from collections.abc import Iterable

from ranvier.errors import ValueRangeError
from ranvier.optim.lr_scheduler.scheduler import LRScheduler
from ranvier.optim.optimizer import Optimizer
from ranvier.optim.options import at_least_one


class FactorLR(LRScheduler):
    """Base: `ratio()` gives what the rate of the epoch before is multiplied by."""

    def ratio(self) -> float:
        """1 where the rate stays as it is."""
        raise NotImplementedError

    def get_lr(self) -> list[float]:
        ratio = self.ratio()
        return [rate * ratio for rate in self.rates()]


class StepLR(FactorLR):
    """lr₀ · γ^⌊epoch / step_size⌋."""

    def __init__(
        self,
        optimizer: Optimizer,
        step_size: int,
        gamma: float = 0.1,
        last_epoch: int = -1,
    ) -> None:
        at_least_one("StepLR", {"step_size": step_size}, "step_size")
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def ratio(self) -> float:
        falls = self.last_epoch and self.last_epoch % self.step_size == 0
        return self.gamma if falls else 1.0


class MultiStepLR(FactorLR):
    """lr₀ · γ^(number of milestones reached)."""

    def __init__(
        self,
        optimizer: Optimizer,
        milestones: Iterable[int],
        gamma: float = 0.1,
        last_epoch: int = -1,
    ) -> None:
        self.milestones = sorted(milestones)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def ratio(self) -> float:
        return float(self.gamma ** self.milestones.count(self.last_epoch))


class ExponentialLR(FactorLR):
    """lr₀ · γ^epoch."""

    def __init__(
        self, optimizer: Optimizer, gamma: float, last_epoch: int = -1
    ) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def ratio(self) -> float:
        return 1.0 if self._is_initial else self.gamma


class ConstantLR(FactorLR):
    """lr₀ · factor before epoch `total_iters`, lr₀ from then on."""

    def __init__(
        self,
        optimizer: Optimizer,
        factor: float = 1.0 / 3,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        within("ConstantLR", "factor", factor, 0.0)
        self.factor = factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def ratio(self) -> float:
        if self.last_epoch == 0:
            return self.factor
        return 1.0 / self.factor if self.last_epoch == self.total_iters else 1.0


class LinearLR(FactorLR):
    """From lr₀ · start_factor to lr₀ · end_factor in `total_iters` equal steps.

    With its defaults a warm-up of five epochs from a third of the rate.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        within("LinearLR", "start_factor", start_factor, 0.0)
        if start_factor == 0:
            raise ValueRangeError(
                "LinearLR: start_factor is 0, and each rate is made from the one "
                "before; give a small number such as 1e-6, or use LambdaLR."
            )
        within("LinearLR", "end_factor", end_factor, 0.0)
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def ratio(self) -> float:
        if self.last_epoch == 0:
            return self.start_factor
        if self._is_initial or self.last_epoch > self.total_iters:
            return 1.0
        rise = self.end_factor - self.start_factor
        before = self.total_iters * self.start_factor + (self.last_epoch - 1) * rise
        return 1.0 + rise / before


class PolynomialLR(FactorLR):
    """lr₀ · (1 - epoch / total_iters)^power, and 0 from epoch `total_iters` on."""

    def __init__(
        self,
        optimizer: Optimizer,
        total_iters: int = 5,
        power: float = 1.0,
        last_epoch: int = -1,
    ) -> None:
        at_least_one("PolynomialLR", {"total_iters": total_iters}, "total_iters")
        self.total_iters = total_iters
        self.power = power
        super().__init__(optimizer, last_epoch)

    def ratio(self) -> float:
        if self._is_initial or self.last_epoch > self.total_iters:
            return 1.0
        left = self.total_iters - self.last_epoch
        return float((left / (left + 1)) ** self.power)


def within(name: str, option: str, value: float, least: float) -> None:
    """The option lies in [least, 1]."""
    if not least <= value <= 1.0:
        raise ValueRangeError(
            f"{name}: {option} is {value}; it must lie between {least:g} and 1."
        )
