"""Refusing what does not fit in memory before anything is allocated.

Systems promise more memory than there is and end the process when it is used; so large
requests are compared with what is available first.
"""

from __future__ import annotations

import os
from pathlib import Path

from ranvier import cgroup
from ranvier.errors import OutOfMemoryError

LARGE = 64 << 20  # bytes; less is not looked at
GIB = 1 << 30
SYSTEM = Path("/proc/meminfo")


def require(needed: int, what: str) -> None:
    """Raise OutOfMemoryError if `what` needs more bytes than are available."""
    if needed < LARGE:
        return
    there = available()
    if there is not None and needed > there:
        raise OutOfMemoryError(
            f"{what} needs {needed / GIB:,.1f} GiB of memory; {there / GIB:,.1f} GiB "
            "are available. Use a smaller batch or fewer and smaller layers, or a "
            "machine with more memory."
        )


def available() -> int | None:
    """Bytes that can still be taken here; None where the system does not say."""
    found = [n for n in (_of_system(), cgroup.memory()) if n is not None]
    return min(found, default=None)


def _of_system() -> int | None:
    try:
        for line in SYSTEM.read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return 1024 * int(line.split()[1])
    except OSError:  # not Linux: what the machine has is the best that is known
        pass
    names = getattr(os, "sysconf_names", {})
    if "SC_PHYS_PAGES" in names:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None
