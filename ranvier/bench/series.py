"""Jobs that grow in one direction: how does the time of a step follow?

`width` has one hidden layer, `depth` equal layers, so that twice the number is twice
the work (from four layers on: the first one needs no input gradient). `trap` is
PyTorch's issue 144633: from 45 to 46 columns it took to sixteen threads and nine times
as long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from .workloads import ENTROPY, WORKLOADS, Layer, Shape, Workload, mlp


def _job(
    series: str, n: int, layers: tuple[Layer, ...], sample: Shape, batch: int = 64
) -> Workload:
    rows = max(16 * batch, 2_048)
    settings = (ENTROPY, "Adam", 0.001, batch, rows, "noise", sample, 1.0)
    return Workload(f"{series}-{n}", layers, *settings, check_steps=10)


def batch(n: int) -> Workload:
    return _job("batch", n, mlp(784, 256, 128, 10), (784,), n)


def width(n: int) -> Workload:
    return _job("width", n, mlp(784, n, 10), (784,))


def depth(n: int) -> Workload:
    return _job("depth", n, mlp(*[128] * (n + 1), 10), (128,))


def sequence(n: int) -> Workload:
    layers = (Layer("LastState", (28, 64, 1)), *mlp(64, 10))
    return _job("sequence", n, layers, (n, 28))


def trap(n: int) -> Workload:
    return _job("trap", n, mlp(10, n, n, 10), (10,), 128)


SERIES: dict[str, tuple[Callable[[int], Workload], Iterable[int]]] = {
    "batch": (batch, (16, 32, 64, 128, 256, 512)),
    "width": (width, (32, 64, 128, 256, 512, 1024)),
    "depth": (depth, (4, 8, 16, 32)),
    "sequence": (sequence, (7, 14, 28, 56, 112)),
    "trap": (trap, (40, 43, 45, 46, 48, 51)),
}


def find(name: str) -> Workload:
    """A workload of the table, or one of a series: "batch-64"."""
    if name in WORKLOADS:
        return WORKLOADS[name]
    series, _, number = name.partition("-")
    return SERIES[series][0](int(number))
