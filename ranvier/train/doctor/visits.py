"""Which steps of a run the doctor looks at: the first, and then one in so many."""

from __future__ import annotations

from typing import Any

import numpy as np

from ranvier.compiler.capture.statistics import Probe
from ranvier.compiler.watch import Watch
from ranvier.graph import Node
from ranvier.tensors.handles import Recorder

Array = np.ndarray[Any, Any]
ACTIVE = ".active"
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

    def state(self) -> dict[str, Any]:
        """The readings so far, as arrays for a checkpoint; which units were active as
        bits.
        """
        columns = {
            name: bits_of(values) if name.endswith(ACTIVE) else values
            for name, values in self.history.items()
        }
        counts = {"every": self.every, "done": self.done, "lost": self.lost}
        return {**counts, "steps": self.steps, "columns": columns}

    def adopt(self, state: dict[str, Any] | None, done: int) -> None:
        """Go on from readings that `state` gave: as often, and behind them; without
        any, after so many steps.
        """
        if state is None:
            self.done = done
            return
        self.every, self.done, self.lost = (
            state[name] for name in ("every", "done", "lost")
        )
        self._steps = [np.asarray(state["steps"])]
        self._columns = {
            str(name): [units_of(kept) if name.endswith(ACTIVE) else np.asarray(kept)]
            for name, kept in state["columns"].items()
        }

    def first(self) -> int:
        """How many steps of the next native call go by before one is read."""
        return -self.done % self.every


def bits_of(active: Array) -> dict[str, Any]:
    """(readings, units) of 0 and 1, eight to a byte.

    >>> units_of(bits_of(np.array([[1.0, 0.0, 1.0]], np.float32)))
    array([[1., 0., 1.]], dtype=float32)
    """
    return {"units": active.shape[1], "bits": np.packbits(active != 0, axis=1)}


def units_of(kept: dict[str, Any]) -> Array:
    """What `bits_of` was given."""
    bits = np.asarray(kept["bits"], np.uint8)
    active = np.unpackbits(bits, axis=1, count=kept["units"])
    return active.astype(np.float32)


def interval(steps: int, epoch: int | None) -> int:
    """Steps from one reading to the next.

    >>> interval(100_000, None), interval(100_000, 40), interval(60, None)
    (250, 40, 3)
    """
    wanted = min(SPARSE, steps // FEWEST, SPARSE if epoch is None else max(epoch, 10))
    return max(1, wanted)
