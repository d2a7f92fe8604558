"""The order of the mini-batches, the same for every subject."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from .workloads import Workload

Array = np.ndarray[Any, Any]
# Long runs of small workloads repeat these, to bound the memory they take.
EPOCHS = 64


@cache
def epoch_order(workload: Workload, epoch: int) -> Array:
    """Return one epoch's shuffled row numbers, whole mini-batches only."""
    kept = workload.steps_per_epoch * workload.batch
    return np.random.default_rng([7, epoch]).permutation(workload.rows)[:kept]


def orders(workload: Workload, start: int, stop: int) -> list[Array]:
    """Return the row numbers of steps `start` to `stop`, one array an epoch."""
    pieces = []
    while start < stop:
        epoch, first = divmod(start, workload.steps_per_epoch)
        last = min(workload.steps_per_epoch, first + stop - start)
        order = epoch_order(workload, epoch % EPOCHS)
        pieces.append(order[first * workload.batch : last * workload.batch])
        start += last - first
    return pieces


def replay(workload: Workload, start: int, stop: int) -> Array:
    """All row numbers of these steps in order, for subjects that read in sequence."""
    if workload.full_batch:
        return np.tile(np.arange(workload.rows), stop - start)
    return np.concatenate(orders(workload, start, stop))
