"""What a model has to beat: guessing, a linear model, and the row before."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ranvier as rv
from ranvier import nn, optim
from ranvier.data.transforms import Normalize
from ranvier.errors import DataError, StateError
from ranvier.train import baselines
from ranvier.train.scoring import Scoring

R = np.random.default_rng(0)
X = R.standard_normal((200, 3)).astype(np.float32)
LINE = (X @ [[2.0], [-1.0], [0.5]] + 3).astype(np.float32)


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baselines, "LINEAR_STEPS", 1000)


def fit(data: Any, outputs: int, val: Any, loss: Any) -> Any:
    inputs = rv.data.DataLoader(data).dataset.arrays[0][0].size
    model = nn.Sequential(nn.Flatten(), nn.Linear(inputs, outputs))
    optimizer = optim.SGD(model.parameters(), lr=0.01)
    return rv.fit(model, data, val=val, loss=loss, optimizer=optimizer, epochs=1)


def test_least_squares_is_exact_on_a_line() -> None:
    run = fit((X, LINE), 1, 0.2, nn.MSELoss())
    found = run.baselines()
    assert set(found) == {"baseline_rmse", "linear_rmse"}
    assert found["linear_rmse"] < 1e-4
    held = run.baselines((X[:50], LINE[:50]))["baseline_rmse"]
    assert held == pytest.approx(LINE[:50].std(), rel=1e-6)


@pytest.mark.parametrize("shape", ["numbers", "one-hot", "yes and no"])
def test_softmax_regression_separates(shape: str) -> None:
    labels = (X[:, 0] > 0).astype(np.int64)
    targets = {
        "numbers": labels,
        "one-hot": np.eye(2, dtype=np.float32)[labels],
        "yes and no": labels[:, None].astype(np.float32),
    }[shape]
    is_yes_no = shape == "yes and no"
    loss = nn.BCEWithLogitsLoss() if is_yes_no else nn.CrossEntropyLoss()
    run = fit((X, targets), 1 if is_yes_no else 2, 0.25, loss)
    found = run.baselines()
    assert found["linear_accuracy"] > 0.9
    assert 0.5 <= found["baseline_accuracy"] < 0.7
    assert found == run.baselines()


def test_the_linear_model_draws_no_random_numbers() -> None:
    run = fit((X, (X[:, 0] > 0).astype(int)), 2, 0.2, nn.CrossEntropyLoss())
    rv.manual_seed(1)
    expected = rv.rand(3).numpy()
    rv.manual_seed(1)
    run.baselines()
    assert np.array_equal(rv.rand(3).numpy(), expected)


def test_no_linear_model_of_letters_or_of_several_answers() -> None:
    letters = rv.data.Dataset((np.arange(12).reshape(6, 2), np.array([0, 1] * 3)))
    assert set(baselines.baselines(letters, letters, Scoring.CLASSES)) == {
        "baseline_accuracy"
    }
    many = rv.data.Dataset((X, (X > 0).astype(np.float32)))
    assert "linear_accuracy" not in baselines.baselines(many, many, Scoring.LOGIT)


def test_persistence_of_windows_is_the_last_value() -> None:
    series = np.cumsum(R.standard_normal((80, 2)), 0).astype(np.float32)
    data = rv.data.windows(series, 6, 2, target=1)
    assert np.array_equal(data.persistence, data.arrays[0][:, -1:, 1].repeat(2, 1))
    run = fit(data, 2, "last", nn.MSELoss())
    held = data.take(np.arange(len(data))[-len(data) // 5 :])
    error = held.arrays[1] - held.arrays[0][:, -1:, 1]
    expected = np.sqrt((error.astype(float) ** 2).mean())
    found = run.baselines(held)
    assert found["persistence_rmse"] == pytest.approx(expected, rel=1e-6)
    assert "persistence_rmse" in run.baselines()
    assert rv.evaluate(run.model, held)["persistence_rmse"] == found["persistence_rmse"]


def test_persistence_of_the_last_rows_is_the_row_before() -> None:
    labels = np.repeat([0, 1, 0, 1], [50, 60, 60, 30])
    run = fit((X, labels), 2, "last", nn.CrossEntropyLoss())
    assert run.baselines()["persistence_accuracy"] == pytest.approx(39 / 40)
    drawn = fit((X, labels), 2, 0.2, nn.CrossEntropyLoss())
    assert "persistence_accuracy" not in drawn.baselines()


def test_persistence_of_a_table_is_the_last_earlier_time() -> None:
    day = R.permutation(np.repeat(np.arange(50.0), 2))
    table = {"day": day, "x": R.standard_normal(100), "y": 10 * day}
    made = rv.data.tabular(table, "y", time="day")
    goal, test = made.target.transform, made.test
    shown = goal.inverse(test.persistence), goal.inverse(test.arrays[1])
    np.testing.assert_allclose(shown[1] - shown[0], 10, rtol=1e-4)
    assert made.train.persistence is None


def test_it_is_in_the_target_s_units() -> None:
    goal = Normalize().fit(LINE)
    data = rv.data.Dataset((X, goal(LINE)), target_transform=goal)
    found = fit(data, 1, "last", nn.MSELoss()).baselines()
    error = LINE[160:] - LINE[159:-1]
    expected = np.sqrt((error.astype(float) ** 2).mean())
    assert found["persistence_rmse"] == pytest.approx(expected, rel=1e-5)


def test_mistakes_have_a_message() -> None:
    with pytest.raises(StateError, match="had no validation set"):
        fit((X, LINE), 1, None, nn.MSELoss()).baselines()
    with pytest.raises(DataError, match="persistence has shape"):
        rv.data.Dataset((X, LINE), persistence=LINE[1:])
