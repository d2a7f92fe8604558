"""scikit-learn's MLP, `fit` over whole epochs from the common initial weights."""

from __future__ import annotations

import warnings
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np

from .datasets import load
from .orders import replay
from .result import Job, Result, judged
from .version import installed
from .weights import Weights, initial_weights
from .workloads import Workload

Array = np.ndarray[Any, Any]
ACTIVATIONS = {"ReLU": "relu", "Sigmoid": "logistic"}
FIRST_ROWS = 1_000


def available() -> str | None:
    return installed("scikit-learn")


def refuses(workload: Workload) -> str:
    """Why it cannot be put: biases everywhere, no activation at the end.

    Its squared error is half of ours: Adam's step does not depend on that, SGD's does.
    """
    if not workload.is_plain:
        return "has linear layers only"
    if not all(layer.arguments[2] for _, layer in workload.linear):
        return "has a bias in every layer"
    if workload.loss == "MSELoss" and workload.optimizer == "SGD":
        return "its squared error is half of PyTorch's"
    return ""


def job(workload: Workload, threads: int) -> Job:
    return Job(partial(_check, workload), partial(_run, workload))


def _run(workload: Workload, steps: int) -> Result:
    """Whole epochs, at least `steps` steps, shuffled by scikit-learn itself; of fewer
    rows where an epoch has more.
    """
    per_epoch = min(steps, workload.steps_per_epoch)
    kept = per_epoch * workload.batch
    x, y = load(workload).floats()[:kept], load(workload).y[:kept]
    return _fit(workload, x, y, -(-steps // per_epoch), not workload.full_batch)


def _check(workload: Workload, steps: int) -> Result:
    """Exactly `steps` steps in the common order of mini-batches."""
    x, y = load(workload).floats(), load(workload).y
    if workload.full_batch:
        return _fit(workload, x, y, steps, shuffle=False)
    rows = replay(workload, 0, steps)
    return _fit(workload, x[rows], y[rows], 1, shuffle=False)


def _fit(workload: Workload, x: Array, y: Array, epochs: int, shuffle: bool) -> Result:
    y = y.ravel()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = _model(workload, x, y)
        options = {"max_iter": epochs, "n_iter_no_change": epochs + 1}
        model.set_params(shuffle=shuffle, **options)
        begin = perf_counter()
        model.fit(x, y)
        seconds = perf_counter() - begin
    each = seconds / (epochs * (len(x) // workload.batch))
    return Result(each, judged(workload, _weights(workload, model), np.nan))


def _model(workload: Workload, x: Array, y: Array) -> Any:
    """Return a model that goes on from the common weights with a fresh optimiser."""
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    classes = {"MSELoss": MLPRegressor, "CrossEntropyLoss": MLPClassifier}
    model = classes[workload.loss](
        hidden_layer_sizes=[layer.arguments[1] for _, layer in workload.linear[:-1]],
        activation=ACTIVATIONS[workload.layers[1].kind],
        solver=workload.optimizer.lower(),
        alpha=0.0,
        batch_size=workload.batch,
        learning_rate_init=workload.lr,
        momentum=0.0,
        nesterovs_momentum=False,
        max_iter=1,
        tol=0.0,
        warm_start=True,
    )
    rows = _first_rows(workload, y)
    model.fit(x[rows], y[rows])
    initial = initial_weights(workload)
    for index, (place, _) in enumerate(workload.linear):
        model.coefs_[index][...] = initial[f"{place}.weight"].T
        model.intercepts_[index][...] = initial[f"{place}.bias"]
    return model


def _first_rows(workload: Workload, y: Array) -> Array:
    """Enough rows to set a model up: of classes, one of each."""
    if workload.loss == "CrossEntropyLoss":
        return np.unique(y, return_index=True)[1]
    return np.arange(min(len(y), FIRST_ROWS))


def _weights(workload: Workload, model: Any) -> Weights:
    weights = {}
    for index, (place, _) in enumerate(workload.linear):
        weights[f"{place}.weight"] = model.coefs_[index].T
        weights[f"{place}.bias"] = model.intercepts_[index]
    return weights
