"""`ranvier compare RUN RUN`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Command = Callable[..., Result]
pytestmark = pytest.mark.usefixtures("brief")


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two runs on the small digits."""
    from tests.cli.conftest import hurried, run

    folder = tmp_path_factory.mktemp("two")
    quick = ("train", "digits", "--model", "64-16-10", "--quiet", "--out")
    with hurried():
        run(*quick, folder / "a", "--epochs", 2)
        run(*quick, folder / "b", "--epochs", 3, "--lr", 0.01)
    return folder


def test_the_table_and_the_picture(ranvier: Command, two: Path) -> None:
    said = ranvier("compare", two / "a", two / "b", "--lang", "en").output
    rows = [line.split("  ") for line in said.splitlines()]
    cells = [[word.strip() for word in row if word.strip()] for row in rows]
    assert cells[0] == ["a", "b"]
    assert ["learning rate", "0.001", "0.01"] in cells
    assert ["epochs run", "2", "3"] in cells
    assert any(row and row[0] == "test accuracy" for row in cells)
    assert not any(row and row[0] in ("batch size", "model") for row in cells)
    assert (two / "compare.png").stat().st_size > 10_000
    again = ranvier("compare", *two.iterdir(), "--lang", "zh").output
    assert "测试准确率" in again, "its own picture is passed over"


def test_json(ranvier: Command, two: Path, tmp_path: Path) -> None:
    place = tmp_path / "c.png"
    words = ("compare", two / "a", two / "b", "--json", "--plot", place)
    found = json.loads(ranvier(*words).stdout)
    assert found["differs"] == {"lr": [0.001, 0.01], "epochs": [2, 3]}
    assert found["figures"]["parameters"] == [1210, 1210]
    assert found["picture"] == str(place)
    assert found["notes"] == []


def test_what_is_refused(
    ranvier: Command, two: Path, on_table: tuple[Path, Result], tmp_path: Path
) -> None:
    assert "nothing beside it" in ranvier("compare", two / "a", status=2).output
    said = ranvier("compare", two / "a", tmp_path, status=1).stderr
    assert "is not the folder of a run" in said
    said = ranvier("compare", two / "a", on_table[0], status=1).stderr
    assert "a: classification in digits; diabetes: regression of 'progression'" in said
