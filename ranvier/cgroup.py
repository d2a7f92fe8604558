"""The limits of the container: of the control group of this process and of those above.

Linux has two versions of them, which may be there side by side; a file that is missing
or holds no number sets no limit.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

MOUNTED = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")


def processors() -> int | None:
    """How many processors the quota amounts to, rounded up; None without one."""
    found = []
    for folder, version in _groups("cpu"):
        if version == 2:
            limit, period = [*_words(folder / "cpu.max"), "", ""][:2]
        else:
            (limit,) = _words(folder / "cpu.cfs_quota_us") or [""]
            (period,) = _words(folder / "cpu.cfs_period_us") or [""]
        if limit.isdigit() and period.isdigit() and int(limit) and int(period):
            found.append(math.ceil(int(limit) / int(period)))
    return min(found, default=None)


def memory() -> int | None:
    """Bytes that may still be taken; None without a limit."""
    found = []
    for folder, version in _groups("memory"):
        names = ("memory.max", "memory.current")
        if version == 1:
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes")
        (limit,), (used,) = (_words(folder / name) or [""] for name in names)
        if limit.isdigit() and used.isdigit():
            found.append(max(0, int(limit) - int(used) + _cached(folder)))
    return min(found, default=None)


def _cached(folder: Path) -> int:
    """Bytes of files in memory, which are dropped when something else needs them."""
    words = _words(folder / "memory.stat")
    facts = dict(zip(words[::2], words[1::2], strict=False))
    return sum(int(facts.get(name, 0)) for name in ("active_file", "inactive_file"))


def _groups(controller: str) -> Iterator[tuple[Path, int]]:
    """Folders and versions of the groups this process is in, its own first."""
    try:
        lines = OWN.read_text("utf-8").splitlines()
    except OSError:  # not Linux
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers:
            roots, version = [MOUNTED, MOUNTED / "unified"], 2
        elif controller in controllers.split(","):
            roots, version = [MOUNTED / controllers, MOUNTED / controller], 1
        else:
            continue
        own = Path(path.lstrip("/"))
        for root in roots:
            for group in dict.fromkeys([own, *own.parents]):
                yield root / group, version


def _words(file: Path) -> list[str]:
    try:
        return file.read_text("ascii").split()
    except OSError:
        return []
