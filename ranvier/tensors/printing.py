"""How tensors are printed."""

from __future__ import annotations

from typing import Any

import numpy as np

from ranvier.errors import ValueRangeError

PROFILES: dict[str, dict[str, Any]] = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 75},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 75},
    "full": {"precision": 4, "threshold": 10**18, "edgeitems": 3, "linewidth": 75},
}


class Style:
    """What NumPy is told when a tensor is printed."""

    def __init__(self) -> None:
        self.options = dict(PROFILES["default"])
        self.scientific: bool | None = None


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
    if profile is not None:
        style.options = dict(PROFILES[profile])
    given = {
        "precision": precision,
        "threshold": threshold,
        "edgeitems": edgeitems,
        "linewidth": linewidth,
    }
    style.options |= {k: v for k, v in given.items() if v is not None}
    style.scientific = sci_mode


def printed(values: np.ndarray[Any, Any], prefix: str) -> str:
    """The values as text, the first line behind `prefix`."""
    options = {**style.options, "separator": ", ", "prefix": prefix}
    options["max_line_width"] = options.pop("linewidth")
    if style.scientific is not None and values.dtype.kind == "f":
        digits = style.options["precision"]
        way = np.format_float_scientific if style.scientific else _plain
        options["formatter"] = {"float_kind": lambda v: way(v, precision=digits)}
    if options["threshold"] > 2**62:
        options["threshold"] = 2**62
    return np.array2string(values, **options)


def _plain(value: Any, precision: int) -> str:
    return f"{value:.{precision}f}"
