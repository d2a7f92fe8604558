"""Who is measured: one row a subject, with the function that starts it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from .result import Job
from .workloads import Workload


@dataclass(frozen=True)
class Subject:
    """`title` heads its column; `package` is what it is called where it is installed;
    `counts` says whether it is measured with one thread too.
    """

    name: str
    title: str
    module: str
    function: str
    package: str
    counts: bool = True
    ours: bool = False
    default: bool = True

    def load(self) -> Any:
        return import_module(f".{self.module}", __package__)

    def start(self) -> Callable[[Workload, int], Job]:
        found: Callable[[Workload, int], Job] = getattr(self.load(), self.function)
        return found

    def refuses(self, workload: Workload) -> str:
        return str(self.load().refuses(workload))


# fmt: off
SUBJECTS = {
    subject.name: subject
    for subject in (
        #       name             heading     module           function    package
        Subject("over",          "whole",    "ours",          "over",     "ranvier",      ours=True),  # noqa: E501
        Subject("step",          "step",     "ours",          "step",     "ranvier",      ours=True, counts=False),  # noqa: E501
        Subject("plain",         "plain",    "ours",          "plain",    "ranvier",      ours=True, counts=False),  # noqa: E501
        Subject("torch",         "PyTorch",  "rival_torch",   "eager",    "torch"),
        Subject("torch-fused",   "fused",    "rival_torch",   "fused",    "torch",        default=False),  # noqa: E501
        Subject("torch-compile", "compiled", "rival_torch",   "compiled", "torch",        counts=False),  # noqa: E501
        Subject("jax",           "JAX",      "rival_jax",     "job",      "jax"),
        Subject("sklearn",       "sklearn",  "rival_sklearn", "job",      "scikit-learn", counts=False),  # noqa: E501
        Subject("numpy",         "NumPy",    "rival_numpy",   "job",      "numpy",        counts=False),  # noqa: E501
    )
}
# fmt: on
OURS = [subject.name for subject in SUBJECTS.values() if subject.ours]
RIVALS = [subject.name for subject in SUBJECTS.values() if not subject.ours]
