"""What `fit` takes besides data sets: schedulers and loaders; and what it refuses."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ranvier as rv
from ranvier import nn, optim
from ranvier.data import DataLoader
from ranvier.errors import DTypeError, UnsupportedError, ValueRangeError
from ranvier.optim.lr_scheduler import LambdaLR, ReduceLROnPlateau, StepLR
from ranvier.train import Run
from ranvier.train.history import History

Learn = Callable[..., Run]


def rates(run: Run) -> list[float]:
    return [round(float(rate), 9) for rate in run.history["learning_rate"]]


def test_a_scheduler_steps_once_an_epoch(learn: Learn, model: Any) -> None:
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    run = learn(
        model, optimizer=optimizer, scheduler=StepLR(optimizer, 2), epochs=5, val=None
    )
    assert rates(run) == [0.1, 0.1, 0.01, 0.01, 0.001]


def test_warm_up_from_zero(learn: Learn, model: Any) -> None:
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    warm_up = LambdaLR(optimizer, lambda epoch: epoch / 2)
    run = learn(model, optimizer=optimizer, scheduler=warm_up)
    assert rates(run) == [0, 0.05, 0.1]


def test_a_plateau_gets_the_validation_loss(learn: Learn, model: Any) -> None:
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    plateau = ReduceLROnPlateau(optimizer, mode="max", patience=0)
    run = learn(model, optimizer=optimizer, scheduler=plateau, epochs=4)
    assert rates(run) == [0.1, 0.1, 0.01, 0.001]
    assert plateau.best == run.history["val_loss"][0]
    with pytest.raises(ValueRangeError, match="there is no validation set"):
        learn(model, optimizer=optimizer, scheduler=plateau, val=None)


def test_a_resumed_run_goes_on_with_its_scheduler(learn: Learn, tmp_path: Path) -> None:
    def go(build: Any, **options: Any) -> Run:
        model = build()
        optimizer = optim.SGD(model.parameters(), lr=0.1)
        scheduler = StepLR(optimizer, 1, gamma=0.5)
        return learn(model, optimizer=optimizer, scheduler=scheduler, **options)

    def build() -> Any:
        rv.manual_seed(3)
        return nn.Sequential(nn.Linear(64, 10))

    whole = go(build, epochs=4)
    go(build, epochs=2, checkpoint=tmp_path)
    parts = go(build, epochs=4, resume=tmp_path)
    assert rates(whole) == rates(parts) == [0.1, 0.05, 0.025, 0.0125]
    a, b = (run.model.state_dict()["0.weight"].numpy() for run in (whole, parts))
    assert np.array_equal(a, b)
    with pytest.raises(ValueRangeError, match="started with a scheduler, now it is"):
        resumed_without(learn, build, tmp_path)


def resumed_without(learn: Learn, build: Any, folder: Path) -> None:
    model = build()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    learn(model, optimizer=optimizer, epochs=5, resume=folder)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"loss": "mse"}, "fit: loss is 'mse'; expected a loss such as nn.MSELoss()"),
    ({"loss": nn.CrossEntropyLoss}, r"write loss=CrossEntropyLoss\(\)"),
    ({"scheduler": StepLR}, "expected an object such as"),
    ({"scheduler": "cosine"}, "fit: scheduler is 'cosine'"),
    ({"val": nn.MSELoss()}, "after the data everything is given by name"),
]


@pytest.mark.parametrize(("options", "message"), WRONG)
def test_refused(learn: Learn, options: dict[str, Any], message: str) -> None:
    with pytest.raises(DTypeError, match=message):
        learn(**options)


def test_by_place(model: Any, parts: Any) -> None:
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(DTypeError, match="fit: CrossEntropyLoss, SGD given by place"):
        rv.fit(model, parts[0], nn.CrossEntropyLoss(), optimizer, epochs=1)


def test_a_scheduler_of_another_optimizer(learn: Learn, model: Any) -> None:
    other = optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(ValueRangeError, match="belongs to another optimizer"):
        learn(model, scheduler=StepLR(other, 1))


def test_loaders(learn: Learn, parts: Any) -> None:
    train, val, test = parts
    loaders = DataLoader(train, batch_size=60, shuffle=True), DataLoader(val)
    plain = learn()
    run = learn(train=loaders[0], val=loaders[1], batch_size=7)
    assert np.array_equal(run.history["train_loss"], plain.history["train_loss"])
    assert rv.evaluate(run.model, DataLoader(test, 10)) == rv.evaluate(run.model, test)
    with pytest.raises(UnsupportedError, match="drop_last=True"):
        learn(train=DataLoader(train, batch_size=60, drop_last=True))


def test_ctrl_c_at_the_end_of_an_epoch(
    learn: Learn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    extend = History.extend

    def interrupted(self: History, columns: Any) -> None:
        extend(self, columns)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(History, "extend", interrupted)
    run = learn(checkpoint=tmp_path)
    assert (run.stopped_because, run.epochs, run.best_epoch) == ("interrupted", 1, 1)
    assert (tmp_path / "best.safetensors").exists()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
