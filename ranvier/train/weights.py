"""A model's weights as arrays: taken when they are the best, put back at the end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def take(model: Any) -> dict[str, Array]:
    """A copy of every parameter and buffer, by name."""
    return {k: np.array(v.detach(), copy=True) for k, v in model.state_dict().items()}


def put_back(model: Any, weights: Mapping[str, Array]) -> None:
    """Give the model these weights again."""
    model.load_state_dict(dict(weights))
