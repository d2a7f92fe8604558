"""`python -m benchmarks`: Ranvier beside whatever rivals are installed."""

import argparse
import json
import sys
from pathlib import Path

from benchmarks.machine import cores, describe
from benchmarks.measure import measure_all
from benchmarks.subjects import SUBJECTS, default_subjects
from benchmarks.table import render
from benchmarks.workloads import WORKLOADS


def parser() -> argparse.ArgumentParser:
    result = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    add = result.add_argument
    add("--workloads", type=choice(WORKLOADS), default=list(WORKLOADS))
    add("--subjects", type=choice(SUBJECTS), help="default: what is installed")
    add("--threads", type=counts, default=sorted({1, min(2, cores())}))
    add("--rounds", type=int, default=3)
    add("--seconds", type=float, default=0.5, help="length of one measurement")
    add("--json", type=Path, metavar="FILE", help="also write every figure here")
    return result


def choice(known: dict):
    """Return the reader of a comma-separated list of these names."""

    def read(text: str) -> list[str]:
        names = text.split(",")
        unknown = [name for name in names if name not in known]
        if unknown:
            wanted = ", ".join(known)
            raise argparse.ArgumentTypeError(f"no {unknown[0]!r}; there are {wanted}")
        return names

    return read


def counts(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def main() -> int:
    options = parser().parse_args()
    subjects = options.subjects or default_subjects()
    machine = describe(subjects)
    plan = (options.workloads, subjects, options.threads)
    rows = measure_all(*plan, options.rounds, options.seconds, report)
    print("\n".join(f"{key}: {value}" for key, value in machine.items()), end="\n\n")
    print(render(rows))
    if options.json:
        content = {"machine": machine, "rows": [row.as_dict() for row in rows]}
        options.json.write_text(json.dumps(content, indent=1) + "\n")
    return 1 if any(row.error for row in rows) else 0


def report(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
