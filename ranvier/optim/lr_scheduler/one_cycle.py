"""OneCycleLR."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ranvier.errors import ValueRangeError
from ranvier.optim.lr_scheduler import momentum
from ranvier.optim.lr_scheduler.cyclic import known
from ranvier.optim.lr_scheduler.scheduler import (
    LRScheduler,
    check_optimizer,
    one_a_group,
)
from ranvier.optim.optimizer import Optimizer
from ranvier.optim.options import at_least_one

# Rates and momentum at the ends of a phase: [start, end], by their names in a group.
UP = (("initial_lr", "max_lr"), ("max_momentum", "base_momentum"))
BACK = (("max_lr", "initial_lr"), ("base_momentum", "max_momentum"))
DOWN = (("max_lr", "min_lr"), ("base_momentum", "max_momentum"))
OUT = (("initial_lr", "min_lr"), ("max_momentum", "max_momentum"))


class OneCycleLR(LRScheduler):
    """Up to max_lr in the first part of all steps, then down to almost 0.

    From max_lr / div_factor to max_lr in the first `pct_start` of the steps, then to
    max_lr / (div_factor · final_div_factor), along half a cosine or a line; with
    `three_phase` back to the start first. The momentum goes the other way. Step it
    after every mini-batch. Source: Smith and Topin, 2018, Super-Convergence.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | Sequence[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | Sequence[float] = 0.85,
        max_momentum: float | Sequence[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        check_optimizer("OneCycleLR", optimizer)
        self.total_steps = total(total_steps, epochs, steps_per_epoch)
        if isinstance(pct_start, bool) or not 0 <= pct_start <= 1:
            raise ValueRangeError(
                f"OneCycleLR: pct_start is {pct_start}; it must lie between 0 and 1."
            )
        known("OneCycleLR", "anneal_strategy", anneal_strategy, ("cos", "linear"))
        self.pct_start = pct_start
        self.anneal_strategy = anneal_strategy
        self.three_phase = three_phase
        self.cycle_momentum = cycle_momentum
        max_lrs = one_a_group("OneCycleLR", "max_lr", max_lr, optimizer)
        if last_epoch == -1:
            for group, most in zip(optimizer.param_groups, max_lrs, strict=True):
                group["initial_lr"] = most / div_factor
                group["max_lr"] = most
                group["min_lr"] = group["initial_lr"] / final_div_factor
        if cycle_momentum:
            resumes = last_epoch != -1
            given = (base_momentum, max_momentum)
            momentum.prepare("OneCycleLR", optimizer, *given, resumes=resumes)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        if self.last_epoch > self.total_steps:
            raise ValueRangeError(
                f"OneCycleLR: step {self.last_epoch} of a cycle of {self.total_steps} "
                "steps. Give total_steps the number of all steps of the run."
            )
        start, end, ((low, high), (first, last)) = self._phase()
        place = (self.last_epoch - start) / (end - start)
        rates = []
        for group in self.optimizer.param_groups:
            rates.append(self._between(group[low], group[high], place))
            if self.cycle_momentum:
                momentum.put(group, self._between(group[first], group[last], place))
        return rates

    def _phase(self) -> tuple[float, float, Any]:
        """Where the phase of this step starts and ends, and what its ends are."""
        top = self.pct_start * self.total_steps - 1
        last = self.total_steps - 1
        if self.three_phase:
            phases = [(top, UP), (2 * self.pct_start * self.total_steps - 2, BACK)]
            phases.append((last, OUT))
        else:
            phases = [(top, UP), (last, DOWN)]
        start = 0.0
        for end, ends in phases[:-1]:
            if self.last_epoch <= end:
                return start, end, ends
            start = end
        return start, *phases[-1]

    def _between(self, start: float, end: float, place: float) -> float:
        if self.anneal_strategy == "linear":
            return start + (end - start) * place
        return end + (start - end) / 2.0 * (1 + math.cos(math.pi * place))


def total(steps: int | None, epochs: int | None, steps_per_epoch: int | None) -> int:
    """The number of all steps of the run."""
    if steps is not None:
        at_least_one("OneCycleLR", {"total_steps": steps}, "total_steps")
        return steps
    if epochs is None or steps_per_epoch is None:
        raise ValueRangeError(
            "OneCycleLR: give total_steps, or both epochs and steps_per_epoch "
            "(len(loader))."
        )
    given = {"epochs": epochs, "steps_per_epoch": steps_per_epoch}
    at_least_one("OneCycleLR", given, *given)
    return epochs * steps_per_epoch
