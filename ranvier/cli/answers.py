"""Predictions for the rows of a table, as CSV or JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np

from ranvier import data
from ranvier.atomic import write_text
from ranvier.cli import network
from ranvier.cli.screen import Screen
from ranvier.data.dataset import Dataset
from ranvier.data.kept import from_plain
from ranvier.data.target import Target
from ranvier.errors import FileError
from ranvier.train.evaluate import predictions, probabilities
from ranvier.train.words import Words

Array = np.ndarray[Any, Any]


def table_answers(
    model: Any,
    facts: network.Facts,
    files: Sequence[Path],
    out: Path | None,
    screen: Screen,
    words: Words,
) -> None:
    """Read tables, predict every row, write one CSV; what was filled in is said.

    Raises FileError, DataError, UnknownNameError: a table that cannot be used.
    """
    features, target = from_plain(facts.table)
    rows: list[dict[str, Any]] = []
    for path in files:
        if path.is_dir():
            raise FileError(
                f"{path} is a folder, and this run is one on a table; expected a .csv "
                "or .parquet file."
            )
        table = data.as_table(path, text=[name for name, _ in features.categories])
        outputs = predictions(model, Dataset((features(table),), name=table.name))
        rows += answers(target, outputs)
        for note in features.notes(table):
            screen.warn(words("note", note=f"{path}: {note}"))
    if out is not None:
        write_text(out, as_csv(rows))
        screen.line(words("predicted", rows=len(rows), out=out))
    elif not screen.as_json:
        click.echo(as_csv(rows), nl=False)
    screen.result({"target": target.name, "predictions": rows})


def answers(target: Target, outputs: Array) -> list[dict[str, Any]]:
    """A dict a row: the prediction under the target's name, and how sure it is."""
    if target.classes is None:
        values = target.transform.inverse(outputs)[:, 0]
        return [{target.name: float(value)} for value in values]
    shares = probabilities(outputs)
    best = shares.argmax(1)
    sure = shares[np.arange(len(best)), best]
    return [
        {target.name: target.classes[guess], "probability": float(share)}
        for guess, share in zip(best, sure, strict=True)
    ]


def as_csv(rows: list[dict[str, Any]]) -> str:
    """The names of the columns, then a line a row; numbers to seven digits."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(rows[0])
    for row in rows:
        written = (f"{v:.7g}" if isinstance(v, float) else v for v in row.values())
        writer.writerow(written)
    return text.getvalue()
