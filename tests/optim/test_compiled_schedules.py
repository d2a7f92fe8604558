"""Schedules stepped inside a compiled step, and in every step of a native run."""

import numpy as np
import pytest
import schedules

import ranvier as rv
from ranvier import nn, optim
from ranvier.errors import (
    CaptureError,
    NotFiniteError,
    UnsupportedError,
    ValueRangeError,
)
from ranvier.optim import lr_scheduler

ROWS = 23  # with batches of 5: the last one is smaller


def job(make):
    rv.manual_seed(0)
    model = nn.Linear(3, 2)
    groups = [
        {"params": [p], "lr": lr}
        for p, lr in zip(model.parameters(), (0.5, 0.1), strict=True)
    ]
    made = optim.SGD(groups, momentum=0.7)
    scheduler = make(schedules.names(rv), made)
    rng = np.random.default_rng(1)
    x, y = (rng.normal(size=(ROWS, n)).astype(np.float32) for n in (3, 2))

    def step(x, y):
        made.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        made.step()
        scheduler.step()
        return loss

    return model, made, step, rv.data.DataLoader((x, y), batch_size=5)


def outcome(model, made):
    return schedules.row(made), [np.asarray(p.detach()) for p in model.parameters()]


def same(a, b):
    assert a[0] == b[0]
    for p, q in zip(a[1], b[1], strict=True):
        np.testing.assert_allclose(p, q, rtol=1e-5)  # gathered rows lie otherwise


@pytest.mark.parametrize("name", [n for n in schedules.CASES if "Plateau" not in n])
def test_a_run_is_the_loop(name):
    """Ten epochs of five steps in two native calls; the same as one call a step."""
    model, made, step, loader = job(schedules.CASES[name])
    one = rv.compile(step)
    losses = [one(x, y).item() for _ in range(10) for x, y in loader]
    expected = outcome(model, made)
    model, made, step, loader = job(schedules.CASES[name])
    run = rv.compile(step)
    found = [*run.over(loader, epochs=4).tolist(), *run.over(loader, epochs=6).tolist()]
    same(outcome(model, made), expected)
    np.testing.assert_allclose(found, losses, rtol=1e-5)
    assert len(run.runs) == 1


def test_a_run_that_ends_early_leaves_the_schedule_where_it_ended():
    def explodes(s, o):
        return s.LambdaLR(o, lambda epoch: 1e25 if epoch == 12 else 0.1)

    model, made, step, loader = job(explodes)
    with pytest.raises(NotFiniteError, match="in step 4 of epoch 3") as caught:
        rv.compile(step).over(loader, epochs=10)
    assert caught.value.steps == 13
    stopped = outcome(model, made)
    assert stopped[0][:2] == [0.05, 0.1 * 0.1]
    model, made, step, loader = job(explodes)
    one = rv.compile(step)
    batches = [batch for _ in range(10) for batch in loader]
    for batch in batches[:13]:
        one(*batch)
    with pytest.raises(NotFiniteError):
        one(*batches[13])
    same(stopped, outcome(model, made))


def test_a_watched_run_has_the_same_rates():
    seen = []
    for watched in (False, True):
        model, made, step, loader = job(schedules.CASES["CyclicLR"])
        watch = rv.Watch(every=3, layers=model) if watched else None
        losses = rv.compile(step).over(loader, epochs=4, watch=watch)
        seen.append([losses.tolist(), *outcome(model, made)[1]])
    assert seen[0][0] == seen[1][0]
    for a, b in zip(seen[0][1:], seen[1][1:], strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_schedule_that_ends_before_the_run():
    _, made, step, loader = job(lambda s, o: s.OneCycleLR(o, 0.1, 7))
    before = schedules.row(made)
    with pytest.raises(ValueRangeError, match="step 8 of a cycle of 7 steps"):
        rv.compile(step).over(loader, epochs=2)
    assert schedules.row(made) == before


def test_a_rate_below_zero():
    _, _, step, loader = job(lambda s, o: s.LambdaLR(o, lambda e: 1 - e / 4))
    with pytest.raises(ValueRangeError, match=r"in step 6 of the run is -0\.125"):
        rv.compile(step).over(loader, epochs=2)


# fmt: off
BAD = [
    (lambda o, s: [s.step(), o.step()], CaptureError, "before optimizer.step"),
    (lambda o, s: [o.step(), s.step(), o.step()], CaptureError, r"after the step\(\) of"),  # noqa: E501
    (lambda o, s: [o.step(), s.step(3.5)], UnsupportedError, r"step\(epoch\) inside"),
]
# fmt: on


@pytest.mark.parametrize(("calls", "kind", "words"), BAD)
def test_messages(calls, kind, words):
    w = rv.ones(1, requires_grad=True)
    made = optim.SGD([w], lr=0.1)
    scheduler = lr_scheduler.CosineAnnealingWarmRestarts(made, 5)

    def step():
        made.zero_grad()
        w.sum().backward()
        calls(made, scheduler)

    with pytest.raises(kind, match=words):
        rv.compile(step)()
