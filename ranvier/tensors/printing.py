"""How tensors are printed: with PyTorch's widths, digits and line breaks.

All numbers of a tensor are written in one form (whole, with a fixed number of decimals,
or with powers of ten) and to one width, which those that are shown decide.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ranvier.errors import ValueRangeError

Array = np.ndarray[Any, Any]

PROFILES: dict[str, dict[str, Any]] = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": math.inf, "edgeitems": 3, "linewidth": 80},
}
WIDEST_RANGE = 1000.0  # largest to smallest; beyond it powers of ten are written
LARGEST = 1e8
SMALLEST = 1e-4
DOTS = "..."
WHOLE = "whole"


@dataclass
class Style:
    """What was asked for with `set_printoptions`."""

    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    scientific: bool | None = None


style = Style()


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Digits behind the point, from how many elements on only `edgeitems` at each end
    are shown, characters a line, and whether powers of ten are written.

    `profile` is "default", "short" or "full".
    """
    if profile is not None and profile not in PROFILES:
        names = ", ".join(PROFILES)
        raise ValueRangeError(f"set_printoptions: {profile!r} is none of {names}.")
    given = {
        "precision": precision,
        "threshold": threshold,
        "edgeitems": edgeitems,
        "linewidth": linewidth,
    }
    options = PROFILES[profile] if profile is not None else {}
    options = options | {k: v for k, v in given.items() if v is not None}
    for name, value in options.items():
        setattr(style, name, value)
    style.scientific = sci_mode


class Form(NamedTuple):
    """One way to write every number of a tensor: ``kind`` as in `format`, and a width.

    kind: WHOLE is a whole number with a point behind it.
    """

    kind: str
    width: int

    def text(self, value: Any) -> str:
        if self.kind == WHOLE:
            point = "." if math.isfinite(value) else ""
            return (format(value, ".0f") + point).rjust(self.width)
        return (format(value, self.kind) if self.kind else str(value)).rjust(self.width)


def form_of(shown: Array) -> Form:
    """The form in which these values are written."""
    if shown.dtype.kind != "f":
        return Form("", max(len(str(v)) for v in shown.ravel().tolist()))
    wide = shown.astype(np.float64).ravel()
    wide = wide[np.isfinite(wide) & (wide != 0)]
    if not len(wide):
        return Form(WHOLE, 1)
    low, high = float(abs(wide).min()), float(abs(wide).max())
    is_whole = bool((wide == np.ceil(wide)).all())
    is_far = high / low > WIDEST_RANGE or high > LARGEST
    powers = is_far or (not is_whole and low < SMALLEST)
    if style.scientific is not None:
        powers = style.scientific
    digits = f".{style.precision}"
    kind = f"{digits}e" if powers else WHOLE if is_whole else f"{digits}f"
    return Form(kind, max(len(Form(kind, 0).text(v)) for v in wide.tolist()))


def printed(values: Array, prefix: str) -> str:
    """`prefix` and the values as text; lines after the first stand below its end."""
    if not values.size:
        return f"{prefix}[]"
    short = values.size > style.threshold
    form = form_of(ends(values) if short else values)
    return prefix + nested(values, form, len(prefix), short)


def ends(values: Array) -> Array:
    """What is shown of a large tensor: some values at both ends of each dimension."""
    edge = style.edgeitems
    for axis, size in enumerate(values.shape):
        if size > 2 * edge:
            rows = np.r_[:edge, size - edge : size]
            values = values.take(rows, axis)
    return values


def nested(values: Array, form: Form, indent: int, short: bool) -> str:
    """The values in brackets, one pair for each dimension."""
    if not values.ndim:
        return form.text(values.item())
    edge = style.edgeitems
    cut = short and len(values) > 2 * edge
    parts = [values[:edge], values[len(values) - edge :]] if cut else [values]
    if values.ndim == 1:
        texts = [[form.text(v) for v in part.tolist()] for part in parts]
        return row(texts, form.width, indent)
    texts = [[nested(v, form, indent + 1, short) for v in part] for part in parts]
    between = "," + "\n" * (values.ndim - 1) + " " * (indent + 1)
    return f"[{between.join(joined(texts, DOTS))}]"


def row(texts: Sequence[list[str]], width: int, indent: int) -> str:
    """One dimension, broken into lines that hold as many numbers as fit."""
    fit = max(1, math.floor((style.linewidth - indent) / (width + 2)))
    flat = joined(texts, f" {DOTS}")
    lines = [", ".join(flat[i : i + fit]) for i in range(0, len(flat), fit)]
    return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"


def joined(parts: Sequence[list[str]], between: str) -> list[str]:
    """The texts of one part, or of both with something between."""
    return parts[0] if len(parts) == 1 else [*parts[0], between, *parts[1]]


def with_facts(text: str, facts: Sequence[str], indent: int) -> str:
    """The text and what else is said of the tensor, on a new line where it is long."""
    used = len(text) - text.rfind("\n") + 1
    for fact in facts:
        if used + len(fact) + 2 > style.linewidth:
            text += ",\n" + " " * indent + fact
            used = indent + len(fact)
        else:
            text += f", {fact}"
            used += len(fact) + 2
    return f"{text})"
