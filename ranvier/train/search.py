"""`rv.search`: hyper-parameters by chance, by successive halving, or with Optuna."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

from ranvier.data.arrays import is_whole
from ranvier.errors import (
    DTypeError,
    UnknownNameError,
    UnsupportedError,
    ValueRangeError,
    nearest,
)
from ranvier.train.grid import Settings, seed_of
from ranvier.train.lane import Lane
from ranvier.train.recipe import Recipe
from ranvier.train.scoring import Scoring
from ranvier.train.space import Space
from ranvier.train.sweep import Field, Progress
from ranvier.train.swept import Sweep

METHODS: Final = ("random", "halving", "optuna")
ASKED: Final = 8  # settings that Optuna is asked for at a time, for any threads


def search(
    build: Callable[..., Any] | None,
    train: Any,
    val: Any,
    *,
    space: Any,
    loss: Any = None,
    optimizer: Any = None,
    trials: int = 20,
    method: str = "random",
    reduction: int = 3,
    seed: int = 0,
    scheduler: Any = None,
    epochs: int | None = None,
    batch_size: int = 32,
    shuffle: bool = True,
    patience: int | None = None,
    min_delta: float = 0.0,
    progress: Progress | None = None,
) -> Sweep:
    """Look for settings with a low validation loss; arguments as for `rv.sweep`.

    space: a dict of names, each with an `rv.Range` or a list of choices.
    trials: how many settings are tried; fewer where there are not so many.
    method: "random" draws them (Bergstra and Bengio, 2012); "halving" draws them,
        gives each few epochs, and lets the best one in `reduction` go on with
        `reduction` times as many, up to `epochs` (Jamieson and Talwalkar, 2016):
        those that were stopped say stopped_because "halving"; "optuna" asks Optuna's
        default sampler, if it is installed, for 8 settings at a time.
    seed: of the draws and of every run, unless the space has seeds.

    Same arguments, same settings and results, for any number of threads.

    Raises what `rv.sweep` raises; UnknownNameError for another method;
        UnsupportedError where Optuna is not installed.

    >>> import numpy as np, ranvier as rv
    >>> from ranvier import nn, optim
    >>> x = np.linspace(-1, 1, 60, dtype=np.float32)[:, None]
    >>> found = rv.search(
    ...     None, (x[::2], x[::2] ** 2), (x[1::2], x[1::2] ** 2),
    ...     space={"lr": rv.Range(1e-4, 1e-1, log=True), "units": [4, 16]},
    ...     loss=nn.MSELoss(), optimizer=optim.Adam, trials=6, epochs=30,
    ...     batch_size=15,
    ... )
    >>> len(found)
    6
    """
    drawn = checked(val, space, trials, method, reduction, epochs)
    seed = seed_of(seed)
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
    field = Field(Recipe(build, train, val, usual), progress)
    if method == "optuna":
        ask_optuna(field, drawn, trials, seed)
        return field.result()
    lanes = field.add([seeded(s, seed) for s in drawn.draws(trials, seed)])
    check_comparable(field, drawn.varies("loss"))
    if method == "halving":
        assert epochs is not None, "checked"
        halve(field, lanes, epochs, reduction, drawn.varies("loss"))
    else:
        field.run(lanes)
    return field.result()


def checked(
    val: Any, space: Any, trials: Any, method: Any, reduction: Any, epochs: Any
) -> Space:
    """The space, when everything else about the search makes sense."""
    if val is None:
        raise ValueRangeError(
            "search: settings are compared by their validation loss, and there is no "
            "validation set. Pass one: train, val = data.split(800, 200)."
        )
    if method not in METHODS:
        raise UnknownNameError(
            f"search: method={method!r}{nearest(str(method), METHODS) or '.'} There "
            f"are: {', '.join(METHODS)}."
        )
    if not is_whole(trials):
        raise ValueRangeError(
            f"search: trials is {trials!r}; expected a whole number of at least 1."
        )
    found = Space(space)
    if method == "halving":
        check_halving(found, reduction, epochs)
    return found


def check_halving(space: Space, reduction: Any, epochs: Any) -> None:
    if not is_whole(reduction) or reduction < 2:
        raise ValueRangeError(
            f"search: reduction is {reduction!r}; expected a whole number from 2 on."
        )
    if "epochs" in space.axes:
        raise ValueRangeError(
            "search: epochs stand in the space, and method='halving' deals them out "
            "itself. Pass epochs=… as the most that a run gets."
        )
    if not is_whole(epochs):
        raise DTypeError(f"search: epochs is {epochs!r}; expected a whole number.")


def seeded(settings: Settings, seed: int) -> Settings:
    return settings if "seed" in settings else {**settings, "seed": seed}


def rungs(trials: int, epochs: int, reduction: int) -> list[tuple[int, int]]:
    """How many runs go up to how many epochs, rung by rung.

    >>> rungs(27, 90, 3)
    [(27, 3), (9, 10), (3, 30), (1, 90)]
    """
    count = 0
    while reduction ** (count + 1) <= min(trials, epochs):
        count += 1
    return [
        (max(1, trials // reduction**i), max(1, epochs // reduction ** (count - i)))
        for i in range(count + 1)
    ]


def check_comparable(field: Field, varied: bool) -> None:
    """Losses that differ are not compared with each other; accuracies are."""
    scored = (lane.loop.plan.scoring is not Scoring.NONE for lane in field.race.lanes)
    if varied and not all(scored):
        raise ValueRangeError(
            "search: the space has several losses, whose values cannot be compared, "
            "and answers that are numbers have no accuracy. Search with one loss."
        )


def halve(
    field: Field,
    lanes: Sequence[Lane],
    epochs: int,
    reduction: int,
    by_accuracy: bool,
) -> None:
    """Every rung, the runs that are left; the others end there."""
    running = list(lanes)
    for keep, until in rungs(len(lanes), epochs, reduction):
        best = sorted(running, key=lambda lane: score(lane, by_accuracy))[:keep]
        for lane in running:
            if lane not in best:
                field.drop(lane, "halving")
        running = best
        field.run([lane for lane in running if not lane.reason], until)
        if field.race.stopped:
            return


def score(lane: Lane, by_accuracy: bool) -> float:
    """The best validation loss so far, or minus the accuracy there; infinite for runs
    that are not finite.
    """
    best = lane.loop.best_epoch
    if lane.failure or not best:
        return math.inf
    if not by_accuracy:
        return lane.loop.stopping.best_loss
    return -lane.loop.history.columns["val_accuracy"][best - 1]


def ask_optuna(field: Field, space: Space, trials: int, seed: int) -> None:
    """Rounds of settings, each after the results of the ones before."""
    optuna = imported()
    by_accuracy = space.varies("loss")
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        sampler = optuna.samplers.TPESampler(seed=seed % 2**32)
        study = optuna.create_study(direction="minimize", sampler=sampler)
        left = trials
        while left and not field.race.stopped:
            asked = [study.ask() for _ in range(min(ASKED, left))]
            left -= len(asked)
            runs = [seeded(space.suggest(trial), seed) for trial in asked]
            lanes = field.add(runs)
            check_comparable(field, by_accuracy)
            field.run(lanes)
            for trial, lane in zip(asked, lanes, strict=True):
                found = score(lane, by_accuracy)
                if math.isfinite(found):
                    study.tell(trial, found)
                else:
                    study.tell(trial, state=optuna.trial.TrialState.FAIL)
    finally:
        optuna.logging.set_verbosity(before)


def imported() -> Any:
    """Optuna, which is an extra."""
    try:
        import optuna
    except ImportError:
        raise UnsupportedError(
            "search: method='optuna' needs Optuna, which is not installed. Install it "
            "with pip install 'ranvier[search]', or use method='halving'."
        ) from None
    return optuna
