# ruff: noqa: E501  (the tables)
"""What `rv.sweep` and `rv.search` refuse, and what they say."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

import ranvier as rv
from ranvier import nn, optim
from ranvier.errors import (
    DTypeError,
    RanvierError,
    UnknownNameError,
    UnsupportedError,
    ValueRangeError,
)

X = np.random.default_rng(0).standard_normal((40, 3)).astype(np.float32)
DATA = X, X[:, :1]
ADAM = optim.Adam


def build(units: int = 4) -> Any:
    return nn.Sequential(nn.Linear(3, units), nn.Tanh(), nn.Linear(units, 1))


MADE = build()
# fmt: off
SWEEPS: list[tuple[dict[str, Any], type[RanvierError], str]] = [
    # arguments                                     error             message
    ({},                                            ValueRangeError,  "nothing to vary"),
    ({"grid": {}},                                  ValueRangeError,  "the grid is empty"),
    ({"grid": []},                                  ValueRangeError,  "the grid is an empty list"),
    ({"grid": {"lr": []}},                          ValueRangeError,  "no value for lr"),
    ({"grid": {"lr": 0.1}},                         DTypeError,       r"lr is 0.1; expected a list .*\{'lr': \[0.1\]\}"),
    ({"grid": {"activation": "relu"}},              DTypeError,       "activation is 'relu'; expected a list"),
    ({"grid": {3: [1]}},                            DTypeError,       "name 3; expected a string"),
    ({"grid": 5},                                   DTypeError,       "grid is 5; expected a dict of lists"),
    ({"grid": {"seed": range(400), "lr": range(400)}}, ValueRangeError, "160,000 combinations"),
    ({"grid": {"unit": [1]}},                       UnknownNameError, r"nobody takes 'unit'; did you mean 'units'\? The builder takes units; Adam takes lr, betas"),
    ({"grid": {"learning_rate": [1]}},              UnknownNameError, "nobody takes 'learning_rate'"),
    ({"grid": {"momentum": [0.9]}},                 UnknownNameError, "Adam takes lr, betas, eps"),
    ({"grid": {"seed": [1]}, "seeds": 2},           ValueRangeError,  "seeds are given twice"),
    ({"seeds": 0},                                  ValueRangeError,  "seeds=0; expected at least 1"),
    ({"grid": {"seed": [-1]}},                      ValueRangeError,  "a seed is -1"),
    ({"grid": {"seed": [None]}},                    ValueRangeError,  "a seed is None"),
    ({"grid": {"lr": [0.1, -0.1]}},                 ValueRangeError,  "lr is -0.1; it must be above 0"),
    ({"grid": {"train_size": [41]}},                ValueRangeError,  "train_size is 41; expected a number of rows from 1 to 40"),
    ({"grid": {"train_size": [1.5]}},               ValueRangeError,  "train_size is 1.5"),
    ({"grid": {"batch_size": [64]}},                ValueRangeError,  "batch_size 64 is larger"),
    ({"grid": {"epochs": [0]}},                     ValueRangeError,  "epochs is 0"),
    ({"seeds": 2, "optimizer": None},               DTypeError,       "no optimizer was given"),
    ({"seeds": 2, "optimizer": ADAM(MADE.parameters())}, DTypeError,  "an Adam that is made already"),
    ({"seeds": 2, "optimizer": "adam"},             DTypeError,       "optimizer is 'adam'"),
    ({"seeds": 2, "loss": None},                    DTypeError,       "no loss was given"),
    ({"seeds": 2, "build": MADE},                   DTypeError,       "build is a Sequential that is made already"),
    ({"seeds": 2, "build": 3},                      DTypeError,       "build is 3; expected a function"),
    ({"seeds": 2, "build": lambda: 3},              DTypeError,       "build gave int"),
    ({"seeds": 2, "patience": 2},                   ValueRangeError,  "patience watches the validation loss"),
]
SEARCHES: list[tuple[dict[str, Any], type[RanvierError], str]] = [
    ({"val": None},                                 ValueRangeError,  "there is no validation set"),
    ({"method": "grid"},                            UnknownNameError, "method='grid'"),
    ({"method": "halfing"},                         UnknownNameError, "did you mean 'halving'"),
    ({"trials": 0},                                 ValueRangeError,  "trials is 0"),
    ({"space": {}},                                 DTypeError,       "expected a dict"),
    ({"space": {"lr": 0.1}},                        DTypeError,       "lr is 0.1; expected a list"),
    ({"space": {"unit": [1]}},                      UnknownNameError, "did you mean 'units'"),
    ({"method": "halving", "reduction": 1},         ValueRangeError,  "reduction is 1"),
    ({"method": "halving", "space": {"epochs": [1, 2]}}, ValueRangeError, "halving' deals them out"),
    ({"space": {"loss": [nn.MSELoss(), nn.L1Loss()]}}, ValueRangeError, "several losses, whose values cannot be compared"),
    ({"seed": -1},                                  ValueRangeError,  "a seed is -1"),
]
# fmt: on


@pytest.mark.parametrize(("given", "error", "message"), SWEEPS)
def test_sweep_refuses(
    given: dict[str, Any], error: type[RanvierError], message: str
) -> None:
    usual: dict[str, Any] = {
        "build": build, "loss": nn.MSELoss(), "optimizer": ADAM, "epochs": 1,
        "batch_size": 20,
    }  # fmt: skip
    with pytest.raises(error, match=message):
        rv.sweep(train=DATA, **usual | given)


@pytest.mark.parametrize(("given", "error", "message"), SEARCHES)
def test_search_refuses(
    given: dict[str, Any], error: type[RanvierError], message: str
) -> None:
    usual: dict[str, Any] = {
        "space": {"lr": [0.1, 0.2]}, "loss": nn.MSELoss(), "optimizer": ADAM,
        "epochs": 3, "batch_size": 20, "val": DATA, "trials": 2,
    }  # fmt: skip
    with pytest.raises(error, match=message):
        rv.search(build, DATA, **usual | given)


def test_optuna_is_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(UnsupportedError, match=r"pip install 'ranvier\[search\]'"):
        rv.search(
            build, DATA, DATA, space={"lr": [0.1, 0.2]}, loss=nn.MSELoss(),
            optimizer=ADAM, epochs=1, method="optuna",
        )  # fmt: skip


@pytest.mark.parametrize(
    ("ends", "options", "error", "message"),
    [
        ((2, 1), {}, ValueRangeError, "the smaller first"),
        ((0, 1), {"log": True}, ValueRangeError, "begins above 0"),
        ((0.0, float("inf")), {}, ValueRangeError, "finite"),
        (("a", 1), {}, DTypeError, "'a' is no number"),
    ],
)
def test_a_range_refuses(
    ends: tuple[Any, Any], options: Any, error: type[RanvierError], message: str
) -> None:
    with pytest.raises(error, match=message):
        rv.Range(*ends, **options)
