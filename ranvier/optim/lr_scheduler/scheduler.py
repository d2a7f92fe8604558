"""What all schedules share."""

from __future__ import annotations

import copy
import warnings
from typing import Any

import numpy as np

from ranvier.errors import (
    CaptureError,
    DTypeError,
    StateError,
    UnsupportedError,
    ValueRangeError,
)
from ranvier.graph import leaf
from ranvier.optim.optimizer import Optimizer
from ranvier.optim.options import plain
from ranvier.tensor import Tensor, hooks


class LRScheduler:
    """Base: `get_lr()` gives the rates of epoch `last_epoch`, one a group.

    Most schedules change the rate that is there, so that several can work together.
    With ``last_epoch >= 0`` a schedule goes on: every group has its `initial_lr` then,
    as after `optimizer.load_state_dict`.
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        self.optimizer = check_optimizer(type(self).__name__, optimizer)
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", plain(group["lr"]))
            elif "initial_lr" not in group:
                raise StateError(
                    f"{type(self).__name__}: last_epoch is {last_epoch}, and group {i} "
                    "has no initial_lr. Load the optimiser's state first, or leave "
                    "last_epoch out to begin anew."
                )
        self.base_lrs = [plain(group["initial_lr"]) for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self.begin()

    # ---- what subclasses write -------------------------------------------------------

    def get_lr(self) -> list[float]:
        """The rates of this epoch, one a group."""
        raise NotImplementedError

    def advance(self) -> None:
        """One epoch on, whatever that means here."""
        self.last_epoch += 1
        self.put(self.get_lr())

    # ---- stepping --------------------------------------------------------------------

    def begin(self) -> None:
        """Take the first step, which a schedule takes when it is made."""
        self._step_count = 0
        self._is_initial = True
        self.go_on()
        self._is_initial = False

    def restart(self) -> None:
        """Go back to the first epoch, with its rates."""
        self.put(self.base_lrs)
        self.last_epoch = 0
        self._is_initial = True
        self.put(self.get_lr())
        self._is_initial = False

    def step(self, epoch: None = None) -> None:
        """Go on to the next epoch.

        Inside a compiled step: after each of its runs. Raises CaptureError there if the
        optimiser steps later.
        """
        if epoch is not None:
            raise UnsupportedError(
                f"{type(self).__name__}: step(epoch={epoch!r:.20}) is not supported; "
                "call step() once an epoch, or make the schedule with last_epoch=…."
            )
        if hooks.recorder is not None:
            self._record()
            return
        if self._step_count == 1 and not self.optimizer.has_stepped:
            warnings.warn(
                f"{type(self).__name__}.step() before optimizer.step(): the first rate "
                "of the schedule is never used. Call optimizer.step() first.",
                stacklevel=2,
            )
        self.go_on()

    def go_on(self) -> None:
        """One step, counted."""
        self._step_count += 1
        self.advance()

    def _record(self) -> None:
        recorder = hooks.recorder
        assert recorder is not None, "asked before"
        if self.optimizer not in recorder.stepped:
            raise CaptureError(
                f"{type(self).__name__}.step() inside a compiled function, before "
                "optimizer.step(). Call it behind, or outside after each call."
            )
        recorder.schedules.append(self)

    # ---- rates -----------------------------------------------------------------------

    def rates(self) -> list[float]:
        """The rates that the groups have now."""
        return [plain(group["lr"]) for group in self.optimizer.param_groups]

    def put(self, rates: list[float]) -> None:
        """Give every group its rate."""
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            put(group, rate)
        self._last_lr = self.rates()

    def get_last_lr(self) -> list[float]:
        """The rates that this schedule set last, one a group."""
        return self._last_lr

    # ---- state -----------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimiser; functions are not saved."""
        fields = {k: v for k, v in self.__dict__.items() if k != "optimizer"}
        return copy.deepcopy(fields)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` gave; the optimiser's rates are its own state."""
        self.__dict__.update(copy.deepcopy(state_dict))


def put(group: dict[str, Any], rate: float) -> None:
    """Set a group's rate; a tensor stays the same tensor, with another value."""
    if isinstance(group["lr"], Tensor):
        group["lr"]._rebind(leaf(np.array(rate, group["lr"].dtype.np)))
    else:
        group["lr"] = rate


def check_optimizer(name: str, optimizer: Any) -> Optimizer:
    """An optimiser, or an error that says what was given."""
    if isinstance(optimizer, Optimizer):
        return optimizer
    raise DTypeError(
        f"{name}: got {type(optimizer).__name__}; expected an optimiser, such as "
        "rv.optim.SGD(model.parameters(), lr=0.1)."
    )


def one_a_group(name: str, option: str, value: Any, optimizer: Optimizer) -> list[Any]:
    """A list with an entry for every group; one value is taken for all."""
    count = len(optimizer.param_groups)
    if not isinstance(value, list | tuple):
        return [value] * count
    if len(value) != count:
        raise ValueRangeError(
            f"{name}: {option} has {len(value)} entries for {count} groups; give one "
            "a group, or one for all."
        )
    return list(value)
