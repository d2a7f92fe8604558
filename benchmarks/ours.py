"""Ranvier three ways: the whole run in one call, a compiled step, a plain loop."""

from importlib.util import find_spec
from time import perf_counter
from types import ModuleType
from typing import Any

import numpy as np

from benchmarks import plain_loop
from benchmarks.datasets import load
from benchmarks.orders import orders, replay
from benchmarks.result import Result, final_loss
from benchmarks.version import installed
from benchmarks.workloads import Workload


def available() -> str | None:
    """Return the version; a source tree that is not installed counts too."""
    return installed("ranvier") or ("source tree" if find_spec("ranvier") else None)


def supports(workload: Workload) -> bool:
    return True


def run_plain(workload: Workload, steps: int, threads: int) -> Result:
    """The PyTorch user's loop with only the imports changed."""
    rv = _ranvier(threads)
    return plain_loop.run(rv, rv.nn, rv.optim, workload, steps)


def run_step(workload: Workload, steps: int, threads: int) -> Result:
    """A compiled step, called in a Python loop that slices out the row numbers."""
    rv = _ranvier(threads)
    parts = plain_loop.build(rv, rv.nn, rv.optim, workload, {})
    step = compiled_step(rv, *parts[:3])
    warm = min(plain_loop.WARM_STEPS, steps // 2)
    data = parts[3:]
    warm_seconds = _call_steps(rv, step, workload, data, 0, warm)
    each = _call_steps(rv, step, workload, data, warm, steps) / (steps - warm)
    compile_seconds = max(0.0, warm_seconds - warm * each)
    return Result(each, _loss(workload, parts[0]), compile_seconds)


def run_over(workload: Workload, steps: int, threads: int) -> Result:
    """Every step of every epoch in one native call, shuffled natively.

    One epoch goes ahead untimed; the steps are rounded up to whole epochs.
    """
    rv = _ranvier(threads)
    model, criterion, optimizer, *_ = plain_loop.build(
        rv, rv.nn, rv.optim, workload, {}
    )
    step = compiled_step(rv, model, criterion, optimizer)
    loader = _loader(rv, load(workload), workload, shuffle=not workload.full_batch)
    compile_seconds = _over(step, loader, 1)
    epochs = -(-steps // workload.steps_per_epoch)
    each = _over(step, loader, epochs) / (epochs * workload.steps_per_epoch)
    return Result(each, _loss(workload, model), compile_seconds)


def check_over(workload: Workload, steps: int, threads: int) -> Result:
    """Train exactly `steps` steps in the common order of mini-batches."""
    rv = _ranvier(threads)
    model, criterion, optimizer, *_ = plain_loop.build(
        rv, rv.nn, rv.optim, workload, {}
    )
    step = compiled_step(rv, model, criterion, optimizer)
    x, y = load(workload)
    rows = replay(workload, steps)
    loader = _loader(rv, (x[rows], y[rows]), workload, shuffle=False)
    seconds = _over(step, loader, 1)
    return Result(seconds / steps, _loss(workload, model), seconds)


def compiled_step(rv: Any, model: Any, criterion: Any, optimizer: Any) -> Any:
    @rv.compile
    def step(x, y):
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


def _call_steps(
    rv: Any, step: Any, workload: Workload, data: tuple, start: int, stop: int
) -> float:
    x, y = data
    epochs = []
    if not workload.full_batch:
        epochs = [rv.tensor(order) for order in orders(workload, start, stop)]
    begin = perf_counter()
    if workload.full_batch:
        for _ in range(stop - start):
            loss = step(x, y)
    for order in epochs:
        for first in range(0, len(order), workload.batch):
            rows = order[first : first + workload.batch]
            loss = step(x[rows], y[rows])
    loss.item()
    return perf_counter() - begin


def _over(step: Any, loader: Any, epochs: int) -> float:
    """Return the seconds of this many epochs, until the last loss is there."""
    begin = perf_counter()
    losses = step.over(loader, epochs=epochs)
    np.asarray(losses)
    return perf_counter() - begin


def _loader(rv: Any, data: tuple, workload: Workload, shuffle: bool) -> Any:
    return rv.data.DataLoader(
        tuple(data), batch_size=workload.batch, shuffle=shuffle, drop_last=True
    )


def _loss(workload: Workload, model: Any) -> float:
    weights = {name: np.asarray(v) for name, v in model.state_dict().items()}
    return final_loss(workload, weights)


def _ranvier(threads: int) -> ModuleType:
    import ranvier

    ranvier.set_num_threads(threads)
    return ranvier
