"""`ranvier explain FILE.py:step`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Command = Callable[..., Result]

SCRIPT = """
import ranvier as rv

@rv.compile
def step(x):
    return 2 * x + 1

step(rv.ones(3))
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "script.py"
    path.write_text(SCRIPT, "utf-8")
    return path


def test_a_stage_of_a_step(ranvier: Command, script: Path) -> None:
    text = ranvier("explain", f"{script}:step", "--stage", "capture").stdout
    assert "float32[3]" in text
    assert "mul" in text


def test_as_json(ranvier: Command, script: Path) -> None:
    told = json.loads(ranvier("explain", f"{script}:step", "--json").stdout)
    assert told["stage"] == "lower"
    assert told["text"]


@pytest.mark.parametrize(
    ("target", "status", "words"),
    [
        ("script.py", 2, "expected FILE.py:step"),
        ("none.py:step", 1, "there is no file"),
        ("script.py:stp", 1, "has no stp; did you mean 'step'?"),
    ],
)
def test_targets_that_are_none(
    ranvier: Command, script: Path, target: str, status: int, words: str
) -> None:
    result = ranvier("explain", str(script.parent / target), status=status)
    assert words in result.stderr


def test_a_stage_that_does_not_exist(ranvier: Command, script: Path) -> None:
    result = ranvier("explain", f"{script}:step", "--stage", "captur", status=2)
    assert "did you mean 'capture'?" in result.stderr
