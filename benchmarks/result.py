"""What one run of one subject yields, and the judge of the loss it reached."""

from dataclasses import dataclass

import numpy as np

from benchmarks.datasets import load
from benchmarks.weights import Weights
from benchmarks.workloads import Workload

JUDGED_ROWS = 1_024


@dataclass(frozen=True)
class Result:
    """`final_loss` is taken from the final weights, by the same code for everyone."""

    seconds_per_step: float
    final_loss: float
    compile_seconds: float = 0.0


def final_loss(workload: Workload, weights: Weights) -> float:
    """Return the loss over the first rows of the data, in float64."""
    data = load(workload)
    values = data.x[:JUDGED_ROWS].astype(np.float64)
    for place, layer in enumerate(workload.layers):
        if layer.kind == "Linear":
            values = values @ weights[f"{place}.weight"].T.astype(np.float64)
            values = values + weights.get(f"{place}.bias", 0.0)
        else:
            values = ACTIVATIONS[layer.kind](values)
    return float(LOSSES[workload.loss](values, data.y[:JUDGED_ROWS]))


def _cross_entropy(scores: np.ndarray, labels: np.ndarray) -> np.floating:
    shifted = scores - scores.max(axis=1, keepdims=True)
    chosen = shifted[np.arange(len(labels)), labels]
    return np.mean(np.log(np.exp(shifted).sum(axis=1)) - chosen)


ACTIVATIONS = {
    "ReLU": lambda z: np.maximum(z, 0),
    "Sigmoid": lambda z: 1 / (1 + np.exp(-z)),
}
LOSSES = {
    "MSELoss": lambda outputs, y: np.mean((outputs - y) ** 2),
    "CrossEntropyLoss": _cross_entropy,
}
