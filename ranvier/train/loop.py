"""The epochs of a run: learn, judge, remember the best, save, stop."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import ranvier.train.checkpoint as checkpoint
import ranvier.train.checks as checks
import ranvier.train.randomness as randomness
import ranvier.train.weights as weights
from ranvier import random
from ranvier.data.loader import DataLoader
from ranvier.errors import (
    DataError,
    FileError,
    InterruptedRun,
    NotFiniteError,
    ValueRangeError,
)
from ranvier.optim.lr_scheduler import ReduceLROnPlateau
from ranvier.tensor import Tensor
from ranvier.train.described import configuration, fingerprint, preparation
from ranvier.train.doctor import Visits
from ranvier.train.early_stopping import EarlyStopping
from ranvier.train.evaluate import answering, measured, predictions
from ranvier.train.history import History
from ranvier.train.plan import Epoch, Plan
from ranvier.train.step import epoch_means, gradient_norms, judging, mode, training_step
from ranvier.train.unbroken import unbroken

Array = np.ndarray[Any, Any]
VALIDATION_BATCH = 1000
NORM_ROWS = 500
NORM_MEASUREMENTS = 200


def nothing(_: Loop) -> None:
    """Nobody remembers."""


class Loop:
    """A run in progress: everything that changes from epoch to epoch."""

    def __init__(self, plan: Plan, kept: Callable[[Loop], object] = nothing) -> None:
        """kept: called after every epoch whose state is whole, and before the first."""
        randomness.prepare()
        self.kept = kept
        self.plan = plan
        self.done = 0
        self.taken: list[Array] = []  # what the steps of the epoch begun returned
        self.origin = ""  # stands for the weights that the run began with
        self.is_whole = True  # whether the model stands where `done` and `taken` say
        self.history = History()
        self.stopping = EarlyStopping(plan.patience, plan.min_delta)
        self.best: dict[str, Any] | None = None
        self.loader = self.loader_for(plan.seed)
        self.contents = None if plan.folder is None else fingerprint(plan.train)
        self.watch = plan.watch
        if plan.doctor and plan.watch is None:
            steps = len(self.loader)
            one = None if plan.patience is None else steps
            self.watch = Visits(plan.model, steps * plan.epochs, one)
        self.step = training_step(
            plan.model,
            plan.loss,
            plan.optimizer,
            plan.scoring,
            plan.extras,
            plan.scheduler if plan.steps_schedule else None,
            plan.batch_size if plan.extras.accumulate > 1 else None,
        )
        self.answer = answering(plan.model)
        self.judge = judging(plan.model, plan.loss, plan.scoring)
        self.norms = gradient_norms(plan.model, plan.loss)

    def loader_for(self, seed: int | None) -> DataLoader:
        """The mini-batches; where one holds all rows their order does not matter."""
        plan = self.plan
        rows = plan.batch_size * plan.extras.accumulate
        shuffle = plan.shuffle and rows < len(plan.train)
        seed = random.draw_seed() if seed is None else seed
        return DataLoader(plan.train, rows, shuffle=shuffle, seed=seed)

    def run(self) -> str:
        """All epochs that are left; why it stopped."""
        if self.plan.resumes:
            self.restore()
        else:
            self.begin()
        self.kept(self)
        try:
            return self.epochs()
        except KeyboardInterrupt:
            with unbroken():
                self.save_begun()
            raise

    def begin(self) -> None:
        """The first checkpoint of a run, where one is wanted."""
        folder = self.plan.folder
        if folder is not None:
            self.origin = checkpoint.origin_of(self.plan.model.state_dict())
            self.save(is_best=False)
            checkpoint.forget_best(folder)
            checkpoint.keep_start(folder)

    def epochs(self) -> str:
        if not self.plan.is_watched:
            found, norms = self.learn(self.plan.epochs)
            self.note(found, norms)
            return "epochs"
        while self.done < self.plan.epochs and not self.stopping.is_exhausted:
            self.epoch()
        return "patience" if self.stopping.is_exhausted else "epochs"

    def epoch(self) -> None:
        """One epoch, then what is wanted after each."""
        begin = time.perf_counter()
        found, norms = self.learn(1)
        seconds = time.perf_counter() - begin
        with unbroken():
            self.note(found, norms)
            row = self.history.last()
            is_best = self.remember(row)
            if not self.plan.steps_schedule:
                schedule(self.plan.scheduler, row)
            self.save(is_best=is_best)
            self.kept(self)
        if self.plan.progress is not None:
            epoch = Epoch(self.done, self.plan.epochs, row, is_best, seconds)
            self.plan.progress(epoch)

    def learn(self, epochs: int) -> tuple[dict[str, Array], dict[str, float]]:
        """This many epochs in one native call, judged at their end, not yet noted."""
        self.advance(epochs)
        found = self.training_means(self.taken)
        if self.plan.val is not None:
            found |= self.validate()
        return found, self.measure_norms(self.done + epochs)

    def advance(self, epochs: int, until: int | None = None) -> None:
        """The steps of these epochs, or what is left of the one that was begun.

        until: a step of that one to stop before, counted from 0.
        """
        start, per_epoch = self.begun, len(self.loader)
        if start == per_epoch:
            return
        self.loader.epoch = self.done
        is_part = start or until is not None
        steps = range(start, until or per_epoch) if is_part else None
        self.is_whole = False
        try:
            with mode(self.plan.model, training=True):
                columns = self.step.over(
                    self.loader, epochs=epochs, watch=self.watch, steps=steps
                )
                self.heed(columns)
        except (InterruptedRun, NotFiniteError) as stop:
            noted = self.note_whole_epochs(stop)
            results = getattr(stop, "results", None) or ()
            self.take([np.asarray(column)[noted:] for column in results])
            raise
        self.take(columns)

    @property
    def steps_done(self) -> int:
        """Steps since the start of the run."""
        return self.done * len(self.loader) + self.begun

    @property
    def begun(self) -> int:
        """Steps that were made of the epoch that is not finished."""
        return len(self.taken[0]) if self.taken else 0

    def take(self, columns: Any) -> None:
        """What further steps returned; the model stands behind them now."""
        new = [np.asarray(column) for column in columns]
        both = zip(self.taken, new, strict=True) if self.taken else ()
        self.taken = [np.concatenate(parts) for parts in both] or new
        self.is_whole = True

    def heed(self, columns: Any) -> None:
        """End the run where a callback has called watch.stop()."""
        watch = self.watch
        if watch is not None and watch.stopping:
            stop = InterruptedRun("stopped by watch.stop()")
            stop.steps, stop.results = len(columns[0]), columns
            raise stop

    def training_means(self, columns: Any) -> dict[str, Array]:
        """What the steps of whole epochs returned, as one number an epoch."""
        means = epoch_means(columns, self.loader, self.plan.loss)
        return {f"train_{name}": values for name, values in means.items()}

    def note(self, found: dict[str, Array], norms: dict[str, float]) -> None:
        """Put finished epochs into the history."""
        epochs = len(found["train_loss"])
        rate = float(self.plan.optimizer.param_groups[0]["lr"])
        self.history.extend(found | {"learning_rate": np.full(epochs, rate)})
        self.done += epochs
        self.taken = []
        if norms:
            self.history.add_norms(self.done, norms)

    def note_whole_epochs(self, stop: Any) -> int:
        """The epochs that one call for all of them had finished when it was stopped;
        their steps.
        """
        steps = getattr(stop, "steps", 0) // len(self.loader) * len(self.loader)
        if not steps or self.plan.is_watched:
            return 0
        columns = [np.asarray(column)[:steps] for column in stop.results]
        self.note(self.training_means(columns), {})
        return steps

    def validate(self) -> dict[str, Array]:
        """The validation set's loss and accuracy."""
        loader = DataLoader(self.plan.val, VALIDATION_BATCH)
        with mode(self.plan.model, training=False):
            columns = self.judge.over(loader)
        means = epoch_means(columns, loader, self.plan.loss)
        if not np.isfinite(means["loss"]).all():
            raise NotFiniteError(
                f"the validation loss is {means['loss'][0]} after epoch "
                f"{self.done + 1}: the weights have grown too large"
            )
        return {
            f"val_{name}": values for name, values in (means | self.metrics()).items()
        }

    def metrics(self) -> dict[str, Array]:
        """What the plan's metrics say of the validation set."""
        plan = self.plan
        if not plan.metrics:
            return {}
        assert plan.val is not None, "checked"
        outputs = predictions(plan.model, plan.val, VALIDATION_BATCH, self.answer)
        found = measured(plan.metrics, outputs, plan.val.arrays[1], plan.scoring)
        return {k: np.array([checks.check_number(k, v)]) for k, v in found.items()}

    def measure_norms(self, epoch: int) -> dict[str, float]:
        """Gradient norms on the first rows of the training set, at most 200 times."""
        every = -(-self.plan.epochs // NORM_MEASUREMENTS)
        if epoch % every and epoch != self.plan.epochs:
            return {}
        rows = (array[:NORM_ROWS] for array in self.plan.train.arrays)
        batch = self.plan.train.prepare_numpy(*rows)
        return self.norms(*map(Tensor, batch))

    def remember(self, row: dict[str, float]) -> bool:
        """Keep a copy of the weights if they are the best so far."""
        if self.plan.val is None:
            return False
        is_best = self.stopping.improves(self.done, row["val_loss"])
        if is_best:
            self.best = weights.take(self.plan.model)
        return is_best

    @property
    def best_epoch(self) -> int:
        """The epoch that the final weights are from."""
        return self.done if self.plan.val is None else self.stopping.best_epoch

    def put_best_back(self) -> None:
        """The model ends with its best weights, if any epoch was judged."""
        if self.best is not None:
            weights.put_back(self.plan.model, self.best)

    # ---- on disk ------------------------------------------------------------------

    def save(self, *, is_best: bool) -> None:
        """The checkpoint before the first epoch and after each, where one is wanted."""
        folder = self.plan.folder
        if folder is None:
            return
        checkpoint.save_latest(folder, self.kept_state())
        if is_best and self.best is not None:
            checkpoint.save_best(folder, self.best, self.done)

    def save_begun(self) -> None:
        """The checkpoint in the middle of an epoch, after its last whole step."""
        if self.plan.folder is not None and self.is_whole and self.taken:
            checkpoint.save_latest(self.plan.folder, self.kept_state())

    def kept_state(self) -> dict[str, Any]:
        """The state, and what the doctor has read so far."""
        watch = self.watch
        readings = watch.state() if isinstance(watch, Visits) else None
        return {**self.state(), "readings": readings}

    def state(self) -> dict[str, Any]:
        """Everything that the next epoch depends on, and what was asked for."""
        return {
            **self.moving(),
            "optimizer_kind": type(self.plan.optimizer).__name__,
            "configuration": configuration(self.plan),
            "preparation": preparation(self.plan.train),
        }

    def moving(self) -> dict[str, Any]:
        """What `adopt` takes: all that changes while the run goes on."""
        return {
            "epoch": self.done,
            "begun": self.taken,
            "model": self.plan.model.state_dict(),
            "optimizer": self.plan.optimizer.state_dict(),
            "scheduler": state_of(self.plan.scheduler),
            "data": self.data_facts(),
            "random": randomness.take(),
            "history": self.history.arrays(),
            "stopping": vars(self.stopping),
            "origin": self.origin,
        }

    def data_facts(self) -> dict[str, Any]:
        """What the order of the mini-batches is made from."""
        loader = self.loader
        return {
            "rows": len(loader.dataset),
            "contents": self.contents,
            "batch_size": loader.batch_size,
            "shuffle": loader.shuffle,
            "seed": loader.seed,
        }

    def restore(self) -> None:
        """Go on from the checkpoint, as if the run had never stopped."""
        assert self.plan.folder is not None
        state = checkpoint.load_latest(self.plan.folder)
        self.check_same(state)
        self.adopt(state)
        if isinstance(self.watch, Visits):
            self.watch.adopt(state.get("readings"), self.steps_done)
        self.restore_best(state["model"])

    def adopt(self, state: dict[str, Any]) -> None:
        """Stand where `state` was taken."""
        self.loader = self.loader_for(state["data"]["seed"])
        self.plan.model.load_state_dict(state["model"])
        self.plan.optimizer.load_state_dict(state["optimizer"])
        if self.plan.scheduler is not None:
            self.plan.scheduler.load_state_dict(state["scheduler"])
        randomness.put_back(state["random"])
        self.history = History.of(state["history"])
        self.stopping = stopping_of(state["stopping"], self.plan)
        self.done, self.taken = state["epoch"], state["begun"]
        self.origin = state.get("origin", "")

    def restore_best(self, now: dict[str, Any]) -> None:
        """The best weights; those of now where a kill came before they were written."""
        folder, epoch = self.plan.folder, self.stopping.best_epoch
        assert folder is not None
        if not epoch:
            return
        self.best = checkpoint.load_best(folder, epoch)
        if self.best is None and epoch == self.done and not self.taken:
            self.best = {name: np.asarray(array) for name, array in now.items()}
            checkpoint.save_best(folder, self.best, epoch)
        if self.best is None:
            raise FileError(
                f"resume: {folder / checkpoint.BEST} does not hold the weights of the "
                f"best epoch, {epoch}, that {checkpoint.LATEST} speaks of. Put the "
                "file of the same run beside it."
            )

    def check_same(self, state: dict[str, Any]) -> None:
        """The data, its order and the optimiser are those of the stopped run."""
        if self.plan.seed is None:
            self.loader = self.loader_for(state["data"]["seed"])
        for name, now in self.data_facts().items():
            before = state["data"][name]
            if before != now:
                raise DataError(
                    f"resume: the run had {name} {before}, now it is {now}; it would "
                    "not go on as it was. Pass what it was started with."
                )
        if not same(state["preparation"], preparation(self.plan.train)):
            raise DataError(
                "resume: the training set is not prepared as it was when the run was "
                "started (scale, shift, classes or transforms differ). Prepare it in "
                "the same way."
            )
        kind = type(self.plan.optimizer).__name__
        if state["optimizer_kind"] != kind:
            raise ValueRangeError(
                f"resume: the run was started with {state['optimizer_kind']}, the "
                f"optimizer given is {kind}. Pass the same kind."
            )
        before, now = state.get("scheduler"), self.plan.scheduler
        if (before is None) != (now is None):
            with_one, without = "with a scheduler", "without a scheduler"
            started, given = (
                (without, with_one) if before is None else (with_one, without)
            )
            raise ValueRangeError(
                f"resume: the run was started {started}, now it is {given}; it would "
                "not go on as it was. Pass what it was started with."
            )


def same(before: Any, now: Any) -> bool:
    """Whether two descriptions are equal, their arrays too."""
    arrays: list[dict[str, Array]] = [{}, {}]
    told = [
        json.dumps(checkpoint.pack(value, "", found), sort_keys=True)
        for value, found in zip((before, now), arrays, strict=True)
    ]
    return told[0] == told[1] and all(
        np.array_equal(arrays[0][name], arrays[1][name]) for name in arrays[0]
    )


def schedule(scheduler: Any, row: dict[str, float]) -> None:
    """The learning rate of the next epoch."""
    if isinstance(scheduler, ReduceLROnPlateau):
        scheduler.step(row["val_loss"])
    elif scheduler is not None:
        scheduler.step()


def state_of(scheduler: Any) -> dict[str, Any] | None:
    return None if scheduler is None else dict(scheduler.state_dict())


def stopping_of(fields: dict[str, Any], plan: Plan) -> EarlyStopping:
    """Where the counting stood; patience may be another one now."""
    stopping = EarlyStopping(plan.patience, plan.min_delta)
    stopping.best_epoch = fields["best_epoch"]
    stopping.best_loss = fields["best_loss"]
    stopping.waited = fields["waited"]
    return stopping
