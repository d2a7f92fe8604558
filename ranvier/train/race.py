"""Many runs side by side: alike ones share a program, every thread runs one at a time.

A run computes on one thread, alone, what it would compute by itself, so neither their
number nor the order of their ends can be seen in the results.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ranvier.compiler.pipeline import Plan, planned
from ranvier.compiler.run.execute import Program
from ranvier.compiler.run.threads import crews, get_num_threads
from ranvier.errors import CaptureError
from ranvier.train.lane import Lane
from ranvier.train.recipe import told

Done = Callable[[Lane], None]


class Race:
    """Lanes with the programs that they share."""

    def __init__(self) -> None:
        self.lanes: list[Lane] = []
        self.known: dict[Any, Lane] = {}  # by what runs must have alike to share
        self.plans: dict[Any, Plan] = {}
        self.lane_plans: dict[Lane, Plan] = {}
        self.owners: dict[int, Lane] = {}
        self.stopped = False
        self.running: dict[int, Program] = {}

    def enter(self, lane: Lane) -> None:
        """Take in a run, and compile its program if it is the first of its kind."""
        for tensor in lane.cycle.changed:
            other = self.owners.setdefault(id(tensor), lane)
            if other is not lane:
                raise CaptureError(
                    f"sweep: runs {other.number} and {lane.number} share a tensor of "
                    f"shape {tensor.shape} that they change, so they would disturb "
                    "each other. Make every layer inside build."
                )
        plan = self._plan(lane)
        lane.cycle.take_over(plan)
        self.lane_plans[lane] = plan
        self.lanes.append(lane)

    def _plan(self, lane: Lane) -> Plan:
        if lane.first is not None:
            return self.lane_plans[lane.first]
        wanted = lane.cycle.wanted()
        key = wanted.key() or lane
        if key not in self.plans:
            self.plans[key] = planned(wanted)
        return self.plans[key]

    def run(
        self, lanes: Sequence[Lane], epochs: Callable[[Lane], int], done: Done
    ) -> None:
        """Bring these runs to their number of epochs, or to their end.

        `done` is called in this thread with every run that came there. Ctrl-C ends
        all runs after their current step.
        """
        waiting = deque(lanes)
        arrived: deque[Lane] = deque()

        def work(thread: int) -> None:
            programs: dict[int, Program] = {}
            while waiting and not self.stopped:
                try:
                    lane = waiting.popleft()
                except IndexError:  # another thread was faster
                    return
                plan = self.lane_plans[lane]
                program = programs.get(id(plan))
                if program is None:
                    program = programs[id(plan)] = own(plan)
                self.running[thread] = program
                lane.advance(program, epochs(lane), lambda: self.stopped)
                arrived.append(lane)

        failures: list[Exception] = []

        def look() -> None:
            try:
                while arrived and not failures:
                    done(arrived.popleft())
            except Exception as error:  # of a callback; told when all threads stand
                failures.append(error)
                self.stop()

        workers = min(get_num_threads(), len(lanes))
        interrupted = crews.crew.run(work, workers, self.stop, look)
        look()
        if failures:
            raise failures[0]
        self.raise_first(lanes)
        if interrupted:
            for lane in lanes:
                lane.reason = lane.reason or "interrupted"

    def stop(self) -> None:
        """Have every run end after its current step."""
        self.stopped = True
        for program in list(self.running.values()):
            program.stop()

    @staticmethod
    def raise_first(lanes: Iterable[Lane]) -> None:
        """The error of the first run that has one, with its settings."""
        for lane in lanes:
            if lane.error is not None:
                raise told(lane.error, lane.settings)


def own(plan: Plan) -> Program:
    """The machine code of a plan with a table and an arena of the caller's own."""
    program = plan.program
    pointers = len(plan.wanted.pointers)
    return Program(program.code, program.facts, program.target, pointers)
