"""What counts as a right answer: class numbers, one-hot rows, yes or no, nothing."""

from __future__ import annotations

from enum import Enum
from typing import Any

import numpy as np

from ranvier.tensor import Tensor

Array = np.ndarray[Any, Any]


class Scoring(Enum):
    """How answers are judged; NONE is regression, which has no accuracy."""

    CLASSES = "class numbers"
    ONE_HOT = "one-hot rows"
    LOGIT = "yes or no, from a logit"
    PROBABILITY = "yes or no, from a probability"
    NONE = "regression"

    @classmethod
    def of(cls, loss: Any, outputs: tuple[int, ...], targets: Array) -> Scoring:
        """The scoring that fits a loss, the shape of the outputs and the targets."""
        name = type(loss).__name__
        if name == "BCEWithLogitsLoss":
            return cls.LOGIT
        if name == "BCELoss":
            return cls.PROBABILITY
        if len(outputs) < 2 or outputs[1] < 2:
            return cls.NONE
        if targets.dtype.kind in "iu" and targets.shape[1:] == outputs[2:]:
            return cls.CLASSES
        one_hot = targets.shape[1:] == outputs[1:] and name == "CrossEntropyLoss"
        return cls.ONE_HOT if one_hot else cls.NONE

    def right(
        self, outputs: Tensor, targets: Tensor, ignored: int | None = None
    ) -> Tensor:
        """How many answers of a batch are right, as one number; a row with several
        answers, one a place, counts by their share.

        Labels that are `ignored` do not count: the number is the share of right answers
        among the others, times the rows.
        """
        same = self.matches(outputs, targets)
        if ignored is not None:
            kept = targets != ignored
            count = kept.float().sum().clamp(min=1)
            return (same & kept).float().sum() * len(targets) / count
        same = same.float()
        return (same if same.ndim == 1 else same.flatten(1).mean(1)).sum()

    def matches(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Which answers are right, booleans."""
        if self is Scoring.CLASSES and targets.ndim == outputs.ndim - 1:
            return outputs.argmax(1) == targets
        if self in (Scoring.CLASSES, Scoring.ONE_HOT):  # mixed classes are rows, too
            return outputs.argmax(1) == targets.argmax(1)
        cut = 0.0 if self is Scoring.LOGIT else 0.5
        return (outputs > cut) == (targets > 0.5)

    def numbers(self, targets: Array) -> Array:
        """Targets as class numbers, for counting classes."""
        if self is Scoring.ONE_HOT:
            return np.asarray(targets.argmax(1))
        if self is Scoring.CLASSES:
            return targets
        return np.asarray(targets > 0.5, np.int64)
