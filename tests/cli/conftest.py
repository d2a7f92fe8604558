"""The command line in this process, and one small trained run that tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ranvier.cli import job, main
from ranvier.train import baselines

Command = Callable[..., Result]
DIABETES = Path(__file__).parents[1] / "data" / "tables" / "diabetes.csv.gz"


@pytest.fixture
def ranvier() -> Command:
    """`ranvier WORD …`; expects exit status 0 unless told."""
    return run


def run(*words: Any, status: int = 0) -> Result:
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == status, result.output + repr(result.exception)
    return result


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run on the small digits."""
    folder = tmp_path_factory.mktemp("runs") / "digits"
    run("train", "digits", "--model", "64-24-10", "--epochs", 8, "--out", folder)
    return folder


@contextmanager
def hurried() -> Iterator[None]:
    """Runs without pictures and with a hasty linear model."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(job.Job, "draw", lambda *_: None)
        patch.setattr(baselines, "LINEAR_STEPS", 400)
        yield


@pytest.fixture
def brief() -> Iterator[None]:
    """Every run of a test is hurried."""
    with hurried():
        yield


@pytest.fixture(scope="session")
def on_table(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """A run on a table with a measured value to predict, and what it said."""
    folder = tmp_path_factory.mktemp("runs") / "diabetes"
    words = ("train", DIABETES, "--target", "progression", "--epochs", 12)
    return folder, run(*words, "--lr", 0.01, "--out", folder, "--json")
