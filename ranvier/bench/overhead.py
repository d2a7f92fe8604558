"""`python -m ranvier.bench.overhead`: what Python adds to native code, in microseconds.

A call of a compiled step beside the same program called with nothing around it; one row
through mlp-m, beside PyTorch where it is installed; a node of a graph in a plain loop.
Each figure is the best of many short repetitions, taken in turns with its counterpart.
"""

from collections.abc import Callable
from cProfile import Profile
from importlib import import_module
from importlib.util import find_spec
from time import perf_counter
from typing import Any

import numpy as np

from ranvier.graph import Node

from .ours import compiled_step
from .plain_loop import prepared
from .workloads import WORKLOADS

rv: Any = import_module("ranvier")  # what a user imports is what is measured

REPETITIONS = 60
SECONDS = 0.003  # of one repetition
RUN_SECONDS = 0.2  # of a run that is watched
WATCHED_ROUNDS = 10


def best(*functions: Callable[[], Any]) -> list[float]:
    """Microseconds of a call of each, the best of repetitions in turns."""
    times = [float("inf")] * len(functions)
    counts = [_count(function) for function in functions]
    for _ in range(REPETITIONS):
        for i, function in enumerate(functions):
            begin = perf_counter()
            for _ in range(counts[i]):
                function()
            times[i] = min(times[i], (perf_counter() - begin) / counts[i])
    return [1e6 * seconds for seconds in times]


def _count(function: Callable[[], Any]) -> int:
    function()
    begin = perf_counter()
    function()
    return max(1, int(SECONDS / (perf_counter() - begin)))


def native(compiled: Any) -> Callable[[], None]:
    """The last program of a compiled function on the arrays that it has, and nothing
    around it.
    """
    program = compiled.last.program
    function, table = program.forms[0].function, program.table
    return lambda: function(table, 0)


def step(name: str) -> list[float]:
    """(call, native) of one training step of a workload."""
    workload = WORKLOADS[name]
    model, criterion, optimizer, x, y = prepared(rv, workload, {})
    x, y = x[: workload.batch].clone(), y[: workload.batch].clone()
    compiled = compiled_step(rv, model, criterion, optimizer)
    compiled(x, y)
    return best(lambda: compiled(x, y), native(compiled))


def row() -> list[float]:
    """(call, native) of one row through mlp-m."""
    model, _, _, x, _ = prepared(rv, WORKLOADS["mlp-m"], {})
    one = x[:1].clone()
    fast = rv.compile(model)
    fast(one)
    return best(lambda: fast(one), native(fast))


def row_of_torch() -> float:
    import torch

    torch.set_num_threads(1)
    model, _, _, x, _ = prepared(torch, WORKLOADS["mlp-m"], {})
    one = x[:1].clone()
    with torch.inference_mode():
        return best(lambda: model(one))[0]


def node() -> float:
    """A node of a chain of operations that is written and never computed."""
    x, length = rv.tensor(np.ones((4, 4), np.float32)), 200

    def chain() -> None:
        y = x
        for _ in range(length // 2):
            y = y * x + x

    return best(chain)[0] / length


def plain(name: str) -> tuple[float, int]:
    """A step of the plain loop, and how many nodes it writes."""
    workload = WORKLOADS[name]
    model, criterion, optimizer, x, y = prepared(rv, workload, {})
    x, y = x[: workload.batch].clone(), y[: workload.batch].clone()

    def once() -> None:
        optimizer.zero_grad()
        criterion(model(x), y).backward()
        optimizer.step()

    for _ in range(5):
        once()
    nodes = _nodes(once)
    return best(once)[0], nodes


def _nodes(function: Callable[[], Any]) -> int:
    """How many nodes are made; Python itself counts the calls."""
    profile = Profile()
    profile.runcall(function)
    made = Node.__init__.__code__
    return sum(entry.callcount for entry in profile.getstats() if entry.code is made)


def watched(name: str, every: int) -> list[float]:
    """A step of a run, of one that is watched with all statistics of its layers every
    `every` steps, and of one in which every step is.
    """
    workload = WORKLOADS[name]
    model, criterion, optimizer, x, y = prepared(rv, workload, {})
    compiled = compiled_step(rv, model, criterion, optimizer)
    rows = min(workload.rows, 40 * workload.batch)
    data = x.numpy()[:rows], y.numpy()[:rows]
    loader = rv.data.DataLoader(data, batch_size=workload.batch, drop_last=True)
    compiled.over(loader)
    begin = perf_counter()
    compiled.over(loader)
    epochs = max(1, int(RUN_SECONDS / (perf_counter() - begin)))
    steps = epochs * len(loader)
    watches = [None, rv.Watch(every, model), rv.Watch(1, model)]
    times = [float("inf")] * len(watches)
    for _ in range(WATCHED_ROUNDS):
        for i, watch in enumerate(watches):
            begin = perf_counter()
            compiled.over(loader, epochs=epochs, watch=watch)
            times[i] = min(times[i], (perf_counter() - begin) / steps)
    return [1e6 * t for t in times]


def main() -> None:
    rv.set_num_threads(1)
    for name in ("xor", "cubic", "mlp-s", "mlp-m"):
        call, alone = step(name)
        print(f"step {name}: {call:.1f}, native {alone:.1f}, more {call - alone:.1f}")
    call, alone = row()
    print(f"row of mlp-m: {call:.1f}, native {alone:.1f}, more {call - alone:.1f}")
    if find_spec("torch"):
        print(f"row of mlp-m, PyTorch: {row_of_torch():.1f}")
    for name in ("xor", "mlp-s", "mlp-m"):
        without, some, all_steps = watched(name, 100)
        more = 100 * (some / without - 1)
        print(
            f"run of {name}: {without:.2f} a step, every 100th watched {some:.2f} "
            f"({more:+.1f} %), every step {all_steps:.2f}"
        )
    print(f"node: {node():.2f}")
    for name in ("xor", "cubic"):
        time, nodes = plain(name)
        print(
            f"plain step of {name}: {time:.1f}, {nodes} nodes, {time / nodes:.1f} each"
        )


if __name__ == "__main__":
    main()
