"""Schedules that are a function of the epoch."""

from __future__ import annotations

import copy
import types
from collections.abc import Callable, Sequence
from typing import Any

from ranvier.errors import DTypeError
from ranvier.optim.lr_scheduler.scheduler import (
    LRScheduler,
    check_optimizer,
    one_a_group,
)
from ranvier.optim.optimizer import Optimizer

Factor = Callable[[int], float]


class LambdaLR(LRScheduler):
    """lr₀ · f(epoch), with one function, or one a group.

    A warm-up over ten epochs: ``LambdaLR(optimizer, lambda e: min(1, (e + 1) / 10))``.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Factor | Sequence[Factor],
        last_epoch: int = -1,
    ) -> None:
        name = type(self).__name__
        check_optimizer(name, optimizer)
        self.lr_lambdas = one_a_group(name, "lr_lambda", lr_lambda, optimizer)
        for function in self.lr_lambdas:
            if not callable(function):
                raise DTypeError(
                    f"{name}: lr_lambda is {type(function).__name__}; expected a "
                    "function of the epoch, such as lambda epoch: 0.95**epoch."
                )
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        pairs = zip(self.base_lrs, self.lr_lambdas, strict=True)
        return [base * f(self.last_epoch) for base, f in pairs]

    def state_dict(self) -> dict[str, Any]:
        """As for all; of functions that are objects, their fields."""
        fields = {
            key: value
            for key, value in self.__dict__.items()
            if key not in ("optimizer", "lr_lambdas")
        }
        fields["lr_lambdas"] = [fields_of(f) for f in self.lr_lambdas]
        return copy.deepcopy(fields)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        fields = copy.deepcopy(state_dict)
        for function, saved in zip(
            self.lr_lambdas, fields.pop("lr_lambdas"), strict=True
        ):
            if saved is not None:
                vars(function).update(saved)
        self.__dict__.update(fields)


class MultiplicativeLR(LambdaLR):
    """lr · f(epoch): each rate from the one before."""

    def get_lr(self) -> list[float]:
        if self._is_initial:
            return self.rates()
        pairs = zip(self.rates(), self.lr_lambdas, strict=True)
        return [rate * f(self.last_epoch) for rate, f in pairs]

    def restart(self) -> None:
        """Go on from the rate that is there, as PyTorch does."""
        self.last_epoch = 0
        self.put(self.get_lr())


def fields_of(function: Any) -> dict[str, Any] | None:
    """What an object that is called holds; None for a function."""
    return None if isinstance(function, types.FunctionType) else vars(function)
