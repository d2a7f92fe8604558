"""The folder of a run: not overwritten, not shared, not left empty."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from ranvier.cli import job
from ranvier.cli.folder import MARKER

Command = Callable[..., Result]
pytestmark = pytest.mark.usefixtures("brief")
QUICK = ("train", "digits", "--model", "64-16-10", "--epochs", 2)


def test_a_finished_run_is_not_overwritten(ranvier: Command, tmp_path: Path) -> None:
    out = tmp_path / "run"
    ranvier(*QUICK, "--out", out)
    before = (out / "model.safetensors").read_bytes()
    result = ranvier(*QUICK, "--seed", 1, "--out", out, status=1)
    assert "holds a run already (model.safetensors). Choose another" in result.stderr
    assert "--overwrite" in result.stderr
    assert (out / "model.safetensors").read_bytes() == before
    assert not (out / MARKER).exists()
    ranvier(*QUICK, "--seed", 1, "--out", out, "--overwrite")
    assert (out / "model.safetensors").read_bytes() != before


def test_two_trainings_into_one_folder(ranvier: Command, tmp_path: Path) -> None:
    (tmp_path / MARKER).write_text(str(os.getpid()))
    (tmp_path / "history.json").touch()
    result = ranvier(*QUICK, "--out", tmp_path, status=1)
    assert "another training is writing into" in result.stderr
    assert (tmp_path / MARKER).exists()


@pytest.mark.skipif(sys.platform == "win32", reason="not asked there")
def test_the_marker_of_a_killed_training(ranvier: Command, tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    (tmp_path / MARKER).write_text(str(process.pid))
    ranvier(*QUICK, "--out", tmp_path)
    assert not (tmp_path / MARKER).exists()


def test_mistakes_leave_no_folder(
    ranvier: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"
    ranvier("train", "digits", "--batch-size", 5000, "--out", out, status=1)
    assert not out.exists()
    monkeypatch.setenv("RANVIER_THREADS", "abc")
    monkeypatch.setattr("ranvier.compiler.run.threads.setting.chosen", None)
    result = ranvier(*QUICK, "--out", out, status=1)
    assert "RANVIER_THREADS='abc'" in result.stderr
    assert not out.exists()


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_an_early_end_leaves_no_folder(
    ranvier: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Any
) -> None:
    def end(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(job, "fit", end)
    status = 130 if error is KeyboardInterrupt else 1
    ranvier(*QUICK, "--out", tmp_path / "run", status=status)
    assert not (tmp_path / "run").exists()


def test_the_command_that_was_typed(
    ranvier: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RANVIER_STARTED_AS", "python3 tasks.py run")
    told = json.loads(ranvier(*QUICK, "--out", tmp_path, "--json").stdout)
    report = (tmp_path / "report.md").read_text("utf-8")
    assert "\npython3 tasks.py run train digits --model 64-16-10" in report
    assert f"baselines and pictures: {told['seconds']:.1f} s" in report


def test_the_lines_are_aligned(ranvier: Command, tmp_path: Path) -> None:
    lines = ranvier(*QUICK, "--out", tmp_path).stdout.splitlines()
    linear, majority = (line for line in lines if " gets   " in line)
    assert len(linear) == len(majority)


def test_resuming_what_is_finished(ranvier: Command, tmp_path: Path) -> None:
    ranvier(*QUICK, "--out", tmp_path)
    before = (tmp_path / "model.safetensors").read_bytes()
    for more in ((), ("--epochs", 1), ("--epochs", 2)):
        result = ranvier("resume", tmp_path, *more)
        assert "nothing left to do" in result.stdout
        assert "ranvier resume" in result.stdout
    told = json.loads(ranvier("resume", tmp_path, "--json").stdout)
    assert told["epochs"] == 2
    assert (tmp_path / "model.safetensors").read_bytes() == before


def test_a_language_that_is_not_there(ranvier: Command) -> None:
    result = ranvier("--lang", "fr", "data", status=2)
    assert "no language is called 'fr'. There are: en, zh." in result.stderr


def test_the_language_before_the_command(ranvier: Command, tmp_path: Path) -> None:
    assert "训练集" in ranvier("--lang", "zh", *QUICK, "--out", tmp_path).stdout
