"""Rules about the data: its scale, its labels, its classes, rows on both sides."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ranvier.train.doctor.evidence import Array, Evidence
from ranvier.train.doctor.finding import Finding
from ranvier.train.scoring import Scoring

LARGE, SMALL = 10.0, 0.01
LARGE_TARGETS = 100.0
RARE = 0.1
SHARED = 0.01
CHANCE = 3.0  # standard errors
NEIGHBOURS = 1000


def inputs_not_normalised(seen: Evidence) -> Iterator[Finding]:
    """A column whose numbers are far from 1, where nothing brings them there."""
    x, _ = seen.sample
    if x.dtype.kind != "f" or normalises_first(seen):
        return
    sizes = np.sqrt((x.astype(np.float64) ** 2).mean(0))
    largest = int(sizes.argmax())
    if sizes[largest] > LARGE or 0 < sizes[largest] < SMALL:
        column = x[:, largest]
        values = {
            "column": largest,
            "size": float(sizes[largest]),
            "mean": float(column.mean()),
            "sd": float(column.std()),
            "threshold": LARGE if sizes[largest] > LARGE else SMALL,
        }
        yield Finding("inputs_not_normalised", "", 0, values)


def normalises_first(seen: Evidence) -> bool:
    """Whether the model itself begins with a normalisation."""
    first = type(next(iter(seen.leaves.values()))).__name__
    return first.endswith("Norm") or "Norm" in first


def targets_not_normalised(seen: Evidence) -> Iterator[Finding]:
    """Numbers to be predicted that are far larger than what a fresh network gives."""
    _, y = seen.sample
    if seen.scoring is not Scoring.NONE or y.dtype.kind != "f":
        return
    size = float(np.sqrt((y.astype(np.float64) ** 2).mean()))
    if size > LARGE_TARGETS:
        values = {
            "size": size,
            "mean": float(y.mean()),
            "sd": float(y.std()),
            "threshold": LARGE_TARGETS,
        }
        yield Finding("targets_not_normalised", "", 0, values)


def class_imbalance(seen: Evidence) -> Iterator[Finding]:
    """One class is so rare that the accuracy hardly notices it."""
    if seen.scoring is Scoring.NONE or len(seen.counts) < 2:
        return
    low, high = int(seen.counts.min()), int(seen.counts.max())
    if low < RARE * high:
        rare = np.unique(seen.numbers)[int(seen.counts.argmin())]
        values = {
            "rare": int(rare),
            "low": low,
            "high": high,
            "share": float(seen.shares.max()),
            "threshold": RARE,
        }
        yield Finding("class_imbalance", "", 0, values)


def leakage(seen: Evidence) -> Iterator[Finding]:
    """Rows of the validation set that were learned from."""
    if seen.val is None or is_grid(seen):
        return
    known = rows_of(seen.train.arrays[0])
    judged = rows_of(seen.val.arrays[0])
    shared = int(np.isin(judged, known).sum())
    if shared >= 2 and shared >= SHARED * len(judged):
        values = {"shared": shared, "rows": len(judged), "threshold": SHARED}
        yield Finding("leakage", "", 0, values)


def is_grid(seen: Evidence) -> bool:
    """Whether equal rows are bound to come: fewer combinations than ten a row."""
    x = seen.train.arrays[0].reshape(len(seen.train), -1)
    combinations = 1.0
    for column in x.T:
        combinations *= len(np.unique(column))
        if combinations >= 10 * len(x):
            return False
    return True


def rows_of(x: Array) -> Array:
    """Every row as one value that can be compared."""
    flat = np.ascontiguousarray(x.reshape(len(x), -1))
    return flat.view(np.dtype((np.void, flat.dtype.itemsize * flat.shape[1]))).ravel()


def labels_shuffled(seen: Evidence) -> Iterator[Finding]:
    """Neither the network nor the nearest row knows more of a label than chance."""
    if seen.val is None or seen.scoring is Scoring.NONE or len(seen.counts) < 2:
        return
    accuracy = np.asarray(seen.history.get("val_accuracy", ()))
    if not len(accuracy) or len(seen.val) < 50 or len(seen.train) < 100:
        return
    truths = seen.scoring.numbers(seen.val.arrays[1]).ravel()
    majority = float(np.unique(truths, return_counts=True)[1].max() / len(truths))
    noise = CHANCE * np.sqrt(majority * (1 - majority) / len(truths))
    agrees, chance, error = neighbours(seen)
    if accuracy.max() < majority + noise and agrees < chance + CHANCE * error:
        values = {
            "accuracy": float(accuracy.max()),
            "majority": majority,
            "agrees": agrees,
            "chance": chance,
            "threshold": CHANCE,
        }
        yield Finding("labels_look_shuffled", "", 0, values)


def neighbours(seen: Evidence) -> tuple[float, float, float]:
    """How often a row's nearest other has its label, how often by chance, and the
    standard error of that.
    """
    x, y = seen.sample
    labels = seen.scoring.numbers(y).ravel()[:NEIGHBOURS]
    x = x[:NEIGHBOURS].astype(np.float64)
    x = (x - x.mean(0)) / np.where(x.std(0) > 0, x.std(0), 1)
    squares = (x**2).sum(1)
    distances = squares[:, None] + squares - 2 * x @ x.T
    np.fill_diagonal(distances, np.inf)
    agrees = float((labels[distances.argmin(1)] == labels).mean())
    shares = np.unique(labels, return_counts=True)[1] / len(labels)
    chance = float((shares**2).sum())
    return agrees, chance, float(np.sqrt(chance * (1 - chance) / len(labels)))
