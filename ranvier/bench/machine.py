"""What the figures were taken on."""

from __future__ import annotations

import os
import platform
from datetime import date
from pathlib import Path


def describe() -> dict[str, str]:
    """The machine, ready to print or to store."""
    return {
        "date": date.today().isoformat(),
        "processor": processor("model name") or platform.processor() or "unknown",
        "cores": str(cores()),
        "vectors": vectors(),
        "frequency": f"{processor('cpu MHz') or 'unknown'} MHz",
        "load": load_average(),
        "python": platform.python_version(),
    }


def processor(key: str) -> str:
    """Return the first value of this key in Linux's list of processors."""
    path = Path("/proc/cpuinfo")
    if not path.exists():
        return ""
    for line in path.read_text().splitlines():
        if line.startswith(key):
            return line.partition(":")[2].strip()
    return ""


def vectors() -> str:
    """Return the widest vector instructions that the processor offers."""
    flags = processor("flags").split()
    widest = [name for name in ("avx512f", "avx2", "sse2") if name in flags]
    return widest[0] if widest else "unknown"


def cores() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def load_average() -> str:
    return f"{os.getloadavg()[0]:.2f}" if hasattr(os, "getloadavg") else "unknown"
