"""`rv.metrics`: the numbers of scikit-learn 1.x, and metrics inside `fit`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ranvier as rv
from ranvier import nn, optim
from ranvier.errors import DTypeError, ShapeError, UnknownNameError, ValueRangeError

metrics = rv.metrics
R = np.random.default_rng(5)
Y = R.integers(0, 4, 60)
S = R.random((60, 4)).round(1)
S[np.arange(60), Y] += 0.3
S = S / S.sum(1, keepdims=True)
T = R.standard_normal((30, 1))
P = T + 0.3 * R.standard_normal((30, 1))

# scikit-learn's for the same arrays
# fmt: off
REFERENCE: list[tuple[str, Any, Any]] = [
    ("precision", "macro", 0.6049915158371041),
    ("precision", "weighted", 0.6150075414781297),
    ("precision", "micro", 0.6),
    ("precision", None,
     [0.7692307692307693, 0.5882352941176471, 0.5, 0.5625]),
    ("recall", "macro", 0.6001838235294118),
    ("recall", "weighted", 0.6),
    ("recall", "micro", 0.6),
    ("recall", None,
     [0.5882352941176471, 0.6666666666666666, 0.5833333333333334, 0.5625]),
    ("f1_score", "macro", 0.5981570512820512),
    ("f1_score", "weighted", 0.6028311965811965),
    ("f1_score", "micro", 0.6),
    ("f1_score", None,
     [0.6666666666666666, 0.625, 0.5384615384615384, 0.5625]),
]
# fmt: on
CONFUSION = [[10, 4, 2, 1], [0, 10, 1, 4], [1, 2, 7, 2], [2, 1, 4, 9]]


@pytest.mark.parametrize(("name", "average", "expected"), REFERENCE)
def test_classes(name: str, average: Any, expected: Any) -> None:
    found = getattr(metrics, name)
    for outputs in (S, S.argmax(1), rv.tensor(S)):
        np.testing.assert_allclose(found(outputs, Y, average=average), expected, 1e-12)
    one_hot = np.eye(4)[Y]
    np.testing.assert_allclose(found(S, one_hot, average=average), expected, 1e-12)


def test_areas_ranks_and_tables() -> None:
    assert metrics.roc_auc(S, Y) == pytest.approx(0.8378585404460703, rel=1e-12)
    binary = metrics.roc_auc(S[:, 2].round(1), Y > 1)
    assert binary == pytest.approx(0.6595982142857143, rel=1e-12)
    scores = np.random.default_rng(6).random((60, 4))
    larger = [(row > row[y]).sum() for row, y in zip(scores, Y, strict=True)]
    assert metrics.top_k_accuracy(scores, Y, k=2) == np.mean(np.array(larger) < 2)
    assert metrics.top_k_accuracy(S, Y, k=1) == metrics.accuracy(S, Y)
    assert metrics.confusion_matrix(S, Y).tolist() == CONFUSION
    assert metrics.confusion_matrix(S[:1], Y[:1]).shape == (4, 4)


def test_numbers() -> None:
    assert metrics.r2_score(P, T) == pytest.approx(0.8549861582067122, rel=1e-12)
    mae = metrics.mean_absolute_error(P, T)
    assert mae == pytest.approx(0.28774260886133035, rel=1e-12)
    rmse = metrics.root_mean_squared_error(P, T)
    assert rmse == pytest.approx(0.3399170450899307, rel=1e-12)
    assert np.isnan(metrics.r2_score([1.0, 1.0], [2.0, 2.0]))


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda m: m.accuracy([0.2, 0.7], [0, 1]), DTypeError, "are no classes"),
        (lambda m: m.accuracy([0, 1], [0]), ShapeError, "2 outputs for 1 targets"),
        (lambda m: m.accuracy([], []), ShapeError, "at least one"),
        (lambda m: m.top_k_accuracy(S, Y, k=5), ValueRangeError, "from 1 to 4"),
        (lambda m: m.top_k_accuracy(Y, Y), ShapeError, "one number a class"),
        (lambda m: m.roc_auc([0.1, 0.2], [1, 1]), ValueRangeError, "2 of 2 rows"),
        (lambda m: m.recall(Y, Y, "mean"), UnknownNameError, "'macro', 'weighted'"),
        (lambda m: m.r2_score(T, T[:, 0]), ShapeError, "expected the same"),
        (lambda m: m.find("recal"), UnknownNameError, "did you mean 'recall'"),
        (lambda m: m.find(3), DTypeError, "a name such as 'f1'"),
    ],
)
def test_mistakes_are_named(call: Any, error: Any, says: str) -> None:
    with pytest.raises(error, match=says):
        call(metrics)


def run(model: Any, data: Any, loss: Any, **options: Any) -> Any:
    optimizer = optim.Adam(model.parameters(), lr=0.02)
    usual = {"epochs": 3, "batch_size": 20, "val": 0.25, "seed": 0}
    return rv.fit(model, data, loss=loss, optimizer=optimizer, **(usual | options))


def test_metrics_of_every_epoch_are_in_the_history() -> None:
    rv.manual_seed(0)
    data = S.astype(np.float32), Y

    def third(outputs: Any, targets: Any) -> float:
        return float((outputs[:, 2] > 0).mean())

    model = nn.Linear(4, 4)
    run_ = run(model, data, nn.CrossEntropyLoss(), metrics=["accuracy", "f1", third])
    history = run_.history
    np.testing.assert_allclose(history["val_accuracy"], history["val_accuracy"])
    assert history["val_f1"].shape == history["val_third"].shape == (3,)
    told = rv.evaluate(model, data, metrics=["f1", "auc", "confusion_matrix"])
    outputs = np.asarray(model(rv.tensor(data[0])).detach())
    assert told["f1"] == pytest.approx(metrics.f1_score(outputs, Y))
    assert told["auc"] == pytest.approx(metrics.roc_auc(outputs, Y))
    assert told["confusion_matrix"].sum() == 60


def test_yes_and_no_from_logits_and_regression() -> None:
    rv.manual_seed(0)
    x, y = S.astype(np.float32), (Y > 1).astype(np.float32)[:, None]
    found = run(
        nn.Linear(4, 1), (x, y), nn.BCEWithLogitsLoss(), metrics=["recall", "auc"]
    )
    assert found.history["val_recall"].shape == found.history["val_auc"].shape == (3,)
    rows = P.astype(np.float32), T.astype(np.float32)
    found = run(nn.Linear(1, 1), rows, nn.MSELoss(), metrics=["r2", "rmse"])
    loss, rmse = found.history["val_loss"], found.history["val_rmse"]
    np.testing.assert_allclose(np.sqrt(loss), rmse, rtol=1e-5)


def test_metrics_need_rows_to_judge_by_and_give_numbers() -> None:
    data = S.astype(np.float32), Y
    with pytest.raises(ValueRangeError, match="no validation set"):
        run(nn.Linear(4, 4), data, nn.CrossEntropyLoss(), val=None, metrics=["f1"])
    with pytest.raises(DTypeError, match="gave ndarray"):
        run(nn.Linear(4, 4), data, nn.CrossEntropyLoss(), metrics=["confusion_matrix"])
