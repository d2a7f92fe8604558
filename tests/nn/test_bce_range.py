"""BCELoss on what is no probability: refused where known, never silently NaN."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import ranvier as rv
from ranvier import nn, optim
from ranvier.errors import NotFiniteError, ValueRangeError

Y = rv.tensor([0.0, 1.0, 1.0])


def test_known_values_are_refused() -> None:
    with pytest.raises(ValueRangeError, match=r"holds 1.5; it must lie in \[0, 1\]"):
        nn.BCELoss()(rv.tensor([0.5, 1.5, 0.2]), Y)


def test_a_plain_loop_stays_finite() -> None:
    w = rv.tensor([-1.0, -2.0, 3.0], requires_grad=True)
    loss = nn.BCELoss()(w * 1.0, Y)
    loss.backward()
    assert loss.item() == pytest.approx((0 + 100 + 0) / 3, abs=40)
    assert w.grad is not None
    assert np.isfinite(w.grad.numpy()).all()


@pytest.mark.parametrize("edge", [0.0, 1.0])
def test_gradients_at_the_edges_are_finite(edge: float) -> None:
    w = rv.tensor([edge] * 3, requires_grad=True)
    nn.BCELoss()(w * 1.0, Y).backward()
    assert w.grad is not None
    assert np.isfinite(w.grad.numpy()).all()


def compiled_step() -> Any:
    w = nn.Parameter(rv.ones(3))
    optimizer = optim.SGD([w], lr=0.1)
    criterion = nn.BCELoss()

    @rv.compile
    def step(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        loss = criterion(w * x, y)
        loss.backward()
        optimizer.step()
        return loss

    return step


def test_a_compiled_step_refuses() -> None:
    step = compiled_step()
    assert math.isfinite(step(rv.tensor([0.5, 0.5, 0.5]), Y).item())
    with pytest.raises(ValueRangeError, match="outside") as caught:
        step(rv.tensor([0.5, 7.0, 0.5]), Y)
    assert str(caught.value).endswith("which does so itself.")


def test_nan_is_not_hidden() -> None:
    with pytest.raises((NotFiniteError, ValueRangeError)):
        compiled_step()(rv.tensor([0.5, math.nan, 0.5]), Y)


def test_the_step_stands_in_the_first_sentence() -> None:
    model = nn.Linear(2, 3)

    @rv.compile
    def step(x: Any, y: Any) -> Any:
        return nn.functional.cross_entropy(model(x), y)

    loader = rv.data.DataLoader(
        (np.zeros((4, 2), np.float32), np.array([0, 1, 2, 9])), batch_size=2
    )
    with pytest.raises(ValueRangeError, match="label is out of range") as caught:
        step.over(loader)
    assert "numbered 0 to 2 in step 2" in str(caught.value)
    assert ". Count from 0" in str(caught.value)
