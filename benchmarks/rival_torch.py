"""PyTorch: eager, with its fused optimisers, and through `torch.compile`."""

from types import ModuleType

from benchmarks import plain_loop
from benchmarks.result import Result
from benchmarks.version import installed
from benchmarks.workloads import Workload


def available() -> str | None:
    return installed("torch")


def supports(workload: Workload) -> bool:
    return True


def run(workload: Workload, steps: int, threads: int) -> Result:
    torch = _torch(threads)
    return plain_loop.run(torch, torch.nn, torch.optim, workload, steps)


def run_fused(workload: Workload, steps: int, threads: int) -> Result:
    torch = _torch(threads)
    options = {"fused": True}
    return plain_loop.run(
        torch, torch.nn, torch.optim, workload, steps, options=options
    )


def run_compiled(workload: Workload, steps: int, threads: int) -> Result:
    torch = _torch(threads)
    # Without a reset the ninth fresh model meets the recompile limit and runs eagerly.
    torch.compiler.reset()
    compiler = torch.compile
    return plain_loop.run(
        torch, torch.nn, torch.optim, workload, steps, compiler=compiler
    )


def _torch(threads: int) -> ModuleType:
    import torch

    torch.set_num_threads(threads)
    return torch
