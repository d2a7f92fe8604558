"""Sentences of the course as Markdown."""

from __future__ import annotations

import re
import string
from typing import Any, Final

from ranvier.course.experiment import Experiment

from .recorded import spoken

SPECIAL: Final = re.compile(r"([\\*_<\[\]`|$])")
MARK: Final = "\x00"


def prose(text: str) -> str:
    """Text in which nothing is markup but what stands between backticks.

    >>> print(prose("W[h, x]  a*b `ETA * x`"))
    W\\[h, x\\]  a\\*b `ETA * x`
    """
    parts = text.split("`")
    if len(parts) % 2 == 0:  # one of them stands alone
        return SPECIAL.sub(r"\\\1", text)
    parts[::2] = [SPECIAL.sub(r"\\\1", part) for part in parts[::2]]
    return "`".join(parts)


class Marked(string.Formatter):
    """Puts a mark on both sides of every value."""

    def format_field(self, value: Any, spec: str) -> str:
        return f"{MARK}{super().format_field(value, spec)}{MARK}"


def claim(e: Experiment, key: str, values: dict[str, Any]) -> str:
    """A claim; its figures stand out."""
    text = Marked().vformat(e.texts.claims[key], (), spoken(e, values))
    parts = text.split(MARK)
    figures = [f"`{part}`" if part else "" for part in parts[1::2]]
    plain = [prose(part) for part in parts[::2]]
    return "".join(a + b for a, b in zip(plain, [*figures, ""], strict=True))


def block(text: str, kind: str = "text") -> str:
    return f"```{kind}\n{text.rstrip()}\n```"
