"""scikit-learn's MLP, `fit` over whole epochs from the common initial weights."""

import warnings
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.datasets import load
from benchmarks.orders import replay
from benchmarks.result import Result, final_loss
from benchmarks.version import installed
from benchmarks.weights import Weights, initial_weights
from benchmarks.workloads import Workload

ACTIVATIONS = {"ReLU": "relu", "Sigmoid": "logistic"}
FIRST_ROWS = 1_000


def available() -> str | None:
    return installed("scikit-learn")


def supports(workload: Workload) -> bool:
    """Say whether it can be put: biases everywhere, no activation at the end.

    Its squared error is half of ours: Adam's step does not depend on that, SGD's does.
    """
    kinds = [layer.kind for layer in workload.layers]
    alternating = kinds[0::2] == ["Linear"] * len(kinds[0::2]) and len(kinds) % 2 == 1
    same_slope = workload.loss == "CrossEntropyLoss" or workload.optimizer == "Adam"
    biases = all(layer.arguments[2] for _, layer in workload.linear)
    return alternating and same_slope and biases


def run(workload: Workload, steps: int, threads: int) -> Result:
    """Train whole epochs, at least `steps` steps, shuffled by scikit-learn itself."""
    x, y = load(workload)
    kept = workload.steps_per_epoch * workload.batch
    epochs = -(-steps // workload.steps_per_epoch)
    return _fit(workload, x[:kept], y[:kept], epochs, shuffle=not workload.full_batch)


def check(workload: Workload, steps: int, threads: int) -> Result:
    """Train exactly `steps` steps in the common order of mini-batches."""
    x, y = load(workload)
    if workload.full_batch:
        return _fit(workload, x, y, steps, shuffle=False)
    rows = replay(workload, steps)
    return _fit(workload, x[rows], y[rows], 1, shuffle=False)


def _fit(
    workload: Workload, x: np.ndarray, y: np.ndarray, epochs: int, shuffle: bool
) -> Result:
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
    return Result(each, final_loss(workload, _weights(workload, model)))


def _model(workload: Workload, x: np.ndarray, y: np.ndarray) -> Any:
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
    model.fit(x[:FIRST_ROWS], y[:FIRST_ROWS])
    initial = initial_weights(workload)
    for index, (place, _) in enumerate(workload.linear):
        model.coefs_[index][...] = initial[f"{place}.weight"].T
        model.intercepts_[index][...] = initial[f"{place}.bias"]
    return model


def _weights(workload: Workload, model: Any) -> Weights:
    weights = {}
    for index, (place, _) in enumerate(workload.linear):
        weights[f"{place}.weight"] = model.coefs_[index].T
        weights[f"{place}.bias"] = model.intercepts_[index]
    return weights
