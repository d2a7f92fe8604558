"""What the doctor has to go by: the run's history, readings of its layers, its data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ranvier.compiler.watch import Watch
from ranvier.data.dataset import Dataset
from ranvier.train.scoring import Scoring

Array = np.ndarray[Any, Any]
SAMPLE = 2000  # rows that are looked at of a data set


@dataclass(frozen=True)
class Evidence:
    """Everything about a run that the rules read.

    `watch` may be None, or one without layers: then there are no series.
    """

    model: Any
    loss: Any
    optimizer: Any
    scoring: Scoring
    train: Dataset
    val: Dataset | None
    batch_size: int
    history: Mapping[str, Any]
    stopped_because: str
    error: str
    watch: Watch | None

    # ---- readings ----------------------------------------------------------------

    @cached_property
    def steps(self) -> Array:
        """The steps that were read."""
        return np.zeros(0, np.int64) if self.watch is None else self.watch.steps

    @cached_property
    def columns(self) -> dict[str, Array]:
        return {} if self.watch is None else self.watch.history

    def series(self, what: str) -> dict[str, Array]:
        """The readings of one statistic by layer or parameter, in the model's order.

        "2.weight.grad_norm" is the "grad_norm" of "2.weight".
        """
        ending = f".{what}"
        found = {
            name.removesuffix(ending): values
            for name, values in self.columns.items()
            if name.endswith(ending)
        }
        return dict(sorted(found.items(), key=lambda pair: self.place(pair[0])))

    def place(self, name: str) -> int:
        """Where a layer or parameter stands in the model."""
        return self.order.get(name, len(self.order))

    @cached_property
    def order(self) -> dict[str, int]:
        names = [n or type(m).__name__ for n, m in self.leaves.items()]
        names += [name for name, _ in self.model.named_parameters()]
        return {name: i for i, name in enumerate(names)}

    @cached_property
    def leaves(self) -> dict[str, Any]:
        """The modules that hold no others, by name."""
        found = self.model.named_modules()
        return {name: module for name, module in found if not any(module.children())}

    def layer(self, name: str) -> str:
        """The name with its kind: "1 (ReLU)"."""
        module = self.leaves.get(name)
        return name if module is None else f"{name} ({type(module).__name__})"

    @cached_property
    def last_leaf(self) -> str:
        return list(self.leaves)[-1]

    @cached_property
    def weights(self) -> dict[str, Any]:
        """Parameters that are learned and multiply: matrices and kernels, no biases."""
        return {
            name: p
            for name, p in self.model.named_parameters()
            if p.requires_grad and p.ndim > 1 and not self.is_table(name)
        }

    def is_table(self, name: str) -> bool:
        """Whether a parameter holds embeddings: a batch touches few of their rows."""
        owner = self.leaves.get(name.rpartition(".")[0])
        return type(owner).__name__.startswith("Embedding")

    def early(self, values: Array) -> Array:
        """The first quarter of the readings."""
        return values[: max(1, len(values) // 4)]

    def late(self, values: Array) -> Array:
        """The last quarter."""
        return values[-max(1, len(values) // 4) :]

    # ---- losses ------------------------------------------------------------------

    @cached_property
    def train_loss(self) -> Array:
        return np.asarray(self.history.get("train_loss", ()), np.float64)

    @cached_property
    def val_loss(self) -> Array:
        return np.asarray(self.history.get("val_loss", ()), np.float64)

    @cached_property
    def baseline(self) -> float:
        """The loss of the best answer that does not look at the inputs; NaN where that
        is not known for this loss.
        """
        if getattr(self.loss, "reduction", "") != "mean":
            return math.nan
        kind = type(self.loss).__name__
        y = self.train.arrays[1].astype(np.float64)
        if kind in ("CrossEntropyLoss", "NLLLoss") and self.scoring is not Scoring.NONE:
            return entropy(self.shares)
        if kind in ("BCELoss", "BCEWithLogitsLoss"):
            return float(np.mean([entropy(np.array([p, 1 - p])) for p in each_mean(y)]))
        if kind == "MSELoss":
            return float(y.var(0).mean())
        if kind == "L1Loss":
            return float(np.abs(y - np.median(y, 0)).mean())
        return math.nan

    @cached_property
    def learned(self) -> float:
        """How much of the baseline's loss is gone at the end: 1 all, 0 none, NaN
        unknown.
        """
        if not len(self.train_loss) or not self.baseline > 0:
            return math.nan
        return 1 - float(self.train_loss[-1]) / self.baseline

    # ---- data --------------------------------------------------------------------

    @cached_property
    def numbers(self) -> Array:
        """The training set's classes as numbers."""
        return self.scoring.numbers(self.train.arrays[1]).ravel()

    @cached_property
    def counts(self) -> Array:
        """How many rows each class has that has any."""
        return np.unique(self.numbers, return_counts=True)[1]

    @cached_property
    def shares(self) -> Array:
        shares: Array = self.counts / self.counts.sum()
        return shares

    @cached_property
    def sample(self) -> tuple[Array, Array]:
        """Inputs as the model sees them, one row flat, and targets, of 2,000 rows."""
        rows = np.linspace(0, len(self.train) - 1, min(SAMPLE, len(self.train)))
        x, y = self.train.take(rows.astype(np.int64)).numpy()[:2]
        return x.reshape(len(x), -1), y


def entropy(shares: Array) -> float:
    """-Σ p ln p.

    >>> round(entropy(np.array([0.5, 0.5])), 4)
    0.6931
    """
    some = shares[shares > 0]
    return float(-(some * np.log(some)).sum())


def each_mean(y: Array) -> Array:
    """The mean of every column."""
    means: Array = np.atleast_1d(y.mean(0)).ravel()
    return means
