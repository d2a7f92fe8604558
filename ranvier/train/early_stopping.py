"""Early stopping: when the validation loss has not improved for `patience` epochs."""

from __future__ import annotations

import math


class EarlyStopping:
    """Remembers the best epoch and counts the epochs since.

    An epoch is better if its loss is below the best one by more than `min_delta`.
    Epochs are counted from 1.

    >>> stopping = EarlyStopping(patience=2)
    >>> [stopping.improves(e, loss) for e, loss in enumerate([0.5, 0.4, 0.6, 0.4], 1)]
    [True, True, False, False]
    >>> stopping.best_epoch, stopping.is_exhausted
    (2, True)
    """

    def __init__(self, patience: int | None = None, min_delta: float = 0.0) -> None:
        self.patience = patience
        self.min_delta = min_delta
        self.best_epoch = 0
        self.best_loss = math.inf
        self.waited = 0

    def improves(self, epoch: int, loss: float) -> bool:
        """Take one epoch's validation loss; say whether it is the best so far."""
        if loss < self.best_loss - self.min_delta:
            self.best_epoch, self.best_loss, self.waited = epoch, loss, 0
            return True
        self.waited += 1
        return False

    @property
    def is_exhausted(self) -> bool:
        """Whether `patience` epochs have passed without a better one."""
        return self.patience is not None and self.waited >= self.patience
