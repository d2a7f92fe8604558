"""`rv.fit`: what it learns, what it reports, what it leaves in the model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ranvier import nn, optim, random
from ranvier.compiler.compiled import Compiled
from ranvier.errors import InterruptedRun, NotFiniteError
from ranvier.tensor import Tensor
from ranvier.train import Epoch, Run, evaluate, fit

Learn = Callable[..., Run]


def weights(model: Any) -> list[np.ndarray]:
    return [np.array(p.detach()) for p in model.parameters()]


def same(a: Any, b: Any) -> bool:
    return all(
        np.array_equal(x, y) for x, y in zip(weights(a), weights(b), strict=True)
    )


def test_it_learns_and_says_how(learn: Learn) -> None:
    run = learn(epochs=8)
    history = run.history
    columns = ["train_loss", "train_accuracy", "val_loss", "val_accuracy"]
    assert all(history[c].shape == (8,) for c in [*columns, "learning_rate"])
    assert history["train_loss"][-1] < 0.5 * history["train_loss"][0]
    assert history["val_accuracy"][-1] > 0.8
    assert np.all(history["learning_rate"] == 0.01)
    assert (run.epochs, run.stopped_because) == (8, "epochs")


def test_gradient_norms_by_parameter(learn: Learn) -> None:
    history = learn(epochs=3).history
    assert list(history["gradient_epochs"]) == [1, 2, 3]
    names = ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert list(history["gradient_norms"]) == names
    assert all(np.all(v > 0) for v in history["gradient_norms"].values())


def test_a_gradient_norm_is_the_gradient_s_length(learn: Learn, parts: Any) -> None:
    train = parts[0]
    run = learn(val=None, epochs=1)
    model = run.model
    x, y = train.take(np.arange(500)).numpy()
    model.zero_grad()
    nn.CrossEntropyLoss()(model(Tensor(x)), Tensor(y)).backward()
    expected = np.linalg.norm(np.asarray(model[0].weight.grad))
    found = run.history["gradient_norms"]["0.weight"][-1]
    assert found == pytest.approx(expected, rel=1e-4)


def test_measuring_leaves_no_gradient_behind(learn: Learn, model: Any) -> None:
    learn(model, epochs=1)
    before = weights(model)
    learn(model, epochs=1, optimizer=optim.SGD(model.parameters(), lr=1e-30))
    assert all(
        np.array_equal(a, b) for a, b in zip(before, weights(model), strict=True)
    )


def test_many_epochs_are_measured_at_200(learn: Learn, parts: Any) -> None:
    train = parts[0].take(np.arange(60))
    run = learn(train=train, val=None, epochs=450, progress=lambda epoch: None)
    measured = run.history["gradient_epochs"]
    assert len(measured) <= 200
    assert measured[-1] == 450


def test_the_best_weights_come_back(learn: Learn, parts: Any) -> None:
    run = learn(epochs=12)
    losses = run.history["val_loss"]
    assert run.best_epoch == int(np.argmin(losses)) + 1
    assert evaluate(run.model, parts[1])["loss"] == pytest.approx(min(losses), rel=1e-6)


def test_an_overfitting_run_keeps_an_earlier_epoch(parts: Any) -> None:
    random.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, 200), nn.ReLU(), nn.Linear(200, 10))
    train = parts[0].take(np.arange(60))
    run = fit(
        model,
        train,
        parts[1],
        loss=nn.CrossEntropyLoss(),
        optimizer=optim.Adam(model.parameters(), lr=0.02),
        epochs=60,
        batch_size=20,
        patience=4,
        seed=0,
    )
    assert run.stopped_because == "patience"
    assert run.epochs == run.best_epoch + 4 < 60
    best = run.history["val_loss"][run.best_epoch - 1]
    assert evaluate(model, parts[1])["loss"] == pytest.approx(best, rel=1e-6)


def test_same_seed_same_bits(learn: Learn) -> None:
    a, b, c = learn(), learn(), learn(seed=2)
    assert same(a.model, b.model)
    assert np.array_equal(a.history["train_loss"], b.history["train_loss"])
    assert not same(a.model, c.model)


def test_one_call_for_all_epochs_gives_the_same_numbers(learn: Learn) -> None:
    whole = learn(val=None)
    watched = learn(val=None, progress=lambda epoch: None)
    assert same(whole.model, watched.model)
    for name in ("train_loss", "train_accuracy"):
        assert np.array_equal(whole.history[name], watched.history[name])
    assert whole.best_epoch == whole.epochs == 3


def test_a_last_smaller_batch_counts_by_its_rows(parts: Any, model: Any) -> None:
    train = parts[0].take(np.arange(70))
    still = optim.SGD(model.parameters(), lr=1e-30)
    run = fit(
        model,
        train,
        loss=nn.CrossEntropyLoss(),
        optimizer=still,
        epochs=1,
        batch_size=64,
    )
    told = evaluate(model, train)
    assert run.history["train_loss"][0] == pytest.approx(told["loss"], rel=1e-5)
    assert run.history["train_accuracy"][0] == pytest.approx(told["accuracy"])


def test_progress_is_told_every_epoch(learn: Learn) -> None:
    seen: list[Epoch] = []
    run = learn(progress=seen.append)
    assert [epoch.number for epoch in seen] == [1, 2, 3]
    assert all(epoch.of == 3 and epoch.seconds > 0 for epoch in seen)
    assert seen[-1].row["val_loss"] == run.history["val_loss"][-1]
    assert seen[run.best_epoch - 1].is_best


def test_verbose_prints_a_line_an_epoch(
    learn: Learn, capsys: pytest.CaptureFixture[str]
) -> None:
    learn(verbose=True)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 6
    assert lines[0].startswith("epoch 1/3: train_loss ")
    assert lines[3] == "stopped after 3 epochs: all epochs were run"
    assert lines[5].startswith("validation: accuracy ")


def test_regression_has_no_accuracy() -> None:
    x = np.linspace(-1, 1, 64, dtype=np.float32)[:, None]
    y = 3 * x + 1
    random.manual_seed(0)
    model = nn.Linear(1, 1)
    run = fit(
        model,
        (x, y),
        loss=nn.MSELoss(),
        optimizer=optim.SGD(model.parameters(), lr=0.1),
        epochs=200,
        batch_size=16,
    )
    assert "train_accuracy" not in run.history
    assert run.history["train_loss"][-1] < 1e-6
    told = evaluate(model, (x, y))
    assert set(told) == {"loss", "mae", "rmse", "r2", "baseline_rmse"}
    assert told["r2"] > 0.9999
    assert told["baseline_rmse"] == pytest.approx(np.std(y), rel=1e-6)


def test_yes_and_no_with_a_logit() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 2)).astype(np.float32)
    y = (x[:, :1] + x[:, 1:] > 0).astype(np.float32)
    random.manual_seed(0)
    model = nn.Linear(2, 1)
    run = fit(
        model,
        (x, y),
        loss=nn.BCEWithLogitsLoss(),
        optimizer=optim.SGD(model.parameters(), lr=0.5),
        epochs=30,
        batch_size=20,
        seed=0,
    )
    assert run.history["train_accuracy"][-1] > 0.95


def test_one_hot_rows_have_an_accuracy(learn: Learn, parts: Any) -> None:
    x, y = parts[0].numpy()
    one_hot = np.eye(10, dtype=np.float32)[y]
    by_number = learn(train=(x, y), val=None).history["train_accuracy"]
    by_row = learn(train=(x, one_hot), val=None).history["train_accuracy"]
    assert np.allclose(by_number, by_row, atol=0.01)


def test_the_model_s_mode_is_left_as_it_was(learn: Learn, model: Any) -> None:
    model.eval()
    learn(model)
    assert not any(module.training for module in model.modules())


def test_ctrl_c_keeps_what_was_learned(learn: Learn) -> None:
    def stop(epoch: Epoch) -> None:
        if epoch.number == 2:
            raise KeyboardInterrupt

    run = learn(epochs=9, progress=stop)
    assert (run.stopped_because, run.epochs) == ("interrupted", 2)
    assert same(run.model, learn(epochs=2).model)


def test_ctrl_c_in_one_call_for_all_epochs(
    learn: Learn, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = learn(val=None, epochs=2)

    class Stopped(Compiled):
        def over(self, loader: Any, epochs: int = 1, **_: Any) -> Any:
            stop = InterruptedRun("interrupted after 20 steps")
            stop.results = super().over(loader, epochs=2)
            stop.steps = 20
            raise stop

    monkeypatch.setattr("ranvier.train.step.compile", Stopped)
    run = learn(val=None, epochs=1000)
    assert (run.stopped_because, run.epochs, run.best_epoch) == ("interrupted", 2, 2)
    assert np.array_equal(run.history["train_loss"], whole.history["train_loss"])


def test_a_loss_that_explodes_is_an_error_with_the_run(parts: Any, model: Any) -> None:
    huge = optim.SGD(model.parameters(), lr=1e30)
    with pytest.raises(NotFiniteError, match="learning rate of 1e\\+30") as caught:
        fit(
            model,
            *parts[:2],
            loss=nn.CrossEntropyLoss(),
            optimizer=huge,
            epochs=5,
            batch_size=50,
        )
    assert "in step 2 of epoch 1. The first such value: the output" in str(caught.value)
    assert "The model keeps the weights" in str(caught.value)
    run = caught.value.run  # type: ignore[attr-defined]
    assert run.stopped_because == "not finite"
    assert all(np.isfinite(w).all() for w in weights(model))


def test_an_explosion_later_on_puts_the_best_weights_back(
    learn: Learn, model: Any
) -> None:
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    kept: list[Any] = []

    def spoil(epoch: Epoch) -> None:
        if epoch.number == 2:
            kept.extend(weights(model))
            optimizer.param_groups[0]["lr"] = 1e30

    with pytest.raises(
        NotFiniteError, match=r"of epoch 3\..* The weights of epoch 2,"
    ) as e:
        learn(model, optimizer=optimizer, progress=spoil)
    assert all(np.array_equal(a, b) for a, b in zip(kept, weights(model), strict=True))
    assert e.value.run.epochs == 2  # type: ignore[attr-defined]


def test_one_batch_of_everything_is_not_shuffled(parts: Any, build: Any) -> None:
    models = [build(), build()]
    for model, shuffle in zip(models, (True, False), strict=True):
        fit(
            model,
            parts[0],
            loss=nn.CrossEntropyLoss(),
            optimizer=optim.SGD(model.parameters(), lr=0.1),
            epochs=3,
            batch_size=500,
            shuffle=shuffle,
        )
    assert same(*models)


def test_a_run_prints_itself(learn: Learn) -> None:
    run = learn()
    assert repr(run).startswith(f"Run(3 epochs, best {run.best_epoch}, loss ")
    assert "stopped because: epochs" in repr(run)
