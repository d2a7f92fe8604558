"""PyTorch: eager, with its fused optimisers, and through `torch.compile`."""

from __future__ import annotations

from typing import Any

from .plain_loop import job
from .result import Job
from .version import installed
from .workloads import Workload


def available() -> str | None:
    return installed("torch")


def refuses(workload: Workload) -> str:
    return ""


def eager(workload: Workload, threads: int) -> Job:
    return job(_torch(threads), workload)


def fused(workload: Workload, threads: int) -> Job:
    return job(_torch(threads), workload, options={"fused": True})


def compiled(workload: Workload, threads: int) -> Job:
    torch = _torch(threads)
    return job(torch, workload, compiler=torch.compile)


def _torch(threads: int) -> Any:
    import torch

    torch.set_num_threads(threads)
    return torch
