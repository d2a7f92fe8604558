"""One run of a sweep in progress: what `Loop` does, many epochs a native call."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from ranvier import random
from ranvier.compiler.cycle import Cycle, Gave, Turn
from ranvier.compiler.failures import NOT_FINITE, guard_error
from ranvier.compiler.feed import Feed
from ranvier.compiler.run.execute import CYCLES, Program
from ranvier.compiler.whole import INDEX_LIMIT
from ranvier.data.loader import DataLoader
from ranvier.errors import StateError
from ranvier.graph import leaf
from ranvier.random import default_generator
from ranvier.tensor import Tensor, flush_pending
from ranvier.train.alike import Kin, key_of, kin, started
from ranvier.train.finish import evidence_of
from ranvier.train.loop import VALIDATION_BATCH, Loop, schedule
from ranvier.train.plan import Plan
from ranvier.train.run import Run
from ranvier.train.step import epoch_means, mode

Array = np.ndarray[Any, Any]
SECONDS: Final = 0.05  # of one native call
KEPT: Final = 16_000_000  # bytes of weights that a call copies out, and of results


class Trial(Run):
    """A finished run of a sweep: a Run with its settings.

    settings: dict of what was varied, `seed` among it.
    number: its place in the sweep, from 0.
    failure: what was not finite, and where; "" in a run that is sound.
    judged: the part of the data that loss and accuracy are from: "val" or "train".
    """

    def __init__(
        self, number: int, settings: dict[str, Any], judged: str, *facts: Any
    ) -> None:
        super().__init__(*facts)
        self.number = number
        self.settings = settings
        self.judged = judged
        self.failure = ""

    def _recorded(self, what: str) -> Any:
        if self._recording is None:
            seed = self.settings["seed"]
            raise StateError(
                f"run.{what}(): runs that were trained side by side keep nothing of "
                f"their way. Train this one by itself: rv.fit(..., seed={seed})."
            )
        return self._recording

    @property
    def loss(self) -> float:
        """The validation loss of the best epoch; without a validation set the training
        loss of the last one; infinite where no epoch was finished.
        """
        if not self.best_epoch or (self.failure and self.judged == "train"):
            return float("inf")
        return float(self.history[f"{self.judged}_loss"][self.best_epoch - 1])

    @property
    def accuracy(self) -> float | None:
        """The accuracy of the same epoch; None where answers are numbers."""
        name = f"{self.judged}_accuracy"
        if name not in self.history or not self.best_epoch:
            return None
        return float(self.history[name][self.best_epoch - 1])


class Lane:
    """A run: its loop, its captured epoch, and how far it is.

    `reason` is empty until the run has ended.
    """

    def __init__(
        self,
        number: int,
        settings: dict[str, Any],
        plan: Plan,
        known: dict[Any, Lane] | None = None,
    ) -> None:
        self.number, self.settings = number, settings
        self.seed = settings["seed"]
        random.manual_seed(self.seed)
        self.loop = Loop(plan)
        self.val = None if plan.val is None else DataLoader(plan.val, VALIDATION_BATCH)
        self.weights = [*plan.model.parameters(), *plan.model.buffers()]
        self.best: list[Array] | None = None
        self.reason = self.failure = ""
        self.error: Exception | None = None
        self.seconds = 0.0
        self.first: Lane | None = None  # whose capture this is
        self.kin: Kin | None = None
        self.cycle = self._shared({} if known is None else known, plan)

    def _shared(self, known: dict[Any, Lane], plan: Plan) -> Cycle:
        """The epoch, captured unless one of the `known` runs was captured alike."""
        flush_pending()  # initial values that are still open; another thread runs them
        turns, kept = self._turns(plan), self.weights if self.val is not None else []
        shared = default_generator.state
        assert isinstance(shared, Tensor), "the loop prepares it"
        own = Tensor(np.array(shared._value(), copy=True))
        key = key_of(plan)
        if key in known:
            first = known[key]
            assert first.kin is not None, "known by it"
            mine = kin(plan, own, first.kin.started)
            twin = first.cycle.like(turns, *first.kin.beside(mine))
            if twin is not None:
                self.first = first
                return twin
        cycle = Cycle(turns, kept, {shared: own})
        if key is not None:
            self.kin = kin(plan, shared, started(plan))
            known.setdefault(key, self)
        return cycle

    def _turns(self, plan: Plan) -> list[Turn]:
        learn, judge = self.loop.step.function, self.loop.judge.function

        def learning(x: Tensor, y: Tensor) -> Any:
            with mode(plan.model, training=True):
                return learn(x, y)

        def judging(x: Tensor, y: Tensor) -> Any:
            with mode(plan.model, training=False):
                return judge(x, y)

        turns = [Turn(learning, Feed(self.loop.loader))]
        if self.val is not None:
            turns.append(Turn(judging, Feed(self.val)))
        return turns

    # ---- running ---------------------------------------------------------------------

    def advance(
        self, program: Program, epochs: int, stopping: Callable[[], bool]
    ) -> None:
        """Go on until this many epochs are done, or the run has ended."""
        begin = time.perf_counter()
        try:
            while not self.reason and self.loop.done < epochs:
                some = min(self._at_once(program), epochs - self.loop.done)
                gave = self.cycle.run(program, self._orders(some), stopping)
                self._take(gave)
        except Exception as error:  # told where the sweep was called
            self.error, self.reason = error, "error"
        self.seconds += time.perf_counter() - begin

    def _at_once(self, program: Program) -> int:
        """Epochs of one native call. What early stopping makes of them is looked at
        afterwards, so there are few where it may stop soon.
        """
        plan = self.loop.plan
        if plan.scheduler is not None:
            return 1
        turns = self.cycle.turns
        steps = sum(turns[0].feed.counts)
        drawn = sum(turn.drawn for turn in turns)
        size = sum(w._node.dtype.itemsize * w.numel() for w in self.weights)
        most = min(
            SECONDS * CYCLES / (program.cycles * steps),
            INDEX_LIMIT / max(1, drawn),
            KEPT / max(1, size) if self.cycle.keeps else KEPT,
            KEPT / (8 * self.cycle.steps),
        )
        if plan.patience is not None:
            most = min(most, max(2 * plan.patience, self.loop.done // 2))
        return max(1, int(most))

    def _orders(self, epochs: int) -> Array:
        """Row numbers of the next epochs, a row each."""
        rows: list[Array] = []
        for turn in self.cycle.turns:
            if turn.drawn:
                order = turn.feed.order(self.loop.done, epochs)
                order = order[: epochs * turn.feed.used]
                rows.append(order.reshape(epochs, turn.feed.used))
        return np.concatenate(rows, 1) if rows else np.empty((epochs, 0), np.int32)

    def _take(self, gave: Gave) -> None:
        """Judge every epoch of a call as the loop would have after each."""
        loop, plan = self.loop, self.loop.plan
        learnt = [column.reshape(-1) for column in gave.columns[0]]
        found = loop.training_means(learnt)
        whole = gave.epochs
        if self.val is not None:
            judged = [column.reshape(-1) for column in gave.columns[1]]
            means = epoch_means(judged, self.val, plan.loss)
            found |= {f"val_{name}": values for name, values in means.items()}
            whole = self._judge(found["val_loss"], gave.kept)
        if whole:
            loop.note({name: values[:whole] for name, values in found.items()}, {})
            schedule(plan.scheduler, loop.history.last())
        self._end(gave)

    def _judge(self, losses: Array, kept: list[Array]) -> int:
        """Keep the best weights; how many epochs count."""
        stopping, best = self.loop.stopping, None
        epochs = len(losses)
        for i, loss in enumerate(losses.tolist()):
            if not np.isfinite(loss):
                self._fail(f"the validation loss is {loss} after epoch", i)
                epochs = i
                break
            if stopping.improves(self.loop.done + i + 1, loss):
                best = i
            if stopping.is_exhausted:
                self.reason, epochs = "patience", i + 1
                break
        if best is not None:
            self.best = [np.array(array[best]) for array in kept]
        return epochs

    def _end(self, gave: Gave) -> None:
        """Why the run ends here, if it does."""
        outcome = gave.outcome
        if self.reason:
            return
        if outcome.guard == NOT_FINITE:
            step = outcome.done - gave.epochs * self.cycle.steps + 1
            self._fail(f"the loss became NaN or infinite in step {step} of epoch", 0)
        elif outcome.guard is not None:
            raise guard_error(outcome.guard, f" in epoch {self.loop.done + 1}", "")
        elif outcome.stopped:
            self.reason = "interrupted"
        elif self.loop.done >= self.loop.plan.epochs:
            self.reason = "epochs"

    def _fail(self, what: str, epochs: int) -> None:
        self.reason = "not finite"
        self.failure = f"{what} {self.loop.done + epochs + 1}"

    # ---- the end ---------------------------------------------------------------------

    def trial(self) -> Trial:
        """What the run came to, its model with its best weights."""
        for parameter in self.loop.plan.model.parameters():
            parameter.grad = None
        if self.best is not None:
            for tensor, array in zip(self.weights, self.best, strict=True):
                tensor._rebind(leaf(array, tensor._node.rg))
        loop = self.loop
        facts = loop.plan.model, loop.history.arrays(), loop.best_epoch, self.reason
        judged = "train" if self.val is None else "val"
        evidence = evidence_of(loop, facts[1], self.reason, self.failure)
        trial = Trial(
            self.number, self.settings, judged, *facts, self.seconds, evidence
        )
        trial.failure = self.failure
        return trial
