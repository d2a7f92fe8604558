"""`rv.lr_find`: a learning-rate range test, one native run long."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

import ranvier.train.checks as checks
import ranvier.train.plan as plans
import ranvier.train.randomness as randomness
import ranvier.train.weights as weights
from ranvier.data.loader import DataLoader
from ranvier.errors import NotFiniteError, ValueRangeError
from ranvier.optim.lr_scheduler import LambdaLR
from ranvier.train.step import mode, training_step

Array = np.ndarray[Any, Any]
AROUND = 4  # steps on either side in the smoothed loss: a running mean would lag
RISEN = 4.0  # times the lowest loss: the end of what is looked at
FLAT = 10  # least number of steps before a suggestion makes sense


class RateTest:
    """What `lr_find` saw: `rates`, `losses` (smoothed), and the `suggestion`.

    suggestion: the rate at which the loss fell most for a factor in the rate, that is
        where d loss / d log rate is lowest.
    """

    def __init__(self, rates: Array, losses: Array) -> None:
        self.rates = rates
        self.losses = losses

    @property
    def suggestion(self) -> float:
        """The rate of the steepest fall."""
        end = turn(self.losses)
        slopes = np.gradient(self.losses[:end], np.log(self.rates[:end]))
        return float(self.rates[int(slopes.argmin())])

    def plot(self, path: str | Path | None = None) -> Any:
        """Loss against rate, with the suggestion: a matplotlib figure."""
        # matplotlib costs half a second, so it is imported when something is drawn
        from matplotlib.figure import Figure

        from ranvier.train.pictures import save

        figure = Figure(figsize=(6, 4), layout="constrained")
        axes = figure.add_subplot(xlabel="learning rate", ylabel="loss")
        axes.semilogx(self.rates, self.losses)
        axes.axvline(self.suggestion, ls=":", label=f"{self.suggestion:.2g}")
        axes.legend()
        if path is not None:
            save(figure, Path(path))
        return figure

    def __repr__(self) -> str:
        low, high = self.rates[0], self.rates[-1]
        return (
            f"RateTest({len(self.rates)} steps from {low:.2g} to {high:.2g}, "
            f"suggestion {self.suggestion:.2g})"
        )


def lr_find(
    model: Any,
    train: Any,
    *,
    loss: Any,
    optimizer: Any,
    start: float = 1e-6,
    end: float = 10.0,
    steps: int = 100,
    batch_size: int = 32,
    seed: int = 0,
) -> RateTest:
    """Try learning rates from small to large, one a step, and leave all as it was.

    Step i of n has the rate start · (end / start)^(i / (n - 1)). The losses are cut
    where one has risen to four times the lowest, and smoothed by the mean of nine
    neighbours (Smith 2017, arXiv:1506.01186).
    Raises ValueRangeError, and what `rv.fit` raises.

        found = rv.lr_find(model, train, loss=nn.CrossEntropyLoss(),
                           optimizer=optim.Adam(model.parameters()))
        optimizer = optim.Adam(model.parameters(), lr=found.suggestion)
    """
    check(start, end, steps)
    options = {"epochs": 1, "patience": None, "min_delta": 0.0, "scheduler": None}
    facts = {"batch_size": batch_size, "shuffle": True, "seed": seed}
    rest = dict.fromkeys(("folder", "progress", "watch"))
    plan = plans.make(
        model, train, None, loss, optimizer, resumes=False, **options, **facts, **rest
    )
    loader = DataLoader(plan.train, plan.batch_size, shuffle=plan.shuffle, seed=seed)
    rates = start * (end / start) ** (np.arange(steps) / (steps - 1))
    losses = tried(plan, loader, rates)
    if len(losses) < FLAT:
        raise ValueRangeError(
            f"lr_find: the loss was not finite after {len(losses)} steps, at a rate of "
            f"{rates[len(losses)]:.2g}; begin lower, start={start / 1000:.0e}."
        )
    seen = cut(losses)
    return RateTest(rates[:seen], smoothed(losses[:seen]))


def check(start: Any, end: Any, steps: Any) -> None:
    """0 < start < end, and enough steps between them."""
    checks.whole("steps", steps, "steps=100")
    numbers = all(isinstance(x, int | float) and math.isfinite(x) for x in (start, end))
    if not (numbers and 0 < start < end):
        raise ValueRangeError(
            f"lr_find: start is {start!r} and end {end!r}; expected two rates, "
            "0 < start < end."
        )
    if steps < FLAT:
        raise ValueRangeError(
            f"lr_find: steps is {steps}; expected at least {FLAT}, to see a slope."
        )


def tried(plan: plans.Plan, loader: DataLoader, rates: Array) -> Array:
    """The loss of every step, each with its rate; fewer if one was not finite."""
    groups, epochs = plan.optimizer.param_groups, -(-len(rates) // len(loader))
    with as_before(plan.model, plan.optimizer):
        for group in groups:
            group.pop("initial_lr", None)
            group["lr"] = 1.0
        last = len(rates) - 1
        schedule = LambdaLR(plan.optimizer, lambda i: float(rates[min(i, last)]))
        step = training_step(
            plan.model, plan.loss, plan.optimizer, plan.scoring, schedule=schedule
        )
        try:
            with mode(plan.model, training=True):
                columns = step.over(loader, epochs=epochs)
        except NotFiniteError as error:
            columns = error.results  # type: ignore[attr-defined]
        return np.array(columns[0], np.float64)[: len(rates)]


@contextmanager
def as_before(model: Any, optimizer: Any) -> Iterator[None]:
    """Weights, optimiser and random state as they were, whatever happens inside."""
    randomness.prepare()
    held, state = weights.take(model), copy.deepcopy(optimizer.state_dict())
    drawn, had = randomness.take(), optimizer.has_stepped
    try:
        yield
    finally:
        weights.put_back(model, held)
        optimizer.load_state_dict(state)
        optimizer.has_stepped = had
        randomness.put_back(drawn)


def smoothed(losses: Array) -> Array:
    """The mean of each loss and four neighbours on either side, as far as there are.

    >>> smoothed(np.array([1.0, 1.0, 4.0]))
    array([2., 2., 2.])
    """
    ones = np.ones(2 * AROUND + 1)
    sums, counts = (
        np.convolve(values, ones)[AROUND : AROUND + len(losses)]
        for values in (losses, np.ones(len(losses)))
    )
    means: Array = sums / counts
    return means


def cut(losses: Array) -> int:
    """How many steps are looked at: up to where the loss is four times its lowest."""
    lowest = np.minimum.accumulate(losses)
    risen = losses > RISEN * lowest
    return max(FLAT, int(risen.argmax())) if risen.any() else len(losses)


def turn(losses: Array) -> int:
    """One past the lowest loss, and at least two: where the fall is looked for."""
    return max(2, int(losses.argmin()) + 1)
