"""How good answers are: functions of outputs and targets as arrays.

Outputs come first, targets second, as for losses. Classes are class numbers (n,), or
one number a class (n, c) of which the largest counts; targets class numbers (n,), or
one-hot rows (n, c).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ranvier.errors import (
    DTypeError,
    ShapeError,
    UnknownNameError,
    ValueRangeError,
    nearest,
)
from ranvier.tensor import Tensor

Array = np.ndarray[Any, Any]
AVERAGES = ("macro", "weighted", "micro", None)


# ---- classes -------------------------------------------------------------------------


def accuracy(outputs: Any, targets: Any) -> float:
    """The share of right answers.

    >>> accuracy([[0.1, 0.9], [0.8, 0.2]], [1, 1])
    0.5
    """
    guesses, truths = classes("accuracy", outputs, targets)
    return float((guesses == truths).mean())


def top_k_accuracy(outputs: Any, targets: Any, k: int = 5) -> float:
    """The share of rows whose class is among the `k` largest outputs, (n, c).

    Of equal outputs the lower class number comes first. Raises ValueRangeError for a
    `k` that is no whole number from 1 to c.

    >>> top_k_accuracy([[0.1, 0.7, 0.2], [0.5, 0.4, 0.1]], [2, 2], k=2)
    0.5
    """
    scores, truths = table_of("top_k_accuracy", outputs, targets)
    many = scores.shape[1]
    if isinstance(k, bool) or not isinstance(k, int) or not 1 <= k <= many:
        raise ValueRangeError(
            f"top_k_accuracy: k is {k!r}; expected a whole number from 1 to {many}, "
            "the number of classes."
        )
    best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return float((best == truths[:, None]).any(1).mean())


def confusion_matrix(outputs: Any, targets: Any) -> Array:
    """How often class i was taken for class j: (c, c), truths in rows.

    >>> confusion_matrix([0, 1, 1], [0, 0, 1])
    array([[1, 1],
           [0, 1]])
    """
    guesses, truths = classes("confusion_matrix", outputs, targets)
    size = int(max(guesses.max(), truths.max())) + 1
    wide = columns_of(outputs)
    size = max(size, 0 if wide is None else wide)
    counts = np.bincount(truths * size + guesses, minlength=size * size)
    return counts.reshape(size, size)


def precision(outputs: Any, targets: Any, average: str | None = "macro") -> Any:
    """TP / (TP + FP): how many of those named a class are of it.

    average: "macro" is the mean over the classes that occur, "weighted" that with their
        numbers of rows as weights, "micro" counts all classes together, None gives one
        number a class. 0 where nothing was named.

    >>> precision([0, 1, 1, 1], [0, 0, 1, 1])
    0.8333333333333333
    """
    return averaged("precision", outputs, targets, average)


def recall(outputs: Any, targets: Any, average: str | None = "macro") -> Any:
    """TP / (TP + FN): how many of a class were found; `average` as for precision.

    >>> recall([0, 1, 1, 1], [0, 0, 1, 1])
    0.75
    """
    return averaged("recall", outputs, targets, average)


def f1_score(outputs: Any, targets: Any, average: str | None = "macro") -> Any:
    """2 TP / (2 TP + FP + FN), the harmonic mean of precision and recall; `average` as
    for precision.

    >>> round(f1_score([0, 1, 1, 1], [0, 0, 1, 1]), 4)
    0.7333
    """
    return averaged("f1_score", outputs, targets, average)


def roc_auc(outputs: Any, targets: Any) -> float:
    """The area under the ROC curve: how often a row of a class has the larger output
    than one that is not of it, equal ones counted half (Hanley and McNeil 1982).

    outputs: one number a row for yes and no, or (n, c); then the mean over the classes,
        each against the rest. Raises ValueRangeError: a class has all rows, or none.

    >>> roc_auc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])
    0.75
    """
    scores = array_of(outputs)
    if scores.ndim == 2 and scores.shape[1] == 1:
        scores = scores[:, 0]
    if scores.ndim == 2:
        scores, truths = table_of("roc_auc", outputs, targets)
        areas = [area(scores[:, c], truths == c, c) for c in range(scores.shape[1])]
        return float(np.mean(areas))
    truths = array_of(targets).ravel()
    same_length("roc_auc", scores, truths)
    return area(scores, truths > 0.5, 1)


def area(scores: Array, is_class: Array, number: int) -> float:
    """(R - n₁ (n₁ + 1) / 2) / (n₁ n₀), R the sum of the ranks of the class."""
    ones = int(is_class.sum())
    zeros = len(is_class) - ones
    if not ones or not zeros:
        raise ValueRangeError(
            f"roc_auc: class {number} has {ones} of {len(is_class)} rows; expected "
            "rows of the class, and others."
        )
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2
    found = ranks[place][is_class].sum() - ones * (ones + 1) / 2
    return float(found / (ones * zeros))


def averaged(what: str, outputs: Any, targets: Any, average: str | None) -> Any:
    """A score of every class from the confusion matrix, and their mean."""
    if average not in AVERAGES:
        raise UnknownNameError(
            f"{what}: average is {average!r}; expected 'macro', 'weighted', 'micro' or "
            "None."
        )
    matrix = confusion_matrix(outputs, targets).astype(np.float64)
    right, named, there = matrix.diagonal(), matrix.sum(0), matrix.sum(1)
    if average == "micro":
        right, named, there = (np.array([x.sum()]) for x in (right, named, there))
    below = {"precision": named, "recall": there, "f1_score": (named + there) / 2}[what]
    scores = np.divide(right, below, out=np.zeros_like(right), where=below > 0)
    if average is None:
        return scores
    occurs = (named + there) > 0
    weights = there if average == "weighted" else occurs.astype(np.float64)
    return float((scores * weights).sum() / weights.sum())


# ---- numbers -------------------------------------------------------------------------


def mean_absolute_error(outputs: Any, targets: Any) -> float:
    """mean |ŷ - y|.

    >>> mean_absolute_error([1.0, 2.0], [1.0, 4.0])
    1.0
    """
    guesses, truths = numbers("mean_absolute_error", outputs, targets)
    return float(np.abs(guesses - truths).mean())


def root_mean_squared_error(outputs: Any, targets: Any) -> float:
    """√mean (ŷ - y)².

    >>> root_mean_squared_error([1.0, 1.0], [1.0, 3.0])
    1.4142135623730951
    """
    guesses, truths = numbers("root_mean_squared_error", outputs, targets)
    return float(np.sqrt(((guesses - truths) ** 2).mean()))


def r2_score(outputs: Any, targets: Any) -> float:
    """1 - Σ(y - ŷ)² / Σ(y - ȳ)²: 1 for no error, 0 for always naming the mean; NaN
    where all targets are equal. Columns have a mean each and are summed.

    >>> r2_score([1.0, 2.0, 3.0], [1.0, 2.0, 4.0])
    0.7857142857142857
    """
    guesses, truths = numbers("r2_score", outputs, targets)
    total = float(((truths - truths.mean(0)) ** 2).sum())
    left = float(((truths - guesses) ** 2).sum())
    return 1 - left / total if total else float("nan")


# ---- what they are called, and what they take ----------------------------------------

NAMES: dict[str, Callable[..., Any]] = {
    "accuracy": accuracy,
    "top_5_accuracy": top_k_accuracy,
    "precision": precision,
    "recall": recall,
    "f1": f1_score,
    "auc": roc_auc,
    "confusion_matrix": confusion_matrix,
    "mae": mean_absolute_error,
    "rmse": root_mean_squared_error,
    "r2": r2_score,
}


def find(metric: Any) -> tuple[str, Callable[..., Any]]:
    """The name and the function of a metric given by name or as a function.

    Raises UnknownNameError, DTypeError.

    >>> find("f1")[1] is f1_score
    True
    """
    if isinstance(metric, str):
        if metric not in NAMES:
            hint = nearest(metric, NAMES) or "."
            raise UnknownNameError(
                f"no metric is called {metric!r}{hint} There are: {', '.join(NAMES)}."
            )
        return metric, NAMES[metric]
    if not callable(metric):
        raise DTypeError(
            f"metric {metric!r:.40}: expected a name such as 'f1', or a function "
            "(outputs, targets) → number."
        )
    known = {function: name for name, function in NAMES.items()}
    return known.get(metric, getattr(metric, "__name__", type(metric).__name__)), metric


def array_of(values: Any) -> Array:
    return np.asarray(values.detach() if isinstance(values, Tensor) else values)


def columns_of(outputs: Any) -> int | None:
    """How many classes the outputs tell apart, if they say it."""
    array = array_of(outputs)
    return array.shape[1] if array.ndim == 2 and array.shape[1] > 1 else None


def classes(what: str, outputs: Any, targets: Any) -> tuple[Array, Array]:
    """Both as class numbers, (n,) int64."""
    pair = []
    for name, values in (("outputs", outputs), ("targets", targets)):
        array = array_of(values)
        if array.ndim == 2 and array.shape[1] > 1:
            array = array.argmax(1)
        array = array.ravel() if array.ndim == 2 else array
        is_whole = array.dtype.kind in "iub" or bool((array == np.round(array)).all())
        if array.ndim != 1 or not is_whole or (array.size and array.min() < 0):
            raise DTypeError(
                f"{what}: {name} of shape {array.shape} and type {array.dtype} are no "
                "classes; expected class numbers (n,), or one number a class (n, c). "
                "Yes and no: outputs > 0.5."
            )
        pair.append(array.astype(np.int64))
    same_length(what, *pair)
    return pair[0], pair[1]


def table_of(what: str, outputs: Any, targets: Any) -> tuple[Array, Array]:
    """Outputs (n, c), and class numbers (n,)."""
    scores = array_of(outputs)
    if scores.ndim != 2:
        raise ShapeError(
            f"{what}: outputs have shape {scores.shape}; expected one number a class, "
            "(n, c)."
        )
    _, truths = classes(what, scores, targets)
    return scores, truths


def numbers(what: str, outputs: Any, targets: Any) -> tuple[Array, Array]:
    """Both as float64 of one shape."""
    guesses, truths = (array_of(a).astype(np.float64) for a in (outputs, targets))
    if guesses.shape != truths.shape:
        raise ShapeError(
            f"{what}: outputs have shape {guesses.shape}, targets {truths.shape}; "
            "expected the same. (n, 1) becomes (n,) by [:, 0]."
        )
    if not guesses.size:
        raise ShapeError(f"{what}: there are no rows.")
    return guesses, truths


def same_length(what: str, outputs: Array, targets: Array) -> None:
    if len(outputs) != len(targets) or not len(outputs):
        raise ShapeError(
            f"{what}: {len(outputs)} outputs for {len(targets)} targets; expected one "
            "each, and at least one."
        )
