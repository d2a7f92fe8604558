"""`ranvier sweep`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Command = Callable[..., Result]


def test_a_grid_is_ranked(ranvier: Command) -> None:
    words = ("sweep", "xor", "--lr", "0.05,0.0001", "--seeds", "2", "--epochs", "300")
    text = ranvier(*words).stdout
    assert "4 runs, native programs they share: 1" in text
    assert text.index(" 0.05 ") < text.index("0.0001")
    assert "±" in text


def test_as_json(ranvier: Command, tmp_path: Path) -> None:
    words = ("sweep", "digits", "--lr", "0.01", "--units", "8,16", "--epochs", "2")
    picture = tmp_path / "runs.png"
    told = json.loads(ranvier(*words, "--json", "--plot", str(picture)).stdout)
    assert [row["units"] for row in told["runs"]] == [16, 8]
    assert told["best"] == told["runs"][0] and told["programs"] == 2
    assert told["test"]["accuracy"] > told["test"]["baseline_accuracy"]
    assert picture.read_bytes()[:4] == b"\x89PNG"


def test_settings_are_drawn(ranvier: Command) -> None:
    words = ("sweep", "digits", "--lr", "0.001:0.1", "--trials", "3", "--epochs", "2")
    told = json.loads(ranvier(*words, "--method", "halving", "--json").stdout)
    assert all(0.001 <= row["lr"] <= 0.1 for row in told["runs"])
    assert len({row["lr"] for row in told["runs"]}) == 3


def test_in_chinese(ranvier: Command) -> None:
    text = ranvier("sweep", "xor", "--epochs", "20", "--lang", "zh").stdout
    assert "5 次训练，共用本机程序 1 个" in text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("digitz",), "did you mean 'digits'?"),
        (("xor", "--lr", "0"), "0 is not above 0"),
        (("xor", "--lr", "a,b"), "not a list of learning rates, as in 0.01,0.1"),
        (("xor", "--lr", "0.1:1"), "--trials 20"),
        (("xor", "--lr", "1:0.1"), "the smaller first"),
        (("xor", "--lr", "0.1:1", "--trials", "3"), "no validation set"),
        (("xor", "--patience", "3"), "no validation set"),
        (("digits", "--activation", "rleu"), "did you mean 'relu'?"),
        (("digits", "--method", "halving"), "--trials 20"),
        (("digits", "--trials", "2", "--seeds", "2"), "--seeds belongs to a grid"),
        (("digits", "--units", "0"), "0 is below 1"),
    ],
)
def test_wrong_usage(ranvier: Command, words: tuple[str, ...], message: str) -> None:
    told = " ".join(ranvier("sweep", *words, status=2).stderr.split())
    assert message in told


def test_a_table(ranvier: Command, tmp_path: Path) -> None:
    rows = [f"{a},{b},{2 * a + b}" for a in range(20) for b in range(10)]
    table = tmp_path / "sums.csv"
    table.write_text("\n".join(["a,b,sum", *rows]))
    words = ("sweep", str(table), "--lr", "0.01,0.0001", "--epochs", "20")
    told = json.loads(ranvier(*words, "--target", "sum", "--json").stdout)
    assert told["best"]["lr"] == 0.01
    assert told["test"]["r2"] > 0.9
    assert "--target" in ranvier(*words, status=1).stderr
