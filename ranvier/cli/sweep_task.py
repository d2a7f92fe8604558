"""What `ranvier sweep` trains on: data, and what is usual for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click
import numpy as np

from ranvier import nn
from ranvier.cli.material import TEST, TRAIN, VAL, open_material
from ranvier.cli.settings import DEFAULTS, RATES
from ranvier.data import CATALOG, Dataset
from ranvier.errors import nearest
from ranvier.train.stacked import stacked
from ranvier.train.words import Words

SUFFIXES: Final = (".csv", ".gz", ".parquet", ".tsv")
TABLES: Final = {"epochs": 50, "batch_size": 32, "patience": 8}
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
    told: list[str]


def task(data: str, given: dict[str, Any], words: Words) -> Task:
    """The task of this name; what the command line says goes before what is usual."""
    if data == "xor":
        return xor(given)
    check_name(data)
    material = open_material({"data": data, **given})
    optimizer = given["optimizer"] or "adam"
    usual: Mapping[str, Any] = DEFAULTS.get(material.name, TABLES)
    patience = given["patience"]
    if patience is None:
        patience = usual["patience"]
    train = material.parts[TRAIN]
    return Task(
        train,
        material.parts[VAL],
        material.parts[TEST],
        None,
        nn.MSELoss() if material.is_regression else nn.CrossEntropyLoss(),
        optimizer,
        RATES[optimizer],
        given["epochs"] or usual["epochs"],
        min(usual["batch_size"], len(train)),
        patience or None,
        material.lines(words),
    )


def check_name(data: str) -> None:
    """A data set of ours, or something that lies on the disk."""
    known = ("xor", *CATALOG)
    if data in known or Path(data).exists() or Path(data).suffix in SUFFIXES:
        return
    raise click.BadParameter(
        f"no data set is called '{data}'{nearest(data, known) or '.'} There are: "
        f"{', '.join(known)}; or give a .csv or .parquet file, or a folder of "
        "pictures.",
        param_hint="DATA",
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
    return Task(
        data, None, None, xor_network, loss, optimizer, rate, epochs, 4, None, []
    )


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
