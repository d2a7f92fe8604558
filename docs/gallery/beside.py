"""E3, F7 and H2 beside the lectures' own ways, kept in outcomes/beside.json."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import numpy as np

import ranvier as rv
from ranvier import nn, optim
from ranvier.data.transforms import Normalize

from .outcome import OUTCOMES

FILE: Final = OUTCOMES / "beside.json"
EPOCHS: Final = 10


def renew(python: str, machine: dict[str, str]) -> dict[str, Any]:
    """Measure H2's ten epochs here, and PyTorch under `python` ("": not installed).

    Raises CalledProcessError: that Python has no PyTorch.
    """
    found: dict[str, Any] = {"machine": machine, "h2": ours()}
    if python:
        found["torch"] = theirs(python)
    FILE.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    return found


def kept() -> dict[str, Any] | None:
    if not FILE.exists():
        return None
    found: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
    return found


def digits() -> list[Any]:
    """Training and validation part, normalised."""
    parts = rv.data.load("mnist").split(55_000, 5_000)
    normalize = Normalize().fit(parts[0])
    return [part.transformed(normalize) for part in parts[:2]]


def ours() -> float:
    """Seconds of H2's training over ten epochs, with compiling."""
    train, val = digits()
    model = nn.Sequential(nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))
    begin = time.perf_counter()
    rv.fit(
        model, train, val=val, loss=nn.CrossEntropyLoss(),
        optimizer=optim.SGD(model.parameters(), lr=0.1),
        epochs=EPOCHS, batch_size=100, seed=0,
    )  # fmt: skip
    return time.perf_counter() - begin


def theirs(python: str) -> dict[str, Any]:
    """What rivals.py prints."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "digits.npz"
        (x, y), (x_val, y_val) = (part.numpy() for part in digits())
        np.savez(file, x=x, y=y, x_val=x_val, y_val=y_val)
        script = Path(__file__).with_name("rivals.py")
        done = subprocess.run(
            [python, str(script), str(file)], stdout=subprocess.PIPE, check=True
        )
    found: dict[str, Any] = json.loads(done.stdout)
    return found
