"""Alternating rounds, A B C A B C …; each subject waits in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import median
from threading import Timer
from typing import IO, Any

from .floor import Floor, floor
from .machine import cores
from .peaks import Peaks
from .subjects import OURS, SUBJECTS
from .workloads import WORKLOADS, Workload

HERE = Path(__file__).resolve().parent
TOLERANCE = 2e-2
# Settings that a user made for his own NumPy would falsify the comparison.
UNSET = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "OMP_WAIT_POLICY", "KMP_BLOCKTIME")
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "RANVIER_THREADS",
    "NPROC",
)
REFERENCES = ("numpy", "torch", "over")  # whose loss the others are held against


@dataclass
class Row:
    """One subject on one workload; `error` says why there is nothing or it is wrong."""

    workload: str
    subject: str
    threads: int
    microseconds: list[float] = field(default_factory=list)
    steps: int = 0
    loss: float | None = None
    compile_seconds: float | None = None
    cached_seconds: float | None = None
    error: str = ""

    @property
    def ours(self) -> bool:
        return SUBJECTS[self.subject].ours

    @property
    def median(self) -> float:
        return median(self.microseconds)

    def as_dict(self) -> dict[str, Any]:
        middle = self.median if self.microseconds else None
        return asdict(self) | {"median": middle, "ours": self.ours}


@dataclass(frozen=True)
class Plan:
    """What is measured, and how long: seconds of one measurement, seconds until a
    subject must be ready or has to answer.
    """

    workloads: list[str]
    rivals: list[str]
    threads: list[int]
    rounds: int = 3
    seconds: float = 0.25
    limit: float = 30.0
    python: str = sys.executable
    ours: tuple[str, ...] = tuple(OURS)


@dataclass
class Report:
    """Rows and floors of one run; `left_out` says which rival did not take part where
    and why.
    """

    peaks: Peaks
    rows: list[Row] = field(default_factory=list)
    floors: dict[str, Floor] = field(default_factory=dict)
    left_out: dict[tuple[str, str], str] = field(default_factory=dict)


class Worker:
    """The process that serves one row."""

    def __init__(self, row: Row, plan: Plan, cache: str) -> None:
        self.row, self.limit = row, plan.limit
        job = [row.subject, row.workload, str(row.threads), str(plan.seconds)]
        own = [sys.executable, "-m", f"{__package__}.worker"]
        launch = own if row.ours else [plan.python, str(HERE / "launch.py")]
        self.process = subprocess.Popen(
            [*launch, *job],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment(row, cache),
        )

    def start(self) -> None:
        answer = self._answer()
        if answer is not None:
            self.row.loss = answer["loss"]
            self.row.compile_seconds = answer["compile_seconds"]

    def measure(self) -> None:
        if self.process.poll() is not None:
            return
        with suppress(BrokenPipeError):
            self._pipe(self.process.stdin).write("go\n")
            self._pipe(self.process.stdin).flush()
        answer = self._answer()
        if answer is not None:
            self.row.microseconds.append(answer["seconds_per_step"] * 1e6)
            self.row.steps = answer["steps"]

    def close(self) -> None:
        """End the process: it stops when its input ends."""
        with suppress(BrokenPipeError):
            self._pipe(self.process.stdin).close()
        self._pipe(self.process.stdout).close()
        self.process.wait()

    def _answer(self) -> dict[str, Any] | None:
        """The next answer; without one, keep the last words as the error."""
        late = Timer(self.limit, self.process.kill)
        late.start()
        last = "no message"
        for line in self._pipe(self.process.stdout):
            if line.startswith("{"):
                late.cancel()
                answer: dict[str, Any] = json.loads(line)
                return answer
            last = line.strip() or last
        if late.finished.is_set():
            last = f"no answer within {self.limit:g} s"
        late.cancel()
        self.process.wait()
        self.row.error = self.row.error or f"stopped: {last}"
        return None

    @staticmethod
    def _pipe(pipe: IO[str] | None) -> IO[str]:
        assert pipe is not None, "the process was started with pipes"
        return pipe


def environment(row: Row, cache: str) -> dict[str, str]:
    """The environment with everyone's number of threads set alike."""
    kept = {name: value for name, value in os.environ.items() if name not in UNSET}
    kept |= dict.fromkeys(THREAD_VARIABLES, str(row.threads))
    if row.threads == 1:
        flags = os.environ.get("XLA_FLAGS", "")
        kept["XLA_FLAGS"] = f"{flags} --xla_cpu_multi_thread_eigen=false".strip()
    if row.ours:
        kept["RANVIER_CACHE"] = cache
        paths = [str(HERE.parent.parent), os.environ.get("PYTHONPATH", "")]
        kept["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    return kept


def measure_all(plan: Plan, peaks: Peaks, tell: Callable[[str], None]) -> Report:
    report = Report(peaks)
    broken: dict[str, str] = {}
    for name in plan.workloads:
        workload = WORKLOADS[name]
        report.floors[name] = floor(workload, peaks)
        taking_part = []
        for rival in plan.rivals:
            reason = broken.get(rival) or SUBJECTS[rival].refuses(workload)
            if reason:
                report.left_out[name, rival] = reason
            else:
                taking_part.append(rival)
        rows = measure(workload, replace(plan, rivals=taking_part), tell)
        note_broken(rows, broken)
        report.rows += rows
    return report


def note_broken(rows: list[Row], broken: dict[str, str]) -> None:
    """A rival that lacks a compiler here lacks it on the next workload too."""
    for row in rows:
        if "compiler" in row.error.lower() and not row.ours:
            broken[row.subject] = row.error


def measure(workload: Workload, plan: Plan, tell: Callable[[str], None]) -> list[Row]:
    """The rows of one workload: all start, then they are measured in turn."""
    rows = [
        Row(workload.name, name, count)
        for name in (*plan.ours, *plan.rivals)
        for count in counts(name, plan.threads)
    ]
    with started(rows, plan, tell) as workers:
        for number in range(plan.rounds):
            tell(f"{workload.name}: round {number + 1} of {plan.rounds}")
            for worker in workers:
                worker.measure()
    compare_losses(rows)
    return rows


def counts(subject: str, threads: list[int]) -> list[int]:
    return threads if SUBJECTS[subject].counts else [max(threads)]


@contextmanager
def started(
    rows: list[Row], plan: Plan, tell: Callable[[str], None]
) -> Iterator[list[Worker]]:
    """Workers that are ready. Ours start one by one, since their compile time counts;
    rivals as many at a time as there are cores.
    """
    workers: list[Worker] = []
    cache = tempfile.mkdtemp(prefix="ranvier-bench-")
    try:
        for together in (
            *([row] for row in rows if row.ours),
            *in_groups([row for row in rows if not row.ours], max(1, cores())),
        ):
            names = ", ".join(f"{r.subject} ({r.threads})" for r in together)
            tell(f"{together[0].workload}: starts {names}")
            fresh = [Worker(row, plan, cache) for row in together]
            workers += fresh
            for worker in fresh:
                worker.start()
        measure_cached(rows, plan, cache)
        yield workers
    finally:
        for worker in workers:
            worker.close()
        shutil.rmtree(cache)


def in_groups(rows: list[Row], size: int) -> list[list[Row]]:
    return [rows[i : i + size] for i in range(0, len(rows), size)]


def measure_cached(rows: list[Row], plan: Plan, cache: str) -> None:
    """Start the last whole run once more, with what the first one left on disk."""
    whole = [row for row in rows if row.subject == "over" and not row.error]
    if whole:
        again = Row(whole[-1].workload, "over", whole[-1].threads)
        worker = Worker(again, plan, cache)
        worker.start()
        worker.close()
        whole[-1].cached_seconds = again.compile_seconds


def compare_losses(rows: list[Row]) -> None:
    """Note in `error` whose loss after the common steps is not the reference's."""
    for name in REFERENCES:
        known = [r for r in rows if r.subject == name and r.loss is not None]
        if known:
            for row in rows:
                row.error = row.error or disagreement(row, known[0])
            return


def disagreement(row: Row, reference: Row) -> str:
    """What is wrong with the loss after the check steps, or nothing."""
    if row.loss is None or reference.loss is None:
        return ""
    difference = abs(row.loss - reference.loss)
    if difference <= TOLERANCE * max(abs(reference.loss), 1e-3):
        return ""
    title = SUBJECTS[reference.subject].title
    return f"LOSS DIFFERS: {row.loss:.6g}, {title} has {reference.loss:.6g}"
