"""The pages of coverage are those of the tables; what they are made of can say no."""

import importlib.util
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest

import ranvier as rv
from parity import coverage
from parity.case import NO_SECOND, function, normal, refuses

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("language", coverage.PAGES)
def test_pages(language):
    page = coverage.PAGES[language]
    assert page.read_text("utf-8") == coverage.render(language), (
        f"{page.relative_to(ROOT)} is not what the tables say; run "
        "python tests/parity/make_coverage.py"
    )


def test_marks():
    def some(name, **options):
        return function(name, lambda torch, x: x, normal(2), **options)

    cases = [
        some("f"),
        some("f/one", native="a reason"),
        some("f/two", second=NO_SECOND),
        some("f/three", gradient="none"),
    ]
    there = {"y": [1], "g": [1], "gg": [1]}
    answers = {case.name: there for case in cases}
    line = coverage.line("f", cases, answers)
    assert line.marks == ("✓", "◐", "◐", "✓") and line.rows == 4
    assert line.notes == (
        ("native", "a reason"), ("gradient", "none"), ("second", NO_SECOND)
    )  # fmt: skip
    assert coverage.row(line, "en").endswith(
        "native: a reason; gradient: none; second gradient: PyTorch has none; checked "
        "by differences |"
    )
    whole = coverage.line("f", cases[:1], {"f": {"y": [1], "g": [], "gg": []}})
    assert whole.marks == ("✓", "✓", "–", "–") and not whole.notes


@pytest.fixture(scope="module")
def live():
    path = ROOT / "benchmarks" / "parity_live.py"
    spec = importlib.util.spec_from_file_location("parity_live", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Other:
    """Stands for PyTorch: Ranvier under another name."""

    def __getattr__(self, name):
        return getattr(rv, name)


OPTIONS = Namespace(seed=3, rounds=2)


def test_a_live_run_finds_what_differs(live):
    def scaled(factor):
        return function(
            "f", lambda torch, x: x * (factor if torch is rv else 1.0), normal(3)
        )

    def gaps(case):
        return [g for _, found in live.of_case(Other(), case, OPTIONS) for g in found]

    assert gaps(scaled(1.0)) == []
    found = gaps(scaled(1.001))
    assert all(gap.disagrees for gap in found)
    assert {gap.way for gap in found} == {"float64", "float32", "native"}
    assert {gap.seed for gap in found} == {3, 4}
    assert {gap.part for gap in found} == {"output 0", "gradient 0"}
    assert live.report(found) == 1 and live.report([]) == 0


def test_a_live_run_wants_the_same_refusals(live):
    def only_other(torch, x):
        return x if torch is rv else x + rv.zeros(7)

    case = refuses("f", only_other, normal(3))
    ((_, (gap,)), _) = live.of_case(Other(), case, OPTIONS)
    assert gap.disagrees and gap.way == "refused"


def test_distance_in_units_of_the_bounds(live):
    a, b = np.array([1.0, np.nan, np.inf]), np.array([1.5, np.nan, np.inf])
    assert live.distance(a, b, (0.0, 0.25)) == 2
    assert live.distance(a, np.array([1.0, 0.0, np.inf]), (0.0, 1.0)) == np.inf
    assert live.distance(a, b[:2], (0.0, 1.0)) == np.inf
