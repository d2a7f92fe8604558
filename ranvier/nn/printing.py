"""How a module is printed: its settings, and its parts indented; equal parts of a list
that follow each other are one line.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any


def text(name: str, settings: str, parts: Iterable[tuple[str, Any]]) -> str:
    """``Name(settings)``, or one line a part."""
    lines = settings.splitlines()
    parts = list(parts)
    if not parts and len(lines) < 2:
        return f"{name}({settings})"
    lines += [f"({key}): {_indented(part)}" for key, part in parts]
    return f"{name}(\n  " + "\n  ".join(lines) + "\n)"


def _indented(part: Any) -> str:
    return repr(part).replace("\n", "\n  ")


def numbered(name: str, parts: Iterable[Any]) -> str:
    """As `text` for a list; equal neighbours are counted, ``(0-2): 3 x Linear(…)``."""
    lines, start = [], 0
    for shown, group in groupby(map(_indented, parts)):
        count = len(list(group))
        end = start + count - 1
        key, times = (f"{start}-{end}", f"{count} x ") if count > 1 else (start, "")
        lines.append(f"({key}): {times}{shown}")
        start += count
    return f"{name}(\n  " + "\n  ".join(lines) + "\n)" if lines else f"{name}()"
