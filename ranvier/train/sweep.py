"""`rv.sweep`: many runs side by side in one native program."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
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
    build: Callable[..., Any],
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

    build: a function that makes the model. Settings that it names are given to it.
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
    recipe = Recipe(build, train, val, usual)
    begin = time.perf_counter()
    race = entered(recipe, runs)
    trials: dict[Lane, Trial] = {}

    def done(lane: Lane) -> None:
        if lane.error is None:
            trials[lane] = lane.trial()
            if progress is not None:
                progress(trials[lane])

    race.run(race.lanes, lambda lane: lane.loop.plan.epochs, done)
    found = [trials.get(lane) or lane.trial() for lane in race.lanes]
    return Sweep(found, len(race.plans), time.perf_counter() - begin)


def entered(recipe: Recipe, runs: list[Settings]) -> Race:
    """All runs built and captured, their programs compiled."""
    for settings in runs:
        recipe.check(settings)
    race = Race()
    with generator_kept():
        for number, settings in enumerate(runs):
            try:
                race.enter(Lane(number, settings, recipe.plan(settings)))
            except RanvierError as error:
                raise told(error, settings) from None
    return race


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
