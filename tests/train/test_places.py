"""Models with an answer at every place of a row: language models, (N, C, L)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ranvier as rv
from ranvier import models, nn, optim
from ranvier.errors import DTypeError, ShapeError, UnsupportedError
from ranvier.models import NextToken
from ranvier.nn import functional as F
from ranvier.train.default_loss import default_loss

X = np.random.default_rng(0).integers(0, 5, (60, 7))
Y = (X * 2 + 1) % 5  # what follows can be known


def start() -> Any:
    rv.manual_seed(0)
    return nn.Sequential(nn.Embedding(5, 8), nn.Linear(8, 5))


def learn(model: Any, data: Any = (X, Y), **options: Any) -> Any:
    optimizer = optim.Adam(model.parameters(), lr=0.05)
    usual = {"loss": nn.CrossEntropyLoss(), "epochs": 6, "batch_size": 16, "seed": 0}
    return rv.fit(model, data, optimizer=optimizer, **(usual | options))


def test_fit_counts_every_place() -> None:
    model = start()
    run = learn(NextToken(model), val=0.25, metrics=["f1"])
    assert run.history["train_accuracy"][0] < run.history["train_accuracy"][-1] == 1.0
    assert run.history["val_accuracy"][-1] == run.history["val_f1"][-1] == 1.0
    assert run.history["train_loss"][-1] < 0.5 * run.history["train_loss"][0]
    assert (np.asarray(model(rv.tensor(X))).argmax(-1) == Y).all()
    assert not run.doctor()


def test_evaluate_against_numpy() -> None:
    model = start()
    found = rv.evaluate(NextToken(model), (X, Y), batch_size=25, metrics=["accuracy"])
    scores = np.asarray(model(rv.tensor(X)), np.float64)
    logs = scores - np.log(np.exp(scores).sum(-1, keepdims=True))
    loss = -np.take_along_axis(logs, Y[..., None], -1).mean()
    assert found["loss"] == pytest.approx(loss, rel=1e-5)
    assert found["accuracy"] == pytest.approx((scores.argmax(-1) == Y).mean())
    assert found["baseline_accuracy"] == np.bincount(Y.ravel()).max() / Y.size


def test_probabilities_at_every_place() -> None:
    shares = np.moveaxis(np.eye(5, dtype=np.float32)[Y], -1, 1)
    run = learn(NextToken(start()), (X, shares))
    assert run.history["train_accuracy"][-1] == 1.0


def test_a_character_model_is_trained_in_one_call() -> None:
    rv.manual_seed(0)
    model = models.char_lstm(5, embedding_dim=4, hidden_size=8, num_layers=1)
    before = model.state_dict()
    run = learn(NextToken(model), epochs=4)
    assert run.history["train_loss"][-1] < 0.8 * run.history["train_loss"][0]
    assert run.history["train_accuracy"][-1] > 0.5
    scores, (h, _) = model(rv.tensor(X[:2]))
    assert scores.shape == (2, 7, 5) and h.shape == (1, 2, 8)
    assert list(model.state_dict()) == list(before)


def test_the_default_loss() -> None:
    assert isinstance(default_loss((60, 5, 7), Y), nn.CrossEntropyLoss)
    assert isinstance(default_loss((60, 1, 7), Y), nn.MSELoss)
    assert isinstance(default_loss((60, 7), Y), nn.MSELoss)


LAST = (
    "the model gives (16, 7, 5), its 5 classes last; CrossEntropyLoss takes them in "
    "second place, as in PyTorch: (16, 5, 7). Let forward return scores.movedim(-1, 1)"
)


@pytest.mark.parametrize(
    ("make", "kind", "words"),
    [
        (start, ShapeError, LAST),
        (
            lambda: models.char_lstm(5, hidden_size=4),
            UnsupportedError,
            "the model returns tuple; expected one tensor. For the scores without the "
            "state pass rv.models.NextToken(model).",
        ),
        (
            lambda: models.googlenet(num_classes=5, image_size=32, init_weights=False),
            UnsupportedError,
            "GoogLeNet gives the scores of its auxiliary heads, too, while it trains",
        ),
    ],
)
def test_what_fit_says_to_do(make: Any, kind: Any, words: str) -> None:
    with pytest.raises(kind) as caught:
        learn(make())
    assert words in str(caught.value)


def test_evaluate_says_it_without_a_loss() -> None:
    with pytest.raises(ShapeError, match="5 classes last"):
        rv.evaluate(start(), (X, Y))


def test_what_is_trained_is_a_model() -> None:
    with pytest.raises(DTypeError, match="NextToken: model is type"):
        NextToken(nn.Linear)


def test_loss_of_a_loop_is_the_same() -> None:
    model = start()
    x, y = rv.tensor(X), rv.tensor(Y)
    flat = F.cross_entropy(model(x).flatten(0, 1), y.flatten())
    assert F.cross_entropy(NextToken(model)(x), y).item() == pytest.approx(
        flat.item(), rel=1e-6
    )


@pytest.mark.parametrize("ignored", [-100, 0])
def test_ignored_places_do_not_count(ignored: int) -> None:
    labels = np.where(X == 3, ignored, Y)
    loss = nn.CrossEntropyLoss(ignore_index=ignored)
    model = start()
    found = rv.evaluate(NextToken(model), (X, labels), loss=loss, batch_size=60)
    same = np.asarray(model(rv.tensor(X))).argmax(-1) == labels
    assert found["accuracy"] == pytest.approx(same[labels != ignored].mean())


def test_ignored_labels_do_not_count() -> None:
    model = nn.Linear(3, 2)
    x, y = np.ones((4, 3), np.float32), np.array([0, 0, 1, 1])
    loss = nn.CrossEntropyLoss(ignore_index=int(np.asarray(model(rv.ones(3))).argmin()))
    assert rv.evaluate(model, (x, y), loss=loss)["accuracy"] == 1.0
