"""`rv.cuda`: says that there is none, so that scripts that ask run on the CPU."""

from __future__ import annotations

from typing import Any

from ranvier.absent import unknown


def is_available() -> bool:
    """False: Ranvier runs on the CPU only."""
    return False


def device_count() -> int:
    """0."""
    return 0


def manual_seed(seed: int) -> None:
    """Nothing: there is no generator but the CPU's, which `rv.manual_seed` seeds."""


def manual_seed_all(seed: int) -> None:
    """Nothing, as `manual_seed`."""


def empty_cache() -> None:
    """Nothing: there is no memory but the CPU's."""


def synchronize(device: Any = None) -> None:
    """Nothing: there is nothing to wait for."""


def __getattr__(name: str) -> Any:
    names = ("is_available", "device_count", "manual_seed", "manual_seed_all")
    raise unknown(__name__, name, names, {})
