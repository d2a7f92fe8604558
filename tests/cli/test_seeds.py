"""`ranvier train … --seeds 3`: a folder a seed, mean ± sd, and going on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

Command = Callable[..., Result]
pytestmark = pytest.mark.usefixtures("brief")
QUICK = ("train", "digits", "--model", "64-16-10", "--epochs", 2)


def test_seeds(ranvier: Command, tmp_path: Path) -> None:
    words = (*QUICK, "--seeds", 2, "--seed", 3, "--out", tmp_path)
    found = json.loads(ranvier(*words, "--json").stdout)
    assert found["seeds"] == [3, 4]
    each = [run["test"]["accuracy"] for run in found["runs"]]
    assert found["test"]["accuracy"] == pytest.approx(np.mean(each))
    assert found["sd"]["accuracy"] == pytest.approx(np.std(each, ddof=1))
    report = (tmp_path / "report.md").read_text("utf-8")
    assert f"{np.mean(each):.2%} ± {np.std(each, ddof=1):.2%}" in report
    assert "--seed 3 " in report and "--seeds 2" in report
    said = ranvier("compare", tmp_path / "seed-3", tmp_path / "seed-4", "--json")
    assert json.loads(said.stdout)["differs"] == {"seed": [3, 4]}
    for words_ in (("doctor", tmp_path), ("compare", tmp_path, tmp_path)):
        assert "name one of them: " in ranvier(*words_, status=1).stderr
    # a seed that was not begun is trained, the others are as they were
    shutil.rmtree(tmp_path / "seed-4")
    again = json.loads(ranvier("resume", tmp_path, "--json").stdout)
    assert [run["test"] for run in again["runs"]] == [r["test"] for r in found["runs"]]
    assert "holds runs already" in ranvier(*words, status=1).stderr
    said = ranvier("resume", tmp_path, "--epochs", 5, status=2).output
    assert "go on as planned" in said
    (tmp_path / "seeds.json").write_text("{}")
    assert "it is damaged" in ranvier("resume", tmp_path, status=1).stderr


def test_a_seed_that_is_lost(ranvier: Command, tmp_path: Path) -> None:
    words = (*QUICK, "--optimizer", "sgd", "--lr", "1e30", "--seeds", 2)
    result = ranvier(*words, "--out", tmp_path, "--json")
    assert "seed 0: fit: the loss became NaN" in result.stderr
    assert json.loads(result.stdout)["test"] is None
