"""`rv.Ensemble`: networks that answer together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ranvier as rv
from ranvier import nn, optim
from ranvier.errors import (
    DTypeError,
    RanvierError,
    ShapeError,
    UnknownNameError,
    ValueRangeError,
)


class Fixed(nn.Module):
    """Answers with its scores, whatever it is asked."""

    def __init__(self, scores: list[float]) -> None:
        super().__init__()
        self.scores = nn.Parameter(rv.tensor(scores))

    def forward(self, x: Any) -> Any:
        return self.scores + 0 * x[:, :1]


MODELS = [[2.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 1.0, 0.5]]
X = rv.ones(2, 1)


def answer(combine: str) -> np.ndarray:
    return np.array(rv.Ensemble([Fixed(m) for m in MODELS], combine)(X).detach())[1]


def test_average() -> None:
    np.testing.assert_allclose(answer("average"), np.mean(MODELS, 0), rtol=1e-6)


def test_probability() -> None:
    powers = np.exp(MODELS)
    shares = (powers / powers.sum(1, keepdims=True)).mean(0)
    np.testing.assert_allclose(np.exp(answer("probability")), shares, rtol=1e-6)
    again = np.array(rv.softmax(rv.tensor(answer("probability")), 0))
    np.testing.assert_allclose(again, shares, rtol=1e-6)


def test_vote() -> None:
    np.testing.assert_allclose(answer("vote"), [1 / 3, 2 / 3, 0], rtol=1e-6)


def test_it_is_a_module(tmp_path: Path) -> None:
    def made() -> Any:
        return rv.Ensemble([nn.Linear(2, 3) for _ in range(4)], "probability")

    first, second = made(), made()
    rv.save(first, tmp_path / "both.safetensors")
    rv.load(tmp_path / "both.safetensors", into=second)
    x = rv.randn(5, 2)
    ours, theirs = (np.array(model(x).detach()) for model in (first, second))
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)  # one is interpreted
    assert list(first.state_dict())[:2] == ["models.0.weight", "models.0.bias"]
    assert "combine='probability'" in repr(first)


def test_the_best_of_a_sweep_together() -> None:
    x = np.linspace(-1, 1, 60, dtype=np.float32)[:, None]
    swept = rv.sweep(
        None, (x, x**2), grid={"lr": [0.01, 0.05, 1e30]}, seeds=2, epochs=4,
        loss=nn.MSELoss(), optimizer=optim.SGD, batch_size=20,
    )  # fmt: skip
    both = swept.ensemble(2)
    assert [*both.models] == [run.model for run in swept.ranked[:2]]
    found = rv.evaluate(both, (x, x**2), loss=nn.MSELoss())
    singles = [rv.evaluate(m, (x, x**2), loss=nn.MSELoss()) for m in both.models]
    assert found["loss"] <= np.mean([single["loss"] for single in singles]) + 1e-7
    assert len(swept.ensemble(99).models) == sum(not run.failure for run in swept)


@pytest.mark.parametrize(
    ("models", "combine", "error", "message"),
    [
        ([], "average", ValueRangeError, "got no models"),
        (nn.Linear(1, 1), "average", DTypeError, "got one module"),
        ([3], "average", DTypeError, "int"),
        ([nn.Linear(1, 1)], "mean", UnknownNameError, "average, probability, vote"),
        ([nn.Linear(1, 1)], "voting", UnknownNameError, "did you mean 'vote'"),
    ],
)
def test_it_refuses(
    models: Any, combine: str, error: type[RanvierError], message: str
) -> None:
    with pytest.raises(error, match=message):
        rv.Ensemble(models, combine)


@pytest.mark.parametrize("combine", ["vote", "probability"])
def test_one_output_has_no_classes(combine: str) -> None:
    with pytest.raises(ShapeError, match="Use combine='average'"):
        rv.Ensemble([nn.Linear(1, 1)], combine)(X)
