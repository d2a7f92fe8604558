"""The initial weights, the same bits for every subject, named as in a state dict."""

import numpy as np

from benchmarks.workloads import Workload

Weights = dict[str, np.ndarray]


def initial_weights(workload: Workload) -> Weights:
    """Return U(-1/√fan_in, 1/√fan_in), or U(-1, 1) where the workload says "unit"."""
    generator = np.random.default_rng(3)
    weights = {}
    for place, layer in workload.linear:
        inputs, outputs, bias = layer.arguments
        bound = 1.0 if workload.initial == "unit" else inputs**-0.5
        shape = (outputs, inputs)
        weights[f"{place}.weight"] = _uniform(generator, bound, shape)
        if bias:
            weights[f"{place}.bias"] = _uniform(generator, bound, (outputs,))
    return weights


def _uniform(
    generator: np.random.Generator, bound: float, shape: tuple[int, ...]
) -> np.ndarray:
    return generator.uniform(-bound, bound, shape).astype(np.float32)
