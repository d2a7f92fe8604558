"""Alternating rounds, A B C A B C …; each subject waits in a process of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from statistics import median

from benchmarks import rival_numpy
from benchmarks.datasets import ROOT
from benchmarks.subjects import SUBJECTS
from benchmarks.workloads import WORKLOADS, Workload

TOLERANCE = 1e-2
# Settings that a user made for his own NumPy would falsify the comparison.
UNSET = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "OMP_WAIT_POLICY", "KMP_BLOCKTIME")
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "RANVIER_THREADS",
    "NPROC",
)


@dataclass
class Row:
    """One subject on one workload; `error` says why there is nothing or it is wrong."""

    workload: str
    subject: str
    threads: int
    microseconds: list[float] = field(default_factory=list)
    steps: int = 0
    check_loss: float | None = None
    reference_loss: float | None = None
    compile_seconds: float | None = None
    error: str = ""

    @property
    def ours(self) -> bool:
        return SUBJECTS[self.subject].ours

    @property
    def median(self) -> float:
        return median(self.microseconds)

    def as_dict(self) -> dict:
        middle = self.median if self.microseconds else None
        return asdict(self) | {"median": middle, "ours": self.ours}


class Worker:
    """The process that serves one row."""

    def __init__(self, row: Row, seconds: float) -> None:
        self.row = row
        job = [row.subject, row.workload, str(row.threads), str(seconds)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", *job],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=ROOT,
            env=environment(row.threads),
        )

    def start(self) -> None:
        answer = self._answer()
        if answer is not None:
            self.row.check_loss = answer["check_loss"]
            self.row.compile_seconds = answer["compile_seconds"]
            self.row.error = disagreement(self.row)

    def measure(self) -> None:
        if self.process.poll() is not None:
            return
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        answer = self._answer()
        if answer is not None:
            self.row.microseconds.append(answer["seconds_per_step"] * 1e6)
            self.row.steps = answer["steps"]

    def close(self) -> None:
        """End the process: it stops when its input ends."""
        with suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()

    def _answer(self) -> dict | None:
        """Return the next answer; without one, keep the last words as the error."""
        last = "no message"
        for line in self.process.stdout:
            if line.startswith("{"):
                return json.loads(line)
            last = line.strip() or last
        self.process.wait()
        self.row.error = f"failed: {last}"
        return None


def environment(threads: int) -> dict[str, str]:
    """Return the environment with everyone's number of threads set alike."""
    kept = {name: value for name, value in os.environ.items() if name not in UNSET}
    kept |= dict.fromkeys(THREAD_VARIABLES, str(threads))
    if threads == 1:
        flags = os.environ.get("XLA_FLAGS", "")
        kept["XLA_FLAGS"] = f"{flags} --xla_cpu_multi_thread_eigen=false".strip()
    return kept


def disagreement(row: Row) -> str:
    """Return what is wrong with the loss after the check steps, or nothing."""
    if row.reference_loss is None or row.check_loss is None:
        return ""
    difference = abs(row.check_loss - row.reference_loss)
    if difference <= TOLERANCE * max(abs(row.reference_loss), 1e-3):
        return ""
    return f"LOSS DIFFERS: {row.check_loss:.6g}, NumPy has {row.reference_loss:.6g}"


def measure(
    workload: Workload,
    subjects: list[str],
    threads: list[int],
    rounds: int,
    seconds: float,
    report: Callable[[str], None],
) -> list[Row]:
    """Return the rows of one workload."""
    rows = [
        Row(workload.name, subject, count, reference_loss=reference(workload))
        for subject in subjects
        if SUBJECTS[subject].load().supports(workload)
        for count in threads
    ]
    workers = []
    try:
        for row in rows:
            report(f"{workload.name}: starts {row.subject}, {row.threads} threads")
            workers.append(Worker(row, seconds))
            workers[-1].start()
        for number in range(rounds):
            report(f"{workload.name}: round {number + 1} of {rounds}")
            for worker in workers:
                worker.measure()
    finally:
        for worker in workers:
            worker.close()
    return rows


def reference(workload: Workload) -> float | None:
    """Return the loss that NumPy reaches after the check steps."""
    if not rival_numpy.supports(workload):
        return None
    return rival_numpy.run(workload, workload.check_steps, 1).final_loss


def measure_all(
    names: list[str],
    subjects: list[str],
    threads: list[int],
    rounds: int,
    seconds: float,
    report: Callable[[str], None],
) -> list[Row]:
    rows = []
    for name in names:
        rows += measure(WORKLOADS[name], subjects, threads, rounds, seconds, report)
    return rows
