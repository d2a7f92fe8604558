"""Values as JSON has them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


def plain(value: Any) -> Any:
    """Arrays as lists, numbers that JSON does not have as null.

    >>> plain({"loss": (0.5, float("nan"))})
    {'loss': [0.5, None]}
    """
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if hasattr(value, "tolist"):  # of NumPy, which this module does without
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
