"""A resumed run equals one that was never stopped, bit for bit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ranvier import nn, optim
from ranvier.data import Dataset
from ranvier.errors import (
    DataError,
    FileError,
    InterruptedRun,
    RanvierError,
    ValueRangeError,
)
from ranvier.formats import safetensors
from ranvier.train import Epoch, Run, loop
from ranvier.train.checkpoint import load_latest
from ranvier.train.step import training_step

Learn = Callable[..., Run]
Build = Callable[..., nn.Sequential]

OPTIMIZERS = {
    "sgd": lambda p: optim.SGD(p, lr=0.1),
    "momentum": lambda p: optim.SGD(p, lr=0.05, momentum=0.9),
    "adam": lambda p: optim.Adam(p, lr=0.01),
}
OTHERS = {
    "amsgrad": lambda p: optim.AdamW(p, lr=0.01, amsgrad=True),
    "dampening": lambda p: optim.SGD(p, lr=0.05, momentum=0.9, dampening=0.5),
    "adagrad": lambda p: optim.Adagrad(p, lr=0.05),
    "rmsprop": lambda p: optim.RMSprop(p, lr=0.01, momentum=0.5, centered=True),
    "adadelta": lambda p: optim.Adadelta(p),
    "rprop": lambda p: optim.Rprop(p, lr=0.001),
    "asgd": lambda p: optim.ASGD(p, lr=0.1, t0=20, lambd=0.01),
    "lion": lambda p: optim.Lion(p, lr=0.001),
    "adamax": lambda p: optim.Adamax(p, lr=0.01),
    "nadam": lambda p: optim.NAdam(p, lr=0.01),
    "radam": lambda p: optim.RAdam(p, lr=0.01),
}


def assert_same(a: Run, b: Run) -> None:
    for x, y in zip(a.model.parameters(), b.model.parameters(), strict=True):
        assert np.array_equal(np.asarray(x.detach()), np.asarray(y.detach()))
    assert list(a.history) == list(b.history)
    norms = [a.history.pop("gradient_norms"), b.history.pop("gradient_norms")]
    assert all(np.array_equal(norms[0][name], norms[1][name]) for name in norms[0])
    assert all(np.array_equal(a.history[name], b.history[name]) for name in a.history)
    assert (a.best_epoch, a.stopped_because) == (b.best_epoch, b.stopped_because)


@pytest.mark.parametrize("kind", OPTIMIZERS)
@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_as_if_it_had_never_stopped(
    learn: Learn, build: Build, tmp_path: Path, kind: str, dropout: float
) -> None:
    def go(seed: int, **options: Any) -> Run:
        model = build(seed, dropout)
        optimizer = OPTIMIZERS[kind](model.parameters())
        return learn(model, optimizer=optimizer, **options)

    whole = go(0, epochs=6)
    go(0, epochs=2, checkpoint=tmp_path)
    assert_same(go(99, epochs=6, resume=tmp_path), whole)


@pytest.mark.parametrize("epoch", [2, 3])
def test_the_doctor_goes_on(
    learn: Learn, build: Build, tmp_path: Path, epoch: int
) -> None:
    """With the readings of before the stop; every second or third step is read."""

    def go(seed: int, **options: Any) -> Run:
        model = build(seed, 0.3)
        optimizer = optim.SGD(model.parameters(), lr=30)
        return learn(model, optimizer=optimizer, epochs=6, **options)

    def stop(done: Epoch) -> None:
        if done.number == epoch:
            raise KeyboardInterrupt

    whole = go(0)
    stopped = go(0, checkpoint=tmp_path, progress=stop)
    assert (stopped.stopped_because, stopped.epochs) == ("interrupted", epoch)
    resumed = go(99, resume=tmp_path)
    readings = [run._evidence for run in (whole, resumed)]
    assert readings[0] is not None and readings[1] is not None
    assert np.array_equal(readings[0].steps, readings[1].steps)
    assert list(readings[0].columns) == list(readings[1].columns)
    for name, values in readings[0].columns.items():
        assert np.array_equal(values, readings[1].columns[name], equal_nan=True), name
    assert str(whole.doctor()) == str(resumed.doctor())
    assert "learning_rate_too_large" in resumed.doctor().names


@pytest.mark.parametrize("kind", OTHERS)
def test_the_state_of_every_optimiser(
    learn: Learn, build: Build, tmp_path: Path, kind: str
) -> None:
    """... with a schedule, whose own state is kept as well."""

    def go(seed: int, **options: Any) -> Run:
        model = build(seed)
        optimizer = OTHERS[kind](model.parameters())
        scheduler = optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, 2)
        return learn(model, optimizer=optimizer, scheduler=scheduler, **options)

    whole = go(0, epochs=4)
    go(0, epochs=2, checkpoint=tmp_path)
    assert_same(go(99, epochs=4, resume=tmp_path), whole)


def test_after_ctrl_c_in_the_middle_of_an_epoch(
    learn: Learn, build: Build, tmp_path: Path
) -> None:
    def stop(epoch: Epoch) -> None:
        if epoch.number == 3:
            raise KeyboardInterrupt

    whole = learn(build(), epochs=5)
    stopped = learn(build(), epochs=5, checkpoint=tmp_path, progress=stop)
    assert stopped.stopped_because == "interrupted"
    assert_same(learn(build(7), epochs=5, resume=tmp_path), whole)


@pytest.mark.parametrize("at", [1, 8, 9, 10, 23])
def test_after_ctrl_c_in_any_step(
    learn: Learn,
    build: Build,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    at: int,
) -> None:
    """An epoch has 9 steps, the last with fewer rows; dropout draws in each."""
    whole = learn(build(0, 0.3), epochs=3)
    with monkeypatch.context() as patch:
        stop_at(patch, at)
        first = learn(build(0, 0.3), epochs=3, checkpoint=tmp_path)
    assert (first.stopped_because, first.epochs) == ("interrupted", (at - 1) // 9)
    state = load_latest(tmp_path)
    assert 9 * state["epoch"] + len(state["begun"][0]) == at
    assert_same(learn(build(7, 0.3), epochs=3, resume=tmp_path), whole)


def stop_at(patch: pytest.MonkeyPatch, at: int) -> None:
    """Ctrl-C after this many steps, counted over all epochs."""
    made = training_step

    def stopping(*parts: Any) -> Any:
        step = made(*parts)
        over, done = step.over, [0]

        def some(loader: Any, **options: Any) -> Any:
            steps = options.pop("steps") or range(len(loader))
            left = at - done[0]
            done[0] += len(steps)
            if left > len(steps):
                return over(loader, steps=steps, **options)
            stop = InterruptedRun("in the middle of an epoch")
            end = steps.start + left
            stop.results = over(loader, steps=range(steps.start, end), **options)
            raise stop

        step.over = some
        return step

    patch.setattr(loop, "training_step", stopping)


def test_after_ctrl_c_in_the_first_epoch(
    learn: Learn, build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ranvier.train.loop import Loop

    whole = learn(build(), epochs=3)
    with monkeypatch.context() as patch:
        patch.setattr(Loop, "epoch", interrupt)
        learn(build(), epochs=3, checkpoint=tmp_path)
    assert_same(learn(build(7), epochs=3, resume=tmp_path), whole)


def interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


def test_without_a_seed_the_order_goes_on(
    learn: Learn, build: Build, tmp_path: Path
) -> None:
    def order(**options: Any) -> Any:
        return learn(build(), seed=None, **options).history["train_loss"]

    first = order(epochs=2, checkpoint=tmp_path)
    both = order(epochs=3, resume=tmp_path)
    assert np.array_equal(both[:2], first)
    assert len(both) == 3


def test_patience_goes_on_counting(learn: Learn, build: Build, tmp_path: Path) -> None:
    def go(**options: Any) -> Run:
        model = build()
        still = optim.SGD(model.parameters(), lr=1e-30)
        return learn(model, optimizer=still, patience=3, **options)

    assert go(epochs=2, checkpoint=tmp_path).stopped_because == "epochs"
    run = go(epochs=9, resume=tmp_path)
    assert (run.stopped_because, run.epochs, run.best_epoch) == ("patience", 4, 1)


def test_a_finished_run_has_nothing_left_to_do(learn: Learn, tmp_path: Path) -> None:
    first = learn(epochs=2, checkpoint=tmp_path)
    assert_same(learn(epochs=2, resume=tmp_path), first)


def test_the_best_weights_are_a_file_of_their_own(learn: Learn, tmp_path: Path) -> None:
    run = learn(epochs=3, checkpoint=tmp_path)
    best = safetensors.read(tmp_path / "best.safetensors")
    state = run.model.state_dict()
    assert set(best) == set(state)
    assert all(np.array_equal(best[k], np.asarray(v)) for k, v in state.items())
    assert not list(tmp_path.glob(".*")), "no half-written file is left"


def test_a_fresh_run_does_not_keep_the_old_one_s_best(
    learn: Learn, tmp_path: Path
) -> None:
    learn(epochs=1, checkpoint=tmp_path)
    learn(epochs=1, checkpoint=tmp_path, val=None)
    assert not (tmp_path / "best.safetensors").exists()


# fmt: off
MISTAKES = [
    ({"batch_size": 50},     DataError, "the run had batch_size 60, now it is 50"),
    ({"shuffle": False},     DataError, "the run had shuffle True, now it is False"),
    ({"seed": 5},            DataError, "the run had seed 1, now it is 5"),
    ({"model": "wider"},     RanvierError, "shape: 0.weight is (24, 64)"),
    ({"optimizer": "other"}, ValueRangeError, "started with Adam, the optimizer given is SGD"),  # noqa: E501
]
# fmt: on


@pytest.mark.parametrize(("options", "kind", "words"), MISTAKES)
def test_another_run_s_checkpoint(
    learn: Learn,
    model: Any,
    tmp_path: Path,
    options: dict[str, Any],
    kind: type[RanvierError],
    words: str,
) -> None:
    learn(epochs=1, checkpoint=tmp_path)
    if options.get("model") == "wider":
        wider = nn.Sequential(nn.Linear(64, 30), nn.ReLU(), nn.Linear(30, 10))
        options = {"model": wider}
    if options.get("optimizer") == "other":
        sgd = optim.SGD(model.parameters(), lr=0.1)
        options = {"model": model, "optimizer": sgd}
    with pytest.raises(kind) as caught:
        learn(**options, resume=tmp_path)
    assert words in str(caught.value)


def test_no_checkpoint_there(learn: Learn, tmp_path: Path) -> None:
    with pytest.raises(FileError, match="there is no checkpoint in"):
        learn(resume=tmp_path)


def test_a_damaged_checkpoint(learn: Learn, tmp_path: Path) -> None:
    learn(epochs=1, checkpoint=tmp_path)
    file = tmp_path / "latest.safetensors"
    file.write_bytes(file.read_bytes()[:500])
    with pytest.raises(FileError, match=r"latest\.safetensors is not a whole"):
        learn(resume=tmp_path)


def test_weights_are_no_checkpoint(learn: Learn, tmp_path: Path, model: Any) -> None:
    safetensors.save(model, tmp_path / "latest.safetensors")
    with pytest.raises(FileError, match="is not a checkpoint"):
        learn(resume=tmp_path)


def test_a_folder_that_cannot_be_written(learn: Learn, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(FileError, match=r"file/run cannot be written"):
        learn(checkpoint=tmp_path / "file" / "run")


def test_other_data_of_the_same_size(learn: Learn, parts: Any, tmp_path: Path) -> None:
    learn(epochs=1, checkpoint=tmp_path)
    x, y = parts[0].arrays
    with pytest.raises(DataError, match="the run had contents"):
        learn(train=parts[0].copy(arrays=(x, y[::-1])), resume=tmp_path)


def test_data_that_is_prepared_otherwise(
    learn: Learn, parts: Any, tmp_path: Path
) -> None:
    learn(epochs=1, checkpoint=tmp_path)
    other: Dataset = parts[0].copy(scale=0.5)
    with pytest.raises(DataError, match="not prepared as it was"):
        learn(train=other, resume=tmp_path)


def test_the_best_weights_of_a_run_killed_before_it_wrote_them(
    learn: Learn, build: Build, tmp_path: Path
) -> None:
    whole = learn(build(), epochs=3)
    learn(build(), epochs=1, checkpoint=tmp_path)
    (tmp_path / "best.safetensors").unlink()
    (tmp_path / ".best.safetensors.x1y2.part").write_bytes(b"half")
    still = optim.Adam((model := build(7)).parameters(), lr=0.01)
    assert_same(learn(model, optimizer=still, epochs=3, resume=tmp_path), whole)
    names = {file.name for file in tmp_path.iterdir()}
    assert names == {"best.safetensors", "latest.safetensors", "start.safetensors"}


def test_the_best_weights_are_gone(learn: Learn, build: Build, tmp_path: Path) -> None:
    def go(**options: Any) -> Run:
        model = build()
        still = optim.SGD(model.parameters(), lr=1e-30)
        return learn(model, optimizer=still, **options)

    assert go(epochs=2, checkpoint=tmp_path).best_epoch == 1
    (tmp_path / "best.safetensors").unlink()
    with pytest.raises(FileError, match="does not hold the weights of the best epoch"):
        go(epochs=3, resume=tmp_path)
