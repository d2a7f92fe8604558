"""What an experiment says, in English and Chinese: a TOML file beside its code.

[en] and [zh] each with: title; question; explanation, two paragraphs of what one sees;
try, changes to make and what to look for; and the tables claims, lines and words. The
lecture's formula stands above both. Claims and lines are format strings.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LANGUAGES = ("en", "zh")


@dataclass(frozen=True)
class Texts:
    title: str
    question: str
    explanation: tuple[str, ...]
    changes: tuple[str, ...]
    formula: str = ""
    claims: dict[str, str] = field(default_factory=dict)
    lines: dict[str, str] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)


def load(path: Path, lang: str) -> Texts:
    """The texts of a file in one language."""
    found: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    part = found[lang]
    return Texts(
        title=part["title"],
        question=part["question"],
        explanation=tuple(part["explanation"]),
        changes=tuple(part["try"]),
        formula=found.get("formula", ""),
        claims=part.get("claims", {}),
        lines=part.get("lines", {}),
        words=part.get("words", {}),
    )
