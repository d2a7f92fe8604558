"""Small trainings whose sickness is known, and healthy ones: two tables.

A row is a name, what the doctor has to find (nothing, for a healthy one), and a
function of a seed that trains. Findings beside the wanted one are allowed where they
are true of the run (a dead network's predictions are constant); for a healthy training
none is.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

import ranvier as rv
from ranvier import nn, optim
from ranvier.data import Dataset
from ranvier.errors import NotFiniteError

DIGITS = rv.data.load("digits").split(400, 200)[:2]
SGD, ADAM = optim.SGD, optim.Adam


class Case(NamedTuple):
    name: str
    expected: str
    train: Callable[[int], Any]


def run(
    seed: int,
    model: Any,
    train: Any,
    val: Any = None,
    loss: Any = None,
    optimizer: Any = ADAM,
    lr: float = 0.005,
    **options: Any,
) -> Any:
    """`fit`, and the run so far where the loss became NaN."""
    usual: dict[str, Any] = {"epochs": 6, "batch_size": 50, "seed": seed}
    try:
        return rv.fit(
            model,
            train,
            val,
            loss=nn.CrossEntropyLoss() if loss is None else loss,
            optimizer=optimizer(model.parameters(), lr=lr),
            **(usual | options),
        )
    except NotFiniteError as error:
        return error.run  # type: ignore[attr-defined]


def mlp(seed: int, *widths: int, act: Any = nn.ReLU, last: Any = None) -> Any:
    rv.manual_seed(seed)
    layers: list[Any] = []
    for i, o in pairwise(widths):
        layers += [nn.Linear(i, o), act()]
    return nn.Sequential(*layers[:-1], *([last()] if last else []))


def filled(model: Any, value: float, kind: str) -> Any:
    """Every weight or bias of the hidden layers: a constant added, or multiplied."""
    for layer in list(model)[:-1]:
        if isinstance(layer, nn.Linear):
            p = layer.bias if kind == "bias" else layer.weight
            array = np.asarray(p.detach())
            array = array + value if kind == "bias" else array * value
            p.data = rv.tensor(array.astype(np.float32))
    return model


def arrays(data: Dataset) -> tuple[np.ndarray, np.ndarray]:
    return data.numpy()  # type: ignore[return-value]


def digits(change: Callable[[Any, Any], Any] = lambda x, y: (x, y)) -> tuple[Any, Any]:
    """(train, val) of the digits, changed alike."""
    train, val = (change(*arrays(part)) for part in DIGITS)
    return train, val


def waves(rows: int = 300, seed: int = 0, scale: float = 1.0) -> Any:
    """y = scale · sin 3x₀ + x₁ with a little noise."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((rows, 4)).astype(np.float32)
    y = np.sin(3 * x[:, :1]) + x[:, 1:2] + 0.05 * rng.standard_normal((rows, 1))
    return x, (scale * y).astype(np.float32)


def moons(rows: int = 300, seed: int = 0, noise: float = 0.15) -> Any:
    """Two half circles in each other."""
    rng = np.random.default_rng(seed)
    y = np.arange(rows) % 2
    a = np.pi * rng.random(rows)
    x = np.stack([np.cos(a) * (1 - 2 * y) + y, np.sin(a) * (1 - 2 * y) + y / 2], 1)
    x += noise * rng.standard_normal(x.shape)
    return x.astype(np.float32), y


def xor() -> Any:
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    return x, np.array([[0], [1], [1], [0]], np.float32)


def shuffled(seed: int) -> Callable[[Any, Any], Any]:
    return lambda x, y: (x, np.random.default_rng(seed).permutation(y))


def rare(rows: int, seed: int) -> Any:
    x, y = moons(rows, seed, 0.3)
    keep = (y == 0) | (np.arange(rows) % 40 == 1)
    return x[keep], y[keep]


class Detached(nn.Module):
    """The first layer's output is detached, so it gets no gradient."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(64, 24)
        self.second = nn.Linear(24, 10)

    def forward(self, x: Any) -> Any:
        return self.second(self.first(x).relu().detach())


class Unused(nn.Module):
    """A layer that forward never calls."""

    def __init__(self) -> None:
        super().__init__()
        self.used = nn.Linear(64, 10)
        self.unused = nn.Linear(64, 10)

    def forward(self, x: Any) -> Any:
        return self.used(x)


def half_given(seed: int) -> Any:
    """Only the last layer is in the optimiser."""
    model = mlp(seed, 64, 24, 10)
    optimizer = ADAM(model[2].parameters(), lr=0.005)
    train, val = digits()
    options: dict[str, Any] = {"epochs": 6, "batch_size": 50, "seed": seed}
    loss = nn.CrossEntropyLoss()
    return rv.fit(model, train, val, loss=loss, optimizer=optimizer, **options)


def doubled(seed: int) -> Any:
    """Rows were repeated before they were divided."""
    x, y = moons(200)
    x, y = np.tile(x, (2, 1)), np.tile(y, 2)
    order = np.random.default_rng(0).permutation(400)
    x, y = x[order], y[order]
    return run(
        seed, mlp(seed, 2, 16, 2), (x[:300], y[:300]), (x[300:], y[300:]), epochs=30
    )


def pictures() -> tuple[Any, Any]:
    return digits(lambda x, y: (x.reshape(-1, 1, 8, 8), y))


def small_cnn(seed: int) -> Any:
    rv.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(1, 8, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(72, 10)
    )


def with_norm(seed: int) -> Any:
    rv.manual_seed(seed)
    return nn.Sequential(
        nn.Linear(64, 24), nn.BatchNorm1d(24), nn.ReLU(), nn.Linear(24, 10)
    )


BCE, BCE_LOGITS, MSE = nn.BCELoss, nn.BCEWithLogitsLoss, nn.MSELoss
DEEP = (64, *[16] * 6, 10)
few = DIGITS[0].take(np.arange(60))
raw = digits(lambda x, y: (x * 255, y))

# fmt: off
SICK = [
    Case("rate 30, SGD", "learning_rate_too_large", lambda k: run(
        k, mlp(k, 64, 24, 10), *DIGITS, optimizer=SGD, lr=30)),
    Case("rate 2, Adam", "learning_rate_too_large", lambda k: run(
        k, mlp(k, 64, 24, 10), *DIGITS, lr=2.0)),
    Case("rate 10, regression", "not_finite", lambda k: run(
        k, mlp(k, 4, 16, 1), waves(), loss=MSE(), optimizer=SGD, lr=10)),
    Case("rate 1e-5, SGD", "learning_rate_too_small", lambda k: run(
        k, mlp(k, 64, 24, 10), *DIGITS, optimizer=SGD, lr=1e-5)),
    Case("rate 1e-6, Adam", "learning_rate_too_small", lambda k: run(
        k, mlp(k, 64, 24, 10), *DIGITS, lr=1e-6)),
    Case("biases of -5", "dead_relu", lambda k: run(
        k, filled(mlp(k, 64, 24, 10), -5, "bias"), *DIGITS, lr=1e-3)),
    Case("biases of -5, two layers", "dead_relu", lambda k: run(
        k, filled(mlp(k, 64, 24, 24, 10), -5, "bias"), *DIGITS, lr=1e-3)),
    Case("weights times 30, tanh", "saturated", lambda k: run(
        k, filled(mlp(k, 64, 24, 10, act=nn.Tanh), 30, "weight"), *DIGITS)),
    Case("weights times 60, sigmoid", "saturated", lambda k: run(
        k, filled(mlp(k, 64, 24, 10, act=nn.Sigmoid), 60, "weight"), *DIGITS)),
    Case("seven sigmoid layers", "vanishing_gradients", lambda k: run(
        k, mlp(k, *DEEP, act=nn.Sigmoid), *DIGITS)),
    Case("tiny weights, seven tanh layers", "vanishing_gradients", lambda k: run(
        k, filled(mlp(k, *DEEP, act=nn.Tanh), 0.2, "weight"), *DIGITS, epochs=3)),
    Case("weights times 10, seven layers", "exploding_gradients", lambda k: run(
        k, filled(mlp(k, *DEEP), 10, "weight"), *DIGITS, optimizer=SGD, lr=1e-6,
        epochs=3)),
    Case("a step function", "no_gradient", lambda k: run(
        k, mlp(k, 64, 24, 10, act=nn.Step), *DIGITS)),
    Case("detached", "no_gradient", lambda k: run(k, Detached(), *DIGITS)),
    Case("a layer that is not used", "no_gradient", lambda k: run(k, Unused(),
        *DIGITS)),
    Case("half of the model given", "not_in_optimizer", half_given),
    Case("pixels times 255", "inputs_not_normalised", lambda k: run(
        k, mlp(k, 64, 24, 10), *raw)),
    Case("one column of 1000", "inputs_not_normalised", lambda k: run(
        k, mlp(k, 4, 16, 1), (waves()[0] * np.array([1, 1, 1, 1000], np.float32),
        waves()[1]),
        loss=MSE())),
    Case("targets of 10,000", "targets_not_normalised", lambda k: run(
        k, mlp(k, 4, 16, 1), waves(scale=1e4), loss=MSE())),
    Case("labels shuffled", "labels_look_shuffled", lambda k: run(
        k, mlp(k, 64, 24, 10), digits(shuffled(0))[0], digits(shuffled(1))[1])),
    Case("labels shuffled, learned by heart", "labels_look_shuffled", lambda k: run(
        k, mlp(k, 64, 24, 10), *digits(shuffled(3)), epochs=40)),
    Case("one in forty", "class_imbalance", lambda k: run(
        k, mlp(k, 2, 16, 2), rare(600, 0), rare(600, 1), epochs=20)),
    Case("60 rows, 64 units", "overfitting", lambda k: run(
        k, mlp(k, 64, 64, 10), few.take(np.arange(30)), DIGITS[1], batch_size=10,
        lr=0.02, epochs=150)),
    Case("noisy moons learned by heart", "overfitting", lambda k: run(
        k, mlp(k, 2, 64, 64, 2), moons(60, 0, 0.6), moons(300, 1, 0.6), batch_size=20,
        lr=0.02,
        epochs=100)),
    Case("a straight line for exclusive or", "underfitting", lambda k: run(
        k, mlp(k, 2, 1), xor(), loss=BCE_LOGITS(), lr=0.05, batch_size=4, epochs=200)),
    Case("zero inputs", "constant_predictions", lambda k: run(
        k, mlp(k, 64, 24, 10), *digits(lambda x, y: (0 * x, y)))),
    Case("rows on both sides", "leakage", doubled),
    Case("validation is training", "leakage", lambda k: run(
        k, mlp(k, 64, 24, 10), DIGITS[0], DIGITS[0])),
    Case("softmax before cross-entropy", "loss_twice", lambda k: run(
        k, mlp(k, 64, 24, 10, last=lambda: nn.Softmax(1)), *DIGITS)),
]
HEALTHY = [
    Case("digits, Adam", "", lambda k: run(k, mlp(k, 64, 24, 10), *DIGITS)),
    Case("digits, SGD", "", lambda k: run(
        k, mlp(k, 64, 24, 10), *DIGITS, optimizer=SGD, lr=0.3, epochs=12)),
    Case("digits, longer", "", lambda k: run(
        k, mlp(k, 64, 24, 10), *DIGITS, lr=0.01, epochs=12)),
    Case("digits, without validation", "", lambda k: run(k, mlp(k, 64, 24, 10),
        DIGITS[0])),
    Case("digits, tanh", "", lambda k: run(k, mlp(k, 64, 24, 10, act=nn.Tanh),
        *DIGITS)),
    Case("digits, sigmoid", "", lambda k: run(
        k, mlp(k, 64, 24, 10, act=nn.Sigmoid), *DIGITS, lr=0.01, epochs=10)),
    Case("digits, three hidden layers", "", lambda k: run(
        k, mlp(k, 64, 32, 24, 16, 10), *DIGITS, epochs=12)),
    Case("digits, straight", "", lambda k: run(k, mlp(k, 64, 10), *DIGITS, epochs=12)),
    Case("digits, convolution", "", lambda k: run(k, small_cnn(k), *pictures(),
        lr=0.01)),
    Case("digits, batch normalisation", "", lambda k: run(k, with_norm(k), *DIGITS)),
    Case("digits, patience", "", lambda k: run(
        k, mlp(k, 64, 24, 10), *DIGITS, lr=0.01, epochs=60, patience=3)),
    Case("digits, momentum", "", lambda k: run(
        k, mlp(k, 64, 24, 10), *DIGITS, lr=0.05, epochs=8,
        optimizer=lambda p, lr: SGD(p, lr=lr, momentum=0.9))),
    Case("exclusive or, tanh", "", lambda k: run(
        k, mlp(k, 2, 8, 1, act=nn.Tanh), xor(), loss=BCE_LOGITS(), lr=0.05,
        batch_size=4,
        epochs=300)),
    Case("exclusive or, sigmoid at the end", "", lambda k: run(
        k, mlp(k, 2, 8, 1, act=nn.Tanh, last=nn.Sigmoid), xor(), loss=BCE(), lr=0.05,
        batch_size=4, epochs=300)),
    Case("moons", "", lambda k: run(
        k, mlp(k, 2, 16, 2), moons(300, 0), moons(200, 1), lr=0.02, epochs=30)),
    Case("noisy moons", "", lambda k: run(
        k, mlp(k, 2, 8, 2), moons(300, 0, 0.4), moons(200, 1, 0.4), lr=0.01,
        epochs=30)),
    Case("waves", "", lambda k: run(
        k, mlp(k, 4, 32, 1), waves(300), waves(200, 1), loss=MSE(), lr=0.01,
        epochs=40)),
    Case("waves, L1", "", lambda k: run(
        k, mlp(k, 4, 32, 1), waves(300), waves(200, 1), loss=nn.L1Loss(), lr=0.01,
        epochs=40)),
    Case("waves, whole data set a step", "", lambda k: run(
        k, mlp(k, 4, 32, 1, act=nn.Tanh), waves(300), loss=MSE(), lr=0.03,
        batch_size=300,
        epochs=200)),
]
# fmt: on
