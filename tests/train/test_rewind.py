"""Going back in a run to any step, and on from there in another way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ranvier import nn, optim
from ranvier.errors import StateError, ValueRangeError
from ranvier.train import Run, tape
from ranvier.train.checkpoint import START

Learn = Callable[..., Run]
Build = Callable[..., nn.Sequential]


def bits(model: Any) -> list[np.ndarray[Any, Any]]:
    return [np.array(p.detach()) for p in model.parameters()]


def assert_equal(a: Any, b: Any) -> None:
    assert all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


def same(a: Any, b: Any) -> bool:
    return all(np.array_equal(x, y) for x, y in zip(bits(a), bits(b), strict=True))


@pytest.mark.parametrize("step", [0, 1, 9, 13, 18, 27])
@pytest.mark.parametrize("options", [{}, {"val": None}], ids=["watched", "one call"])
def test_any_step(learn: Learn, build: Build, step: int, options: Any) -> None:
    """An epoch has 9 steps; what a run of fewer ends with is what one comes back to."""
    run = learn(build(0, 0.3), epochs=3, **options)
    run.rewind(step)
    assert run.epochs == 3, "the record stays whole"
    model = build(0, 0.3)
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    if step >= 9:
        first = learn(model, optimizer=optimizer, epochs=step // 9, val=None)
        assert first.epochs == step // 9
    if step % 9 == 0:
        assert same(run.model, model)
    before = bits(run.model)
    run.rewind(27).rewind(step)
    assert_equal(before, bits(run.model))


def test_a_fork_that_changes_nothing_is_the_run_itself(
    learn: Learn, build: Build
) -> None:
    run = learn(build(0, 0.3), epochs=4)
    again = run.rewind(13).fork()
    assert again.model is not run.model
    for name in ("train_loss", "val_loss"):
        assert np.array_equal(again.history[name], run.history[name])
    assert same(again.model, learn(build(0, 0.3), epochs=4).model)


def test_a_fork_with_another_rate(learn: Learn, build: Build, tmp_path: Path) -> None:
    run = learn(build(), epochs=4)
    other = run.rewind(18).fork(lr=0.001, epochs=5, checkpoint=tmp_path)
    assert np.array_equal(
        other.history["train_loss"][:2], run.history["train_loss"][:2]
    )
    assert other.history["train_loss"][2] != run.history["train_loss"][2]
    assert other.history["learning_rate"].tolist() == [0.01, 0.01, 0.001, 0.001, 0.001]
    assert (tmp_path / "latest.safetensors").exists()
    figure = run.overlay(other, names=["a", "b"], path=tmp_path / "both.png")
    assert (tmp_path / "both.png").stat().st_size > 10_000
    assert len(figure.axes) == 2
    with pytest.raises(ValueRangeError, match="1 names for 2 runs"):
        run.overlay(other, names=["a"])


def test_a_resumed_run_goes_back_to_before_it_was_stopped(
    learn: Learn, build: Build, tmp_path: Path
) -> None:
    """From its first state, which lies with the checkpoint; of this run only."""
    whole = learn(build(0, 0.3), epochs=4)
    learn(build(0, 0.3), epochs=2, checkpoint=tmp_path)
    run = learn(build(9, 0.3), epochs=4, resume=tmp_path)
    for step in (0, 5, 13, 18, 30):
        assert same(run.rewind(step).model, whole.rewind(step).model), step
    again = run.rewind(5).fork()
    assert np.array_equal(again.history["val_loss"], whole.history["val_loss"])
    other = tmp_path / "other"
    learn(build(3), epochs=1, checkpoint=other)
    (other / START).replace(tmp_path / START)
    run = learn(build(9, 0.3), epochs=5, resume=tmp_path)
    with pytest.raises(
        StateError, match=r"kept \(from step 36 on\).*with the same seed"
    ):
        run.rewind(5)


def test_a_schedule_goes_on_in_a_fork_without_a_rate(
    learn: Learn, build: Build
) -> None:
    model = build()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scheduler = optim.lr_scheduler.StepLR(optimizer, 1, 0.5)
    run = learn(model, optimizer=optimizer, scheduler=scheduler, epochs=3)
    again = run.rewind(9).fork()
    assert np.array_equal(again.history["train_loss"], run.history["train_loss"])
    constant = run.rewind(9).fork(lr=0.2)
    assert constant.history["learning_rate"].tolist() == [0.1, 0.2, 0.2]


def test_what_cannot_be(learn: Learn, monkeypatch: pytest.MonkeyPatch) -> None:
    run = learn(epochs=2)
    for step in (-1, 19, 1.5):
        with pytest.raises(ValueRangeError, match="the run has made 18 steps, 9 an"):
            run.rewind(step)
    with pytest.raises(ValueRangeError, match=r"nothing is left.*fork\(epochs=4\)"):
        run.fork()
    with pytest.raises(ValueRangeError, match="lr is 0; expected a number above 0"):
        run.fork(lr=0, epochs=3)
    with pytest.raises(StateError, match="was not made by"):
        Run(run.model, run.history, 1, "epochs", 0.0).rewind(1)
    monkeypatch.setattr(tape, "MOST_BYTES", 1000)
    with pytest.raises(StateError, match="no state before that step was kept"):
        learn(epochs=2).rewind(3)


def test_many_epochs_are_thinned_out(
    learn: Learn, build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tape, "MOST_STATES", 4)
    run = learn(build(), epochs=7)
    kept = [moment.step for moment in run._recording.tape.moments]
    assert kept == [0, 18, 36, 54, 63]
    run.rewind(45)
    assert same(run.model, learn(build(), epochs=5, val=None).model)
