"""One subject on one workload in a process of its own.

It checks and warms up, then measures once for each line it reads. It answers each with
one line of JSON.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any

from .result import Job, Result
from .series import find
from .subjects import SUBJECTS

MOST_STEPS = 5_000_000
LEAST_STEPS = 2


def main(subject: str, workload_name: str, threads: str, seconds: str) -> None:
    workload = find(workload_name)
    job = SUBJECTS[subject].start()(workload, int(threads))
    checked = job.check(workload.check_steps)
    _answer({"loss": checked.loss, "compile_seconds": checked.compile_seconds})
    steps = 0
    for _ in sys.stdin:
        steps = steps or calibrated(job, checked, workload.check_steps, float(seconds))
        _answer(asdict(job.run(steps)) | {"steps": steps})


def calibrated(job: Job, checked: Result, steps: int, seconds: float) -> int:
    """How many steps take about `seconds`: tried until a quarter of that is reached."""
    result = checked
    while (took := result.seconds_per_step * steps) < seconds / 4:
        if steps >= MOST_STEPS:
            break
        more = min(50.0, seconds / max(took, 1e-9))
        steps = min(MOST_STEPS, int(steps * more) + 1)
        result = job.run(steps)
    took = result.seconds_per_step * steps
    return max(LEAST_STEPS, min(MOST_STEPS, int(steps * seconds / took)))


def _answer(content: dict[str, Any]) -> None:
    print(json.dumps(content), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
