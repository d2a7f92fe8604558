"""The scripts of benchmarks/: what they conclude and draw from figures."""

import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def script(monkeypatch):
    """A module of benchmarks/, which is no package."""
    monkeypatch.syspath_prepend(str(FOLDER))

    def load(name):
        return __import__(name)

    yield load
    for name in ("scaling", "scaling_picture"):
        sys.modules.pop(name, None)


def point(series, n, time, subject="over", threads=1):
    return {
        "series": series,
        "n": n,
        "subject": subject,
        "threads": threads,
        "µs": time,
    }


def test_more_than_twice_the_work_is_found(script, capsys):
    good = [point("batch", 16, 10.0), point("batch", 32, 21.0)]
    assert script("scaling").check(good) == 0
    assert "1 doublings, at most x 2.10" in capsys.readouterr().out
    bad = [*good, point("batch", 64, 50.0)]
    assert script("scaling").check(bad) == 1
    assert "batch   32 to 64   threads 1: x 2.38   MORE" in capsys.readouterr().out


def test_rivals_the_trap_and_missing_times_do_not_count(script):
    points = [
        point("batch", 16, 1.0, "torch"),
        point("batch", 32, 9.0, "torch"),
        point("trap", 40, 1.0),
        point("trap", 80, 9.0),
        point("depth", 1, 1.0),
        point("depth", 2, None),
    ]
    assert script("scaling").growth(points) == []


def test_the_picture_is_drawn_twice_the_same(script, tmp_path):
    points = [
        point(series, n, n * (1 + threads), subject, threads)
        for series in ("batch", "width", "depth", "trap")
        for n in (16, 32)
        for subject in ("over", "torch")
        for threads in (1, 2)
    ]
    first, second = tmp_path / "1.svg", tmp_path / "2.svg"
    for file in (first, second):
        script("scaling_picture").draw(points, file)
    text = first.read_text("utf-8")
    assert text.startswith("<?xml")
    assert text == second.read_text("utf-8")
