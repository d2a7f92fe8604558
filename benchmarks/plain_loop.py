"""The training loop as everyone writes it, in one text for PyTorch and for Ranvier.

`torch`, `nn` and `optim` are arguments: whoever calls `run` changes only the imports.
"""

from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.datasets import load
from benchmarks.orders import orders
from benchmarks.result import Result, final_loss
from benchmarks.weights import initial_weights
from benchmarks.workloads import Workload

WARM_STEPS = 20


def train_full_batch(model, criterion, optimizer, x, y, steps):
    for _ in range(steps):
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
    return loss


def train_epoch(model, criterion, optimizer, x, y, order, batch):
    for start in range(0, len(order), batch):
        rows = order[start : start + batch]
        optimizer.zero_grad()
        loss = criterion(model(x[rows]), y[rows])
        loss.backward()
        optimizer.step()
    return loss


def train(torch, workload: Workload, parts: tuple, start: int, stop: int) -> float:
    """Train from step `start` to `stop`; return the seconds from first to last."""
    epochs = []
    if not workload.full_batch:
        epochs = [torch.tensor(order) for order in orders(workload, start, stop)]
    begin = perf_counter()
    if workload.full_batch:
        loss = train_full_batch(*parts, stop - start)
    for order in epochs:
        loss = train_epoch(*parts, order, workload.batch)
    loss.item()
    return perf_counter() - begin


def build(torch, nn, optim, workload: Workload, options: dict[str, Any]) -> tuple:
    """Return model, criterion, optimiser, inputs and targets."""
    layers = (getattr(nn, layer.kind)(*layer.arguments) for layer in workload.layers)
    model = nn.Sequential(*layers)
    weights = initial_weights(workload)
    model.load_state_dict({k: torch.tensor(v) for k, v in weights.items()})
    criterion = getattr(nn, workload.loss)()
    optimizer_class = getattr(optim, workload.optimizer)
    optimizer = optimizer_class(model.parameters(), lr=workload.lr, **options)
    x, y = load(workload)
    return model, criterion, optimizer, torch.tensor(x), torch.tensor(y)


def run(
    torch,
    nn,
    optim,
    workload: Workload,
    steps: int,
    compiler: Callable | None = None,
    options: dict[str, Any] | None = None,
) -> Result:
    """Train `steps` steps, of which the first few are not timed."""
    model, criterion, *rest = build(torch, nn, optim, workload, options or {})
    parts = (model, criterion, *rest)
    if compiler is not None:
        parts = (compiler(model), compiler(criterion), *rest)
    warm = min(WARM_STEPS, steps // 2)
    warm_seconds = train(torch, workload, parts, 0, warm)
    each = train(torch, workload, parts, warm, steps) / (steps - warm)
    weights = {k: np.asarray(v) for k, v in model.state_dict().items()}
    compile_seconds = max(0.0, warm_seconds - warm * each)
    return Result(each, final_loss(workload, weights), compile_seconds)
