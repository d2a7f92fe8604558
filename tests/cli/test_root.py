"""`ranvier` itself: help, version, unknown words, how errors are shown."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from ranvier.cli.language import early_language
from ranvier.cli.root import COMMANDS

Command = Callable[..., Result]


def process(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ranvier", *words]
    env = {**os.environ, **environment}
    return subprocess.run(command, capture_output=True, text=True, env=env)


def test_help_lists_the_commands(ranvier: Command) -> None:
    text = ranvier("--help").stdout
    assert all(name in text for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(ranvier: Command, name: str) -> None:
    text = ranvier(name, "--help").stdout
    assert "--json" in text
    assert "--lang" in text


def test_the_version(ranvier: Command) -> None:
    assert ranvier("--version").stdout.startswith("ranvier ")


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["course"],
        ["course", "--json"],
        ["course", "run", "--help"],
        ["course", "show", "E3"],
        ["train", "--help"],
        ["data"],
        ["data", "--json"],
    ],
)
def test_what_only_prints_imports_click_and_little_else(words: list[str]) -> None:
    code = (
        "import sys; from ranvier.cli import main;"
        f"main({words}, standalone_mode=False);"
        "print('imported', *sys.modules)"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    imported = done.stdout.splitlines()[-1].split()[1:]
    heavy = {"numpy", "rich", "llvmlite", "matplotlib", "PIL", "pandas", "asyncio"}
    assert not heavy & {*imported}
    assert sum(name.startswith("ranvier") for name in imported) < 25


def test_a_near_miss_is_suggested(ranvier: Command) -> None:
    result = ranvier("tarin", status=2)
    assert (
        "there is no command 'tarin'; did you mean 'train'? Commands:" in result.stderr
    )


def test_an_unknown_option(ranvier: Command) -> None:
    assert "--epoch" in ranvier("train", "digits", "--epoch", "3", status=2).stderr


def test_an_error_is_one_message(ranvier: Command, tmp_path: Path) -> None:
    result = ranvier("predict", tmp_path / "none", "x.png", status=1)
    assert result.stderr.startswith("ranvier: ")
    assert len(result.stderr.splitlines()) == 1
    assert result.stdout == ""


@pytest.mark.parametrize("before", [True, False])
def test_debug_shows_the_traceback(tmp_path: Path, before: bool) -> None:
    words = ["predict", str(tmp_path / "none"), "x.png"]
    words = ["--debug", *words] if before else [*words, "--debug"]
    done = process(*words)
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "FileError" in done.stderr


def test_chinese_from_the_environment() -> None:
    done = process("--help", LC_ALL="zh_CN.UTF-8", PYTHONUTF8="1")
    assert "在数据集上训练网络" in done.stdout


def test_chinese_by_option() -> None:
    done = process("--lang", "zh", "--help", PYTHONUTF8="1")
    assert "在数据集上训练网络" in done.stdout


def test_an_encoding_without_chinese() -> None:
    done = process("course", "--lang", "zh", PYTHONIOENCODING="latin-1")
    assert done.returncode == 0
    assert "neuron-layer            \\u4e00" in done.stdout
    assert done.stderr.count("set PYTHONUTF8=1") == 1
    done = process("--lang", "zh", "data", "--json", PYTHONIOENCODING="ascii")
    assert json.loads(done.stdout)["data"]


def test_the_language_is_found_before_options_are_read() -> None:
    assert early_language(["train", "mnist", "--lang", "zh"]) == "zh"
    assert early_language(["--lang=en", "train"]) == "en"


def test_a_language_that_is_none(ranvier: Command) -> None:
    result = ranvier("data", "--lang", "zn", status=2)
    assert "no language is called 'zn'; did you mean 'zh'?" in result.stderr
