"""Schedules of the learning rate against PyTorch's, in schedules.npz; state, messages,
and what a compiled step makes of them.
"""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import schedules

import ranvier as rv
from ranvier.errors import (
    RanvierError,
    StateError,
    ValueRangeError,
)
from ranvier.optim import SGD, Rprop, lr_scheduler

with np.load(Path(__file__).parent / "schedules.npz") as archive:
    THEIRS = dict(zip(archive["names"].tolist(), archive["values"], strict=True))


def test_the_same_cases_on_both_sides():
    assert list(THEIRS) == list(schedules.CASES), "run make_trajectories.py"


@pytest.mark.parametrize("name", schedules.CASES)
def test_rates(name):
    ours = schedules.rates(rv, schedules.CASES[name])
    np.testing.assert_allclose(ours, THEIRS[name], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", schedules.CASES)
def test_state_goes_round(name):
    """Saved as JSON half way, loaded into new objects, gone on with."""
    make = schedules.CASES[name]
    first = schedules.optimizer(rv)
    one = make(schedules.names(rv), first)
    first.step()
    for i in range(20):
        schedules.go(one, i)
    saved = json.loads(json.dumps([first.state_dict(), one.state_dict()]))
    second = schedules.optimizer(rv)
    two = make(schedules.names(rv), second)
    second.load_state_dict(saved[0])
    two.load_state_dict(saved[1])
    assert two.get_last_lr() == one.get_last_lr()
    for i in range(20, 40):
        schedules.go(one, i)
        schedules.go(two, i)
        assert schedules.row(first) == schedules.row(second)


def test_a_schedule_goes_on_from_the_optimiser_s_state():
    first = schedules.optimizer(rv)
    one = lr_scheduler.CosineAnnealingLR(first, 10)
    first.step()
    for _ in range(4):
        one.step()
    second = schedules.optimizer(rv)
    second.load_state_dict(first.state_dict())
    two = lr_scheduler.CosineAnnealingLR(second, 10, last_epoch=3)
    assert two.last_epoch == 4
    assert two.base_lrs == one.base_lrs
    with pytest.raises(StateError, match="StepLR: last_epoch is 3, and group 0 has no"):
        lr_scheduler.StepLR(schedules.optimizer(rv), 2, last_epoch=3)


def test_warm_restarts_between_epochs():
    made = schedules.optimizer(rv)
    scheduler = lr_scheduler.CosineAnnealingWarmRestarts(made, 3, 2)
    scheduler.step(4.5)  # 1.5 epochs into the second wave, of 6
    wave = (1 + math.cos(math.pi * 1.5 / 6)) / 2
    assert scheduler.get_last_lr() == pytest.approx([0.5 * wave, 0.1 * wave])
    assert scheduler.last_epoch == 4


def test_a_rate_that_is_a_tensor():
    rate = rv.tensor(0.5, dtype=rv.float64)
    w = rv.ones(1, dtype=rv.float64, requires_grad=True)
    made = SGD([w], lr=rate)
    scheduler = lr_scheduler.ExponentialLR(made, 0.5)

    @rv.compile
    def step():
        made.zero_grad()
        w.sum().backward()
        made.step()

    for expected in (0.5, 0.25):
        step()
        assert w.item() == expected
        scheduler.step()
    assert made.param_groups[0]["lr"] is rate
    assert rate.item() == 0.125
    rate.fill_(1.0)
    step()
    assert w.item() == -0.75


def test_the_first_rate_is_not_left_out():
    scheduler = lr_scheduler.ExponentialLR(schedules.optimizer(rv), 0.9)
    with pytest.warns(UserWarning, match=r"ExponentialLR.step\(\) before optimizer"):
        scheduler.step()


def other():
    return lr_scheduler.StepLR(schedules.optimizer(rv), 2)


# fmt: off
BAD = [
    (lambda s, o: s.StepLR(o, 0), "StepLR: step_size is 0; expected a whole number from 1"),  # noqa: E501
    (lambda s, o: s.StepLR(None, 3), "StepLR: got NoneType; expected an optimiser"),
    (lambda s, o: s.StepLR(o, 3).step(5), r"step\(epoch=5\) is not supported"),
    (lambda s, o: s.LambdaLR(o, [abs] * 3), "lr_lambda has 3 entries for 2 groups"),
    (lambda s, o: s.LambdaLR(o, 0.9), "lr_lambda is float; expected a function"),
    (lambda s, o: s.MultiplicativeLR(o, 0.9), "MultiplicativeLR: lr_lambda is float"),
    (lambda s, o: s.ConstantLR(o, 1.5), "factor is 1.5; it must lie between 0 and 1"),
    (lambda s, o: s.LinearLR(o, 0.0), "start_factor is 0, and each rate"),
    (lambda s, o: s.LinearLR(o, 2.0), "start_factor is 2.0; it must lie between"),
    (lambda s, o: s.LinearLR(o, 0.5, -1.0), "end_factor is -1.0; it must lie between"),
    (lambda s, o: s.PolynomialLR(o, 0), "total_iters is 0; expected a whole number"),
    (lambda s, o: s.CosineAnnealingLR(o, 0), "T_max is 0; expected a whole number"),
    (lambda s, o: s.CosineAnnealingWarmRestarts(o, 0), "T_0 is 0; expected a whole"),
    (lambda s, o: s.CosineAnnealingWarmRestarts(o, 2, 0), "T_mult is 0; expected a wh"),
    (lambda s, o: s.CosineAnnealingWarmRestarts(o, 2).step(-1), r"step\(epoch=-1\)"),
    (lambda s, o: s.CyclicLR(o, 0.1, 1.0, mode="zigzag"), "mode is 'zigzag'; expected"),
    (lambda s, o: s.CyclicLR(o, [0.1], 1.0), "base_lr has 1 entries for 2 groups"),
    (lambda s, o: s.CyclicLR(o, 0.1, 1.0, 0), "step_size_up is 0"),
    (lambda s, o: s.CyclicLR(Rprop([rv.ones(1)]), 0.1, 1.0), "Rprop has neither momen"),
    (lambda s, o: s.OneCycleLR(o, 1.0), "give total_steps, or both epochs and steps_p"),
    (lambda s, o: s.OneCycleLR(o, 1.0, 0), "total_steps is 0; expected a whole"),
    (lambda s, o: s.OneCycleLR(o, 1.0, epochs=2), "give total_steps, or both"),
    (lambda s, o: s.OneCycleLR(o, 1.0, 9, pct_start=3), "pct_start is 3; it must lie"),
    (lambda s, o: s.OneCycleLR(o, 1.0, 9, anneal_strategy="cosine"), "anneal_strategy is 'cosine'"),  # noqa: E501
    (lambda s, o: s.SequentialLR(o, [], []), "SequentialLR: expected a list of at least"),  # noqa: E501
    (lambda s, o: s.SequentialLR(o, [other()], []), "schedule 0, StepLR, belongs to an"),  # noqa: E501
    (lambda s, o: s.SequentialLR(o, [s.StepLR(o, 3)], [3]), "1 schedules and 1 milesto"),  # noqa: E501
    (lambda s, o: s.SequentialLR(o, [s.StepLR(o, 3), s.ChainedScheduler([s.StepLR(o, 3)])], [3]), "ChainedScheduler may only be the first"),  # noqa: E501
    (lambda s, o: s.ChainedScheduler([s.ReduceLROnPlateau(o)]), "entry 0 is ReduceLROnPl"),  # noqa: E501
    (lambda s, o: s.ReduceLROnPlateau(o, factor=2.0), r"factor is 2.0; it must lie in \(0, 1\)"),  # noqa: E501
    (lambda s, o: s.ReduceLROnPlateau(o, mode="mni"), "mode is 'mni'; did you mean 'min'"),  # noqa: E501
    (lambda s, o: s.ReduceLROnPlateau(o, min_lr=[0.1]), "min_lr has 1 entries for 2"),
]
# fmt: on


@pytest.mark.parametrize(("make", "words"), BAD)
def test_messages(make, words):
    with pytest.raises(RanvierError, match=words):
        make(lr_scheduler, schedules.optimizer(rv))


def test_one_step_too_many():
    made = schedules.optimizer(rv)
    scheduler = lr_scheduler.OneCycleLR(made, 1.0, 4)
    made.step()
    for _ in range(4):
        scheduler.step()
    with pytest.raises(ValueRangeError, match="step 5 of a cycle of 4 steps"):
        scheduler.step()
