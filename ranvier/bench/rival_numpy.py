"""Plain NumPy, written by hand: also the reference for everyone's loss.

All parameters lie in one flat vector, so that an optimiser is a handful of calls.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np

from .datasets import load
from .orders import orders
from .result import Job, Result, judged
from .weights import Weights, initial_weights
from .workloads import Workload

Array = np.ndarray[Any, Any]


def available() -> str | None:
    return np.__version__


def refuses(workload: Workload) -> str:
    return "" if workload.is_plain else "written for linear layers only"


def job(workload: Workload, threads: int) -> Job:
    """The number of threads is OpenBLAS's, set in the environment."""
    training = Training(workload)
    return Job(training.run, training.run)


class Training:
    """A network with its optimiser, from step to step."""

    def __init__(self, workload: Workload) -> None:
        self.workload, self.done = workload, 0
        self.network = Network(workload)
        self.update = OPTIMIZERS[workload.optimizer](self.network, workload.lr)
        self.x, self.y = load(workload).floats(), load(workload).y

    def run(self, steps: int) -> Result:
        first, self.done = self.done, self.done + steps
        whole = self.workload.full_batch
        epochs = [] if whole else orders(self.workload, first, self.done)
        begin = perf_counter()
        if whole:
            for _ in range(steps):
                self.network.backward(self.x, self.y)
                self.update()
        for order in epochs:
            self.epoch(order)
        each = (perf_counter() - begin) / steps
        weights = self.network.weights()
        return Result(each, judged(self.workload, weights, np.nan))

    def epoch(self, order: Array) -> None:
        batch = self.workload.batch
        for start in range(0, len(order), batch):
            rows = order[start : start + batch]
            self.network.backward(self.x[rows], self.y[rows])
            self.update()


class Network:
    """A stack of a = f(a W + b); W is kept (inputs, outputs)."""

    def __init__(self, workload: Workload) -> None:
        initial = initial_weights(workload)
        sizes = [value.size for value in initial.values()]
        self.parameters = np.empty(sum(sizes), np.float32)
        self.gradient = np.zeros_like(self.parameters)
        self.values = _views(self.parameters, initial)
        self.slopes = _views(self.gradient, initial)
        for name, value in initial.items():
            self.values[name][...] = value.T
        self.layers = [self._layer(workload, place) for place, _ in workload.linear]
        self.loss_slope = LOSS_SLOPES[workload.loss]

    def _layer(self, workload: Workload, place: int) -> tuple[Any, ...]:
        following = workload.layers[place + 1 : place + 2]
        activation = ACTIVATIONS.get(following[0].kind) if following else None
        weight, bias = f"{place}.weight", f"{place}.bias"
        return (
            self.values[weight],
            self.values.get(bias),
            self.slopes[weight],
            self.slopes.get(bias),
            activation,
        )

    def forward(self, a: Array) -> list[Array]:
        """Return the input and every layer's activation."""
        activations = [a]
        for w, b, _, _, activation in self.layers:
            a = a @ w
            if b is not None:
                a += b
            if activation is not None:
                a = activation[0](a)
            activations.append(a)
        return activations

    def backward(self, x: Array, y: Array) -> None:
        """Write dL/dW = aᵀ d and dL/db = Σ d into the gradient; d = (d Wᵀ) f'."""
        activations = self.forward(x)
        d = self.loss_slope(activations[-1], y)
        for index in range(len(self.layers) - 1, -1, -1):
            w, _, dw, db, activation = self.layers[index]
            if activation is not None:
                d *= activation[1](activations[index + 1])
            np.matmul(activations[index].T, d, out=dw)
            if db is not None:
                d.sum(axis=0, out=db)
            if index:
                d = d @ w.T

    def weights(self) -> Weights:
        return {name: value.T for name, value in self.values.items()}


def _views(flat: Array, shapes: Weights) -> Weights:
    views, start = {}, 0
    for name, value in shapes.items():
        views[name] = flat[start : start + value.size].reshape(value.T.shape)
        start += value.size
    return views


class SGD:
    """w ← w - lr g."""

    def __init__(self, network: Network, lr: float) -> None:
        self.w, self.g, self.lr = network.parameters, network.gradient, np.float32(lr)

    def __call__(self) -> None:
        self.w -= self.lr * self.g


class Adam:
    """m ← β₁m + (1-β₁)g; v ← β₂v + (1-β₂)g²; w ← w - lr m̂ / (√v̂ + ε)."""

    def __init__(self, network: Network, lr: float) -> None:
        self.w, self.g, self.lr = network.parameters, network.gradient, lr
        self.m, self.v = np.zeros_like(self.w), np.zeros_like(self.w)
        self.t = 0

    def __call__(self) -> None:
        self.t += 1
        self.m += np.float32(0.1) * (self.g - self.m)
        self.v += np.float32(0.001) * (self.g * self.g - self.v)
        rate = np.float32(self.lr / (1 - 0.9**self.t))
        scale = np.float32((1 - 0.999**self.t) ** -0.5)
        self.w -= rate * self.m / (np.sqrt(self.v) * scale + np.float32(1e-8))


def _mse_slope(outputs: Array, y: Array) -> Array:
    slope: Array = (outputs - y) * np.float32(2 / y.size)
    return slope


def _cross_entropy_slope(scores: Array, labels: Array) -> Array:
    p: Array = np.exp(scores - scores.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    p[np.arange(len(labels)), labels] -= 1
    p *= np.float32(1 / len(labels))
    return p


# Each activation: a = f(z), and f'(z) said with a.
ACTIVATIONS: dict[str, tuple[Callable[[Array], Array], ...]] = {
    "ReLU": (lambda z: np.maximum(z, 0, out=z), lambda a: a > 0),
    "Sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda a: a * (1 - a)),
}
LOSS_SLOPES = {"MSELoss": _mse_slope, "CrossEntropyLoss": _cross_entropy_slope}
Update = Callable[[Network, float], Callable[[], None]]
OPTIMIZERS: dict[str, Update] = {"SGD": SGD, "Adam": Adam}
