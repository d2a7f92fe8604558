"""Every mistake that `rv.fit` finds before its first step, with its message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ranvier import nn, optim
from ranvier.data import Dataset
from ranvier.errors import (
    DataError,
    DTypeError,
    RanvierError,
    ShapeError,
    UnsupportedError,
    ValueRangeError,
)
from ranvier.train import Run, fit
from ranvier.train.checks import check_targets

Learn = Callable[..., Run]
X = np.zeros((8, 3), np.float32)
LABELS = np.arange(8) % 2


def attempt(
    data: Any = (X, LABELS), loss: Any = None, outputs: int = 2, **options: Any
) -> Run:
    """`fit` of a small linear model; what is not given is right."""
    model = options.pop("model", None) or nn.Linear(3, outputs)
    usual = {
        "loss": loss or nn.CrossEntropyLoss(),
        "optimizer": optim.SGD(model.parameters(), lr=0.1),
        "epochs": 1,
        "batch_size": 4,
    }
    return fit(model, data, **(usual | options))


def with_nan() -> np.ndarray:
    x = X.copy()
    x[5, 1] = np.nan
    return x


NUMBERS = [
    ({"epochs": 0}, "epochs is 0; expected a whole number"),
    ({"epochs": 2.5}, "epochs is 2.5; expected a whole number"),
    ({"batch_size": -1}, "batch_size is -1; expected a whole number"),
    (
        {"batch_size": 9},
        "batch_size 9 is larger than the training set (8 rows). Use batch_size=8",
    ),
    ({"patience": 3}, "there is no validation set. Pass val="),
    ({"patience": 0, "val": (X, LABELS)}, "patience is 0; expected a whole number"),
    ({"min_delta": -1.0}, "min_delta is -1.0; expected how much"),
    ({"seed": -1}, "seed is -1"),
]


@pytest.mark.parametrize(("options", "words"), NUMBERS)
def test_numbers(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueRangeError) as caught:
        attempt(**options)
    assert words in str(caught.value)


DATA = [
    ((X[:0], LABELS[:0]), DataError, "there are no rows"),
    (
        (X, LABELS[:5]),
        DataError,
        "the arrays have different lengths (inputs 8, targets 5)",
    ),
    ((X,), ShapeError, "has 1 array(s); expected a pair"),
    ("mnist", DataError, "a data set was expected, got str"),
    ((with_nan(), LABELS), DataError, "inputs holds nan in row 5, column 1"),
    (
        (X, LABELS + 1),
        ValueRangeError,
        "labels run from 1 to 2, but the model has 2 outputs, for the classes 0 to 1 "
        "(CrossEntropyLoss). They seem to count from 1: use y - 1",
    ),
    ((X, LABELS * 6), ValueRangeError, "Let the last layer have 7 outputs."),
    ((X, LABELS - 1), ValueRangeError, "labels run from -1 to 0"),
    (
        (X, LABELS.astype("f4")),
        DTypeError,
        "labels are float32 of shape (8,); CrossEntropyLoss takes class numbers, "
        "whole numbers from 0. Use y.astype('int64').",
    ),
    ((X, LABELS[:, None]), ShapeError, "Use y[:, 0] or y.ravel()"),
    ((X, np.eye(2, dtype=int)[LABELS]), ShapeError, "One-hot rows: use y.argmax(1)"),
    ((X[:, :2], LABELS), ShapeError, "Linear(3"),
]


@pytest.mark.parametrize(("data", "kind", "words"), DATA)
def test_data(data: Any, kind: type[RanvierError], words: str) -> None:
    with pytest.raises(kind) as caught:
        attempt(data)
    assert words in str(caught.value)


NUMBER = np.zeros(8, np.float32)
REGRESSION = [
    (
        NUMBER,
        1,
        nn.MSELoss,
        ShapeError,
        "the model gives (1,) per row, the targets have (); MSELoss compares number "
        "with number. Use y[:, None]",
    ),
    (
        NUMBER[:, None].repeat(3, 1),
        1,
        nn.L1Loss,
        ShapeError,
        "Let the last layer have 3 outputs.",
    ),
    (LABELS, 2, nn.MSELoss, ShapeError, "For class numbers use nn.CrossEntropyLoss()."),
    (
        LABELS[:, None],
        1,
        nn.MSELoss,
        DTypeError,
        "targets are int64; MSELoss takes floating point",
    ),
    (
        NUMBER[:, None] + 2,
        1,
        nn.BCEWithLogitsLoss,
        ValueRangeError,
        "targets run from 2 to 2; BCEWithLogitsLoss takes 0 for no and 1 for yes",
    ),
]


@pytest.mark.parametrize(("y", "outputs", "loss", "kind", "words"), REGRESSION)
def test_targets_of_regression(
    y: np.ndarray, outputs: int, loss: Any, kind: type[RanvierError], words: str
) -> None:
    with pytest.raises(kind) as caught:
        attempt((X, y), loss(), outputs)
    assert words in str(caught.value)


def test_a_model_without_the_last_dimension() -> None:
    class Flat(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(3, 1)

        def forward(self, x: Any) -> Any:
            return self.layer(x)[:, 0]

    with pytest.raises(ShapeError, match=r"Use y\[:, 0\]"):
        attempt((X, NUMBER[:, None]), nn.MSELoss(), model=Flat())


def test_a_model_that_returns_two_tensors() -> None:
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(3, 2)

        def forward(self, x: Any) -> Any:
            return self.layer(x), x

    with pytest.raises(UnsupportedError, match="the model returns tuple"):
        attempt(model=Two())


def test_another_model_s_optimizer() -> None:
    other = optim.SGD(nn.Linear(3, 2).parameters(), lr=0.1)
    with pytest.raises(ValueRangeError, match="holds none of the model's parameters"):
        attempt(optimizer=other)


def test_no_optimizer_at_all() -> None:
    with pytest.raises(DTypeError, match="optimizer is str; expected an optimiser"):
        attempt(optimizer="adam")


@pytest.mark.parametrize("rate", [0.0, -0.1, float("nan"), float("inf")])
def test_a_learning_rate_that_makes_no_sense(rate: float) -> None:
    model = nn.Linear(3, 2)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    optimizer.param_groups[0]["lr"] = rate
    with pytest.raises(ValueRangeError, match="expected a number above 0"):
        attempt(model=model, optimizer=optimizer)


def test_validation_rows_of_another_width() -> None:
    with pytest.raises(ShapeError, match=r"\(3,\) in the training set and \(2,\)"):
        attempt(val=(X[:, :2], LABELS))


def test_validation_labels_out_of_range() -> None:
    with pytest.raises(ValueRangeError, match="labels run from 0 to 9"):
        attempt(val=(X, LABELS * 9))


def test_ignored_labels_are_no_mistake() -> None:
    labels = np.array([-100, 0, 1])
    data = Dataset((X[:3], labels))
    check_targets(nn.CrossEntropyLoss(), (3, 2), data)


def test_checkpoint_and_resume_that_differ() -> None:
    with pytest.raises(
        ValueRangeError, match="a resumed run goes on in its own folder"
    ):
        attempt(checkpoint="a", resume="b")


def test_nothing_changed_when_a_check_failed(learn: Learn, model: Any) -> None:
    before = np.array(model[0].weight.detach())
    with pytest.raises(ValueRangeError):
        learn(model, train=Dataset((np.zeros((70, 64), "f4"), np.full(70, 10))))
    assert np.array_equal(before, np.asarray(model[0].weight.detach()))


def test_without_a_loss_or_an_optimizer() -> None:
    model = nn.Linear(1, 1)
    data = (np.ones((2, 1), "float32"), np.ones((2, 1), "float32"))
    with pytest.raises(DTypeError, match=r"no loss was given; pass loss=nn\.Cross"):
        fit(model, data, epochs=1)
    with pytest.raises(DTypeError, match=r"no optimizer was given; pass optimizer=rv"):
        fit(model, data, loss=nn.MSELoss(), epochs=1)
    with pytest.raises(DTypeError, match=r"the class MSELoss; write loss=MSELoss\(\)"):
        fit(model, data, loss=nn.MSELoss, optimizer=optim.SGD, epochs=1)
