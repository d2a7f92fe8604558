"""What compiling costs, cold and from the cache on disk, stage by stage.

    python benchmarks/compile_cost.py [WORKLOAD …]

Every figure is milliseconds from the captured function to a program that is ready, in a
process of its own; the best of ROUNDS. Loading LLVM is a column of its own; "key" is
finding out what the program is stored under, "machine" LLVM's code generator. "cpu" is
processor time of the whole, which other programs on the machine disturb less.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from time import perf_counter, process_time
from typing import Any

import numpy as np

from ranvier.bench.workloads import WORKLOADS

STAGES = (
    *("load", "capture", "key", "derive", "fuse", "lower"),
    *("machine", "run", "total", "cpu"),
)
ROUNDS = 3


def main(workloads: list[str]) -> None:
    print(f"{'workload':<10}{'threads':>8}{'cache':>8}", end="")
    print("".join(f"{name:>9}" for name in STAGES))
    for workload in workloads:
        for threads in (1, 2):
            report(workload, threads)


def report(workload: str, threads: int) -> None:
    """One line cold, one from the cache."""
    best: dict[str, dict[str, float]] = {}
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as cache:
            for state in ("cold", "cached"):
                found = in_process(workload, threads, cache)
                before = best.setdefault(state, found)
                best[state] = {name: min(before[name], found[name]) for name in STAGES}
    for state, found in best.items():
        print(f"{workload:<10}{threads:>8}{state:>8}", end="")
        print("".join(f"{found[name]:>9.1f}" for name in STAGES), flush=True)


def in_process(workload: str, threads: int, cache: str) -> dict[str, float]:
    command = [sys.executable, __file__, workload, str(threads)]
    environment = dict(os.environ, RANVIER_CACHE=cache)
    ended = subprocess.run(
        command, env=environment, check=True, capture_output=True, text=True
    )
    found: dict[str, float] = json.loads(ended.stdout)
    return found


def measure(name: str, threads: int) -> dict[str, float]:
    """The stages of one compilation, in milliseconds."""
    import ranvier as rv
    from ranvier.bench import ours
    from ranvier.compiler.feed import Feed

    rv.set_num_threads(threads)
    workload = WORKLOADS[name]
    job = ours.Whole(rv, workload)
    rows = np.arange(min(2 * workload.batch, workload.rows))
    feed = Feed.of(job._loader(rows, shuffle=not workload.full_batch))
    begin = perf_counter()
    from ranvier.compiler import pipeline, whole
    from ranvier.compiler.fuse import fuse
    from ranvier.compiler.lower import program
    from ranvier.compiler.run import execute, jit

    jit.initialise()
    spent = dict.fromkeys(STAGES, 0.0)
    spent["load"] = perf_counter() - begin
    timed(spent, "capture", whole, "trace")
    timed(spent, "derive", pipeline, "derive")
    timed(spent, "fuse", fuse, "fuse")
    timed(spent, "lower", program, "lower")
    timed(spent, "key", pipeline.Wanted, "key")
    timed(spent, "machine", jit, "compiled")
    timed(spent, "run", jit, "Code")
    timed(spent, "run", execute, "Program")
    begin, cpu = perf_counter(), process_time()
    whole.Whole(job.step.function, feed)
    spent["total"] = perf_counter() - begin
    spent["cpu"] = process_time() - cpu
    return {stage: 1000 * seconds for stage, seconds in spent.items()}


def timed(spent: dict[str, float], stage: str, module: Any, name: str) -> None:
    """Add the time of every call of a function of `module` to its stage."""
    plain: Callable[..., Any] = getattr(module, name)

    def call(*args: Any, **named: Any) -> Any:
        begin = perf_counter()
        result = plain(*args, **named)
        spent[stage] += perf_counter() - begin
        return result

    setattr(module, name, call)


if __name__ == "__main__":
    if sys.argv[-1].isdigit():
        print(json.dumps(measure(sys.argv[1], int(sys.argv[2]))))
    else:
        main(sys.argv[1:] or list(WORKLOADS))
