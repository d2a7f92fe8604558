"""How a run of a sweep is made from its settings: who takes which of them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

import ranvier.train.plan as plans
from ranvier import random
from ranvier.data.arrays import is_whole
from ranvier.data.dataset import Dataset, as_dataset
from ranvier.data.loader import DataLoader
from ranvier.data.refusals import refuse_drawn
from ranvier.errors import (
    DTypeError,
    UnknownNameError,
    ValueRangeError,
    nearest,
)
from ranvier.nn.module import Module
from ranvier.train.plan import Plan
from ranvier.train.stacked import perceptron_for

FIT: Final = (
    "epochs", "batch_size", "loss", "optimizer", "scheduler", "shuffle", "patience",
    "min_delta", "train_size", "seed",
)  # fmt: skip
AS_NAMED: Final = (
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
    inspect.Parameter.KEYWORD_ONLY,
)


class Recipe:
    """What `rv.sweep` was given; `plan` is one run of it.

    A setting goes to everybody who names it: `build`, the optimiser, `rv.fit`.
    """

    def __init__(self, build: Any, train: Any, val: Any, usual: dict[str, Any]) -> None:
        self.usual = dict(usual)
        self.train = as_dataset(plans.unloaded(train, self.usual))
        build = perceptron_for(self.train) if build is None else build
        check_build(build)
        self.build = build
        val = val.whole("sweep") if isinstance(val, DataLoader) else val
        self.val = None if val is None else as_dataset(val)
        for data in (self.train, self.val):
            if data is not None:
                refuse_drawn(data, "a sweep, whose runs share their rows,")
        self.takes = names(build)
        self.sizes: dict[Any, Dataset] = {None: self.train}

    def check(self, settings: Mapping[str, Any]) -> None:
        """Every setting is taken by somebody."""
        optimizer = settings.get("optimizer", self.usual["optimizer"])
        check_optimizer(optimizer)
        moved = names(optimizer, first=1)
        known = {**self.takes, **moved, **dict.fromkeys(FIT)}
        for name in settings:
            if name not in known and "**" not in known:
                raise UnknownNameError(
                    f"sweep: nobody takes '{name}'{nearest(name, known) or '.'} The "
                    f"builder takes {listed(self.takes)}; {called(optimizer)} takes "
                    f"{listed(moved)}; a run takes {listed(FIT)}."
                )

    def plan(self, settings: Mapping[str, Any]) -> Plan:
        """A run as `rv.fit` would be given it; the model is built under its seed."""
        options = {name: settings.get(name, self.usual.get(name)) for name in FIT}
        make = options.pop("optimizer")
        size = options.pop("train_size")
        scheduler = options.pop("scheduler")
        random.manual_seed(settings["seed"])
        model = self.build(**chosen(settings, self.takes))
        if not isinstance(model, Module):
            raise DTypeError(
                f"sweep: build gave {type(model).__name__}; expected a function that "
                "makes and returns a module, such as nn.Sequential(…)."
            )
        optimizer = make(model.parameters(), **chosen(settings, names(make, first=1)))
        return plans.make(
            model,
            self.of_size(size),
            self.val,
            options.pop("loss"),
            optimizer,
            scheduler=None if scheduler is None else scheduler(optimizer),
            folder=None,
            resumes=False,
            progress=None,
            watch=None,
            **options,
        )

    def of_size(self, size: Any) -> Dataset:
        """The training set, or so many of its rows, drawn once for all runs: a smaller
        part is the beginning of a larger one.
        """
        if size not in self.sizes:
            order = np.random.Generator(np.random.Philox(0))
            rows = order.permutation(len(self.train))[: count(size, len(self.train))]
            self.sizes[size] = self.train.take(rows)
        return self.sizes[size]


def count(size: Any, rows: int) -> int:
    """Rows of `train_size`: a whole number, or a share."""
    if is_whole(size) and size <= rows:
        return int(size)
    if isinstance(size, float) and 0 < size <= 1:
        return max(1, round(size * rows))
    raise ValueRangeError(
        f"sweep: train_size is {size!r:.40}; expected a number of rows from 1 to "
        f"{rows:,}, or a share such as 0.5."
    )


def names(function: Any, first: int = 0) -> dict[str, None]:
    """What a function takes by name, without the first ones; "**" where it takes
    anything.
    """
    try:
        found = list(inspect.signature(function).parameters.values())[first:]
    except (TypeError, ValueError):
        return {"**": None}
    taken = dict.fromkeys(p.name for p in found if p.kind in AS_NAMED)
    # An optimiser's **options are there to be refused by name.
    anything = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in found)
    return taken | {"**": None} if anything and not first else taken


def chosen(settings: Mapping[str, Any], takes: Mapping[str, None]) -> dict[str, Any]:
    """The settings that somebody takes."""
    rest = "**" in takes
    return {
        name: value
        for name, value in settings.items()
        if name in takes or (rest and name not in FIT)
    }


def check_build(build: Any) -> None:
    if isinstance(build, Module):
        raise DTypeError(
            f"sweep: build is a {type(build).__name__} that is made already; every run "
            "needs a model of its own. Pass a function that makes one: lambda: "
            "nn.Sequential(…)."
        )
    if not callable(build):
        raise DTypeError(
            f"sweep: build is {build!r:.40}; expected a function that makes a model."
        )


def check_optimizer(optimizer: Any) -> None:
    if optimizer is None:
        raise DTypeError(
            "sweep: no optimizer was given; pass its class, optimizer=optim.Adam, or a "
            "function of the parameters: lambda p, lr: optim.SGD(p, lr=lr, "
            "momentum=0.9)."
        )
    if hasattr(optimizer, "param_groups"):
        name = type(optimizer).__name__
        raise DTypeError(
            f"sweep: optimizer is an {name} that is made already; every run needs one "
            f"of its own. Pass the class, optimizer=optim.{name}, and lr in the grid."
        )
    if not callable(optimizer):
        raise DTypeError(
            f"sweep: optimizer is {optimizer!r:.40}; expected a class such as "
            "optim.Adam, or a function of the parameters."
        )


def called(function: Callable[..., Any]) -> str:
    name = getattr(function, "__name__", type(function).__name__)
    return "the optimizer" if name in ("<lambda>", "partial") else name


def listed(found: Any) -> str:
    return ", ".join(name for name in found if name != "**") or "nothing"


def told(error: Exception, settings: Mapping[str, Any]) -> Exception:
    """The error with the run that it came from."""
    said = ", ".join(f"{name}={value!r:.30}" for name, value in settings.items())
    error.add_note(f"In the run with {said}.")
    return error
