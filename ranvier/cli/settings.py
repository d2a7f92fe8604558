"""What a training run is asked to do, and what is usual for each data set."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from inspect import signature
from typing import Any, Final

from ranvier import optim
from ranvier.data.dataset import Dataset
from ranvier.errors import ValueRangeError


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
    target: str | None = None
    task: str | None = None
    time: str | None = None
    group: str | None = None
    drop: Sequence[str] = ()
    categories: Sequence[str] = ()
    size: int | None = None
    augment: bool = False
    embed: bool = False
    schedule: str = "none"
    weight_decay: float | None = None  # None: the optimizer's own

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def command(self) -> str:
        """The command line that does the same again."""
        words = [shlex.quote(self.data)]
        for name, value in asdict(self).items():
            if name == "patience":
                value = value or 0
            elif name == "data" or value is None or value is False:
                continue
            option = f"--{name.replace('_', '-')}"
            for one in value if isinstance(value, list | tuple) else (value,):
                words += [option] if one is True else [option, shlex.quote(str(one))]
        return " ".join([program(), "train", *words])


def program() -> str:
    """What was typed to get here: `tasks.py` says so when it started this."""
    return os.environ.get("RANVIER_STARTED_AS") or "ranvier"


DEFAULTS: Final = {
    "mnist": {
        "model": "784-256-128-10",
        "epochs": 8,
        "batch_size": 100,
        "patience": 3,
        "schedule": "cosine",
    },
    "fashion-mnist": {
        "model": "784-512-256-10",
        "epochs": 10,
        "batch_size": 100,
        "patience": 3,
        "schedule": "cosine",
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


SCHEDULES: Final = ("plateau", "cosine", "none")
DROP: Final = 0.3  # of the learning rate, where the validation loss stays
SHRINK: Final = 3e-4  # the share of a weight that each step on a table takes away

SMALL: Final = 1000  # rows of a table, below which small steps stop at a better place
LARGE: Final = 20_000  # rows, from which on larger batches and fewer epochs will do


def usual_for(rows: int, ends: tuple[int, int], *, is_table: bool) -> dict[str, Any]:
    """What is usual for a table or a folder of pictures of the user's own."""
    usual: dict[str, Any] = {"model": f"{ends[0]}-256-128-{ends[1]}"}
    if is_table:
        lr = 0.001 if rows >= SMALL else 0.0003
        usual |= {"optimizer": "adamw", "lr": lr, "weight_decay": SHRINK / lr}
    if rows >= LARGE:
        return {**usual, "epochs": 30, "batch_size": 200, "patience": 5}
    epochs, patience = (300, 30) if is_table else (60, 10)
    batch_size = min(32, rows)
    return {**usual, "epochs": epochs, "batch_size": batch_size, "patience": patience}


def complete(
    given: dict[str, Any], usual_of_data: dict[str, Any] | None = None
) -> Settings:
    """The settings of a command line; what was not given is the data set's usual."""
    usual: dict[str, Any] = {"activation": "relu", "optimizer": "adam", "seed": 0}
    usual |= {"schedule": "plateau", "lr": RATES["adam"]}
    usual |= DEFAULTS[given["data"]] if usual_of_data is None else usual_of_data
    named = {key: value for key, value in given.items() if value is not None}
    if "optimizer" in named:
        usual |= {"lr": RATES.get(named["optimizer"], 0.01), "weight_decay": None}
    merged = usual | named
    if usual.get("weight_decay") and "weight_decay" not in named:
        merged["weight_decay"] = usual["weight_decay"] * usual["lr"] / merged["lr"]
    merged["patience"] = merged["patience"] or None
    return Settings(**merged)


def optimizer_of(settings: Settings, parameters: Any) -> Any:
    """The optimizer with the rate and the decay of its settings."""
    decay = settings.weight_decay
    options = {} if decay is None else {"weight_decay": decay}
    return optimizers()[settings.optimizer](parameters, lr=settings.lr, **options)


def check_decay(settings: Settings) -> None:
    """Raise ValueRangeError: the optimizer has no weight decay that was asked for."""
    kind = optimizers()[settings.optimizer]
    if settings.weight_decay and "weight_decay" not in signature(kind).parameters:
        raise ValueRangeError(
            f"{settings.optimizer} has no weight decay; leave it out, or use "
            "--optimizer adamw."
        )


def scheduler(settings: Settings, optimizer: Any) -> Any:
    """What changes the learning rate after every epoch."""
    if settings.schedule == "none":
        return None
    if settings.schedule == "cosine":
        return optim.lr_scheduler.CosineAnnealingLR(optimizer, settings.epochs)
    patience = (settings.patience or 30) // 3
    return optim.lr_scheduler.ReduceLROnPlateau(optimizer, "min", DROP, patience)


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
