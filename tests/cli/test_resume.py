"""`ranvier resume`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

from ranvier.formats import safetensors

Command = Callable[..., Result]
pytestmark = pytest.mark.usefixtures("brief")
QUICK = ("train", "digits", "--model", "64-16-10", "--quiet")


def test_it_goes_on_as_if_never_stopped(ranvier: Command, tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    ranvier(*QUICK, "--epochs", 5, "--out", whole)
    ranvier(*QUICK, "--epochs", 2, "--out", parts)
    told = json.loads(ranvier("resume", parts, "--epochs", 5, "--json").stdout)
    assert told["epochs"] == 5
    a, b = (safetensors.read(run / "model.safetensors") for run in (whole, parts))
    assert all(np.array_equal(a[name], b[name]) for name in a)


def test_a_folder_that_is_no_run(ranvier: Command, tmp_path: Path) -> None:
    result = ranvier("resume", tmp_path, status=1)
    assert "is not the folder of a run: history.json is missing" in result.stderr


def test_a_damaged_history(ranvier: Command, tmp_path: Path) -> None:
    (tmp_path / "history.json").write_text('{"settings": {"data": "digits"')
    assert "it is damaged" in ranvier("resume", tmp_path, status=1).stderr


def test_a_run_without_its_checkpoint(ranvier: Command, tmp_path: Path) -> None:
    ranvier(*QUICK, "--epochs", 1, "--out", tmp_path)
    (tmp_path / "checkpoint" / "latest.safetensors").unlink()
    result = ranvier("resume", tmp_path, "--epochs", 2, status=1)
    assert "no checkpoint" in result.stderr
