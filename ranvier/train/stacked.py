"""A multi-layer perceptron from the hyper-parameters that the lecture names."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, Final

from ranvier import nn
from ranvier.data.arrays import is_whole
from ranvier.data.dataset import Dataset
from ranvier.errors import UnknownNameError, ValueRangeError, nearest
from ranvier.nn import init
from ranvier.tensor import Tensor
from ranvier.train.architecture import ACTIVATIONS

INITIALISATIONS: Final = ("uniform", "gaussian", "xavier", "kaiming")


def stacked(
    inputs: int,
    outputs: int,
    *,
    layers: int = 1,
    units: int = 32,
    activation: str = "relu",
    initialisation: str = "uniform",
    dropout: float = 0.0,
) -> Any:
    """`layers` hidden layers of `units` each, with an activation (and dropout) behind
    every one.

    initialisation: of the weights, with m inputs a unit: "uniform" U(-1/√m, 1/√m), as
        nn.Linear has it; "gaussian" N(0, 1/m), biases 0; "xavier", "kaiming" (uniform),
        biases 0.

    >>> model = stacked(784, 10, layers=2, units=16)
    >>> sum(p.numel() for p in model.parameters())
    13002
    """
    if not is_whole(units) or not (is_whole(layers) or layers == 0):
        raise ValueRangeError(
            f"layers={layers!r}, units={units!r}: expected whole numbers, layers from "
            "0 and units from 1."
        )
    known("activation", activation, ACTIVATIONS)
    known("initialisation", initialisation, INITIALISATIONS)
    parts: list[Any] = [nn.Flatten()]
    width = inputs
    for _ in range(layers):
        parts += [linear(width, units, initialisation)]
        parts += [getattr(nn, ACTIVATIONS[activation])()]
        parts += [nn.Dropout(dropout)] if dropout else []
        width = units
    return nn.Sequential(*parts, linear(width, outputs, initialisation))


def known(what: str, name: Any, names: Any) -> None:
    if name not in names:
        hint = nearest(str(name), names) or "."
        raise UnknownNameError(
            f"no {what} is called {name!r}{hint} There are: {', '.join(names)}."
        )


def linear(inputs: int, outputs: int, initialisation: str) -> Any:
    """A linear layer with these initial weights."""
    layer: Any = nn.Linear(inputs, outputs)
    if initialisation == "uniform":
        return layer
    draw: Callable[[Tensor], Any] = {
        "gaussian": lambda w: init.normal_(w, 0.0, 1 / math.sqrt(inputs)),
        "xavier": init.xavier_uniform_,
        "kaiming": lambda w: init.kaiming_uniform_(w, nonlinearity="relu"),
    }[initialisation]
    draw(layer.weight)
    init.zeros_(layer.bias)
    return layer


def perceptron_for(data: Dataset) -> Callable[..., Any]:
    """`stacked` with as many inputs and outputs as the data asks for."""
    inputs = math.prod(data.arrays[0].shape[1:])
    targets = data.arrays[1] if len(data.arrays) > 1 else data.arrays[0]
    if data.classes:
        outputs = len(data.classes)
    elif targets.ndim == 1 and targets.dtype.kind in "iu":
        outputs = int(targets.max()) + 1
    else:
        outputs = math.prod(targets.shape[1:])
    return functools.partial(stacked, inputs, outputs)
