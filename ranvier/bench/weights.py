"""The initial weights, the same bits for every subject, named as in a state dict."""

from __future__ import annotations

from typing import Any

import numpy as np

from .geometry import parameters
from .workloads import Workload

Weights = dict[str, np.ndarray[Any, Any]]


def initial_weights(workload: Workload) -> Weights:
    """U(-1/√fan_in, 1/√fan_in), or U(-1, 1) where the workload says "unit"; batch norm
    starts with ones and zeros.
    """
    generator = np.random.default_rng(3)
    weights = {}
    for array in parameters(workload):
        if array.fan_in > 0:
            bound = 1.0 if workload.initial == "unit" else array.fan_in**-0.5
            value = generator.uniform(-bound, bound, array.shape)
        else:
            value = np.full(array.shape, 1.0 + array.fan_in)
        weights[array.name] = value.astype(np.float32)
    return weights
