"""`rv.fit`: training in one call."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, overload

import ranvier.train.checks as checks
from ranvier.compiler.watch import Watch
from ranvier.train.once import once
from ranvier.train.plan import Progress
from ranvier.train.repeat import repeat
from ranvier.train.repeats import Repeats
from ranvier.train.run import Run


@overload
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
    seeds: None = None,
) -> Run: ...
@overload
def fit(*args: Any, seeds: int | Sequence[int], **options: Any) -> Repeats: ...
def fit(  # type: ignore[misc]  # the second form is the first with other types
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
    seeds: int | Sequence[int] | None = None,
) -> Run | Repeats:
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
    seeds: train with several: 5 is `seed` to `seed` + 4 (from 0 without one), or a list
        of them. Gives a Repeats, with the `runs`, the `best` one, `mean` and `sd` of
        every metric. `model` and `optimizer` (and `scheduler`) may be functions that
        make them, of nothing and of the parameters. Of a model that is made already the
        weights are drawn again by reset_parameters(), and it ends with those of the
        best run; what was trained or initialised otherwise is refused. The rows that
        ``val=0.2`` holds out are the same for all seeds. Runs share one native program
        and are, bit for bit, those of each seed by itself, without gradient norms and
        the doctor's readings; with a checkpoint (folders seed-0, seed-1, …), metrics or
        a schedule by steps they are trained one after the other. `progress` gets every
        finished run.

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
    options: dict[str, Any] = {
        "loss": loss,
        "optimizer": optimizer,
        "scheduler": scheduler,
        "epochs": epochs,
        "batch_size": batch_size,
        "shuffle": shuffle,
        "patience": patience,
        "min_delta": min_delta,
        "seed": seed,
        "checkpoint": checkpoint,
        "resume": resume,
        "verbose": verbose,
        "progress": progress,
        "watch": watch,
        "doctor": doctor,
        "scheduler_interval": scheduler_interval,
        "clip_norm": clip_norm,
        "clip_value": clip_value,
        "accumulate": accumulate,
        "l1": l1,
        "l2": l2,
        "class_weight": class_weight,
        "label_smoothing": label_smoothing,
        "metrics": metrics,
    }
    if seeds is not None:
        return repeat(model, train, val, seeds, options)
    return once(model, train, val, options)
