"""Learning rates that a schedule takes to 0, and those that are refused."""

from __future__ import annotations

import math
from typing import Any

import pytest

import ranvier as rv
from ranvier import nn, optim
from ranvier.errors import DTypeError, ValueRangeError


def test_a_schedule_may_reach_zero() -> None:
    w = nn.Parameter(rv.ones(1))
    optimizer = optim.SGD([w], lr=0.1)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=2)
    for _ in range(4):
        optimizer.zero_grad()
        w.sum().backward()
        optimizer.step()
        schedule.step()
    assert w.item() == pytest.approx(1 - 0.1 - 0.05 - 0 - 0.05)


def test_a_warm_up_may_begin_at_zero() -> None:
    w = nn.Parameter(rv.ones(1))
    optimizer = optim.Adam([w], lr=0.1)
    schedule = optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: epoch / 2)

    @rv.compile
    def step() -> Any:
        optimizer.zero_grad()
        loss = w.sum()
        loss.backward()
        optimizer.step()
        return loss

    step()
    assert w.item() == 1
    schedule.step()
    step()
    assert w.item() < 1


@pytest.mark.parametrize("lr", [0, 0.0, -0.1, math.nan, math.inf])
def test_refused_at_construction(lr: float) -> None:
    with pytest.raises(ValueRangeError, match=r"SGD: lr is .*; it must be above 0"):
        optim.SGD([rv.ones(1)], lr=lr)


@pytest.mark.parametrize("lr", [-0.1, math.nan, math.inf])
def test_refused_later(lr: float) -> None:
    w = nn.Parameter(rv.ones(1))
    optimizer = optim.SGD([w], lr=0.1)
    optimizer.param_groups[0]["lr"] = lr
    w.sum().backward()
    with pytest.raises(ValueRangeError, match="it must be at least 0"):
        optimizer.step()


def test_a_text_is_no_rate() -> None:
    with pytest.raises(DTypeError, match=r"SGD: lr is '0.1', of type str; expected"):
        optim.SGD([rv.ones(1)], lr="0.1")  # type: ignore[arg-type]
