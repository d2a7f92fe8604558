"""What people expect of `fit`: rows held out, clipping, penalties, class weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ranvier as rv
from ranvier import nn, optim
from ranvier.errors import UnsupportedError, ValueRangeError
from ranvier.optim.lr_scheduler import OneCycleLR, ReduceLROnPlateau
from ranvier.train.holdout import hold_out

R = np.random.default_rng(0)
X = R.standard_normal((90, 4)).astype(np.float32)
Y = np.repeat([0, 1, 2], [60, 20, 10])


def start() -> Any:
    rv.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 3))


def learn(model: Any = None, optimizer: Any = None, **options: Any) -> Any:
    model = start() if model is None else model
    usual = {"loss": nn.CrossEntropyLoss(), "epochs": 2, "batch_size": 30, "seed": 0}
    optimizer = optimizer or optim.SGD(model.parameters(), lr=0.5)
    return rv.fit(model, (X, Y), optimizer=optimizer, **(usual | options))


def weights(model: Any) -> np.ndarray:
    return np.concatenate([np.asarray(p.detach()).ravel() for p in model.parameters()])


def by_hand(change: Any, batch: int = 30, epochs: int = 2, loss: Any = None) -> Any:
    """The same steps in a plain loop; `change(model)` comes before each update."""
    model = start()
    optimizer = optim.SGD(model.parameters(), lr=0.5)
    loader = rv.data.DataLoader((X, Y), batch, shuffle=True, seed=0)
    loss = loss or nn.CrossEntropyLoss()
    for _ in range(epochs):
        for x, y in loader:
            optimizer.zero_grad()
            loss(model(x), y).backward()
            change(model)
            optimizer.step()
    return weights(model)


def close(a: np.ndarray, b: np.ndarray) -> None:
    np.testing.assert_allclose(a, b, rtol=2e-4, atol=2e-6)


def test_clip_norm_and_value_are_those_of_a_loop() -> None:
    clip = nn.utils.clip_grad_norm_
    expected = by_hand(lambda m: clip(m.parameters(), 0.05))
    close(weights(learn(clip_norm=0.05).model), expected)
    clip = nn.utils.clip_grad_value_
    expected = by_hand(lambda m: clip(m.parameters(), 0.01))
    close(weights(learn(clip_value=0.01).model), expected)


def test_penalties_are_on_weights_only_and_not_in_the_history() -> None:
    def change(model: Any) -> None:
        for w in model.parameters():
            if w.ndim > 1:
                w.grad = w.grad + 0.01 * w.detach().sign() + 2 * 0.02 * w.detach()

    run = learn(l1=0.01, l2=0.02)
    close(weights(run.model), by_hand(change))
    plain, held = learn(epochs=1, batch_size=90), learn(epochs=1, batch_size=90, l2=9.0)
    assert held.history["train_loss"] == plain.history["train_loss"]


def test_accumulated_mini_batches_are_one_large_one() -> None:
    expected = by_hand(lambda model: None, batch=40)
    run = learn(batch_size=20, accumulate=2)
    close(weights(run.model), expected)
    whole = learn(batch_size=40)
    for name in ("train_loss", "train_accuracy"):
        close(run.history[name], whole.history[name])


def test_balanced_classes_and_smoothing_are_in_the_loss() -> None:
    weight = rv.tensor([90 / 180, 90 / 60, 90 / 30])
    loss = nn.CrossEntropyLoss(weight=weight, label_smoothing=0.1)
    expected = by_hand(lambda model: None, loss=loss)
    run = learn(class_weight="balanced", label_smoothing=0.1)
    close(weights(run.model), expected)
    run = learn(class_weight=[0.5, 1.5, 3.0], label_smoothing=0.1)
    close(weights(run.model), expected)


def test_a_schedule_inside_the_run() -> None:
    def pair() -> Any:
        model = start()
        optimizer = optim.SGD(model.parameters(), lr=0.5)
        return model, optimizer, OneCycleLR(optimizer, max_lr=0.5, total_steps=7)

    model, optimizer, schedule = pair()
    loader = rv.data.DataLoader((X, Y), 30, shuffle=True, seed=0)
    for _ in range(2):
        for x, y in loader:
            optimizer.zero_grad()
            nn.CrossEntropyLoss()(model(x), y).backward()
            optimizer.step()
            schedule.step()
    mine, own, inside = pair()
    run = learn(mine, own, scheduler=inside, scheduler_interval="step", epochs=2)
    close(weights(mine), weights(model))
    assert inside.last_epoch == 6
    rate = optimizer.param_groups[0]["lr"]
    assert own.param_groups[0]["lr"] == run.history["learning_rate"][-1] == rate


@pytest.mark.parametrize("share", [0.2, 0.5])
def test_a_share_is_drawn_with_every_class(share: float) -> None:
    train, val, note = hold_out((X, Y), share, seed=3)
    assert np.bincount(val.arrays[1]).tolist() == [60 * share, 20 * share, 10 * share]
    assert len(train) + len(val) == 90
    assert "drawn with seed 3, every class" in note
    rows = np.concatenate([train.arrays[0], val.arrays[0]])
    assert np.array_equal(np.unique(rows, axis=0), np.unique(X, axis=0))
    again = hold_out((X, Y), share, seed=3)
    assert np.array_equal(again.val.arrays[0], val.arrays[0])


def test_measured_values_are_drawn_and_time_is_kept() -> None:
    _, val, note = hold_out((X, X[:, :1]), 0.2, seed=0)
    assert len(val) == 18
    assert note == "validation: 18 of 90 rows, drawn with seed 0"
    train, val, note = hold_out((X, Y), "last", seed=0)
    assert np.array_equal(val.arrays[0], X[-18:])
    assert np.array_equal(train.arrays[0], X[:-18])
    assert note == "validation: 18 of 90 rows, the last ones"


def test_fit_says_what_it_decided(capsys: pytest.CaptureFixture[str]) -> None:
    run = learn(val=0.2, epochs=3, batch_size=24, verbose=True, l2=1e-3)
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("validation: 18 of 90 rows, drawn with seed 0")
    assert said[-3:-1] == list(run.notes[-2:])
    own, found = run.history["val_accuracy"][run.best_epoch - 1], run.baselines()
    assert said[-1] == (
        f"validation: accuracy {own:.4g}; majority {found['baseline_accuracy']:.4g}, "
        f"linear {found['linear_accuracy']:.4g}"
    )
    assert run.notes[1] == "stopped after 3 epochs: all epochs were run"
    assert f"epoch {run.best_epoch}, the lowest validation loss" in run.notes[2]
    assert len(run.history["val_loss"]) == 3


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"val": 1.5}, r"val is 1\.5; expected a data set, a share"),
        ({"val": "first"}, "val is 'first'"),
        ({"val": 0.001}, "leaves 90 to learn from and 0 to judge by"),
        ({"clip_norm": 0}, "clip_norm is 0; expected a number above 0"),
        ({"clip_value": "1"}, "clip_value is '1'"),
        ({"l1": -1}, "l1 is -1; expected a number from 0"),
        ({"l2": float("nan")}, "l2 is nan"),
        ({"accumulate": 0}, "accumulate is 0"),
        ({"class_weight": "even"}, "class_weight is 'even'"),
        ({"class_weight": [1, -1, 1]}, "class_weight holds -1"),
        ({"scheduler_interval": "batch"}, "expected 'epoch' or 'step'"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueRangeError, match=says):
        learn(**options)


def test_what_does_not_go_together_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="not twice"):
        learn(class_weight="balanced", loss=nn.CrossEntropyLoss(label_smoothing=0.1))
    with pytest.raises(UnsupportedError, match="the loss is NLLLoss"):
        learn(label_smoothing=0.1, loss=nn.NLLLoss())
    model = start()
    optimizer = optim.SGD(model.parameters(), lr=0.5)
    with pytest.raises(ValueRangeError, match="known after an epoch"):
        learn(
            model,
            optimizer,
            val=0.2,
            scheduler=ReduceLROnPlateau(optimizer),
            scheduler_interval="step",
        )
