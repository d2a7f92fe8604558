"""One run of `rv.fit`: its plan, the loop, and what is told."""

from __future__ import annotations

from typing import Any

import ranvier.train.checks as checks
import ranvier.train.plan as plans
from ranvier import random
from ranvier.metrics import find
from ranvier.train.baselines import sentence
from ranvier.train.evaluate import evaluate
from ranvier.train.extras import Extras
from ranvier.train.finish import finish
from ranvier.train.plan import Epoch, Plan
from ranvier.train.run import Run

INSIDE = ("l1", "l2", "clip_norm", "clip_value", "accumulate")


def once(model: Any, train: Any, val: Any, options: dict[str, Any]) -> Run:
    """The run of these arguments of `rv.fit`."""
    plan = planned(model, train, val, options)
    verbose, seed = options["verbose"], options["seed"]
    if verbose:
        tell(plan.notes)
    if seed is not None:
        random.manual_seed(seed)
    run = finish(plan)
    if verbose:
        tell((*run.notes[len(plan.notes) :], *beside(run, plan)))
    return run


def planned(model: Any, train: Any, val: Any, options: dict[str, Any]) -> Plan:
    """What the arguments ask for, checked."""
    asked = dict(options)
    interval, metrics = asked.pop("scheduler_interval"), asked.pop("metrics")
    checks.check_interval(interval, asked["scheduler"])
    if asked.pop("verbose") and asked["progress"] is None:
        asked["progress"] = say
    checkpoint, resume = asked.pop("checkpoint"), asked.pop("resume")
    return plans.make(
        model,
        train,
        val,
        asked.pop("loss"),
        asked.pop("optimizer"),
        folder=plans.folder_of(checkpoint, resume),
        resumes=resume is not None,
        extras=Extras(**{name: asked.pop(name) for name in INSIDE}),
        steps_schedule=interval == "step",
        metrics=tuple(find(metric) for metric in metrics),
        **asked,
    )


def beside(run: Run, plan: Plan) -> tuple[str, ...]:
    """The figure on the validation set, and those that it has to beat."""
    if plan.val is None or not run.best_epoch:
        return ()
    own = evaluate(run.model, plan.val, plan.loss)
    return (sentence("validation", own, run.baselines()),)


def tell(notes: tuple[str, ...]) -> None:
    """The sentences of ``verbose=True``."""
    for note in notes:
        print(note, flush=True)


def say(epoch: Epoch) -> None:
    """The line of ``verbose=True``."""
    print(epoch, flush=True)
