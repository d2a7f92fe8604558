"""`ranvier train --model cnn` and `--embed`: trained, kept, used and gone on with."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from PIL import Image

import ranvier as rv
from ranvier.cli import network
from ranvier.train.networks import Embedded, embedding_dim

Command = Callable[..., Result]
pytestmark = pytest.mark.usefixtures("brief")


def test_cnn(ranvier: Command, tmp_path: Path) -> None:
    run = tmp_path / "run"
    words = ("train", "digits", "--model", "cnn", "--lr", 0.01, "--epochs", 1)
    found = json.loads(ranvier(*words, "--out", run, "--json").stdout)
    assert found["test"]["accuracy"] > 0.7
    model, _ = network.load(run)
    kinds = [type(layer).__name__ for layer in model]
    assert kinds[:4] == ["Unflatten", "Conv2d", "BatchNorm2d", "ReLU"]
    assert model[0](rv.zeros(2, 64)).shape == (2, 1, 8, 8)
    Image.fromarray(np.eye(8, dtype=np.uint8) * 200).save(tmp_path / "a.png")
    said = json.loads(ranvier("predict", run, tmp_path / "a.png", "--json").stdout)
    assert len(said["predictions"][0]["probabilities"]) == 10
    again = json.loads(ranvier("resume", run, "--epochs", 2, "--json").stdout)
    assert again["epochs"] == 2
    assert "--model cnn" in (run / "report.md").read_text("utf-8")


@pytest.fixture
def houses(tmp_path: Path) -> Path:
    """Prices that the town explains."""
    random = np.random.default_rng(0)
    towns = random.integers(0, 12, 200)
    sizes = random.uniform(0, 1, 200)
    pairs = zip(towns, sizes, strict=True)
    lines = [f"{size:.2f},town {town},{3 * town + size:.3f}" for town, size in pairs]
    path = tmp_path / "houses.csv"
    path.write_text("\n".join(["size,town,price", *lines]) + "\n")
    return path


def test_embeddings(ranvier: Command, houses: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    words = ("train", houses, "--target", "price", "--embed", "--lr", 0.01)
    said = ranvier(*words, "--epochs", 40, "--out", run, "--json", "--lang", "en")
    assert "embeddings instead, for 1 columns of names: numbers a row 6" in said.stderr
    found = json.loads(said.stdout)
    assert found["test"]["r2"] > 0.9
    model, facts = network.load(run)
    assert isinstance(model[0], Embedded)
    assert facts.embed == [12]
    assert model[1].in_features == 1 + embedding_dim(12)
    few = tmp_path / "few.csv"
    few.write_text("town,size\ntown 3,0.5\ntown 3,0.5\nAtlantis,0.5\n")
    rows = json.loads(ranvier("predict", run, few, "--json").stdout)["predictions"]
    assert rows[0] == rows[1] != rows[2]
    assert "--embed" in (run / "report.md").read_text("utf-8")


def test_an_embedding_is_a_row_of_its_table() -> None:
    module = Embedded(1, [3, 5])
    x = np.zeros((2, 9), np.float32)
    x[:, 0] = 7, 8
    x[0, 1 + 2] = x[0, 4 + 1] = 1  # the second row's categories are not known
    y = np.asarray(module(rv.tensor(x)).detach())
    tables = [np.asarray(table.weight.detach()).T for table in module.tables]
    assert np.array_equal(y[0], np.concatenate([[7], tables[0][2], tables[1][1]]))
    assert np.array_equal(y[1], [8] + [0] * (module.width - 1))
    assert Embedded(0, [2])(rv.zeros(1, 2)).shape == (1, 2)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("train", "mnist", "--embed"), "--embed is for a table; mnist is a data set"),
        (("HOUSES", "--model", "cnn"), "model cnn is for pictures, and"),
        (("HOUSES", "--embed", "--drop", "town"), "has none. Leave it out"),
    ],
)
def test_what_is_refused(
    ranvier: Command, houses: Path, words: tuple[str, ...], text: str
) -> None:
    if words[0] == "HOUSES":
        words = ("train", str(houses), "--target", "price", *words[1:])
    assert text in " ".join(ranvier(*words, status=2).output.split())


def test_pictures_that_are_too_small(ranvier: Command, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for i in range(4):
            Image.new("L", (3, 5), 50 * i).save(tmp_path / name / f"{i}.png")
    said = ranvier("train", tmp_path, "--model", "cnn", status=2).output
    assert "takes pictures of 8x8 and larger" in " ".join(said.split())
