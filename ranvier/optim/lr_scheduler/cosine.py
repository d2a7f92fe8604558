"""Schedules along half a wave of the cosine."""

from __future__ import annotations

import math
from typing import Any

from ranvier.errors import UnsupportedError, ValueRangeError
from ranvier.optim.lr_scheduler.scheduler import LRScheduler
from ranvier.optim.optimizer import Optimizer
from ranvier.optim.options import at_least_one, number
from ranvier.tensor import hooks


class CosineAnnealingLR(LRScheduler):
    """η + (lr₀ - η) (1 + cos(π epoch / T)) / 2 (Loshchilov and Hutter, 2017).

    Each rate is made from the one before, so that other schedules may work along.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        T_max: int,
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        at_least_one("CosineAnnealingLR", {"T_max": T_max}, "T_max")
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        if self._is_initial:
            return self.rates()
        now, before = self._wave(self.last_epoch), self._wave(self.last_epoch - 1)
        if (self.last_epoch - 1 - self.T_max) % (2 * self.T_max) == 0:
            # The wave was at 0: nothing to multiply.
            pairs = zip(self.rates(), self.base_lrs, strict=True)
            first = (1 - math.cos(math.pi / self.T_max)) / 2
            return [rate + (base - self.eta_min) * first for rate, base in pairs]
        factor = now / before
        return [self.eta_min + (rate - self.eta_min) * factor for rate in self.rates()]

    def _wave(self, epoch: int) -> float:
        return 1 + math.cos(math.pi * epoch / self.T_max)


class CosineAnnealingWarmRestarts(LRScheduler):
    """η + (lr₀ - η) (1 + cos(π t / T)) / 2, with t from 0 again after T epochs.

    T is T_0 at first and T_mult times as long after each restart (SGDR, Loshchilov and
    Hutter, 2017).
    """

    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,
        T_mult: int = 1,
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        name = "CosineAnnealingWarmRestarts"
        at_least_one(name, {"T_0": T_0, "T_mult": T_mult}, "T_0", "T_mult")
        number(name, "eta_min", eta_min)
        self.T_0 = T_0
        self.T_i = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        wave = (1 + math.cos(math.pi * self.T_cur / self.T_i)) / 2
        return [self.eta_min + (base - self.eta_min) * wave for base in self.base_lrs]

    def advance(self) -> None:
        if self.last_epoch < 0:
            self.T_cur, self.T_i = 0, self.T_0
        else:
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur %= self.T_i
                self.T_i *= self.T_mult
        super().advance()

    def restart(self) -> None:
        """The first epoch's number, and the rate of where the wave is."""
        self.last_epoch = 0
        self.put(self.get_lr())

    def step(self, epoch: Any = None) -> None:
        """Go on to the next epoch, or to any, such as ``epoch + i / steps``."""
        if epoch is None:
            super().step()
            return
        if hooks.recorder is not None:
            raise UnsupportedError(
                "CosineAnnealingWarmRestarts: step(epoch) inside a compiled function "
                "is not supported; call step() there, or step(epoch) outside."
            )
        if epoch < 0:
            raise ValueRangeError(
                f"CosineAnnealingWarmRestarts: step(epoch={epoch}); expected at least "
                "0."
            )
        self._step_count += 1
        self.T_i, self.T_cur = self.T_0, epoch
        while self.T_cur >= self.T_i:
            self.T_cur -= self.T_i
            self.T_i *= self.T_mult
        self.last_epoch = math.floor(epoch)
        self.put(self.get_lr())
