"""What a training run is asked to do, and what is usual for each data set."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from typing import Any, Final

from ranvier import optim
from ranvier.data.dataset import Dataset


@dataclass(frozen=True)
class Settings:
    """The options of `ranvier train`, complete; kept in history.json for `resume`."""

    data: str
    model: str
    activation: str
    epochs: int
    batch_size: int
    optimizer: str
    lr: float
    patience: int | None
    seed: int

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def command(self) -> str:
        """The command line that does the same again."""
        options = {k.replace("_", "-"): v for k, v in asdict(self).items()}
        name = options.pop("data")
        if options["patience"] is None:
            options["patience"] = 0
        words = [f"--{option} {value}" for option, value in options.items()]
        return " ".join([program(), "train", name, *words])


def program() -> str:
    """What was typed to get here: `tasks.py` says so when it started this."""
    return os.environ.get("RANVIER_STARTED_AS") or "ranvier"


DEFAULTS: Final = {
    "mnist": {
        "model": "784-256-128-10",
        "epochs": 8,
        "batch_size": 100,
        "patience": 3,
    },
    "fashion-mnist": {
        "model": "784-256-128-10",
        "epochs": 12,
        "batch_size": 100,
        "patience": 3,
    },
    "digits": {"model": "64-64-32-10", "epochs": 60, "batch_size": 32, "patience": 10},
}
RATES: Final = {
    "sgd": 0.1,
    "adam": 0.001,
    "adamw": 0.001,
    "rmsprop": 0.001,
    "adagrad": 0.01,
    "adadelta": 1.0,
    "rprop": 0.001,
    "asgd": 0.1,
    "lion": 0.0001,
    "adamax": 0.002,
    "nadam": 0.002,
    "radam": 0.001,
}


def complete(given: dict[str, Any]) -> Settings:
    """The settings of a command line; what was not given is the data set's usual."""
    usual: dict[str, Any] = {"activation": "relu", "optimizer": "adam", "seed": 0}
    usual |= DEFAULTS[given["data"]]
    named = {key: value for key, value in given.items() if value is not None}
    optimizer = named.get("optimizer", "adam")
    merged = usual | {"lr": RATES.get(optimizer, 0.01)} | named
    merged["patience"] = merged["patience"] or None
    return Settings(**merged)


def optimizers() -> dict[str, Any]:
    """The optimisers of `rv.optim` that one loss a step is enough for, by their name in
    small letters.
    """
    return {
        name.lower(): kind
        for name, kind in vars(optim).items()
        if isinstance(kind, type)
        and issubclass(kind, optim.Optimizer)
        and kind is not optim.Optimizer
        and not kind.needs_closure
    }


def parts(data: Dataset) -> dict[str, Dataset]:
    """Training, validation and test part: 55,000, 5,000 and 10,000 of MNIST.

    The split is the same for every seed: what differs between seeds is the training.
    """
    val = len(data) // 12 if len(data) >= 12_000 else len(data) // 6
    train, validation, test = data.split(len(data) - val, val)
    return {"training set": train, "validation set": validation, "test set": test}
