"""A model, its optimiser and its schedule again, with weights of another seed."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from ranvier import random
from ranvier.errors import DTypeError, UnsupportedError
from ranvier.nn.module import Module

Array = np.ndarray[Any, Any]
CHANCE: Final = 3.27  # the two-sample Kolmogorov-Smirnov test's c for 1 in 10⁹
LOOKED_AT: Final = 10_000  # numbers of a parameter
REMEDY: Final = (
    "Pass functions that make them: rv.fit(lambda: nn.Sequential(…), …, "
    "optimizer=lambda p: optim.Adam(p, lr=0.01), seeds=5)."
)


class Learner(NamedTuple):
    """What one run learns with."""

    model: Any
    optimizer: Any
    scheduler: Any


@dataclass(frozen=True)
class Maker:
    """Makes a Learner of a seed from what `rv.fit(..., seeds=…)` was given: three
    functions, or a model, an optimiser and a schedule, of which copies are made.

    Raises DTypeError: a mixture; UnsupportedError: weights that cannot be drawn again.
    """

    model: Any
    optimizer: Any
    scheduler: Any = None

    def __post_init__(self) -> None:
        made = isinstance(self.model, Module)
        if not made and not callable(self.model):
            raise DTypeError(
                f"fit: the model is {self.model!r:.40}; expected a module, or a "
                "function that makes one."
            )
        if self.optimizer is not None and made != hasattr(
            self.optimizer, "param_groups"
        ):
            raise DTypeError(
                "fit: with seeds=… model and optimizer are both made already, or both "
                f"functions; got {kind(self.model)}, {kind(self.optimizer)}. {REMEDY}"
            )

        if not made and self.scheduler is not None and not callable(self.scheduler):
            raise DTypeError(
                "fit: with functions that make model and optimizer the scheduler is "
                f"one as well; got a {type(self.scheduler).__name__}. Pass "
                "scheduler=lambda o: optim.lr_scheduler.StepLR(o, 10)."
            )

    def __call__(self, seed: int) -> Learner:
        """Under `rv.manual_seed(seed)`; drawing goes on from there."""
        random.manual_seed(seed)
        if isinstance(self.model, Module):
            return self.copied()
        model = self.model()
        if not isinstance(model, Module):
            raise DTypeError(
                f"fit: the function gave {type(model).__name__}; expected one that "
                "makes and returns a module, such as nn.Sequential(…)."
            )
        optimizer = self.optimizer(model.parameters()) if self.optimizer else None
        scheduler = self.scheduler(optimizer) if self.scheduler else None
        return Learner(model, optimizer, scheduler)

    def copied(self) -> Learner:
        found = Learner(*copy.deepcopy((self.model, self.optimizer, self.scheduler)))
        if getattr(found.optimizer, "state", None):
            raise UnsupportedError(
                "fit: with seeds=… every run begins anew, and the optimizer has made "
                f"steps already. Make it again, or: {REMEDY}"
            )
        draw_again(found.model)
        for (name, old), new in zip(
            self.model.named_parameters(), found.model.parameters(), strict=True
        ):
            if not new.requires_grad or not alike(values(old), values(new)):
                raise UnsupportedError(
                    f"fit: with seeds=… weights are drawn again by reset_parameters(), "
                    f"and {name} was trained, frozen or initialised in another way. "
                    f"{REMEDY}"
                )
        return found


def draw_again(module: Any) -> None:
    """`reset_parameters()` of every module, in the order in which they were made: what
    a module holds before itself.
    """
    for child in module.children():
        draw_again(child)
    reset = getattr(module, "reset_parameters", None)
    reset = reset or getattr(module, "_reset_parameters", None)
    if reset is not None:
        reset()
    elif any(p is not None for p in module._parameters.values()):
        raise UnsupportedError(
            f"fit: with seeds=… weights are drawn again, and {type(module).__name__} "
            f"has parameters and no reset_parameters(). Give it one, or: {REMEDY}"
        )


def values(parameter: Any) -> Array:
    return np.asarray(parameter.detach()).ravel()[:LOOKED_AT].astype(np.float64)


def alike(old: Array, new: Array) -> bool:
    """Whether two samples may be of one distribution: drawn in the same way.

    >>> draw = np.random.default_rng(0).uniform
    >>> alike(draw(-1, 1, 500), draw(-1, 1, 500))
    True
    >>> alike(draw(-1, 1, 500), draw(-2, 2, 500)), alike(draw(-1, 1, 9), np.zeros(9))
    (False, False)
    """
    if len(old) > 1 and (np.ptp(old) == 0) != (np.ptp(new) == 0):
        return False
    if len(old) and np.ptp(old) == np.ptp(new) == 0:
        return bool(old[0] == new[0])
    both = np.concatenate([old, new])
    shares = [np.searchsorted(np.sort(a), both, "right") / len(a) for a in (old, new)]
    apart = float(np.abs(shares[0] - shares[1]).max()) if len(old) else 0.0
    return apart <= CHANCE * math.sqrt(2 / max(1, len(old)))


def kind(value: Any) -> str:
    """What it is, in words."""
    is_made = isinstance(value, Module) or hasattr(value, "param_groups")
    name = type(value).__name__
    return f"one made already ({name})" if is_made else "a function"
