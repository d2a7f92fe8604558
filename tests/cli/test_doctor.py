"""`ranvier doctor`, and what `ranvier train` says of a run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Command = Callable[..., Result]
pytestmark = pytest.mark.usefixtures("brief")


def test_a_healthy_run(ranvier: Command, trained: Path) -> None:
    said = ranvier("doctor", trained, "--lang", "en").output
    assert said.startswith("Not seen, which is no proof of absence: NaN or infinity,")
    assert "未见到" in ranvier("doctor", trained, "--lang", "zh").output
    found = json.loads(ranvier("doctor", trained, "--json").stdout)
    assert found["findings"] == []
    assert "dead_relu" in found["not_seen"]


def test_a_sick_run(ranvier: Command, tmp_path: Path) -> None:
    job = ("train", "digits", "--model", "64-16-10", "--epochs", 2, "--lr", 2)
    said = ranvier(*job, "--out", tmp_path / "run", "--lang", "en").output
    assert "The learning rate is too large\n    Measured: in step 1 " in said
    again = ranvier("doctor", tmp_path / "run", "--lang", "en").output
    assert "The learning rate is too large\n    Measured: in step 1 " in again
    found = json.loads(ranvier("doctor", tmp_path / "run", "--json").stdout)
    assert found["findings"][0]["name"] == "learning_rate_too_large"
    assert "学习率过大" in ranvier("doctor", tmp_path / "run", "--lang", "zh").output


def test_a_resumed_run(ranvier: Command, tmp_path: Path) -> None:
    """What was seen before the stop is told, in the report as well."""
    job = ("train", "digits", "--model", "64-16-10", "--epochs", 1, "--lr", 2)
    ranvier(*job, "--out", tmp_path / "run")
    ranvier("resume", tmp_path / "run", "--epochs", 2)
    said = ranvier("doctor", tmp_path / "run", "--lang", "en").output
    assert "The learning rate is too large\n    Measured: in step 1 " in said
    report = (tmp_path / "run" / "report.md").read_text("utf-8")
    assert "**The learning rate is too large**\n\n- Measured: in step 1 " in report
    assert "Not seen, which is no proof of absence: " in report
    assert "- Try 0.2 instead of 2" in report


@pytest.mark.parametrize("kept", [None, {"findings": [{"name": "dead_relu"}]}, []])
def test_no_diagnosis(
    ranvier: Command, trained: Path, tmp_path: Path, kept: object
) -> None:
    content = json.loads((trained / "history.json").read_text("utf-8"))
    content["doctor"] = kept
    (tmp_path / "history.json").write_text(json.dumps(content), "utf-8")
    assert "holds no diagnosis" in ranvier("doctor", tmp_path, status=1).output
