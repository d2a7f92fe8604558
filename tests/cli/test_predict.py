"""`ranvier predict`, and what is done to a picture before."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from PIL import Image

from ranvier.cli.picture import read_picture
from ranvier.data import Dataset, load
from ranvier.errors import DataError, FileError

Command = Callable[..., Result]


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load("digits")


def pixels(digits: Dataset, row: int) -> np.ndarray:
    """A digit as 8x8 bytes, light on dark."""
    return (digits.arrays[0][row].reshape(8, 8) * 255.0 / 16).round().astype(np.uint8)


def paper(digits: Dataset, row: int) -> np.ndarray:
    """The digit large, dark on light, off the middle."""
    sheet = np.full((300, 400), 250, np.uint8)
    sheet[20:180, 200:360] = 250 - np.kron(
        pixels(digits, row).astype(int) * 250 // 255, np.ones((20, 20), int)
    )
    return sheet


def test_a_picture_of_the_data_s_size_is_what_the_model_saw(
    digits: Dataset, tmp_path: Path
) -> None:
    Image.fromarray(pixels(digits, 3)).save(tmp_path / "a.png")
    found = read_picture(tmp_path / "a.png", (8, 8))
    assert np.abs(found - digits.numpy()[0][3].reshape(8, 8)).max() < 0.01


@pytest.mark.parametrize("kind", ["a.png", "a.jpg", "a.bmp"])
def test_dark_on_light_is_turned_cut_out_and_centred(
    digits: Dataset, tmp_path: Path, kind: str
) -> None:
    Image.fromarray(paper(digits, 0)).save(tmp_path / kind)
    found = read_picture(tmp_path / kind, (28, 28), 20 / 28)
    rows, _ = np.nonzero(found > 0.2)
    assert 18 <= np.ptp(rows) + 1 <= 20
    centre = [(found.sum(1 - a) * np.arange(28)).sum() / found.sum() for a in (0, 1)]
    assert np.abs(np.array(centre) - 13.5).max() < 1
    assert found[0].max() == found[:, 0].max() == 0
    assert 0.9 < found.max() <= 1


def test_colour_transparency_and_sixteen_bits(tmp_path: Path) -> None:
    ink = np.zeros((40, 40, 4), np.uint8)
    ink[5:35, 18:22] = (0, 0, 200, 255)
    Image.fromarray(ink).save(tmp_path / "clear.png")
    Image.fromarray(ink[..., 3].astype(np.uint16) * 257).save(tmp_path / "deep.png")
    for name in ("clear.png", "deep.png"):
        found = read_picture(tmp_path / name, (8, 8))
        assert found.sum() == pytest.approx(found[:, 3:5].sum())
        assert found.max() > 0.9


def test_predictions(ranvier: Command, trained: Path, tmp_path: Path) -> None:
    digits = load("digits")
    images = [tmp_path / f"{row}.png" for row in range(10)]
    for row, path in enumerate(images):
        Image.fromarray(pixels(digits, row)).save(path)
    told = json.loads(ranvier("predict", trained, *images, "--json").stdout)
    answers = told["predictions"]
    right = sum(int(a["class"]) == row for row, a in enumerate(answers))
    assert right >= 7
    for answer in answers:
        assert sum(answer["probabilities"].values()) == pytest.approx(1)
        assert answer["probabilities"][answer["class"]] == answer["probability"]


def test_one_line_an_image(ranvier: Command, trained: Path, tmp_path: Path) -> None:
    Image.fromarray(paper(load("digits"), 0)).save(tmp_path / "zero.png")
    line = ranvier("predict", trained, tmp_path / "zero.png").stdout
    assert line.startswith(f"{tmp_path / 'zero.png'}: 0 ")


def test_the_model_s_file_will_do(
    ranvier: Command, trained: Path, tmp_path: Path
) -> None:
    Image.fromarray(pixels(load("digits"), 0)).save(tmp_path / "zero.png")
    done = ranvier("predict", trained / "model.safetensors", tmp_path / "zero.png")
    assert done.stdout.startswith(f"{tmp_path / 'zero.png'}: 0 ")


def test_a_bad_image_does_not_stop_the_others(
    ranvier: Command, trained: Path, tmp_path: Path
) -> None:
    Image.fromarray(pixels(load("digits"), 0)).save(tmp_path / "zero.png")
    (tmp_path / "text.png").write_text("no picture")
    files = (tmp_path / "text.png", tmp_path / "zero.png")
    result = ranvier("predict", trained, *files, status=1)
    assert "text.png is not a picture" in result.stderr
    assert "zero.png: 0" in result.stdout


def test_pictures_that_cannot_be_read(digits: Dataset, tmp_path: Path) -> None:
    Image.fromarray(paper(digits, 0)).save(tmp_path / "whole.png")
    whole = (tmp_path / "whole.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    Image.new("L", (50, 50), 255).save(tmp_path / "blank.png")
    Image.new("1", (14_000, 14_000)).save(tmp_path / "vast.png")
    (tmp_path / "empty.png").touch()
    for name, kind, words in (
        ("none.png", FileError, "there is no file"),
        ("cut.png", FileError, "is damaged"),
        ("empty.png", FileError, "is not a picture"),
        ("vast.png", FileError, "too large; at most 89 million pixels"),
        ("blank.png", DataError, "the picture is of one colour"),
        (".", FileError, "there is no file"),
    ):
        with pytest.raises(kind, match=words):
            read_picture(tmp_path / name, (8, 8))


def test_a_run_that_is_none(ranvier: Command, tmp_path: Path) -> None:
    result = ranvier("predict", tmp_path / "none", "a.png", status=1)
    assert "expected the folder of a finished run" in result.stderr


def test_weights_of_somebody_else(ranvier: Command, tmp_path: Path) -> None:
    from ranvier.formats import safetensors

    safetensors.save({"w": np.zeros(3)}, tmp_path / "model.safetensors")
    result = ranvier("predict", tmp_path, "a.png", status=1)
    assert "was not saved by `ranvier train`" in result.stderr


def test_a_damaged_model(ranvier: Command, trained: Path, tmp_path: Path) -> None:
    whole = (trained / "model.safetensors").read_bytes()
    (tmp_path / "model.safetensors").write_bytes(whole[:300])
    result = ranvier("predict", tmp_path, "a.png", status=1)
    assert "is not a whole file: it is cut off" in result.stderr
