"""Schedules that are made of others."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from ranvier.errors import DTypeError, UnsupportedError, ValueRangeError
from ranvier.optim.lr_scheduler.plateau import ReduceLROnPlateau
from ranvier.optim.lr_scheduler.scheduler import LRScheduler, check_optimizer
from ranvier.optim.optimizer import Optimizer


class CombinedLR(LRScheduler):
    """Base: `schedulers`, all of one optimiser."""

    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Any) -> None:
        name = type(self).__name__
        check_schedulers(name, schedulers)
        self.optimizer = optimizer or schedulers[0].optimizer
        check_optimizer(name, self.optimizer)
        for i, scheduler in enumerate(schedulers):
            if scheduler.optimizer is not self.optimizer:
                raise ValueRangeError(
                    f"{name}: schedule {i}, {type(scheduler).__name__}, belongs to "
                    "another optimiser; make all with the same one."
                )
        self._schedulers = list(schedulers)
        self._step_count = 1
        self._is_initial = False
        self._last_lr = self.rates()

    def undo(self) -> None:
        """Take back the first step that every schedule took when it was made."""
        for scheduler in self._schedulers:
            if isinstance(scheduler, CombinedLR):
                scheduler.undo()
            else:
                scheduler.last_epoch -= 1

    def state_dict(self) -> dict[str, Any]:
        fields = {
            key: value
            for key, value in self.__dict__.items()
            if key not in ("optimizer", "_schedulers")
        }
        return {**fields, "_schedulers": [s.state_dict() for s in self._schedulers]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        parts = state_dict["_schedulers"]
        for scheduler, saved in zip(self._schedulers, parts, strict=True):
            scheduler.load_state_dict(saved)
        fields = {k: v for k, v in state_dict.items() if k != "_schedulers"}
        self.__dict__.update(fields)


class ChainedScheduler(CombinedLR):
    """All schedules at once: their factors are multiplied.

    >>> import ranvier as rv
    >>> from ranvier.optim import lr_scheduler
    >>> optimizer = rv.optim.SGD([rv.ones(1, requires_grad=True)], lr=1.0)
    >>> halves = lr_scheduler.ExponentialLR(optimizer, 0.5)
    >>> tenth = lr_scheduler.ConstantLR(optimizer, factor=0.1, total_iters=2)
    >>> lr_scheduler.ChainedScheduler([halves, tenth]).get_last_lr()
    [0.1]
    """

    def __init__(
        self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None
    ) -> None:
        super().__init__(schedulers, optimizer)

    def advance(self) -> None:
        for scheduler in self._schedulers:
            scheduler.go_on()
        self._last_lr = self.rates()


class SequentialLR(CombinedLR):
    """One schedule after the other; the next begins at each milestone.

    A warm-up of five epochs, then a cosine: ``SequentialLR(optimizer,
    [LinearLR(optimizer), CosineAnnealingLR(optimizer, T_max=95)], milestones=[5])``.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: Sequence[LRScheduler],
        milestones: Sequence[int],
        last_epoch: int = -1,
    ) -> None:
        super().__init__(schedulers, check_optimizer("SequentialLR", optimizer))
        if len(milestones) != len(schedulers) - 1:
            raise ValueRangeError(
                f"SequentialLR: {len(schedulers)} schedules and {len(milestones)} "
                "milestones; expected one milestone less than schedules."
            )
        for scheduler in schedulers[1:]:
            if isinstance(scheduler, CombinedLR):
                raise UnsupportedError(
                    f"SequentialLR: {type(scheduler).__name__} may only be the first "
                    "of the schedules; it has no first epoch to begin with later."
                )
        self._milestones = list(milestones)
        self.last_epoch = last_epoch + 1
        self.put([group["initial_lr"] for group in optimizer.param_groups])
        self.undo()
        self._schedulers[bisect_right(self._milestones, 0)].begin()
        self._last_lr = self.rates()

    def advance(self) -> None:
        self.last_epoch += 1
        i = bisect_right(self._milestones, self.last_epoch)
        if i > 0 and self._milestones[i - 1] == self.last_epoch:
            self._schedulers[i].restart()
        else:
            self._schedulers[i].go_on()
        self._last_lr = self._schedulers[i].get_last_lr()


def check_schedulers(name: str, schedulers: Any) -> None:
    """A list of schedules that need no metric."""
    if not isinstance(schedulers, list | tuple) or not schedulers:
        raise ValueRangeError(
            f"{name}: expected a list of at least one schedule, got {schedulers!r:.40}."
        )
    for i, scheduler in enumerate(schedulers):
        if isinstance(scheduler, ReduceLROnPlateau) or not isinstance(
            scheduler, LRScheduler
        ):
            raise DTypeError(
                f"{name}: entry {i} is {type(scheduler).__name__}, which is not a "
                "schedule that goes by epochs alone; step it by itself."
            )
