"""The compiled functions of a run: learn from a batch, judge one, measure gradients.

Whoever calls them sets the model's mode (training or evaluation) before, with `mode`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ranvier.compiler.compiled import compile
from ranvier.data.loader import DataLoader
from ranvier.tensor import NoGrad, Tensor
from ranvier.train.extras import Extras
from ranvier.train.scoring import Scoring

Array = np.ndarray[Any, Any]
USUALLY_IGNORED = -100  # CrossEntropyLoss's default, which class numbers never are


def training_step(
    model: Any,
    loss: Any,
    optimizer: Any,
    scoring: Scoring,
    extras: Extras | None = None,
    schedule: Any = None,
    batch: int | None = None,
) -> Any:
    """One update from one mini-batch, or from the pieces of `batch` rows of a large
    one: (loss, number of right answers). The loss is that without penalties.
    """
    extras = Extras() if extras is None else extras

    def step(x: Tensor, y: Tensor) -> tuple[Tensor, ...]:
        optimizer.zero_grad()
        found = [learn_from(*piece) for piece in pieces(x, y, batch)]
        penalty = extras.penalty(model)
        if penalty is not None:
            penalty.backward()
        extras.clip(model.parameters())
        optimizer.step()
        if schedule is not None:
            schedule.step()
        return tuple(total(column) for column in zip(*found, strict=True))

    def learn_from(x: Tensor, y: Tensor, share: float) -> tuple[Tensor, ...]:
        outputs = model(x)
        value = loss(outputs, y)
        value = value if share == 1 else value * share
        value.backward()
        return results(value, outputs, y, scoring, ignored_by(loss, y))

    return compile(step)


def pieces(
    x: Tensor, y: Tensor, size: int | None
) -> Iterator[tuple[Tensor, Tensor, float]]:
    """Runs of at most `size` rows, and the share that each is of all."""
    rows = len(x)
    if size is None or size >= rows:
        yield x, y, 1.0
        return
    for start in range(0, rows, size):
        some = slice(start, min(start + size, rows))
        yield x[some], y[some], (some.stop - start) / rows


def total(parts: tuple[Tensor, ...]) -> Tensor:
    """The sum of what the pieces gave."""
    first, *rest = parts
    for part in rest:
        first = first + part
    return first


def judging(model: Any, loss: Any, scoring: Scoring) -> Any:
    """A batch judged without learning from it: (loss, number of right answers)."""

    def judge(x: Tensor, y: Tensor) -> tuple[Tensor, ...]:
        with NoGrad():
            outputs = model(x)
            value = loss(outputs, y)
            return results(value, outputs, y, scoring, ignored_by(loss, y))

    return compile(judge)


def gradient_norms(model: Any, loss: Any) -> Callable[[Any, Any], dict[str, float]]:
    """A function (x, y) → the length of the gradient of every parameter, by name."""
    parameters = {n: p for n, p in model.named_parameters() if p.requires_grad}

    def measure(x: Tensor, y: Tensor) -> tuple[Tensor, ...]:
        clear(parameters)
        loss(model(x), y).backward()
        norms = tuple(length(p.grad) for p in parameters.values())
        clear(parameters)
        return norms

    compiled = compile(measure)

    def measured(x: Any, y: Any) -> dict[str, float]:
        with mode(model, training=False):
            norms = compiled(x, y)
        return {n: v.item() for n, v in zip(parameters, norms, strict=True)}

    return measured


def clear(parameters: dict[str, Tensor]) -> None:
    for parameter in parameters.values():
        parameter.grad = None


def length(gradient: Tensor | None) -> Tensor:
    """√(Σ g²); a parameter that the loss does not depend on has no gradient: 0."""
    if gradient is None:
        return Tensor(np.zeros((), np.float32))
    return gradient.square().sum().sqrt()


def results(
    value: Tensor, outputs: Tensor, y: Tensor, scoring: Scoring, ignored: int | None
) -> tuple[Tensor, ...]:
    if scoring is Scoring.NONE:
        return (value.detach(),)
    return (value.detach(), scoring.right(outputs.detach(), y, ignored))


def ignored_by(loss: Any, y: Tensor) -> int | None:
    """The label that the loss leaves out; of single labels only one that was chosen."""
    index: int | None = getattr(loss, "ignore_index", None)
    if y.dtype.is_float or (y.ndim == 1 and index == USUALLY_IGNORED):
        return None
    return index


@contextmanager
def mode(model: Any, *, training: bool) -> Iterator[None]:
    """The model in training or evaluation mode, and back."""
    modules = [model] if not hasattr(model, "modules") else list(model.modules())
    before = [(module, module.training) for module in modules]
    try:
        model.train(training)
        yield
    finally:
        for module, was in before:
            module.training = was


def epoch_means(columns: Any, loader: DataLoader, loss: Any) -> dict[str, Array]:
    """The mean loss and the accuracy of every epoch, from what `over` returned."""
    sizes = batch_sizes(loader)
    steps = len(sizes)
    values, *right = (np.asarray(c, np.float64).reshape(-1, steps) for c in columns)
    is_sum = getattr(loss, "reduction", "mean") == "sum"
    weights = np.ones(steps) if is_sum else sizes
    means = {"loss": (values * weights).sum(1) / sizes.sum()}
    if right:
        means["accuracy"] = right[0].sum(1) / sizes.sum()
    return means


def batch_sizes(loader: DataLoader) -> Array:
    """Rows in each mini-batch of an epoch, as float64."""
    rows, size = len(loader.dataset), loader.batch_size
    sizes = np.full(len(loader), size, np.float64)
    if not loader.drop_last:
        sizes[-1] = rows - size * (len(loader) - 1)
    return sizes
