"""Numbers of optimisers that a schedule changes from step to step of a native run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ranvier.errors import ValueRangeError
from ranvier.graph import Array
from ranvier.memory import require
from ranvier.tensor import Tensor


class Rates:
    """Schedules that a captured step has stepped, and what they change.

    The numbers of all steps of a run are computed before it, by the schedules
    themselves, and read by the program as one table a number; so a rate in a run is the
    same as in a loop, to the last bit.
    """

    def __init__(self, schedules: Sequence[Any]) -> None:
        self.schedules = list(schedules)
        self.optimizers = list(dict.fromkeys(s.optimizer for s in self.schedules))
        self.tensors = [t for o in self.optimizers for t in o.number_tensors()]

    def includes(self, tensor: Tensor) -> bool:
        """Whether this tensor is one of the numbers."""
        return any(tensor is own for own in self.tensors)

    def tables(self, steps: int) -> dict[Tensor, Array]:
        """The values of every number in the next steps; the schedules are there then.

        Raises ValueRangeError, with everything as before, for a rate below 0, and what
        a schedule raises that has come to its end.
        """
        if not self.schedules:
            return {}
        rows = np.empty((len(self.tensors), steps))
        require(rows.nbytes, f"the learning rates of {steps:,} steps")
        before = self.state()
        try:
            for step in range(steps):
                rows[:, step] = [x for o in self.optimizers for x in o.numbers_now()]
                self.advance(1)
            self._check(rows)
        except Exception:
            self.put_back(before)
            raise
        return dict(zip(self.tensors, rows, strict=True))

    def _check(self, rows: Array) -> None:
        fields = [field for o in self.optimizers for field in o.number_fields()]
        for field, row in zip(fields, rows, strict=True):
            wrong = ~(np.isfinite(row) & (row >= 0))
            if field == "lr" and wrong.any():
                step = int(wrong.argmax())
                raise ValueRangeError(
                    f"the schedule's learning rate in step {step + 1} of the run is "
                    f"{row[step]}; it must be at least 0."
                )

    def advance(self, steps: int) -> None:
        """What the step does with its schedules, this many times."""
        for _ in range(steps):
            for schedule in self.schedules:
                schedule.go_on()

    def state(self) -> list[Any]:
        """Where schedules and options are."""
        return [
            [schedule.state_dict() for schedule in self.schedules],
            [[dict(g) for g in o.param_groups] for o in self.optimizers],
        ]

    def put_back(self, state: list[Any]) -> None:
        """Go back to where `state` was taken."""
        for schedule, saved in zip(self.schedules, state[0], strict=True):
            schedule.load_state_dict(saved)
        for optimizer, groups in zip(self.optimizers, state[1], strict=True):
            for group, saved in zip(optimizer.param_groups, groups, strict=True):
                group.update(saved)
