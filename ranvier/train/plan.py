"""What a run is asked to do, once it has been checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import ranvier.train.checkpoint as checkpoint
import ranvier.train.checks as checks
from ranvier.compiler.watch import Watch
from ranvier.data.dataset import Dataset, as_dataset
from ranvier.data.loader import DataLoader
from ranvier.errors import UnsupportedError, ValueRangeError
from ranvier.train.evaluate import Metric
from ranvier.train.extras import Extras, weighted
from ranvier.train.holdout import hold_out, is_asked
from ranvier.train.scoring import Scoring


class Epoch(NamedTuple):
    """One finished epoch, as the progress callback gets it.

    number: from 1. of: how many there will be at most. row: this epoch's numbers.
    """

    number: int
    of: int
    row: dict[str, float]
    is_best: bool
    seconds: float

    def __str__(self) -> str:
        numbers = ", ".join(f"{name} {value:.4g}" for name, value in self.row.items())
        best = " *" if self.is_best else ""
        return f"epoch {self.number}/{self.of}: {numbers} ({self.seconds:.2f} s){best}"


Progress = Callable[[Epoch], object]


@dataclass(frozen=True)
class Plan:
    """The arguments of `rv.fit`, with what was found out about them."""

    model: Any
    train: Dataset
    val: Dataset | None
    loss: Any
    optimizer: Any
    scheduler: Any
    epochs: int
    batch_size: int
    shuffle: bool
    seed: int | None
    patience: int | None
    min_delta: float
    folder: Path | None
    resumes: bool
    progress: Progress | None
    watch: Watch | None
    scoring: Scoring
    doctor: bool = False
    extras: Extras = field(default_factory=Extras)
    steps_schedule: bool = False
    metrics: tuple[Metric, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_scored_by_epoch(self) -> bool:
        """Whether what follows an epoch depends on what was found after it."""
        return self.val is not None or self.scheduler is not None

    @property
    def is_watched(self) -> bool:
        """Whether somebody wants to know how it goes before all epochs are run."""
        watchers = self.val, self.folder, self.progress, self.scheduler
        return any(watcher is not None for watcher in watchers)


def make(
    model: Any, train: Any, val: Any, loss: Any, optimizer: Any, **options: Any
) -> Plan:
    """Check everything that `rv.fit` was given, then write it down.

    options: fields of the Plan; `class_weight` and `label_smoothing` go into the loss.
    """
    checks.check_given(loss, optimizer)
    checks.check_scheduler(options["scheduler"], optimizer, val is not None)
    train = unloaded(train, options)
    val = val.whole("fit") if isinstance(val, DataLoader) else val
    checks.check_numbers(
        options["epochs"],
        options["batch_size"],
        options["patience"],
        options["min_delta"],
        val is not None,
    )
    checks.check_metrics(options.get("metrics"), val is not None)
    checks.check_optimizer(model, optimizer)
    checks.check_heads(model)
    if is_asked(val):
        train, val, note = hold_out(train, val, options.get("seed") or 0)
        options["notes"] = (note,)
    train, val = as_dataset(train), None if val is None else as_dataset(val)
    checks.check_data("the training set", train, options["batch_size"])
    if val is not None:
        checks.check_data("the validation set", val)
        checks.check_alike(train, val)
    loss = weighted(
        loss,
        options.pop("class_weight", None),
        options.pop("label_smoothing", 0.0),
        train.arrays[1],
    )
    outputs = checks.output_shape(model, train, options["batch_size"])
    for data in (train, val):
        if data is not None:
            checks.check_targets(loss, outputs, data)
    scoring = Scoring.of(loss, outputs, train.arrays[1])
    return Plan(model, train, val, loss, optimizer, scoring=scoring, **options)


def unloaded(train: Any, options: dict[str, Any]) -> Any:
    """The data set of a DataLoader; its batch_size and shuffle become options."""
    if not isinstance(train, DataLoader):
        return train
    data = train.whole("fit")
    if train.drop_last and len(data) % train.batch_size:
        raise UnsupportedError(
            "fit: the DataLoader has drop_last=True, and fit learns from every row. "
            "Leave it out, or write the loop with step.over(loader)."
        )
    options["batch_size"] = min(train.batch_size, len(data))
    options["shuffle"] = train.shuffle
    return data


def folder_of(saved: Any, resumed: Any) -> Path | None:
    """Where the checkpoint lies; a resumed run goes on in its own folder."""
    check_folders(saved, resumed)
    folder = saved if resumed is None else resumed
    if folder is None:
        return None
    checkpoint.prepare(Path(folder))
    return Path(folder)


def check_folders(saved: Any, resumed: Any) -> None:
    """They are one, where both are given."""
    if saved is not None and resumed is not None and Path(saved) != Path(resumed):
        raise ValueRangeError(
            f"fit: checkpoint={str(saved)!r} and resume={str(resumed)!r} differ; a "
            "resumed run goes on in its own folder. Leave checkpoint out."
        )
