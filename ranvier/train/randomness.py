"""Where the random numbers of a run stand: dropout goes on with its next draw."""

from __future__ import annotations

from typing import Any

import numpy as np

from ranvier.graph import leaf
from ranvier.random import default_generator
from ranvier.tensor import Tensor

Array = np.ndarray[Any, Any]


def prepare() -> None:
    """Have the counter before a step is captured, so that it is state of the step."""
    if default_generator.state is None:
        first = default_generator.first_state().value
        assert first is not None, "a leaf has its value"
        default_generator.state = Tensor(first)


def take() -> Array | None:
    """(seed, number of draws) of what is drawn inside steps; None if nothing was."""
    state = default_generator.state
    return np.array(state, copy=True) if isinstance(state, Tensor) else None


def put_back(state: Array | None) -> None:
    """Go on from there."""
    if state is None:
        return
    prepare()
    assert default_generator.state is not None, "prepare makes it"
    default_generator.state._rebind(leaf(state))
