"""`fit(..., seeds=…)`: every run is what its seed gives by itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ranvier as rv
from ranvier import nn, optim
from ranvier.errors import DTypeError, UnsupportedError, ValueRangeError
from ranvier.train import Run
from ranvier.train.repeats import Repeats

Build = Callable[..., nn.Sequential]


def build() -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(64, 12), nn.BatchNorm1d(12), nn.ReLU(), nn.Dropout(0.2),
        nn.Linear(12, 10),
    )  # fmt: skip


def adam(parameters: Any) -> optim.Adam:
    return optim.Adam(parameters, lr=0.01)


@pytest.fixture
def learn(parts: Any) -> Callable[..., Any]:
    def learn(model: Any = build, optimizer: Any = adam, **options: Any) -> Any:
        usual = {"val": parts[1], "epochs": 4, "batch_size": 100}
        loss = options.pop("loss", None) or nn.CrossEntropyLoss()
        return rv.fit(
            model, parts[0], loss=loss, optimizer=optimizer, **(usual | options)
        )

    return learn


def alone(learn: Callable[..., Any], seed: int, **options: Any) -> Run:
    rv.manual_seed(seed)
    model = build()
    run: Run = learn(model, adam(model.parameters()), seed=seed, **options)
    return run


def assert_same(one: Any, other: Any) -> None:
    for name in ("train_loss", "val_loss", "val_accuracy"):
        assert np.array_equal(one.history[name], other.history[name]), name
    pairs = zip(one.model.parameters(), other.model.parameters(), strict=True)
    assert all(np.array_equal(a.detach(), b.detach()) for a, b in pairs)
    assert one.best_epoch == other.best_epoch


def test_each_is_the_run_of_its_seed(learn: Callable[..., Any]) -> None:
    options: dict[str, Any] = {"patience": 2, "clip_norm": 1.0, "label_smoothing": 0.1}
    found = learn(seeds=3, seed=4, **options)
    assert isinstance(found, Repeats)
    assert (found.seeds, found.programs) == ([4, 5, 6], 1)
    assert_same(found[1], alone(learn, 5, **options))
    rv.manual_seed(99)
    model = build()
    again = learn(model, adam(model.parameters()), seeds=[4, 6], **options)
    assert_same(again[1], found[2])
    best = again.best.model.state_dict()
    assert all(np.array_equal(v, best[k]) for k, v in model.state_dict().items())
    assert "drawn again for every seed" in again.notes[0]


def test_what_comes_back(learn: Callable[..., Any], parts: Any, tmp_path: Path) -> None:
    found = learn(seeds=[3, 1], epochs=3, val=0.2)
    assert "drawn with seed 0, every class with its share, the same" in found.notes[0]
    losses = [run.history["val_loss"][run.best_epoch - 1] for run in found]
    assert found.mean["val_loss"] == pytest.approx(np.mean(losses))
    assert found.sd["val_loss"] == pytest.approx(np.std(losses, ddof=1))
    assert found.best.loss == min(losses)
    assert found.history["val_loss"].shape == (2, 3)
    assert np.array_equal(found.history["val_loss"][1], found[1].history["val_loss"])
    tested = found.evaluate(parts[2])
    assert tested["accuracy"][1] == rv.evaluate(found[1].model, parts[2])["accuracy"]
    assert repr(tested).startswith(f"loss {tested.mean['loss']:.1f}")
    lines = found.table().splitlines()
    assert lines[1].split()[0] == "3"
    assert lines[-1].startswith("mean ± sd")
    assert repr(found).startswith("Repeats(2 seeds, ")
    assert len(found.plot(tmp_path / "a.png").axes[0].get_lines()) == 2
    assert found.ensemble().models[0] is found.best.model
    assert "not_in_optimizer" in found.best.doctor().not_seen
    with pytest.raises(rv.errors.StateError, match=r"by itself: rv.fit\(..., seed=3\)"):
        found[0].rewind(1)


def test_with_checkpoints_and_metrics(
    learn: Callable[..., Any], tmp_path: Path, capsys: Any
) -> None:
    """One after the other, each in its folder; resumed ones go on, new ones begin."""
    options: dict[str, Any] = {"metrics": ["f1"]}
    learn(seeds=2, epochs=2, checkpoint=tmp_path, **options)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["seed-0", "seed-1"]
    found = learn(seeds=3, epochs=4, resume=tmp_path, verbose=True, **options)
    assert "seed 1: Run(4 epochs" in capsys.readouterr().out
    assert found.figures["val_f1"].shape == (3,)
    assert_same(found[1], alone(learn, 1, **options))
    assert len(found[1].history["val_f1"]) == 4
    found[2].rewind(5)


def test_a_run_that_is_lost(learn: Callable[..., Any]) -> None:
    def explode(parameters: Any) -> optim.SGD:
        return optim.SGD(parameters, lr=1e30)

    def plain() -> nn.Sequential:
        return nn.Sequential(nn.Linear(64, 8), nn.ReLU(), nn.Linear(8, 10))

    for options in ({}, {"metrics": ["f1"]}):
        found = learn(plain, explode, seeds=2, epochs=3, **options)
        assert [run.stopped_because for run in found] == ["not finite"] * 2
        assert found.mean == {}
        assert "2 not finite" in repr(found)
        assert found.table().splitlines()[-1] == "mean ± sd"


def test_what_is_refused(learn: Callable[..., Any]) -> None:
    rv.manual_seed(0)
    model = build()
    optimizer = adam(model.parameters())
    with pytest.raises(DTypeError, match=r"both functions; got one made already \(Seq"):
        learn(model, adam, seeds=2)
    with pytest.raises(DTypeError, match="expected a module, or a function"):
        learn(3, adam, seeds=2)
    with pytest.raises(DTypeError, match="the function gave int"):
        learn(lambda: 3, adam, seeds=2)
    with pytest.raises(UnsupportedError, match="a watch looks at one run"):
        learn(seeds=2, watch=rv.Watch())
    with pytest.raises(ValueRangeError, match="seeds=0; expected at least 1"):
        learn(seeds=0)
    with pytest.raises(ValueRangeError, match="has one of them twice"):
        learn(seeds=[1, 1])
    schedule = optim.lr_scheduler.StepLR(optimizer, 1)
    with pytest.raises(DTypeError, match="the scheduler is one as well; got a StepLR"):
        learn(seeds=2, scheduler=schedule)
    nn.init.xavier_uniform_(model[0].weight)
    with pytest.raises(
        UnsupportedError, match=r"0\.weight was trained, frozen or init"
    ):
        learn(model, optimizer, seeds=2)

    class Own(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w = nn.Parameter(rv.zeros(64, 10))

        def forward(self, x: Any) -> Any:
            return x @ self.w

    own = Own()
    with pytest.raises(
        UnsupportedError, match=r"Own has parameters and no reset_param"
    ):
        learn(own, adam(own.parameters()), seeds=2)
    learn(model := build(), optimizer := adam(model.parameters()), epochs=1)
    with pytest.raises(UnsupportedError, match="has made steps already"):
        learn(model, optimizer, seeds=2)
