"""`ranvier bench` from the command line, on its two smallest jobs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable

import pytest
from click.testing import Result

Command = Callable[..., Result]
QUICK = ("--seconds", "0.01", "--rounds", "1", "--threads", "1", "--limit", "300")


def test_json_has_times_ratios_and_floors(ranvier: Command) -> None:
    words = ("bench", "--workloads", "xor", "--rivals", "numpy", *QUICK, "--json")
    content = json.loads(ranvier(*words).stdout)
    subjects = {row["subject"] for row in content["rows"]}
    assert subjects == {"over", "step", "plain", "numpy"}
    assert all(row["error"] == "" for row in content["rows"])
    floor = content["floors"]["xor"]
    assert floor["rival_over_ours"] > 0
    assert floor["ours_over_floor"] > 0
    assert content["peaks"]["flops"] > 0
    assert content["machine"]["processor"]


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A Python that has nothing installed."""
    folder = tmp_path_factory.mktemp("bare")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    return str(folder / "bin" / "python")


def test_where_no_rival_is_installed_it_measures_ours_and_says_so(
    ranvier: Command, bare: str
) -> None:
    words = ("bench", "--workloads", "xor", *QUICK, "--rival-python", bare)
    text = ranvier(*words).stdout
    assert "install with pip, or say with --rival-python where" in " ".join(
        text.split()
    )
    (line,) = [line for line in text.splitlines() if line.startswith("xor  ")][:1]
    assert len(line.split()) == 4
    shown = [line for line in text.splitlines() if bare not in line]
    assert max(map(len, shown)) <= 100


def test_a_rival_that_is_not_installed_is_named(ranvier: Command, bare: str) -> None:
    words = ("bench", "--workloads", "xor", "--rivals", "jax", *QUICK)
    text = ranvier(*words, "--rival-python", bare, "--lang", "zh").stdout
    assert f"{bare} 没有安装：jax" in text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--workloads", "xro"), "no workload is called 'xro'; did you mean 'xor'?"),
        (("--rivals", "tensorflow"), "no rival is called 'tensorflow'"),
        (("--threads", "two"), "'two' is not numbers of threads"),
    ],
)
def test_wrong_words_are_wrong_usage(
    ranvier: Command, words: tuple[str, ...], message: str
) -> None:
    assert message in ranvier("bench", *words, status=2).stderr


def test_a_python_that_is_none(ranvier: Command) -> None:
    result = ranvier("bench", "--rival-python", "no-such-python", status=1)
    assert "--rival-python no-such-python: it does not run" in result.stderr
