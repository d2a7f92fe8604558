"""What one run of one subject yields, and the judge of the loss it reached."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from .datasets import load
from .weights import Weights
from .workloads import Workload

Array = np.ndarray[Any, Any]
JUDGED_ROWS = 1_024


@dataclass(frozen=True)
class Result:
    """`loss` is judged from the final weights by the same code for everyone; where the
    judge does not know the layers, it is the loss of the last step.
    """

    seconds_per_step: float
    loss: float
    compile_seconds: float = 0.0


class Job(NamedTuple):
    """One subject at work: `check(steps)`, once and first, trains from the common
    weights in the common order of mini-batches; `run(steps)` may shuffle and go on.
    """

    check: Callable[[int], Result]
    run: Callable[[int], Result]


def judged(workload: Workload, weights: Weights, last: float) -> float:
    """The loss over the first rows of the data, in float64; `last` where unknown."""
    if not workload.is_plain:
        return last
    data = load(workload)
    values = data.floats()[:JUDGED_ROWS].astype(np.float64)
    for place, layer in enumerate(workload.layers):
        if layer.kind == "Linear":
            values = values @ weights[f"{place}.weight"].T.astype(np.float64)
            values = values + weights.get(f"{place}.bias", np.zeros(1))
        else:
            values = ACTIVATIONS[layer.kind](values)
    return float(LOSSES[workload.loss](values, data.y[:JUDGED_ROWS]))


def _cross_entropy(scores: Array, labels: Array) -> Any:
    shifted = scores - scores.max(axis=1, keepdims=True)
    chosen = shifted[np.arange(len(labels)), labels]
    return np.mean(np.log(np.exp(shifted).sum(axis=1)) - chosen)


ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "ReLU": lambda z: np.maximum(z, 0),
    "Sigmoid": lambda z: 1 / (1 + np.exp(-z)),
}
LOSSES: dict[str, Callable[[Array, Array], Any]] = {
    "MSELoss": lambda outputs, y: np.mean((outputs - y) ** 2),
    "CrossEntropyLoss": _cross_entropy,
}
