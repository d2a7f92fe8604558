"""`rv.fit`: training in one call."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ranvier.train.checks as checks
import ranvier.train.plan as plans
from ranvier import random
from ranvier.compiler.watch import Watch
from ranvier.errors import FileError, NotFiniteError
from ranvier.metrics import find
from ranvier.train.baselines import sentence
from ranvier.train.doctor import Evidence
from ranvier.train.evaluate import evaluate
from ranvier.train.extras import Extras
from ranvier.train.loop import Loop
from ranvier.train.plan import Epoch, Plan, Progress
from ranvier.train.recording import Recording
from ranvier.train.run import Run
from ranvier.train.tape import Tape


def fit(
    model: Any,
    train: Any,
    val: Any = None,
    *others: Any,
    loss: Any = None,
    optimizer: Any = None,
    scheduler: Any = None,
    epochs: int | None = None,
    batch_size: int = 32,
    shuffle: bool = True,
    patience: int | None = None,
    min_delta: float = 0.0,
    seed: int | None = None,
    checkpoint: str | Path | None = None,
    resume: str | Path | None = None,
    verbose: bool = False,
    progress: Progress | None = None,
    watch: Watch | None = None,
    doctor: bool = True,
    scheduler_interval: str = "epoch",
    clip_norm: float | None = None,
    clip_value: float | None = None,
    accumulate: int = 1,
    l1: float = 0.0,
    l2: float = 0.0,
    class_weight: Any = None,
    label_smoothing: float = 0.0,
    metrics: Sequence[Any] = (),
) -> Run:
    """Train a model on a data set and say how it went.

    train, val: a Dataset, a pair of arrays (inputs, targets), or a DataLoader, whose
        batch_size and shuffle are used then. With `val` the model is judged after every
        epoch, and ends with the weights of its best epoch. ``val=0.2`` holds a fifth of
        the rows out, drawn with `seed` (0 without one), every class with its share;
        ``val="last"`` the last fifth, for rows in order of time.
    scheduler: of `rv.optim.lr_scheduler`; its step() is called after every epoch, with
        the validation loss for ReduceLROnPlateau. With ``scheduler_interval="step"``
        after every step, inside the native run.
    clip_norm, clip_value: limits of the length of all gradients together, and of each
        number.
    accumulate: mini-batches in a step; as one of so many times the rows, computed in
        pieces of batch_size rows.
    l1, l2: l1 Σ|w| + l2 Σw² is made small, too; w are the parameters of two and more
        dimensions. The losses of the history are those without it.
    class_weight, label_smoothing: of the cross-entropy; "balanced" weighs a class by
        n / (classes · rows of the class).
    epochs: how many at most, those before a resumed run's stop included.
    patience: stop when the validation loss has not fallen by more than `min_delta` for
        this many epochs.
    seed: the order of the mini-batches and what else is drawn while training.
    checkpoint: a folder for the latest state and the best weights, written after every
        epoch and at Ctrl-C.
    resume: the folder of a stopped run; it goes on, bit for bit as if never stopped,
        from the step at which Ctrl-C came or the last whole epoch.
    verbose, progress: print a line after every epoch, and at the end the validation
        figure beside those to beat (`run.baselines()`); or call a function with an
        Epoch.
    watch: a Watch sees chosen values of chosen steps while the run goes on; its stop()
        ends the run.
    doctor: read statistics of all layers, about one step in 250 of a long run,
        so that `run.doctor()` can say what the run suffers from; not with a `watch`
        of your own, whose layers are used then.
    metrics: names or functions of `rv.metrics`, or any (outputs, targets) → number,
        measured on the validation set after every epoch: history["val_f1"].

    Without val, checkpoint, scheduler and progress all epochs are one native call.
    Otherwise an epoch is one, and gradient norms are measured after it (on the first
    500 rows; in a run of more than 200 epochs at 200 of them).

    Ctrl-C ends the run, not the program: what was learned is kept.
    Raises DataError, ShapeError, DTypeError, ValueRangeError before it starts;
        NotFiniteError when the loss becomes NaN or infinite (`error.run` is the Run so
        far, the model has its best weights); FileError when a checkpoint cannot be read
        or written (`error.run` as well; the checkpoint before is untouched).

        run = rv.fit(model, train, val=val, loss=nn.CrossEntropyLoss(),
                     optimizer=optim.SGD(model.parameters(), lr=0.1),
                     epochs=20, batch_size=100, patience=3, seed=0)
    """
    checks.check_places(val, others)
    if verbose and progress is None:
        progress = say
    checks.check_interval(scheduler_interval, scheduler)
    plan = plans.make(
        model,
        train,
        val,
        loss,
        optimizer,
        scheduler=scheduler,
        epochs=epochs,
        batch_size=batch_size,
        shuffle=shuffle,
        patience=patience,
        min_delta=min_delta,
        seed=seed,
        folder=plans.folder_of(checkpoint, resume),
        resumes=resume is not None,
        progress=progress,
        watch=watch,
        doctor=doctor,
        extras=Extras(l1, l2, clip_norm, clip_value, accumulate),
        steps_schedule=scheduler_interval == "step",
        class_weight=class_weight,
        label_smoothing=label_smoothing,
        metrics=tuple(find(metric) for metric in metrics),
    )
    if verbose:
        tell(plan.notes)
    if seed is not None:
        random.manual_seed(seed)
    run = finish(plan)
    if verbose:
        tell((*run.notes[len(plan.notes) :], *beside(run, plan)))
    return run


def finish(plan: Plan) -> Run:
    """Run the loop to its end, whatever the end is, and leave the best weights."""
    tape = Tape()
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
    evidence = evidence_of(loop, history, reason, failure)
    notes = plan.notes + endings(loop, reason)
    run = Run(plan.model, history, loop.best_epoch, reason, seconds, evidence, notes)
    run._recording = Recording(loop, tape, finished)
    if unwritten is not None:
        unwritten.run = run  # type: ignore[attr-defined]
        raise unwritten
    if failure is not None:
        raise not_finite(failure, loop, run) from None
    return run


def beside(run: Run, plan: Plan) -> tuple[str, ...]:
    """The figure on the validation set, and those that it has to beat."""
    if plan.val is None or not run.best_epoch:
        return ()
    own = evaluate(run.model, plan.val, plan.loss)
    return (sentence("validation", own, run.baselines()),)


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
    loop: Loop, history: dict[str, Any], reason: str, failure: NotFiniteError | None
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
        error="" if failure is None else failure.first or str(failure),
        watch=loop.watch,
    )


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


def tell(notes: tuple[str, ...]) -> None:
    """The sentences of ``verbose=True``."""
    for note in notes:
        print(note, flush=True)


def say(epoch: Epoch) -> None:
    """The line of ``verbose=True``."""
    print(epoch, flush=True)
