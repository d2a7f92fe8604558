"""Which steps of a run the doctor looks at: the first, and then one in so many."""

from __future__ import annotations

from typing import Any

from ranvier.compiler.capture.statistics import Probe
from ranvier.compiler.watch import Watch
from ranvier.graph import Node
from ranvier.tensors.handles import Recorder

SPARSE = 250  # steps between two readings: one costs as much as 2.5 steps, so 1 %
FEWEST = 20  # readings that a short run should have


class Visits(Watch):
    """A Watch over all layers that reads steps 1, 1 + every, 1 + 2 every, ….

    The first step is read because a run that is lost may not have a hundredth.
    """

    def __init__(self, layers: Any, steps: int, epoch: int | None) -> None:
        """steps: of the whole run. epoch: those of one, if it may stop after any."""
        super().__init__(every=interval(steps, epoch), layers=layers)

    def probes(self, recorder: Recorder, results: list[Node]) -> list[Probe]:
        """What is watched, of a layer that is called several times the first call: how
        many there are may depend on the mini-batch.
        """
        found = super().probes(recorder, results)
        return [probe for probe in found if "#" not in probe[0]]

    def first(self) -> int:
        """How many steps of the next native call go by before one is read."""
        return -self.done % self.every


def interval(steps: int, epoch: int | None) -> int:
    """Steps from one reading to the next.

    >>> interval(100_000, None), interval(100_000, 40), interval(60, None)
    (250, 40, 3)
    """
    wanted = min(SPARSE, steps // FEWEST, SPARSE if epoch is None else max(epoch, 10))
    return max(1, wanted)
