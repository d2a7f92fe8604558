"""`rv.evaluate`: how good a model is, beside what guessing without it would get."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import ranvier.train.checks as checks
from ranvier.compiler.compiled import compile
from ranvier.data.dataset import Dataset, as_dataset
from ranvier.data.loader import DataLoader
from ranvier.metrics import find, roc_auc
from ranvier.tensor import NoGrad, Tensor
from ranvier.train.default_loss import default_loss
from ranvier.train.scoring import Scoring
from ranvier.train.step import epoch_means, judging, mode

Array = np.ndarray[Any, Any]
Metric = tuple[str, Callable[..., Any]]


def evaluate(
    model: Any,
    data: Any,
    loss: Any = None,
    batch_size: int = 1000,
    metrics: Sequence[Any] = (),
) -> dict[str, Any]:
    """Judge a model on data that it has not learned from.

    data: a Dataset, a pair of arrays, or a DataLoader, all of whose rows are used.
    loss: by default cross-entropy for class numbers, else the mean squared error.
    Classification gives loss, accuracy and baseline_accuracy (always naming the most
    frequent class of this data), by place where a row has several targets: outputs
    (n, classes, …) with class numbers (n, …), see `rv.models.NextToken`; regression
    gives loss, mae, rmse, r2 and the rmse of always naming the mean as baseline_rmse,
    in the units that the targets had before the data set's `target_transform`. Rows in
    order of time add persistence_accuracy or persistence_rmse, of answering each as the
    one before.
    metrics: names or functions of `rv.metrics`, or any (outputs, targets) → number.
    Raises DataError, ShapeError, DTypeError, ValueRangeError, UnknownNameError.

        rv.evaluate(model, test)   # {"loss": 0.07, "accuracy": 0.98, …}
    """
    dataset = as_dataset(
        data.whole("evaluate") if isinstance(data, DataLoader) else data
    ).plain()
    checks.check_data("the data", dataset)
    outputs = checks.output_shape(model, dataset, min(batch_size, len(dataset)))
    loss = default_loss(outputs, dataset.arrays[1]) if loss is None else loss
    checks.check_targets(loss, outputs, dataset)
    scoring = Scoring.of(loss, outputs, dataset.arrays[1])
    loader = DataLoader(dataset, batch_size)
    with mode(model, training=False):
        columns = judging(model, loss, scoring).over(loader)
    columns = epoch_means(columns, loader, loss)
    means: dict[str, Any] = {k: float(values[0]) for k, values in columns.items()}
    found = [find(metric) for metric in metrics]
    is_number = scoring is Scoring.NONE
    if is_number or found:
        answers = predictions(model, dataset, batch_size)
        means |= measured(found, answers, dataset.arrays[1], scoring)
    if is_number:
        means |= regression(answers, dataset)
    return means | guessing(dataset, scoring)


def guessing(data: Dataset, scoring: Scoring) -> dict[str, float]:
    """What answers would get that do not look at the inputs: the mean or the most
    frequent class, and the target of the row before.
    """
    targets, before = data.arrays[1], data.persistence
    if scoring is Scoring.NONE:
        values = in_units(data, targets.astype(np.float64))
        found = {
            "baseline_rmse": float(np.sqrt(((values - values.mean(0)) ** 2).mean()))
        }
        if before is not None:
            found["persistence_rmse"] = regression(before, data)["rmse"]
        return found
    truths = scoring.numbers(targets)
    found = {"baseline_accuracy": majority(truths)}
    if before is not None:
        found["persistence_accuracy"] = float(
            (scoring.numbers(before) == truths).mean()
        )
    return found


def measured(
    metrics: Sequence[Metric], outputs: Array, targets: Array, scoring: Scoring
) -> dict[str, Any]:
    """What every metric says; answers of yes and no are classes for all but the
    area, and the places of a row are rows.
    """
    if scoring is Scoring.CLASSES:
        outputs, targets = by_place(outputs, targets)
    found = {}
    for name, metric in metrics:
        pair = outputs, targets
        if scoring in (Scoring.LOGIT, Scoring.PROBABILITY) and metric is not roc_auc:
            cut = 0.0 if scoring is Scoring.LOGIT else 0.5
            pair = (outputs > cut).astype(np.int64), (targets > 0.5).astype(np.int64)
        found[name] = metric(*pair)
    return found


def by_place(outputs: Array, targets: Array) -> tuple[Array, Array]:
    """Every place as a row: (n, c, …) and (n, …) → (n · places, c) and (n · places,).

    >>> scores, labels = by_place(np.zeros((2, 5, 3)), np.zeros((2, 3)))
    >>> scores.shape, labels.shape
    ((6, 5), (6,))
    """
    return np.moveaxis(outputs, 1, -1).reshape(-1, outputs.shape[1]), targets.ravel()


def majority(classes: Array) -> float:
    """The share of the most frequent class.

    >>> majority(np.array([3, 3, 3, 7]))
    0.75
    """
    return float(np.unique(classes, return_counts=True)[1].max() / classes.size)


def regression(guesses: Array, data: Dataset) -> dict[str, float]:
    """mae = mean |y - ŷ|, rmse = √mean (y - ŷ)², r2 = 1 - Σ(y - ŷ)² / Σ(y - ȳ)²."""
    targets = in_units(data, data.arrays[1].astype(np.float64))
    error = targets - in_units(data, guesses)
    spread = targets - targets.mean(0)
    total = float((spread**2).sum())
    return {
        "mae": float(np.abs(error).mean()),
        "rmse": float(np.sqrt((error**2).mean())),
        "r2": 1 - float((error**2).sum()) / total if total else float("nan"),
    }


def in_units(data: Dataset, values: Array) -> Array:
    """Targets or guesses as they were before the data set's `target_transform`."""
    transform = data.target_transform
    return values if transform is None else transform.inverse(values)


def answering(model: Any) -> Any:
    """The model's forward pass, compiled."""

    def forward(x: Tensor) -> Any:
        with NoGrad():
            return model(x)

    return compile(forward)


def predictions(
    model: Any, data: Dataset, batch_size: int = 1000, forward: Any = None
) -> Array:
    """The model's outputs for every row, (n, …) float64; `forward` is `answering`'s."""
    compiled = answering(model) if forward is None else forward
    loader = DataLoader(data, batch_size)
    with mode(model, training=False):
        parts = [np.asarray(compiled(x), np.float64) for x, *_ in loader]
    return np.concatenate(parts)


def probabilities(outputs: Array) -> Array:
    """Softmax of the rows, computed without overflow.

    >>> probabilities(np.array([[0.0, 0.0]]))
    array([[0.5, 0.5]])
    """
    powers = np.exp(outputs - outputs.max(1, keepdims=True))
    shares: Array = powers / powers.sum(1, keepdims=True)
    return shares


def worst(outputs: Array, targets: Array, count: int) -> list[tuple[int, int, Array]]:
    """The wrongly judged rows that gave the truth the least: (row, guess, shares)."""
    shares = probabilities(outputs)
    guesses = shares.argmax(1)
    truth = shares[np.arange(len(targets)), targets]
    wrong = np.flatnonzero(guesses != targets)
    order = wrong[np.argsort(truth[wrong], kind="stable")][:count]
    return [(int(i), int(guesses[i]), shares[i]) for i in order]
