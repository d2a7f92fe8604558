"""A run is not lost by kills, full disks, flipped bits and Ctrl-C: a few of them here,
1,000, 100, 2,000 and 100 in the slow test. What is done stands in keeping.py.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks and signals")
CAMPAIGNS = Path(__file__).with_name("keeping.py")


def campaign(name: str, count: int) -> dict[str, Any]:
    """In a process of its own, which forks: this one may have threads."""
    command = [sys.executable, str(CAMPAIGNS), f"--{name}", str(count)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)[name]
    return found


def check_kills(count: int) -> None:
    told = campaign("kills", count)
    assert (told["kills"], told["lost"]) == (count, 0)


def check_disks(levels: int) -> None:
    told = campaign("levels", levels)
    found = told["said"], told["old one intact"], told["model kept"]
    assert found == (levels, levels, levels)
    assert told["resume is the same"] == 1


def check_flips(count: int) -> None:
    told = campaign("flips", count)
    assert (told["found"], told["named"]) == (count, count)


def check_signals(count: int) -> None:
    told = campaign("signals", count)
    assert told["resumed to the same bits"] == count


def test_kills() -> None:
    check_kills(4)


def test_full_disks() -> None:
    check_disks(4)


def test_flipped_bits() -> None:
    check_flips(60)


@pytest.mark.slow
def test_a_thousand_times() -> None:
    check_kills(1000)
    check_disks(100)
    check_flips(2000)
    check_signals(100)
