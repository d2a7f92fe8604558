"""What a model has to beat: guessing, a linear model, and the value before."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ranvier import nn, optim
from ranvier.compiler.compiled import compile
from ranvier.data.dataset import Dataset
from ranvier.data.loader import DataLoader
from ranvier.tensor import Tensor
from ranvier.train.evaluate import guessing, regression
from ranvier.train.scoring import Scoring

Array = np.ndarray[Any, Any]
LINEAR_STEPS: Final = 2500
LINEAR_BATCH: Final = 100
MOST_INPUTS: Final = 5000  # of least squares: their products with one another are kept
RIDGE: Final = 1e-6
NAMES: Final = {"baseline_accuracy": "majority", "baseline_rmse": "mean"}


def baselines(train: Dataset, data: Dataset, scoring: Scoring) -> dict[str, float]:
    """baseline, linear and persistence, each with _accuracy or _rmse, on `data`.

    baseline: always the most frequent class of `data`, or its mean. linear: softmax
    regression or least squares, learned from `train`; left out where inputs are whole
    numbers such as letters, or a row has several answers. persistence: as the row
    before, where rows have an order in time.
    """
    return guessing(data, scoring) | linear(train.plain(), data, scoring)


def linear(train: Dataset, data: Dataset, scoring: Scoring) -> dict[str, float]:
    """The figure of a model without a hidden layer, where there can be one."""
    if any(array.dtype.kind != "f" for array in train.prepare_numpy(*first(train))[:1]):
        return {}
    if scoring is Scoring.NONE:
        inputs = train.arrays[0][0].size
        if inputs > MOST_INPUTS or train.arrays[1].dtype.kind != "f":
            return {}
        return {"linear_rmse": least_squares(train, data)}
    if scoring is not Scoring.ONE_HOT and train.arrays[1][0].size > 1:
        return {}
    train, data = (as_classes(part, scoring) for part in (train, data))
    return {"linear_accuracy": softmax_regression(train, data)}


def first(data: Dataset) -> list[Array]:
    """The first row, as arrays of one row."""
    return [array[:1] for array in data.arrays]


def as_classes(data: Dataset, scoring: Scoring) -> Dataset:
    """The same rows with class numbers as targets."""
    inputs, targets = data.arrays
    return data.copy(
        arrays=(inputs, scoring.numbers(targets).ravel()), persistence=None
    )


def softmax_regression(train: Dataset, data: Dataset) -> float:
    """Its accuracy on `data`, after 2,500 steps of Adam from zero."""
    count = 1 + max(1, *(int(part.arrays[1].max()) for part in (train, data)))
    w = Tensor(np.zeros((train.arrays[0][0].size, count), np.float32))
    b = Tensor(np.zeros(count, np.float32))
    optimizer = optim.Adam([w.requires_grad_(), b.requires_grad_()])
    criterion = nn.CrossEntropyLoss()

    def step(x: Tensor, y: Tensor) -> Tensor:
        optimizer.zero_grad()
        loss: Tensor = criterion(x.flatten(1) @ w + b, y)
        loss.backward()
        optimizer.step()
        return loss

    batch_size = min(LINEAR_BATCH, len(train))
    loader = DataLoader(train, batch_size, shuffle=True, seed=0)
    compile(step).over(loader, epochs=-(-LINEAR_STEPS // len(loader)))
    inputs, targets = data.numpy()
    outputs = rows(inputs) @ np.asarray(w.detach()) + np.asarray(b.detach())
    return float((outputs.argmax(1) == targets).mean())


def least_squares(train: Dataset, data: Dataset) -> float:
    """The error on `data` of w = (XᵀX + n r I)⁻¹ Xᵀy with a tiny r."""
    x, y = (rows(array) for array in train.numpy()[:2])
    x = with_ones(x)
    gram = x.T @ x + RIDGE * len(x) * np.eye(x.shape[1])
    weights = np.linalg.solve(gram, x.T @ y)
    guesses = with_ones(rows(data.numpy()[0])) @ weights
    return regression(guesses.reshape(data.arrays[1].shape), data)["rmse"]


def rows(array: Array) -> Array:
    """(n, numbers of a row) float64."""
    return array.reshape(len(array), -1).astype(np.float64)


def with_ones(x: Array) -> Array:
    return np.concatenate([x, np.ones((len(x), 1))], 1)


def sentence(part: str, own: dict[str, Any], found: dict[str, float]) -> str:
    """The model's figure, and those that it has to beat.

    >>> own = {"loss": 0.1, "accuracy": 0.978, "baseline_accuracy": 0.112}
    >>> sentence("validation", own, {"baseline_accuracy": 0.112})
    'validation: accuracy 0.978; majority 0.112'
    """
    what = "accuracy" if "accuracy" in own else "rmse"
    beside = (
        f"{NAMES.get(name) or name.removesuffix(f'_{what}')} {value:.4g}"
        for name, value in found.items()
    )
    return f"{part}: {what} {own[what]:.4g}; {', '.join(beside)}"
