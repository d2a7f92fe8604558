"""The small parts: early stopping, history, packing, scoring, architecture."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from ranvier import nn
from ranvier.atomic import make_folder, write_atomically, write_text
from ranvier.errors import FileError, UnknownNameError, ValueRangeError
from ranvier.train import EarlyStopping
from ranvier.train.architecture import check_ends, widths
from ranvier.train.history import FORMAT, History, write_history
from ranvier.train.networks import perceptron
from ranvier.train.scoring import Scoring
from ranvier.version import version


def test_early_stopping_waits_for_patience() -> None:
    stopping = EarlyStopping(patience=3)
    losses = [1.0, 0.8, 0.9, 0.7, 0.7, 0.75, 0.71]
    for epoch, loss in enumerate(losses, 1):
        assert not stopping.is_exhausted
        stopping.improves(epoch, loss)
    assert stopping.is_exhausted
    assert (stopping.best_epoch, stopping.best_loss) == (4, 0.7)


def test_min_delta_is_how_much_counts() -> None:
    stopping = EarlyStopping(patience=1, min_delta=0.1)
    assert stopping.improves(1, 1.0)
    assert not stopping.improves(2, 0.95)
    assert stopping.is_exhausted


def test_without_patience_it_only_remembers() -> None:
    stopping = EarlyStopping()
    assert [stopping.improves(e, 1.0) for e in (1, 2, 3)] == [True, False, False]
    assert not stopping.is_exhausted


def test_a_nan_is_never_the_best() -> None:
    assert not EarlyStopping().improves(1, float("nan"))


def test_history_there_and_back() -> None:
    history = History()
    history.extend({"train_loss": [0.5], "val_loss": [0.6]})
    history.extend({"train_loss": np.array([0.25]), "val_loss": [0.7]})
    assert history.last() == {"train_loss": 0.25, "val_loss": 0.7}
    history.add_norms(2, {"weight": 1.5})
    again = History.of(history.arrays())
    assert (again.columns, again.norms) == (history.columns, history.norms)
    assert (len(again), again.norm_epochs) == (2, [2])


def test_history_on_disk_is_plain_json(tmp_path: Path) -> None:
    arrays = {"train_loss": np.array([0.5, np.nan]), "n": {"w": np.array([1.0])}}
    write_history(tmp_path / "history.json", arrays, seed=np.int64(3))
    found = json.loads((tmp_path / "history.json").read_text("utf-8"))
    expected = {"train_loss": [0.5, None], "n": {"w": [1.0]}}
    origin = {"format": FORMAT, "ranvier": version()}
    assert found == {**origin, "seed": 3, "history": expected}


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    write_text(tmp_path / "a", "old")

    def broken(file: Path) -> None:
        file.write_text("half")
        raise OSError("no space left")

    with pytest.raises(FileError, match="a cannot be written: no space left"):
        write_atomically(tmp_path / "a", broken)
    assert (tmp_path / "a").read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["a"]


def test_a_folder_is_tried_before_it_is_needed(tmp_path: Path) -> None:
    assert make_folder(tmp_path / "a" / "b").is_dir()
    (tmp_path / "file").touch()
    with pytest.raises(FileError, match="cannot be written: Not a directory"):
        make_folder(tmp_path / "file" / "run")


# fmt: off
SCORINGS = [
    (nn.CrossEntropyLoss(),  (8, 3), np.zeros(8, np.int64),        Scoring.CLASSES),
    (nn.CrossEntropyLoss(),  (8, 3), np.zeros((8, 3), np.float32), Scoring.ONE_HOT),
    (nn.BCEWithLogitsLoss(), (8, 1), np.zeros((8, 1), np.float32), Scoring.LOGIT),
    (nn.BCELoss(),           (8,),   np.zeros(8, np.float32),      Scoring.PROBABILITY),
    (nn.MSELoss(),           (8, 3), np.zeros((8, 3), np.float32), Scoring.NONE),
    (nn.MSELoss(),           (8, 1), np.zeros((8, 1), np.float32), Scoring.NONE),
]
# fmt: on


@pytest.mark.parametrize(("loss", "outputs", "targets", "expected"), SCORINGS)
def test_what_counts_as_right(
    loss: object, outputs: tuple[int, ...], targets: np.ndarray, expected: Scoring
) -> None:
    assert Scoring.of(loss, outputs, targets) is expected


def test_a_perceptron_from_its_widths() -> None:
    model = perceptron("784-10-14-10")
    assert [type(layer).__name__ for layer in model] == [
        "Linear",
        "ReLU",
        "Linear",
        "ReLU",
        "Linear",
    ]
    assert sum(p.numel() for p in model.parameters()) == 8154


@pytest.mark.parametrize("text", ["", "10", "784-", "784-a-10", "784--10", "-5-10"])
def test_widths_that_are_none(text: str) -> None:
    with pytest.raises(ValueRangeError, match=r"784-256-128-10\.$"):
        widths(text)


def test_a_layer_without_a_unit() -> None:
    with pytest.raises(ValueRangeError, match="has a layer without a unit"):
        widths("784-0-10")


def test_an_absurd_model() -> None:
    with pytest.raises(ValueRangeError, match="would have 79,500,000,010 parameters"):
        widths("784-100000000-10")


def test_the_ends_are_the_data_s() -> None:
    check_ends("784-30-10", 784, 10, "mnist")
    with pytest.raises(ValueRangeError, match=r"has 784 inputs.* Use 784-30-10\."):
        check_ends("700-30-9", 784, 10, "mnist")


def test_an_activation_that_does_not_exist() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'relu'"):
        perceptron("4-2", "rleu")
