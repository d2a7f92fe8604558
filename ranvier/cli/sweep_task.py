"""What `ranvier sweep` trains on: data, and what is usual for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import click
import numpy as np

from ranvier import nn
from ranvier.cli.settings import DEFAULTS, RATES, parts
from ranvier.data import CATALOG, Dataset, load
from ranvier.errors import nearest
from ranvier.train.stacked import stacked

XOR_RATES: Final = {"adam": 0.05, "adamw": 0.05, "sgd": 5.0, "rmsprop": 0.05}


@dataclass(frozen=True)
class Task:
    """Data with its parts, the network's builder, and the settings of every run."""

    train: Dataset
    val: Dataset | None
    test: Dataset | None
    build: Callable[..., Any] | None
    loss: Any
    optimizer: str
    lr: float
    epochs: int
    batch_size: int
    patience: int | None


def task(data: str, given: dict[str, Any]) -> Task:
    """The task of this name; what the command line says goes before what is usual."""
    if data == "xor":
        return xor(given)
    if data not in CATALOG:
        known = ("xor", *CATALOG)
        hint = nearest(data, known) or "."
        raise click.BadParameter(
            f"no data set is called '{data}'{hint} There are: {', '.join(known)}.",
            param_hint="DATA",
        )
    usual: Mapping[str, Any] = DEFAULTS[data]
    optimizer = given["optimizer"] or "adam"
    found = parts(load(data))
    patience = given["patience"]
    if patience is None:
        patience = usual["patience"]
    return Task(
        found["training set"],
        found["validation set"],
        found["test set"],
        None,
        nn.CrossEntropyLoss(),
        optimizer,
        RATES[optimizer],
        given["epochs"] or usual["epochs"],
        usual["batch_size"],
        patience or None,
    )


def xor(given: dict[str, Any]) -> Task:
    """Four rows, of which none can be kept apart: runs are compared by the training
    loss.
    """
    for option in ("patience", "trials"):
        if given[option]:
            raise click.UsageError(
                f"xor has four rows and no validation set, which --{option} looks at. "
                "Leave it out, or take digits."
            )
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    y = np.array([[0], [1], [1], [0]], np.float32)
    optimizer = given["optimizer"] or "adam"
    epochs = given["epochs"] or 1000
    rate = XOR_RATES.get(optimizer, RATES[optimizer])
    data = Dataset((x, y), name="xor")
    loss = nn.MSELoss()
    return Task(data, None, None, xor_network, loss, optimizer, rate, epochs, 4, None)


def xor_network(
    layers: int = 1,
    units: int = 10,
    activation: str = "sigmoid",
    initialisation: str = "uniform",
    dropout: float = 0.0,
) -> Any:
    """2-10-1 with sigmoids unless told otherwise."""
    inside = stacked(
        2, 1, layers=layers, units=units, activation=activation,
        initialisation=initialisation, dropout=dropout,
    )  # fmt: skip
    return nn.Sequential(*inside, nn.Sigmoid())
