"""Settings and figures as cells of a table of text."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any


def plain(value: Any) -> Any:
    """A setting as a number or a word: a class or a function by its name."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, tuple | list):
        return [plain(part) for part in value]
    name: str = getattr(value, "__name__", "") or repr(value)
    return name


def shown(value: Any) -> str:
    """A cell of the table."""
    value = plain(value)
    if isinstance(value, float):
        text = f"{value:.4g}"
        return text if set(text) - set("-0123456789") else f"{text}.0"
    if isinstance(value, list):
        return "-".join(map(shown, value))
    return str(value)


def text_of(rows: Sequence[dict[str, Any]]) -> str:
    """Rows of equal names as a table of text; what stands beside its spread is put
    together with it.

    >>> print(text_of([{"lr": 0.1, "loss": 0.25, "loss_sd": 0.5}]))
     lr         loss
    0.1  0.25 ± 0.50
    """
    if not rows:
        return "no runs"
    names = [n for n in dict.fromkeys(k for r in rows for k in r) if n[-3:] != "_sd"]
    return aligned([names, *([cell(row, name) for name in names] for row in rows)])


def aligned(cells: Sequence[Sequence[str]], left: int = 0) -> str:
    """Lines of equal length in columns, the first `left` of them flush left.

    >>> print(aligned([["轮", "1"], ["epoch", "22"]], left=1))
    轮      1
    epoch  22
    """
    widths = [max(map(columns, column)) for column in zip(*cells, strict=True)]
    lines = []
    for line in cells:
        parts = []
        for place, (text, width) in enumerate(zip(line, widths, strict=True)):
            gap = " " * (width - columns(text))
            parts.append(text + gap if place < left else gap + text)
        lines.append("  ".join(parts).rstrip())
    return "\n".join(lines)


def columns(text: str) -> int:
    """How wide a terminal shows a text: Chinese characters take two columns."""
    return sum(1 + (unicodedata.east_asian_width(letter) in "WF") for letter in text)


def cell(row: dict[str, Any], name: str) -> str:
    if name not in row:
        return ""
    if f"{name}_sd" in row:
        return spread(row[name], row[f"{name}_sd"])
    return shown(row[name])


def spread(mean: float, sd: float) -> str:
    """A mean to the digits that its standard deviation leaves certain.

    >>> spread(0.123456, 0.0123), spread(1e-9, 2e-10)
    ('0.123 ± 0.012', '1e-09 ± 2e-10')
    """
    if not 1e-4 < abs(sd) < 1e4:
        return f"{mean:.4g} ± {sd:.2g}"
    digits = max(0, 1 - int(f"{sd:e}".partition("e")[2]))
    return f"{mean:.{digits}f} ± {sd:.{digits}f}"
