"""The training loop as everyone writes it, in one text for PyTorch and for Ranvier.

`torch`, `nn` and `optim` are arguments: whoever calls `job` changes only the imports.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np

from .datasets import load
from .networks import build
from .orders import orders
from .result import Job, Result, judged
from .weights import initial_weights
from .workloads import Workload

WARM_STEPS = 20


def train_full_batch(
    model: Any, criterion: Any, optimizer: Any, x: Any, y: Any, steps: int
) -> Any:
    for _ in range(steps):
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
    return loss


def train_epoch(
    model: Any, criterion: Any, optimizer: Any, x: Any, y: Any, order: Any, batch: int
) -> Any:
    for start in range(0, len(order), batch):
        rows = order[start : start + batch]
        optimizer.zero_grad()
        loss = criterion(model(x[rows]), y[rows])
        loss.backward()
        optimizer.step()
    return loss


def model_of(torch: Any, workload: Workload) -> Any:
    """The network with the common weights."""
    model = build(torch.nn, workload)
    given = {k: torch.tensor(v) for k, v in initial_weights(workload).items()}
    model.load_state_dict({**model.state_dict(), **given})
    return model


def prepared(
    torch: Any, workload: Workload, options: dict[str, Any]
) -> tuple[Any, Any, Any, Any, Any]:
    """Model, criterion, optimiser, inputs and targets, from the common weights."""
    model = model_of(torch, workload)
    criterion = getattr(torch.nn, workload.loss)()
    make = getattr(torch.optim, workload.optimizer)
    optimizer = make(model.parameters(), **workload.options, **options)
    data = load(workload)
    x, y = torch.tensor(data.floats()), torch.tensor(data.y)
    return model, criterion, optimizer, x, y


class Loop:
    """A model in training, from step to step."""

    def __init__(
        self,
        torch: Any,
        workload: Workload,
        options: dict[str, Any] | None = None,
        compiler: Callable[[Any], Any] | None = None,
    ) -> None:
        self.torch, self.workload, self.done = torch, workload, 0
        self.parts: tuple[Any, ...] = prepared(torch, workload, options or {})
        self.model = self.parts[0]
        if compiler is not None:
            self.parts = (*map(compiler, self.parts[:2]), *self.parts[2:])

    def train(self, steps: int) -> tuple[float, float]:
        """Seconds from the first to the last of these steps, and the last loss."""
        first, self.done = self.done, self.done + steps
        epochs = []
        if not self.workload.full_batch:
            parts = orders(self.workload, first, self.done)
            epochs = [self.torch.tensor(order) for order in parts]
        model, criterion, optimizer, x, y = self.parts
        begin = perf_counter()
        if self.workload.full_batch:
            loss = train_full_batch(model, criterion, optimizer, x, y, steps)
        for order in epochs:
            batch = self.workload.batch
            loss = train_epoch(model, criterion, optimizer, x, y, order, batch)
        last = loss.item()
        return perf_counter() - begin, last

    def check(self, steps: int) -> Result:
        """The first steps are not timed: they compile."""
        warm = min(WARM_STEPS, steps // 2)
        warm_seconds, _ = self.train(warm)
        seconds, last = self.train(steps - warm)
        each = seconds / (steps - warm)
        weights = {k: np.asarray(v) for k, v in self.model.state_dict().items()}
        loss = judged(self.workload, weights, last)
        return Result(each, loss, max(0.0, warm_seconds - warm * each))

    def run(self, steps: int) -> Result:
        if steps >= WARM_STEPS:
            self.train(steps // WARM_STEPS)
        seconds, last = self.train(steps)
        return Result(seconds / steps, last)


def job(torch: Any, workload: Workload, **options: Any) -> Job:
    loop = Loop(torch, workload, **options)
    return Job(loop.check, loop.run)
