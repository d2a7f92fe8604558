"""Schedules of the learning rate, by their formulas."""

import math

import pytest

import ranvier as rv
from ranvier.optim import SGD, lr_scheduler


def rates(make, epochs=8, lr=1.0):
    optimizer = SGD([rv.zeros(1, requires_grad=True)], lr=lr)
    scheduler = make(optimizer)
    out = []
    for _ in range(epochs):
        out.append(optimizer.param_groups[0]["lr"])
        scheduler.step()
    return out


def test_step():
    found = rates(lambda o: lr_scheduler.StepLR(o, 3, gamma=0.5))
    assert found == [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25]


def test_multi_step():
    found = rates(lambda o: lr_scheduler.MultiStepLR(o, [5, 2], gamma=0.5))
    assert found == [1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25]


def test_exponential():
    found = rates(lambda o: lr_scheduler.ExponentialLR(o, 0.5), 3)
    assert found == [1, 0.5, 0.25]


def test_cosine():
    found = rates(lambda o: lr_scheduler.CosineAnnealingLR(o, 4, eta_min=0.2), 5)
    expected = [0.2 + 0.4 * (1 + math.cos(math.pi * i / 4)) for i in range(5)]
    assert found == pytest.approx(expected)


def test_lambda():
    found = rates(lambda o: lr_scheduler.LambdaLR(o, lambda e: 1 / (1 + e)), 3)
    assert found == [1, 0.5, 1 / 3]


def test_plateau():
    optimizer = SGD([rv.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=1)
    found = []
    for loss in (1.0, 0.5, 0.5, 0.5, 0.5, 0.4, 0.4, 0.4):
        scheduler.step(loss)
        found.append(scheduler.get_last_lr()[0])
    assert found == [1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25]


def test_state_goes_round():
    optimizer = SGD([rv.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = lr_scheduler.StepLR(optimizer, 2)
    scheduler.step()
    other = lr_scheduler.StepLR(optimizer, 5)
    other.load_state_dict(scheduler.state_dict())
    assert (other.last_epoch, other.step_size) == (1, 2)


def test_messages():
    optimizer = SGD([rv.zeros(1, requires_grad=True)], lr=1.0)
    with pytest.raises(ValueError, match="step_size is 0; it must be at least 1"):
        lr_scheduler.StepLR(optimizer, 0)
    with pytest.raises(ValueError, match=r"factor is 2.0; it must lie in \(0, 1\)"):
        lr_scheduler.ReduceLROnPlateau(optimizer, factor=2.0)
    with pytest.raises(LookupError, match="mode is 'mni'; did you mean 'min'"):
        lr_scheduler.ReduceLROnPlateau(optimizer, mode="mni")
    with pytest.raises(ValueError, match="LambdaLR: 2 functions for 1 groups"):
        lr_scheduler.LambdaLR(optimizer, [lambda e: 1.0] * 2)
