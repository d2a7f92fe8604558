"""`rv.sweep`: many runs side by side in one native program."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

import ranvier.train.randomness as randomness
from ranvier.errors import RanvierError
from ranvier.graph import leaf
from ranvier.random import default_generator
from ranvier.train.grid import Settings, settings_of
from ranvier.train.lane import Lane, Trial
from ranvier.train.race import Race
from ranvier.train.recipe import Recipe, told
from ranvier.train.swept import Sweep

Progress = Callable[[Trial], object]


def sweep(
    build: Callable[..., Any] | None,
    train: Any,
    val: Any = None,
    *,
    loss: Any = None,
    optimizer: Any = None,
    grid: Any = None,
    seeds: Any = None,
    scheduler: Any = None,
    epochs: int | None = None,
    batch_size: int = 32,
    shuffle: bool = True,
    patience: int | None = None,
    min_delta: float = 0.0,
    progress: Progress | None = None,
) -> Sweep:
    """Train a network once for every combination of settings, side by side.

    build: a function that makes the model. Settings that it names are given to it. None
        makes a multi-layer perceptron that fits the data and takes layers, units,
        activation, initialisation and dropout.
    train, val, loss, epochs, batch_size, shuffle, patience, min_delta: as for
        `rv.fit`; each, and train_size (rows, or a share), may stand in the grid, too.
    optimizer: a class, or a function of the parameters. Settings that it names, such as
        lr and weight_decay, are given to it.
    grid: a dict of lists, every combination of which is a run; or a list of dicts, one
        a run.
    seeds: a number of seeds, from 0 on, or a list; each setting is run with each.
    scheduler: a function of the optimiser that makes one.
    progress: called with every finished Trial.

    Every run is, bit for bit, what this gives by itself, apart from the gradient norms
    in the history:

        rv.manual_seed(seed)
        model = build(…)
        rv.fit(model, train, val, optimizer=optimizer(model.parameters(), …), seed=seed)

    Runs whose captured graphs are equal (they differ in numbers such as the learning
    rate, or in their seed) share one native program; every thread runs one at a time.
    A run whose loss becomes NaN or infinite ends there with stopped_because "not
    finite"; the others do not notice. Ctrl-C ends all runs and keeps what was learned.

    Raises UnknownNameError for a setting that nobody takes, and what `rv.fit` raises.

    >>> import numpy as np, ranvier as rv
    >>> from ranvier import nn, optim
    >>> x = np.linspace(-1, 1, 40, dtype=np.float32)[:, None]
    >>> found = rv.sweep(
    ...     lambda units: nn.Sequential(
    ...         nn.Linear(1, units), nn.Tanh(), nn.Linear(units, 1)
    ...     ),
    ...     (x, x**3), loss=nn.MSELoss(), optimizer=optim.Adam,
    ...     grid={"units": [2, 8], "lr": [0.001, 0.1]}, seeds=2, epochs=50,
    ... )
    >>> len(found), found.best.settings["lr"]
    (8, 0.1)
    """
    usual = {
        "loss": loss,
        "optimizer": optimizer,
        "scheduler": scheduler,
        "epochs": epochs,
        "batch_size": batch_size,
        "shuffle": shuffle,
        "patience": patience,
        "min_delta": min_delta,
    }
    runs = settings_of(grid, seeds)
    field = Field(Recipe(build, train, val, usual), progress)
    field.run(field.add(runs))
    return field.result()


class Field:
    """Runs that share programs: added, run, and handed out in the end.

    recipe: has check(settings) and plan(settings), as `Recipe`.
    """

    def __init__(self, recipe: Any, progress: Progress | None = None) -> None:
        self.recipe = recipe
        self.progress = progress
        self.race = Race()
        self.trials: dict[Lane, Trial] = {}
        self.begin = time.perf_counter()

    def add(self, runs: Sequence[Settings]) -> list[Lane]:
        """Build and capture runs, and compile the programs that are new."""
        for settings in runs:
            self.recipe.check(settings)
        lanes = []
        with generator_kept():
            for settings in runs:
                try:
                    plan = self.recipe.plan(settings)
                    number, known = len(self.race.lanes), self.race.known
                    lane = Lane(number, settings, plan, known)
                    self.race.enter(lane)
                except RanvierError as error:
                    raise told(error, settings) from None
                lanes.append(lane)
        return lanes

    def run(self, lanes: Sequence[Lane], epochs: int | None = None) -> None:
        """Bring runs to this number of epochs, or to their end."""

        def until(lane: Lane) -> int:
            most: int = lane.loop.plan.epochs
            return most if epochs is None else min(epochs, most)

        self.race.run(lanes, until, self.arrived)

    def arrived(self, lane: Lane) -> None:
        """Hand out a run that has ended."""
        if not lane.reason or lane.error is not None:
            return
        self.trials[lane] = lane.trial()
        if self.progress is not None:
            self.progress(self.trials[lane])

    def drop(self, lane: Lane, reason: str) -> None:
        """End a run before its last epoch."""
        lane.reason = lane.reason or reason
        if lane not in self.trials:
            self.arrived(lane)

    def result(self) -> Sweep:
        """All runs, those that were interrupted too."""
        lanes = self.race.lanes
        found = [self.trials.get(lane) or lane.trial() for lane in lanes]
        return Sweep(found, len(self.race.plans), time.perf_counter() - self.begin)


@contextmanager
def generator_kept() -> Iterator[None]:
    """Random numbers after the block are what they would have been without it."""
    randomness.prepare()
    generator = default_generator
    state = randomness.take()
    before = generator.seed, generator.numpy
    try:
        yield
    finally:
        generator.seed, generator.numpy = before
        assert generator.state is not None and state is not None, "prepared above"
        generator.state._rebind(leaf(np.asarray(state)))
