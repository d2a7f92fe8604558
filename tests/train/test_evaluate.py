"""`rv.evaluate`, and the worst-judged rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ranvier import nn
from ranvier.errors import DataError, ShapeError, ValueRangeError
from ranvier.train import evaluate
from ranvier.train.evaluate import predictions, probabilities, worst


def test_against_numpy(parts: Any, model: Any) -> None:
    x, y = parts[2].numpy()
    (w1, b1, w2, b2) = (np.array(p.detach(), np.float64) for p in model.parameters())
    outputs = np.maximum(x @ w1.T + b1, 0) @ w2.T + b2
    shares = probabilities(outputs)
    told = evaluate(model, parts[2])
    assert told["accuracy"] == pytest.approx((outputs.argmax(1) == y).mean())
    expected = -np.log(shares[np.arange(len(y)), y]).mean()
    assert told["loss"] == pytest.approx(expected, rel=1e-5)
    assert told["baseline_accuracy"] == np.bincount(y).max() / len(y)
    assert np.allclose(predictions(model, parts[2]), outputs, atol=1e-4)


@pytest.mark.parametrize("batch_size", [1, 7, 100, 360, 5000])
def test_the_batch_size_does_not_matter(
    parts: Any, model: Any, batch_size: int
) -> None:
    told = evaluate(model, parts[2], batch_size=batch_size)
    whole = evaluate(model, parts[2])
    assert told["accuracy"] == whole["accuracy"]
    assert told["loss"] == pytest.approx(whole["loss"], rel=1e-6)


def test_dropout_is_off(parts: Any, build: Any) -> None:
    model = build(dropout=0.5)
    assert evaluate(model, parts[2]) == evaluate(model, parts[2])
    assert all(module.training for module in model.modules())


def test_another_loss(parts: Any, model: Any) -> None:
    told = evaluate(model, parts[2], loss=nn.CrossEntropyLoss(reduction="sum"))
    assert told["loss"] == pytest.approx(evaluate(model, parts[2])["loss"], rel=1e-5)


def test_mistakes_have_a_message(model: Any) -> None:
    x = np.zeros((4, 64), np.float32)
    with pytest.raises(DataError, match="no rows"):
        evaluate(model, (x[:0], np.zeros(0, int)))
    with pytest.raises(ValueRangeError, match="labels run from 10 to 10"):
        evaluate(model, (x, np.full(4, 10)))
    with pytest.raises(ShapeError, match="Linear"):
        evaluate(model, (x[:, :5], np.zeros(4, int)))


def test_the_worst_come_first() -> None:
    outputs = np.log([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6], [0.99, 0.01]])
    found = worst(outputs, np.array([1, 1, 0, 1]), 2)
    assert [(row, guess) for row, guess, _ in found] == [(3, 0), (0, 0)]
    assert found[0][2] == pytest.approx([0.99, 0.01])


def test_probabilities_of_huge_outputs() -> None:
    assert probabilities(np.array([[1000.0, 0.0]])).tolist() == [[1.0, 0.0]]
