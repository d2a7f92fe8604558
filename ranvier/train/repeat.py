"""`rv.fit(..., seeds=5)`: one training again and again, with other random numbers.

Where nothing is wanted between epochs the runs share one native program, as those of a
sweep; else they are trained one after the other.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import ranvier.train.plan as plans
import ranvier.train.weights as weights
from ranvier.data.dataset import Dataset, as_dataset
from ranvier.data.loader import DataLoader
from ranvier.data.refusals import refuse_drawn
from ranvier.errors import (
    NotFiniteError,
    RanvierError,
    UnsupportedError,
    ValueRangeError,
)
from ranvier.nn.module import Module
from ranvier.train.checkpoint import LATEST
from ranvier.train.grid import Settings, seed_of, seeds_of
from ranvier.train.holdout import hold_out, is_asked
from ranvier.train.lane import Trial
from ranvier.train.once import once, planned, tell
from ranvier.train.plan import Plan
from ranvier.train.recipe import told
from ranvier.train.redrawn import Maker
from ranvier.train.repeats import Repeats
from ranvier.train.run import Run
from ranvier.train.sweep import Field

ALONE: Final = {"checkpoint", "resume", "metrics"}  # wanted between epochs
REDRAWN: Final = (
    "weights were drawn again for every seed, by reset_parameters(); the model that "
    "was given has those of the best run"
)


def repeat(
    model: Any, train: Any, val: Any, seeds: Any, options: dict[str, Any]
) -> Repeats:
    """Runs with these seeds; options are the arguments of `rv.fit`."""
    begin, asked = time.perf_counter(), dict(options)
    if asked["watch"] is not None:
        raise UnsupportedError(
            "fit: a watch looks at one run, and seeds=… are several. Leave one out."
        )
    first = asked.pop("seed")
    numbers = numbers_of(seeds, 0 if first is None else seed_of(first))
    train = plans.unloaded(train, asked)
    notes: tuple[str, ...] = ()
    if is_asked(val):
        train, val, note = hold_out(train, val, first or 0)
        notes = (f"{note}, the same for all seeds",)
    val = val.whole("fit") if isinstance(val, DataLoader) else val
    train, val = as_dataset(train), None if val is None else as_dataset(val)
    for data in (train, val):
        if data is not None:
            refuse_drawn(data, "fit(seeds=…), whose runs share their rows,")
    maker = Maker(model, asked.pop("optimizer"), asked.pop("scheduler"))
    if isinstance(model, Module):
        notes += (REDRAWN,)
    if asked["verbose"]:
        tell(notes)
        asked["progress"] = asked["progress"] or say_run
    is_alone = any(asked[name] for name in ALONE)
    is_alone = is_alone or asked["scheduler_interval"] != "epoch"
    way = one_by_one if is_alone else side_by_side
    runs, programs = way(Task(maker, train, val, asked), numbers)
    found = Repeats(runs, programs, time.perf_counter() - begin, notes)
    if isinstance(model, Module) and found.sound:
        weights.put_back(model, weights.take(found.best.model))
    return found


def numbers_of(seeds: Any, first: int) -> list[int]:
    """`seeds=5` begins with the first; a list is taken as it is."""
    found = seeds_of(seeds, "fit")
    if hasattr(seeds, "__iter__"):
        numbers = [seed_of(seed) for seed in found]
        if len(set(numbers)) < len(numbers):
            raise ValueRangeError(f"fit: seeds={seeds!r:.60} has one of them twice.")
        return numbers
    return [seed_of(first + seed) for seed in found]


@dataclass
class Task:
    """What is trained with every seed; a recipe for a `Field`."""

    maker: Maker
    train: Dataset
    val: Dataset | None
    options: dict[str, Any]

    def arguments(self, seed: int) -> tuple[Any, dict[str, Any]]:
        """The model of a seed, and the arguments of its run."""
        model, optimizer, scheduler = self.maker(seed)
        made = {"optimizer": optimizer, "scheduler": scheduler, "seed": seed}
        quiet = {"verbose": False, "progress": None}
        return model, {**self.options, **made, **quiet}

    def check(self, settings: Settings) -> None:
        """There is nothing but the seed, which is checked."""

    def plan(self, settings: Settings) -> Plan:
        """Runs side by side have no readings of layers."""
        model, options = self.arguments(settings["seed"])
        plan = planned(model, self.train, self.val, {**options, "doctor": False})
        # one loss for all, so that one capture does for all of them
        self.options |= {"loss": plan.loss, "class_weight": None}
        self.options["label_smoothing"] = 0.0
        return plan


def side_by_side(task: Task, seeds: Sequence[int]) -> tuple[list[Trial], int]:
    """All in one program, as in a sweep."""
    field = Field(task, task.options["progress"])
    field.run(field.add([{"seed": seed} for seed in seeds]))
    found = field.result()
    return found.runs, found.programs


def one_by_one(task: Task, seeds: Sequence[int]) -> tuple[list[Trial], int]:
    """Each with its own checkpoint, metrics, …; Ctrl-C ends them all."""
    runs: list[Trial] = []
    tell_of = task.options["progress"]
    for seed in seeds:
        model, options = task.arguments(seed)
        options |= places(task.options, seed)
        failure = ""
        try:
            run = once(model, task.train, task.val, options)
        except NotFiniteError as error:
            run, failure = error.run, str(error)  # type: ignore[attr-defined]
        except RanvierError as error:
            raise told(error, {"seed": seed}) from None
        runs.append(trial_of(run, len(runs), seed, failure, task.val))
        if tell_of is not None:
            tell_of(runs[-1])
        if run.stopped_because == "interrupted":
            break
    return runs, len(runs)


def places(options: dict[str, Any], seed: int) -> dict[str, Any]:
    """A folder for every seed; one that has a checkpoint goes on."""
    saved, resumed = options["checkpoint"], options["resume"]
    if saved is None and resumed is None:
        return {}
    plans.check_folders(saved, resumed)
    folder = Path(saved if resumed is None else resumed) / f"seed-{seed}"
    goes_on = resumed is not None and (folder / LATEST).exists()
    return {"checkpoint": folder, "resume": folder if goes_on else None}


def trial_of(run: Run, number: int, seed: int, failure: str, val: Any) -> Trial:
    """A run that was trained by itself, as one of several."""
    judged = "train" if val is None else "val"
    facts = run.model, run.history, run.best_epoch, run.stopped_because, run.seconds
    trial = Trial(number, {"seed": seed}, judged, *facts, run._evidence, run.notes)
    trial.failure, trial._recording = failure, run._recording
    return trial


def say_run(run: Trial) -> None:
    """The line of ``verbose=True``."""
    print(f"seed {run.settings['seed']}: {run}", flush=True)
