"""What layers and losses do inside a compiled step."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import ranvier as rv
from ranvier.errors import ValueRangeError
from ranvier.nn import functional as F

DROPOUT = """
import json, sys
import ranvier as rv
from ranvier import nn, optim

model = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.5), nn.Linear(8, 1))
optimizer = optim.SGD(model.parameters(), lr=0.1)
start = {name: p.numpy() for name, p in model.state_dict().items()}

@rv.compile
def step(x, y):
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()
    return loss

def draws():
    model.load_state_dict(start)
    return [step(rv.ones(3, 4), rv.ones(3, 1)).item() for _ in range(4)]

first = draws()
rv.manual_seed(7)
second = draws()
rv.manual_seed(7)
json.dump([first, second, draws()], sys.stdout)
"""


def test_the_first_randomness_of_a_process_inside_a_compiled_step() -> None:
    command = [sys.executable, "-c", DROPOUT]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    first, second, again = json.loads(done.stdout)
    assert len({*first, *second}) == 8, "each step draws anew"
    assert second == again, "manual_seed starts again"


@pytest.mark.parametrize("ignore_index", [-100, 2, 7])
@pytest.mark.parametrize("loss", [F.cross_entropy, F.nll_loss])
@pytest.mark.parametrize("kind", ["int64", "int8"])
def test_ignored_labels_in_a_compiled_step(
    loss: Callable[..., Any], ignore_index: int, kind: str
) -> None:
    x = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
    y = np.array([0, 2, 1, ignore_index, 2, ignore_index], kind)

    def step(x: Any, y: Any) -> Any:
        return loss(x, y, ignore_index=ignore_index)

    kept = y != ignore_index
    expected = loss(rv.tensor(x[kept]), rv.tensor(y[kept])).item()
    assert step(rv.tensor(x), rv.tensor(y)).item() == pytest.approx(expected, rel=1e-6)
    assert rv.compile(step)(x, y).item() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("ignore_index", "bad"), [(-100, 3), (-100, -1), (2, -100)])
def test_labels_out_of_range_that_are_not_ignored(ignore_index: int, bad: int) -> None:
    x, y = np.zeros((3, 3), np.float32), np.array([0, bad, ignore_index])

    def step(x: Any, y: Any) -> Any:
        return F.cross_entropy(x, y, ignore_index=ignore_index)

    with pytest.raises(ValueRangeError, match="out of range for 3 classes"):
        step(rv.tensor(x), rv.tensor(y))
    with pytest.raises(ValueRangeError, match="a label is out of range for 3 classes"):
        rv.compile(step)(x, y)


def test_labels_of_a_type_that_cannot_hold_the_ignored_one() -> None:
    x, y = np.zeros((3, 3), np.float32), np.array([0, 1, 2], np.uint8)
    assert rv.compile(F.cross_entropy)(x, y).item() == pytest.approx(np.log(3))


def test_labels_from_outside_are_checked_in_every_run():
    labels = rv.tensor([0, 1])
    logits = rv.zeros(2, 3)
    loss = rv.compile(lambda x: F.cross_entropy(x, labels))
    assert loss(logits).item() > 0
    labels.copy_(rv.tensor([0, 7]))
    with pytest.raises(ValueRangeError, match="out of range for 3 classes"):
        loss(logits)
