"""What a model has to beat: the same data without a hidden layer."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ranvier import nn, random
from ranvier.cli.settings import optimizers
from ranvier.data.dataset import Dataset
from ranvier.train import evaluate, fit
from ranvier.train.evaluate import regression

Array = np.ndarray[Any, Any]
LINEAR_STEPS: Final = 2500
RIDGE: Final = 1e-6


def linear_accuracy(train: Dataset, test: Dataset, seed: int) -> float:
    """How far softmax regression, which has no hidden layer, gets on the same data."""
    random.manual_seed(seed)
    train = train.plain()
    inputs = train.arrays[0][0].size
    model = nn.Sequential(nn.Linear(inputs, len(train.classes or ())))
    batch_size = min(100, len(train))
    run = fit(
        model,
        train,
        loss=nn.CrossEntropyLoss(),
        optimizer=optimizers()["adam"](model.parameters(), lr=0.001),
        epochs=-(-LINEAR_STEPS // -(-len(train) // batch_size)),
        batch_size=batch_size,
        seed=seed,
        doctor=False,
    )
    if run.stopped_because == "interrupted":
        raise KeyboardInterrupt
    return float(evaluate(model, test)["accuracy"])


def linear_rmse(train: Dataset, test: Dataset) -> float:
    """The error of least squares, w = (XᵀX + n r I)⁻¹ Xᵀy with a tiny r."""
    x, y = (array.astype(np.float64) for array in train.plain().numpy())
    x = with_ones(x)
    gram = x.T @ x + RIDGE * len(x) * np.eye(x.shape[1])
    weights = np.linalg.solve(gram, x.T @ y)
    guesses = with_ones(test.numpy()[0].astype(np.float64)) @ weights
    return regression(guesses, test)["rmse"]


def with_ones(x: Array) -> Array:
    return np.concatenate([x, np.ones((len(x), 1))], 1)
