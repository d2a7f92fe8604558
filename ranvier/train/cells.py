"""Settings and figures as cells of a table of text."""

from __future__ import annotations

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
    cells = [names, *([cell(row, name) for name in names] for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(names))]
    return "\n".join(
        "  ".join(c.rjust(w) for c, w in zip(line, widths, strict=True)).rstrip()
        for line in cells
    )


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
