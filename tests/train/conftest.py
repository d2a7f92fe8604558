"""Real digits in small helpings, and a model that learns them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ranvier import nn, optim, random
from ranvier.data import Dataset, load
from ranvier.train import Run, fit

sys.path.insert(0, str(Path(__file__).parent))  # for doctor_cases

Parts = tuple[Dataset, Dataset, Dataset]


@pytest.fixture(scope="session")
def parts() -> Parts:
    """500 digits to learn from, 200 to validate, 360 to test."""
    train, val, test = load("digits").split(500, 200)
    return train, val, test


@pytest.fixture
def build() -> Callable[..., nn.Sequential]:
    """Makes models: always the same weights for the same seed."""
    return make_model


@pytest.fixture
def model() -> nn.Sequential:
    return make_model()


@pytest.fixture
def learn(parts: Parts) -> Callable[..., Run]:
    """`fit` on the digits with defaults for everything."""
    train, val, _ = parts

    def learn(model: Any = None, **options: Any) -> Run:
        model = make_model() if model is None else model
        usual = {
            "val": val,
            "loss": nn.CrossEntropyLoss(),
            "optimizer": optim.Adam(model.parameters(), lr=0.01),
            "epochs": 3,
            "batch_size": 60,
            "seed": 1,
        }
        return fit(model, options.pop("train", train), **(usual | options))

    return learn


def make_model(seed: int = 0, dropout: float = 0.0) -> nn.Sequential:
    """64-24-10 with ReLU, and dropout where wanted."""
    random.manual_seed(seed)
    middle = [nn.ReLU(), nn.Dropout(dropout)] if dropout else [nn.ReLU()]
    return nn.Sequential(nn.Linear(64, 24), *middle, nn.Linear(24, 10))
