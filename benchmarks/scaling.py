"""How the time of a step grows with batch, width, depth, length of a sequence, threads.

    python benchmarks/scaling.py measure [--rival-python PATH] [--series batch,width]
    python benchmarks/scaling.py draw
    python benchmarks/scaling.py check

`measure` writes scaling.json beside this file, `draw` the picture of the documentation
from it, `check` says whether twice the work ever took more than 2.2 times as long.
"""

import argparse
import json
import sys
from pathlib import Path

from ranvier.bench.machine import cores, describe
from ranvier.bench.measure import Plan, measure
from ranvier.bench.series import SERIES

FILE = Path(__file__).with_suffix(".json")
PICTURE = Path(__file__).resolve().parent.parent / "docs" / "scaling.svg"
MOST = 2.2
NOT_DOUBLED = "trap"


def run(names: list[str], plan: Plan) -> None:
    """Measure these series; the others stay as they are in the file."""
    for name in names:
        kept = [p for p in stored() if p["series"] != name]
        store([*kept, *of_series(name, plan)])


def stored() -> list[dict]:
    return json.loads(FILE.read_text("utf-8"))["points"] if FILE.exists() else []


def store(points: list[dict]) -> None:
    """One line a point."""
    machine = json.dumps(describe(), ensure_ascii=False)
    lines = ",\n".join(json.dumps(point, ensure_ascii=False) for point in points)
    text = f'{{"machine": {machine},\n"points": [\n{lines}\n]}}\n'
    FILE.write_text(text, "utf-8")


def of_series(name: str, plan: Plan) -> list[dict]:
    make, numbers = SERIES[name]
    points = []
    for n in numbers:
        for row in measure(make(n), plan, lambda line: print(line, file=sys.stderr)):
            time = round(row.median, 3) if row.microseconds and not row.error else None
            point = {"series": name, "n": n, "subject": row.subject}
            points.append(point | {"threads": row.threads, "µs": time})
            if row.error:
                points[-1]["error"] = row.error
    return points


def growth(points: list[dict]) -> list[dict]:
    """What twice the work did to our time, each doubling of each series."""
    times = {
        (p["series"], p["threads"], p["n"]): p["µs"]
        for p in points
        if p["subject"] == "over" and p["µs"] and p["series"] != NOT_DOUBLED
    }
    return [
        {"series": series, "threads": threads, "n": n, "grew": times[double] / time}
        for (series, threads, n), time in times.items()
        if (double := (series, threads, 2 * n)) in times
    ]


def check(points: list[dict]) -> int:
    """Print every doubling; 1 if one took more than MOST times as long."""
    found = growth(points)
    for row in found:
        verdict = "" if row["grew"] <= MOST else "   MORE THAN TWICE THE WORK"
        start = f"{row['series']:>8} {row['n']:>4} to {2 * row['n']:<4}"
        print(f"{start} threads {row['threads']}: x {row['grew']:.2f}{verdict}")
    worst = max((row["grew"] for row in found), default=0.0)
    print(f"{len(found)} doublings, at most x {worst:.2f}; allowed x {MOST}")
    return int(worst > MOST)


def main() -> int:
    options = parser().parse_args()
    if options.what == "measure":
        rivals = [name for name in options.rivals.split(",") if name]
        threads = sorted({1, cores()})
        plan = Plan(
            [],
            rivals,
            threads,
            seconds=options.seconds,
            python=options.rival_python,
            ours=("over",),
        )
        run(options.series.split(","), plan)
        return 0
    if options.what == "check":
        return check(stored())
    from scaling_picture import draw  # matplotlib only where something is drawn

    draw(stored(), PICTURE)
    return 0


def parser() -> argparse.ArgumentParser:
    result = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    result.add_argument("what", choices=["measure", "draw", "check"])
    result.add_argument("--rival-python", default=sys.executable, metavar="PATH")
    result.add_argument("--rivals", default="torch,jax", metavar="NAME,…")
    result.add_argument("--series", default=",".join(SERIES), metavar="NAME,…")
    result.add_argument("--seconds", type=float, default=0.25)
    return result


if __name__ == "__main__":
    sys.exit(main())
