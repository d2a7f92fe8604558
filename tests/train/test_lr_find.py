"""`rv.lr_find`: rates that learn are found, and nothing is left behind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ranvier as rv
from ranvier import nn, optim
from ranvier.errors import ValueRangeError

TRAIN = rv.data.load("digits").split(400, 200)[0]


def start(kind: Any = optim.Adam) -> Any:
    rv.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, 24), nn.Dropout(0.1), nn.ReLU())
    model.append(nn.Linear(24, 10))
    return model, kind(model.parameters(), lr=0.123)


def find(model: Any, optimizer: Any, **options: Any) -> Any:
    loss = nn.CrossEntropyLoss()
    return rv.lr_find(model, TRAIN, loss=loss, optimizer=optimizer, **options)


@pytest.mark.parametrize(
    ("kind", "low", "high"), [(optim.Adam, 1e-3, 0.1), (optim.SGD, 0.02, 5.0)]
)
def test_the_suggestion_is_a_rate_that_learns(
    kind: Any, low: float, high: float
) -> None:
    found = find(*start(kind))
    assert low < found.suggestion < high
    assert found.rates[0] == pytest.approx(1e-6)
    assert np.all(np.diff(np.log(found.rates)) > 0)
    assert len(found.rates) == len(found.losses) <= 100
    assert f"suggestion {found.suggestion:.2g}" in repr(found)


def test_all_is_as_before() -> None:
    def learn(look_first: bool) -> list[Any]:
        model, optimizer = start()
        if look_first:
            find(model, optimizer)
        run = rv.fit(
            model,
            TRAIN,
            loss=nn.CrossEntropyLoss(),
            optimizer=optimizer,
            epochs=2,
            seed=1,
        )
        assert optimizer.param_groups[0]["lr"] == 0.123
        return [run.history["train_loss"], *map(np.asarray, model.state_dict())]

    for a, b in zip(learn(False), learn(True), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_loss_that_is_not_finite_ends_it() -> None:
    rows = np.random.default_rng(0).standard_normal((64, 3)).astype(np.float32)
    rv.manual_seed(0)
    model = nn.Linear(3, 1)
    found = rv.lr_find(
        model,
        (rows, rows[:, :1]),
        loss=nn.MSELoss(),
        optimizer=optim.SGD(model.parameters()),
        end=1e30,
    )
    assert len(found.rates) < 100
    assert found.rates[-1] < 1e10
    assert np.isfinite(found.losses).all()


def test_the_picture(tmp_path: Any) -> None:
    find(*start()).plot(tmp_path / "rates.png")
    assert (tmp_path / "rates.png").stat().st_size > 1000


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"start": 0.0}, "0 < start < end"),
        ({"start": 1.0, "end": 0.1}, "0 < start < end"),
        ({"steps": 5}, "steps is 5; expected at least 10"),
        ({"start": 1e30, "end": 1e38}, "begin lower"),
    ],
)
def test_wrong_ranges_are_refused(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueRangeError, match=says):
        find(*start(optim.SGD), **options)
