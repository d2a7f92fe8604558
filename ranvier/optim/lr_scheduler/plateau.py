"""ReduceLROnPlateau."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ranvier.errors import ValueRangeError
from ranvier.optim.lr_scheduler.cyclic import known
from ranvier.optim.lr_scheduler.scheduler import (
    LRScheduler,
    check_optimizer,
    one_a_group,
)
from ranvier.optim.optimizer import Optimizer


class ReduceLROnPlateau(LRScheduler):
    """lr · factor when a metric has not improved for more than `patience` epochs.

    It improves when it is below best · (1 - threshold), or best - threshold with
    threshold_mode="abs" (for mode="max" above, with plus).
    """

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
        known("ReduceLROnPlateau", "mode", mode, ("min", "max"))
        known("ReduceLROnPlateau", "threshold_mode", threshold_mode, ("rel", "abs"))
        self.optimizer = check_optimizer("ReduceLROnPlateau", optimizer)
        self.mode = mode
        self.factor = factor
        self.patience = patience
        self.threshold = threshold
        self.threshold_mode = threshold_mode
        self.cooldown = cooldown
        self.min_lrs = one_a_group("ReduceLROnPlateau", "min_lr", min_lr, optimizer)
        self.eps = eps
        self.best = math.inf if mode == "min" else -math.inf
        self.num_bad_epochs = 0
        self.cooldown_counter = 0
        self.last_epoch = 0
        self._last_lr = self.rates()

    def step(self, metrics: Any) -> None:  # type: ignore[override]
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
        rates = []
        for rate, least in zip(self.rates(), self.min_lrs, strict=True):
            new = max(rate * self.factor, least)
            rates.append(new if rate - new > self.eps else rate)
        self.put(rates)
