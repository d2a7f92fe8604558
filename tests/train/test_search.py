"""`rv.search`: what is drawn, what goes on, and that it is the same every time."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import ranvier as rv
from ranvier import nn, optim
from ranvier.errors import ValueRangeError
from ranvier.train.search import rungs
from ranvier.train.space import Space
from ranvier.train.stacked import INITIALISATIONS, stacked
from ranvier.train.swept import Sweep

X = np.random.default_rng(0).standard_normal((150, 5)).astype(np.float32)
Y = (X[:, 0] > 0).astype(np.int64) + (X[:, 1] > 0)
TRAIN, VAL = (X[:100], Y[:100]), (X[100:], Y[100:])
RATES = rv.Range(1e-4, 1e-1, log=True)
FIXED: dict[str, Any] = {
    "loss": nn.CrossEntropyLoss(), "optimizer": optim.Adam, "batch_size": 25,
}  # fmt: skip


def found(**given: Any) -> Sweep:
    return rv.search(None, TRAIN, VAL, **FIXED | given)


def test_ranges_draw_what_they_say() -> None:
    random = np.random.Generator(np.random.Philox(0))
    rates = [RATES.draw(random) for _ in range(600)]
    assert 1e-4 <= min(rates) < 2e-4 and 5e-2 < max(rates) <= 1e-1
    assert 0.4 < np.mean(np.array(rates) < 10**-2.5) < 0.6
    for whole in (rv.Range(1, 4), rv.Range(1, 4, log=True)):
        assert {whole.draw(random) for _ in range(300)} == {1, 2, 3, 4}
    assert all(isinstance(rv.Range(0, 1.0).draw(random), float) for _ in range(9))


def test_settings_differ_and_end_where_there_are_no_more() -> None:
    space = Space({"units": [1, 2], "layers": [1, 2]})
    assert len({repr(s) for s in space.draws(9, 0)}) == 4
    assert space.draws(3, 0) == space.draws(3, 0) != space.draws(3, 1)


def test_the_same_search_gives_the_same() -> None:
    runs = [found(space={"lr": RATES}, trials=4, epochs=3) for _ in "ab"]
    assert runs[0].rows() == runs[1].rows()
    assert [row["seed"] for row in runs[0].rows()] == [0] * 4
    losses = [run.loss for run in runs[0].ranked]
    assert losses == sorted(losses) and runs[0].programs == 1


def test_rungs_share_out_the_epochs() -> None:
    assert rungs(9, 27, 3) == [(9, 3), (3, 9), (1, 27)]
    assert rungs(8, 60, 3) == [(8, 20), (2, 60)]
    assert rungs(1, 5, 3) == [(1, 5)]
    assert rungs(20, 1, 2) == [(20, 1)]


def test_what_goes_on_is_the_single_run() -> None:
    """And what was dropped is the single run so far."""
    halved = found(
        space={"lr": RATES, "dropout": [0.3]}, trials=9, epochs=18, method="halving"
    )
    assert sorted(run.epochs for run in halved) == [2] * 6 + [6] * 2 + [18]
    reasons = [run.stopped_because for run in halved]
    assert reasons.count("halving") == 8 and halved.best.stopped_because == "epochs"
    for run in halved:
        rv.manual_seed(0)
        model = stacked(5, 3, dropout=0.3)
        optimizer = optim.Adam(model.parameters(), lr=run.settings["lr"])
        single = rv.fit(
            model, TRAIN, VAL, loss=FIXED["loss"], optimizer=optimizer, seed=0,
            batch_size=25, epochs=run.epochs,
        )  # fmt: skip
        for name in ("train_loss", "val_loss", "val_accuracy"):
            np.testing.assert_array_equal(run.history[name], single.history[name])
        for ours, theirs in zip(
            run.model.parameters(), model.parameters(), strict=True
        ):
            np.testing.assert_array_equal(
                np.array(ours.detach()), np.array(theirs.detach())
            )


def test_the_lectures_ten_hyper_parameters() -> None:
    """Different losses are compared by accuracy."""
    space = {
        "layers": [1, 2],
        "units": rv.Range(4, 16, log=True),
        "activation": ["relu", "tanh"],
        "initialisation": list(INITIALISATIONS),
        "batch_size": [20, 50],
        "epochs": [2, 4],
        "loss": [FIXED["loss"], nn.CrossEntropyLoss(label_smoothing=0.1)],
        "train_size": [0.5, None],
        "lr": RATES,
        "weight_decay": [0.0, 1e-3],
    }
    ten = found(space=space, trials=8)
    assert ten.by_accuracy
    accuracies = [row["val_accuracy"] for row in ten.rows()]
    assert accuracies == sorted(accuracies, reverse=True)
    assert set(space) <= set(ten.rows()[0])
    assert len(ten.table().splitlines()) == 9
    assert ten.plot().axes[0].get_xticklabels()[-1].get_text() == "loss"


@pytest.mark.parametrize("name", INITIALISATIONS)
def test_initial_weights_have_their_spread(name: str) -> None:
    rv.manual_seed(0)
    weight = np.array(stacked(400, 300, initialisation=name)[1].weight.detach())
    spread = {
        "uniform": 1 / 400**0.5 / 3**0.5,
        "gaussian": 1 / 400**0.5,
        "xavier": (2 / 432) ** 0.5,
        "kaiming": (2 / 400) ** 0.5,
    }
    assert weight.std() == pytest.approx(spread[name], rel=0.03)


class Study:
    """As much of Optuna's study as a search uses: it asks for rising rates."""

    def __init__(self) -> None:
        self.asked, self.told = 0, []  # type: ignore[var-annotated]

    def ask(self) -> Any:
        self.asked += 1
        rate = 0.001 * self.asked
        return SimpleNamespace(
            suggest_float=lambda name, low, high, log: rate,
            suggest_int=lambda name, low, high, log: low,
            suggest_categorical=lambda name, places: list(places)[-1],
        )

    def tell(self, trial: Any, value: Any = None, state: Any = None) -> None:
        self.told.append(value if state is None else state)


def test_optuna_is_asked_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    study = Study()
    stand_in = SimpleNamespace(
        logging=SimpleNamespace(
            get_verbosity=lambda: 1, set_verbosity=lambda v: None, WARNING=2
        ),
        samplers=SimpleNamespace(TPESampler=lambda seed: seed),
        create_study=lambda direction, sampler: study,
        trial=SimpleNamespace(TrialState=SimpleNamespace(FAIL="fail")),
    )
    monkeypatch.setitem(sys.modules, "optuna", stand_in)
    asked = found(
        space={"lr": RATES, "units": rv.Range(3, 9), "activation": ["relu", "tanh"]},
        trials=10, epochs=2, method="optuna",
    )  # fmt: skip
    assert [run.settings["lr"] for run in asked] == [0.001 * i for i in range(1, 11)]
    assert {run.settings["activation"] for run in asked} == {"tanh"}
    assert study.told == [run.loss for run in asked]


def test_the_real_optuna() -> None:
    pytest.importorskip("optuna")
    space = {"lr": RATES, "units": rv.Range(3, 9), "activation": ["relu", "tanh"]}
    both = [
        found(space=space, trials=10, epochs=2, method="optuna", seed=3)
        for _ in range(2)
    ]
    assert [run.settings for run in both[0]] == [run.settings for run in both[1]]
    assert len({run.settings["lr"] for run in both[0]}) > 5


def test_runs_with_different_losses_and_no_accuracy_are_not_ranked() -> None:
    swept = rv.sweep(
        None, (X, X[:, :1]), grid={"loss": [nn.MSELoss(), nn.L1Loss()]},
        optimizer=optim.Adam, epochs=1, batch_size=50,
    )  # fmt: skip
    with pytest.raises(ValueRangeError, match="different losses"):
        _ = swept.best
