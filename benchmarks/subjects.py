"""Who is measured: one row a subject, with the functions that run and check it."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType

from benchmarks.result import Result
from benchmarks.workloads import Workload

Run = Callable[[Workload, int, int], Result]


@dataclass(frozen=True)
class Subject:
    """`check` must follow the common order of mini-batches; `run` may shuffle."""

    name: str
    module: str
    run_name: str = "run"
    check_name: str = ""
    ours: bool = False
    default: bool = True

    def load(self) -> ModuleType:
        return import_module(f"benchmarks.{self.module}")

    def run(self) -> Run:
        return getattr(self.load(), self.run_name)

    def check(self) -> Run:
        return getattr(self.load(), self.check_name or self.run_name)


# fmt: off
SUBJECTS = {
    subject.name: subject
    for subject in (
        Subject("over",          "ours", "run_over", "check_over", ours=True),
        Subject("step",          "ours", "run_step",               ours=True),
        Subject("plain",         "ours", "run_plain",              ours=True),
        Subject("torch",         "rival_torch"),
        Subject("torch-fused",   "rival_torch", "run_fused",       default=False),
        Subject("torch-compile", "rival_torch", "run_compiled",    default=False),
        Subject("jax",           "rival_jax"),
        Subject("sklearn",       "rival_sklearn", "run", "check"),
        Subject("numpy",         "rival_numpy"),
    )
}
# fmt: on


def default_subjects() -> list[str]:
    """Return the default subjects that are installed."""
    chosen = [s for s in SUBJECTS.values() if s.default and s.load().available()]
    return [subject.name for subject in chosen]
