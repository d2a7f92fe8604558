"""Ranvier three ways: the whole run in one call, a compiled step, a plain loop."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from time import perf_counter
from typing import Any

import numpy as np

from .datasets import load
from .orders import replay
from .plain_loop import Loop, job, prepared
from .result import Job, Result, judged
from .version import installed
from .workloads import Workload


def available() -> str | None:
    """The version; a source tree that is not installed counts too."""
    return installed("ranvier") or "source tree"


def refuses(workload: Workload) -> str:
    return ""


def plain(workload: Workload, threads: int) -> Job:
    """The PyTorch user's loop with only the imports changed."""
    return job(_ranvier(threads), workload)


def step(workload: Workload, threads: int) -> Job:
    """A compiled step, called in a Python loop that slices out the row numbers."""
    loop = Stepping(_ranvier(threads), workload)
    return Job(loop.check, loop.run)


def over(workload: Workload, threads: int) -> Job:
    """Every step of every epoch in one native call, shuffled natively."""
    whole = Whole(_ranvier(threads), workload)
    return Job(whole.check, whole.run)


def compiled_step(rv: Any, model: Any, criterion: Any, optimizer: Any) -> Any:
    @rv.compile
    def step(x, y):  # type: ignore[no-untyped-def]
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


class Stepping(Loop):
    """The plain loop's data and order, its five lines compiled by name."""

    def __init__(self, rv: Any, workload: Workload) -> None:
        super().__init__(rv, workload)
        self.step = compiled_step(rv, *self.parts[:3])

    def train(self, steps: int) -> tuple[float, float]:
        first, self.done = self.done, self.done + steps
        *_, x, y = self.parts
        batch = self.workload.batch
        order = self.torch.tensor(replay(self.workload, first, self.done))
        begin = perf_counter()
        for start in range(0, steps * batch, batch):
            if self.workload.full_batch:
                loss = self.step(x, y)
            else:
                rows = order[start : start + batch]
                loss = self.step(x[rows], y[rows])
        last = loss.item()
        return perf_counter() - begin, last


class Whole:
    """`step.over(loader)`; pictures stay bytes and are scaled inside."""

    def __init__(self, rv: Any, workload: Workload) -> None:
        self.rv, self.workload = rv, workload
        self.model, *parts = prepared(rv, workload, {})
        self.step = compiled_step(rv, self.model, *parts[:2])
        self.warm = cache(self._warm)

    def check(self, steps: int) -> Result:
        """The first call compiles, the second is timed."""
        rows = replay(self.workload, 0, steps)
        loader = self._loader(rows, shuffle=False)
        first, last = self._over(loader, 1)
        weights = {k: np.asarray(v) for k, v in self.model.state_dict().items()}
        loss = judged(self.workload, weights, last)
        second, _ = self._over(loader, 1)
        return Result(second / steps, loss, max(0.0, first - second))

    def run(self, steps: int) -> Result:
        """Whole epochs; of fewer rows where an epoch has more than these steps."""
        an_epoch = self.workload.steps_per_epoch
        loader, per_epoch = self.warm(min(steps, an_epoch))
        epochs = -(-steps // per_epoch)
        seconds, last = self._over(loader, epochs)
        return Result(seconds / (epochs * per_epoch), last)

    def _warm(self, steps: int) -> tuple[Any, int]:
        """A loader of this many steps that has gone through once."""
        rows = np.arange(steps * self.workload.batch)
        loader = self._loader(rows, shuffle=not self.workload.full_batch)
        self._over(loader, 1)
        return loader, steps

    def _over(self, loader: Any, epochs: int) -> tuple[float, float]:
        """Seconds of this many epochs, until the last loss is there, and that loss."""
        begin = perf_counter()
        losses = np.asarray(self.step.over(loader, epochs=epochs))
        return perf_counter() - begin, float(losses.ravel()[-1])

    def _loader(self, rows: Any, shuffle: bool) -> Any:
        x, y, scale = load(self.workload)
        data = self.rv.data.Dataset((x[rows], y[rows]), scale=scale)
        options = {"batch_size": self.workload.batch, "drop_last": True}
        return self.rv.data.DataLoader(data, shuffle=shuffle, **options)


def _ranvier(threads: int) -> Any:
    """What a user imports is what is measured."""
    rv = import_module("ranvier")
    rv.set_num_threads(threads)
    return rv
