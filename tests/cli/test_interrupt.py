"""Ctrl-C in the middle of `ranvier train`: quick, clean, nothing lost."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ranvier.cli.network import load

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to send")


def start(folder: Path) -> subprocess.Popen[str]:
    words = ["train", "mnist", "--epochs", "1000", "--patience", "0", "--json"]
    command = [sys.executable, "-m", "ranvier", *words, "--out", str(folder)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def wait_for_epoch(process: subprocess.Popen[str]) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("epoch"):
            return
    raise AssertionError("the training ended before its first epoch")


def test_ctrl_c_saves_what_was_learned(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    process = start(folder)
    wait_for_epoch(process)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 130
    told = json.loads(output)
    assert told["stopped_because"] == "interrupted"
    assert told["test"] is None
    assert 1 <= told["epochs"] < 1000
    assert "to go on: ranvier resume" in errors
    assert "Traceback" not in errors
    assert "**Interrupted**" in (folder / "report.md").read_text("utf-8")
    history = json.loads((folder / "history.json").read_text("utf-8"))
    assert len(history["history"]["train_loss"]) == told["epochs"]
    load(folder)
