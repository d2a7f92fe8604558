"""The least time a step can take here: operations, unavoidable traffic, and the chain
of operations that wait for each other.
"""

from __future__ import annotations

from typing import NamedTuple

from .datasets import load
from .geometry import costs, parameters
from .peaks import SIZES, Peaks
from .workloads import Workload

FORMULA = (
    "floor = 2 B (3 M - M1) / peak + 8 c P / update rate + bytes of a mini-batch / read"
    " rate\n"
    "        + chain x latency",
    "B batch, M multiplications of a sample forward (M1: of the first layer, which "
    "needs no\n"
    "input gradient), P parameters, c = 1 for SGD, 2 with momentum, 3 for Adam "
    "(weights and\n"
    "moments, 4 bytes read and 4 written each); rates are those of a buffer of that "
    "size.",
)
ARRAYS = {"SGD": 1, "Adam": 3}
UPDATE_CHAIN = {"SGD": 1, "Adam": 12}


class Floor(NamedTuple):
    """Seconds a step, by what they are spent on."""

    arithmetic: float
    parameters: float
    data: float
    chain: float

    @property
    def seconds(self) -> float:
        return sum(self)

    @property
    def largest(self) -> str:
        """The name of the largest part."""
        return max(self._fields, key=lambda name: getattr(self, name))


def floor(workload: Workload, peaks: Peaks) -> Floor:
    held = 4 * arrays(workload) * sum(p.size for p in parameters(workload))
    rows = load(workload).x
    taken = 0 if workload.full_batch else rows[: workload.batch].nbytes
    return Floor(
        operations(workload) / peaks.flops,
        2 * held / rate(peaks.update, held),
        taken / rate(peaks.read, rows.nbytes),
        chain(workload) * peaks.latency,
    )


def operations(workload: Workload) -> int:
    """Multiplications and additions of one step: forward, and twice that backward."""
    each = [c.multiplications for c in costs(workload) if c.multiplications]
    return 2 * workload.batch * (3 * sum(each) - each[0])


def arrays(workload: Workload) -> int:
    """Arrays as large as the parameters that a step updates."""
    return ARRAYS[workload.optimizer] + (1 if workload.momentum else 0)


def chain(workload: Workload) -> int:
    """Operations that follow each other: through the layers and back, the loss (3),
    the update.
    """
    through = sum(cost.chain for cost in costs(workload))
    return through + 3 + UPDATE_CHAIN[workload.optimizer]


def rate(rates: dict[int, float], size: int) -> float:
    """Of the smallest measured buffer that is not smaller than this."""
    return next((rates[n] for n in SIZES if n >= size), rates[SIZES[-1]])
