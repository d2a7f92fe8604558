"""How tensors, and tables of other things, look in notebooks: small HTML tables."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np

Array = np.ndarray[Any, Any]
EDGE: Final = 4  # rows and columns at each end, of what is longer than twice that
GAP: Final = "…"
STRONGEST: Final = 0.45  # how opaque the colour of the largest number is
RED, BLUE = "213,94,0", "0,114,178"  # Okabe and Ito's, above and below 0
STYLE: Final = "padding:1px 6px;text-align:right;font-variant-numeric:tabular-nums"


def table(
    rows: Iterable[Sequence[Any]], head: Sequence[str] = (), left: int = 0
) -> str:
    """Cells as text, escaped; the first `left` columns flush left."""
    lines = []
    for kind, cells in [("th", head), *(("td", row) for row in rows)]:
        shown = (
            f'<{kind} style="{"text-align:left" if place < left else STYLE}">'
            f"{html.escape(str(value))}</{kind}>"
            for place, value in enumerate(cells)
        )
        lines.append(f"<tr>{''.join(shown)}</tr>" if cells else "")
    return f"<table>{''.join(lines)}</table>"


def tensor(values: Array, about: str) -> str:
    """What it is, and its values, of each dimension the ends; of more than two
    dimensions the first matrix. Numbers of a matrix are coloured by their size.
    """
    title = f"<div>{html.escape(about)}</div>"
    if values.ndim == 0:
        return f"{title}<code>{html.escape(number(values[()]))}</code>"
    if not values.size:
        return f"{title}<em>no values</em>"
    place = (0,) * (values.ndim - 2)
    shown = values[place] if values.ndim > 1 else values[None, :]
    if place:
        where = ", ".join([*map(str, place), ":", ":"])
        title += f"<div>[{where}]</div>"
    rows, columns = (ends(count) for count in shown.shape)
    kept = [r for r in rows if r is not None], [c for c in columns if c is not None]
    largest = size_of_largest(shown[np.ix_(*kept)]) if values.ndim > 1 else 0.0
    lines = []
    for row in rows:
        cells = [
            gap(row is None)
            if row is None or column is None
            else cell(shown[row, column], largest)
            for column in columns
        ]
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return f"{title}<table>{''.join(lines)}</table>"


def ends(count: int) -> list[int | None]:
    """The numbers that are shown of so many; None stands for those between.

    >>> ends(3), ends(100)
    ([0, 1, 2], [0, 1, 2, 3, None, 96, 97, 98, 99])
    """
    if count <= 2 * EDGE + 1:
        return list(range(count))
    return [*range(EDGE), None, *range(count - EDGE, count)]


def gap(is_row: bool) -> str:
    return f'<td style="{STYLE}">{"⋮" if is_row else GAP}</td>'


def cell(value: Any, largest: float) -> str:
    """A number with its colour: none for 0, red above, blue below."""
    style, size = STYLE, abs(float(np.real(value)))
    if largest > 0 and np.isfinite(size):
        colour = RED if np.real(value) > 0 else BLUE
        style += f";background:rgba({colour},{STRONGEST * size / largest:.2f})"
    return f'<td style="{style}">{html.escape(number(value))}</td>'


def size_of_largest(values: Array) -> float:
    """Of the finite ones; 0 where there is no size."""
    if values.dtype.kind not in "fiu":
        return 0.0
    sizes = np.abs(values.astype(np.float64))
    return float(sizes[np.isfinite(sizes)].max(initial=0.0))


def number(value: Any) -> str:
    """Four digits of what has a point.

    >>> number(np.float32(1) / 3), number(np.int64(12345)), number(np.bool_(True))
    ('0.3333', '12345', 'True')
    """
    return f"{value:.4g}" if np.asarray(value).dtype.kind in "fc" else str(value)
