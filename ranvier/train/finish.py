"""From a plan to a Run: the loop to its end, whatever the end is."""

from __future__ import annotations

import time
from typing import Any

from ranvier.errors import FileError, NotFiniteError
from ranvier.train.doctor import Evidence
from ranvier.train.loop import Loop
from ranvier.train.plan import Plan
from ranvier.train.recording import Recording
from ranvier.train.run import Run
from ranvier.train.tape import Tape


def finish(plan: Plan) -> Run:
    """Run the loop to its end, whatever the end is, and leave the best weights."""
    tape = Tape(plan.epochs)
    return finished(Loop(plan, tape.keep), tape)


def finished(loop: Loop, tape: Tape) -> Run:
    """Run a loop that stands somewhere to its end."""
    plan, begin = loop.plan, time.perf_counter()
    failure, unwritten = None, None
    try:
        reason = loop.run()
    except KeyboardInterrupt:
        stopped = loop.watch is not None and loop.watch.stopping
        reason = "watch" if stopped else "interrupted"
    except NotFiniteError as error:
        reason, failure = "not finite", error
    except FileError as error:  # what was learned is not lost with the disk
        reason, unwritten = "not saved", error
    tape.end(loop)
    loop.put_best_back()
    seconds = time.perf_counter() - begin
    history = loop.history.arrays()
    evidence = evidence_of(loop, history, reason, told_of(failure))
    notes = plan.notes + endings(loop, reason)
    run = Run(plan.model, history, loop.best_epoch, reason, seconds, evidence, notes)
    run._recording = Recording(loop, tape, finished)
    if unwritten is not None:
        unwritten.run = run  # type: ignore[attr-defined]
        raise unwritten
    if failure is not None:
        raise not_finite(failure, loop, run) from None
    return run


REASONS = {
    "epochs": "all epochs were run",
    "patience": "the validation loss had not fallen for {patience} epochs",
    "interrupted": "Ctrl-C",
    "watch": "watch.stop()",
    "not finite": "the loss was no longer finite",
    "not saved": "a checkpoint could not be written",
}


def endings(loop: Loop, reason: str) -> tuple[str, ...]:
    """Why it stopped, and which weights were kept."""
    told = REASONS[reason].format(patience=loop.plan.patience)
    stopped = f"stopped after {loop.done} epochs: {told}"
    if loop.best is None:
        return (stopped,)
    best = f"kept the weights of epoch {loop.best_epoch}, the lowest validation loss"
    return (stopped, best)


def evidence_of(
    loop: Loop, history: dict[str, Any], reason: str, error: str
) -> Evidence:
    """What `run.doctor()` goes by."""
    plan = loop.plan
    return Evidence(
        model=plan.model,
        loss=plan.loss,
        optimizer=plan.optimizer,
        scoring=plan.scoring,
        train=plan.train.plain(),
        val=plan.val,
        batch_size=plan.batch_size * plan.extras.accumulate,
        history=history,
        stopped_because=reason,
        error=error,
        watch=loop.watch,
    )


def told_of(failure: NotFiniteError | None) -> str:
    """What was not finite, and where; "" in a run that is sound."""
    return "" if failure is None else failure.first or str(failure)


def not_finite(error: NotFiniteError, loop: Loop, run: Run) -> NotFiniteError:
    """The error with what became of the weights, the remedy, and the run so far."""
    kept = (
        f"The weights of epoch {run.best_epoch}, the best, were put back."
        if loop.best is not None
        else "The model keeps the weights from before that step."
    )
    rate = float(loop.plan.optimizer.param_groups[0]["lr"])
    first = f" {error.first}" if error.first else ""
    told = NotFiniteError(
        f"fit: {where(error, loop)}.{first} {kept} A learning rate of {rate:g} may be "
        f"too high; try lr={rate / 10:g}, and look at the scale of the inputs."
    )
    told.first = error.first
    told.run = run  # type: ignore[attr-defined]
    return told


def where(error: NotFiniteError, loop: Loop) -> str:
    """What happened in which step; a native run counts from its own first one."""
    steps = getattr(error, "steps", None)
    if steps is None:
        return str(error)
    step = steps % len(loop.loader) + 1
    return f"the loss became NaN or infinite in step {step} of epoch {loop.done + 1}"
