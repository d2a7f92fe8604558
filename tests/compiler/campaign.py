"""Thousands of random graphs with layers in them, forward and gradient, every vector
width against the float64 oracle.

    python tests/compiler/campaign.py --count 5000 [--start 0] [--rows conv2d,softmax]

A job is the name of a row ("any" for all of them) and a seed, and is drawn again from
these two alone: `--job "conv2d 17"` runs one with its traceback.
"""

import argparse
import multiprocessing
import os
import random
import sys
import time
import traceback
from concurrent.futures import ProcessPoolExecutor

from growing import random_graph
from harness import WIDTHS, assert_native_agrees
from layer_rows import ROWS

from ranvier import set_num_threads
from ranvier.tensors.handles import forget_pending

TARGETS = ("sse2", "host", "lanes16")  # SSE2, AVX2 or what is here, 16 lanes


def jobs(count, start=0, names=("any",)):
    return [f"{names[n % len(names)]} {n}" for n in range(start, start + count)]


def draw(job):
    name, seed = job.split()
    rows = list(ROWS.values()) if name == "any" else [ROWS[name]]
    return random_graph(random.Random(int(seed)), rows)


def check(job):
    """Raise AssertionError where a native result is too far from the oracle's."""
    graph, arrays = draw(job)
    for target in TARGETS:
        assert_native_agrees(graph, arrays, WIDTHS[target], what=f"{job} {target}")


def fault(job):
    """None, or the job with what went wrong on it."""
    set_num_threads(1)
    try:
        check(job)
    except Exception:  # a crash of the compiler is a finding too
        return f"{job}: {traceback.format_exc().strip().splitlines()[-1]}"
    finally:
        forget_pending()  # tensors of holes that the next job's look would compute
    return None


def run(jobs, processes=None, tell=None):
    """The faults of these jobs."""
    processes = processes or os.cpu_count()
    if processes == 1:
        return [found for found in map(fault, jobs) if found]
    spawned = multiprocessing.get_context("spawn")
    faults, begin = [], time.perf_counter()
    with ProcessPoolExecutor(processes, mp_context=spawned) as pool:
        for done, found in enumerate(pool.map(fault, jobs, chunksize=8), 1):
            faults += [found] if found else []
            if tell and (found or done % 100 == 0):
                tell(found or f"{done}: {time.perf_counter() - begin:.0f} s")
    return faults


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=5_000)
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--rows", default="any")
    parser.add_argument("--job")
    options = parser.parse_args()
    if options.job:
        check(options.job)
        return 0
    wanted = jobs(options.count, options.start, options.rows.split(","))
    faults = run(wanted, tell=lambda line: print(line, flush=True))
    print(f"{len(faults)} of {len(wanted)} graphs disagree", *faults, sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
