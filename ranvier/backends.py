"""`rv.backends`: what scripts ask before they choose a device, or set for one."""

from __future__ import annotations

from typing import Any

from ranvier.absent import unknown


class _Backend:
    """A kind of hardware that is not used, and settings for it that change nothing:
    results are the same in every run anyway.
    """

    deterministic = True
    benchmark = False
    enabled = False
    allow_tf32 = False

    @staticmethod
    def is_available() -> bool:
        """False."""
        return False

    @staticmethod
    def is_built() -> bool:
        """False."""
        return False


cudnn = _Backend()
mps = _Backend()
cuda = _Backend()
mkldnn = _Backend()


def __getattr__(name: str) -> Any:
    raise unknown(__name__, name, ("cuda", "cudnn", "mkldnn", "mps"), {})
