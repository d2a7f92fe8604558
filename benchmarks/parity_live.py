"""Ranvier against an installed PyTorch, on freshly drawn inputs.

    python benchmarks/parity_live.py [--cases PATTERN] [--rounds N] [--seed N]
                                     [--rival-python PYTHON]

The rows are those of tests/parity: every one is answered by PyTorch in float64 and
float32 and by Ranvier in float64 and float32, interpreted, and in float32 natively:
outputs, gradients and second gradients. A row disagrees where Ranvier lies outside the
row's bounds around PyTorch's float64 answer (PyTorch's own bounds: 1.3e-6 relative and
1e-5 absolute in float32) and more than four times as far outside as PyTorch's own
float32 answer; where only the first holds, it counts as rounding. Rows that PyTorch
refuses must be refused. The exit status is 1 if any row disagrees.

PyTorch must be importable, or --rival-python names an interpreter that has it (with
NumPy and llvmlite). PATTERN is part of a name, such as "nn.functional.ctc" or "losses".
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from parity import answers  # noqa: E402
from parity.case import Case  # noqa: E402

import ranvier as rv  # noqa: E402
from ranvier.errors import RanvierError  # noqa: E402

F32, F64 = (1.3e-6, 1e-5), (1e-7, 1e-7)
ROUNDING = 4.0
WORDS = {"y": "output", "g": "gradient", "gg": "second gradient"}


class Gap(NamedTuple):
    """The worst place of a row that lies outside its bounds, in one way to run it.

    `ours` and `theirs` are distances in units of the bounds: 1 is the edge.
    """

    case: str
    seed: int
    way: str
    part: str
    ours: float
    theirs: float

    @property
    def disagrees(self) -> bool:
        return not self.ours <= max(1.0, ROUNDING * self.theirs)


def main(arguments: list[str]) -> int:
    options = parsed(arguments)
    if importlib.util.find_spec("torch") is None:
        return elsewhere(options, arguments)
    import torch

    warnings.simplefilter("ignore")
    rv.manual_seed(options.seed)
    torch.manual_seed(options.seed)
    print(f"PyTorch {torch.__version__}, seed {options.seed}, {options.rounds} rounds")
    print(f"{'table':<16}{'rows':>6}{'answers':>9}{'rounding':>10}{'disagree':>10}")
    gaps: list[Gap] = []
    for table in sorted(p.stem for p in (ROOT / "tests/parity/tables").glob("[a-z]*")):
        cases = import_module(f"parity.tables.{table}").CASES
        chosen = [c for c in cases if options.cases in f"{table} {c.name}"]
        if chosen:
            gaps += of_table(torch, table, chosen, options)
    return report([gap for gap in gaps if gap.disagrees])


def parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    fresh = int(np.random.SeedSequence().generate_state(1)[0])
    parser.add_argument("--seed", type=int, default=fresh)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cases", default="")
    parser.add_argument("--rival-python", type=Path)
    return parser.parse_args(arguments)


def elsewhere(options: argparse.Namespace, arguments: list[str]) -> int:
    """The same in an interpreter that has PyTorch."""
    if options.rival_python is None:
        print("PyTorch is not installed here; name an interpreter that has it with "
              "--rival-python PYTHON", file=sys.stderr)  # fmt: skip
        return 2
    at = arguments.index("--rival-python")
    rest = arguments[:at] + arguments[at + 2 :]
    environment = dict(os.environ, PYTHONPATH=str(ROOT))
    command = [str(options.rival_python), __file__, *rest]
    return subprocess.run(command, env=environment).returncode


def of_table(
    torch: Any, table: str, cases: list[Case], options: argparse.Namespace
) -> list[Gap]:
    """Every gap of a table; one line for it."""
    gaps, compared, start = [], 0, perf_counter()
    for case in cases:
        for number, found in of_case(torch, case, options):
            compared += number
            gaps += found
    wrong = sum(gap.disagrees for gap in gaps)
    print(
        f"{table:<16}{len(cases):>6}{compared:>9}{len(gaps) - wrong:>10}{wrong:>10}"
        f"   {perf_counter() - start:.0f} s",
        flush=True,
    )
    return gaps


def of_case(
    torch: Any, case: Case, options: argparse.Namespace
) -> Iterator[tuple[int, list[Gap]]]:
    """(answers compared, gaps), round by round. The native step is made once."""
    native = None if case.refused or case.native is not True else Native(case)
    for seed in range(options.seed, options.seed + options.rounds):
        if case.refused:
            taken = not (refuses(torch, case, seed) and refuses(rv, case, seed))
            gap = Gap(case.name, seed, "refused", "error", float("inf"), 0.0)
            yield 1, [gap] * taken
            continue
        exact = answers.run(torch, case, "float64", seed)
        theirs = answers.run(torch, case, "float32", seed)
        ways = {"float64": answers.run, "float32": answers.run}
        if native is not None:
            ways["native"] = native
        gaps = []
        for way, run in ways.items():
            dtype = "float64" if way == "float64" else "float32"
            try:
                ours = run(rv, case, dtype, seed)
            except Exception as error:
                what = type(error).__name__
                gaps.append(Gap(case.name, seed, way, what, float("inf"), 0.0))
                continue
            within = F64 if way == "float64" else (case.bounds or F32)[:2]
            other = exact if way == "float64" else theirs
            gaps += worst(case, seed, way, ours, exact, other, within)
        yield len(ways), gaps


class Native:
    """A row's answers from one compiled step, whatever the inputs."""

    def __init__(self, case: Case) -> None:
        self.call = answers.prepared(rv, case, "float32")
        self.step = rv.compile(lambda *xs: answers.answer(rv, case, self.call, *xs))

    def __call__(self, torch: Any, case: Case, dtype: str, seed: int) -> Any:
        given = answers.inputs(rv, case, dtype, seed)
        shapes = answers.leaf_shapes(rv, case, self.call, given)
        if hasattr(self.call, "state_dict"):  # running statistics begin anew
            self.call.load_state_dict(answers.prepared(rv, case, dtype).state_dict())
        return answers.arrays(self.step(*given), shapes)


def refuses(torch: Any, case: Case, seed: int) -> bool:
    """Whether the row is answered with an error: one of ours, if it is us."""
    try:
        answers.run(torch, case, "float32", seed)
    except RanvierError:
        return True
    except Exception:
        return torch is not rv
    return False


def worst(
    case: Case, seed: int, way: str, ours: Any, exact: Any, theirs: Any, within: Any
) -> list[Gap]:
    """The worst gap in each of outputs, gradients and second gradients."""
    gaps = []
    for kind, word in WORDS.items():
        found = [
            (distance(a, b, within), distance(c, b, within), i)
            for i, (a, b, c) in enumerate(
                zip(ours[kind], exact[kind], theirs[kind], strict=True)
            )
        ]
        a, c, i = max(found, default=(0.0, 0.0, 0))
        if not a <= 1:
            gaps.append(Gap(case.name, seed, way, f"{word} {i}", a, c))
    return gaps


def distance(a: Any, b: Any, within: tuple[float, float]) -> float:
    """The largest difference in units of the bounds; infinite for another shape, or for
    NaN or infinity in other places.
    """
    rtol, atol = within
    if a.shape != b.shape:
        return float("inf")
    a, b = a.astype(np.float64), b.astype(np.float64)
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    with np.errstate(all="ignore"):
        far = np.where(same, 0.0, np.abs(a - b) / (atol + rtol * np.abs(b)))
    return float(np.nan_to_num(far, nan=np.inf, posinf=np.inf).max(initial=0.0))


def report(gaps: list[Gap]) -> int:
    """The table of disagreements; the exit status."""
    if not gaps:
        print("no disagreement")
        return 0
    width = max(len(gap.case) for gap in gaps) + 2
    print(f"\n{'row':<{width}}{'seed':>12}  {'run':<9}{'where':<20}"
          f"{'ours':>10}{'PyTorch':>10}  (1 = the bound)")  # fmt: skip
    for gap in sorted(gaps, key=lambda gap: -gap.ours):
        print(f"{gap.case:<{width}}{gap.seed:>12}  {gap.way:<9}{gap.part:<20}"
              f"{gap.ours:>10.3g}{gap.theirs:>10.3g}")  # fmt: skip
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
