"""One subject on one workload in a process of its own.

`python -m benchmarks.worker SUBJECT WORKLOAD THREADS SECONDS` checks and warms up, then
measures once for each line it reads. It answers each with one line of JSON.
"""

import json
import sys
from dataclasses import asdict
from functools import partial

from benchmarks.result import Result
from benchmarks.subjects import SUBJECTS
from benchmarks.workloads import WORKLOADS

MOST_STEPS = 5_000_000


def main(subject_name: str, workload_name: str, threads: int, seconds: float) -> None:
    subject, workload = SUBJECTS[subject_name], WORKLOADS[workload_name]
    run = partial(_run, subject.run(), workload, threads)
    checked = subject.check()(workload, workload.check_steps, threads)
    steps, first = calibrate(run, workload.check_steps, seconds)
    compile_seconds = max(checked.compile_seconds, first.compile_seconds)
    _answer({"check_loss": checked.final_loss, "compile_seconds": compile_seconds})
    for _ in sys.stdin:
        _answer(asdict(run(steps)) | {"steps": steps})


def _run(run, workload, threads, steps) -> Result:
    return run(workload, steps, threads)


def calibrate(run, steps: int, seconds: float) -> tuple[int, Result]:
    """Return how many steps take about `seconds`, and the first result."""
    first = result = run(steps)
    while (took := result.seconds_per_step * steps) < seconds / 4:
        if steps >= MOST_STEPS:
            break
        steps = min(MOST_STEPS, int(steps * min(50.0, seconds / took)) + 1)
        result = run(steps)
    return max(2, min(MOST_STEPS, int(steps * seconds / took))), first


def _answer(content: dict) -> None:
    print(json.dumps(content), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
