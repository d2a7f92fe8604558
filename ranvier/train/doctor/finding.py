"""One thing that the doctor has seen."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from ranvier.train.doctor.texts import SENTENCES
from ranvier.train.words import LANGUAGES

PARTS = ("title", "measured", "reason", "remedy")


@dataclass(frozen=True)
class Finding:
    """What was seen, where, and in which step; the sentences come from a table.

    name: such as "dead_relu"; all are keys of `texts.SENTENCES`.
    layer: such as "1 (ReLU)", a parameter's name, or "".
    step: from 1, where it was first seen; 0 where it is no matter of steps.
    values: what was measured, by name, and the `threshold` that it passed.
    """

    name: str
    layer: str = ""
    step: int = 0
    values: dict[str, Any] = field(default_factory=dict)

    def say(self, part: str, lang: str = "en") -> str:
        """title, measured, reason (of the threshold) or remedy."""
        texts = SENTENCES[self.name][PARTS.index(part)]
        text = texts[LANGUAGES.index(lang)]
        return text.format(layer=self.layer, step=self.step, **self.values)

    @property
    def title(self) -> str:
        return self.say("title")

    @property
    def measured(self) -> str:
        """What was measured and in which step."""
        return self.say("measured")

    @property
    def threshold(self) -> Any:
        """What it was compared with; None for what is so or is not."""
        return self.values.get("threshold")

    @property
    def reason(self) -> str:
        """Why the threshold is where it is."""
        return self.say("reason")

    @property
    def remedy(self) -> str:
        """What to change."""
        return self.say("remedy")

    def text(self, lang: str = "en") -> str:
        """All of it, on four lines."""
        head, *rest = (self.say(part, lang) for part in PARTS)
        return "\n".join([head, *(f"    {line}" for line in rest)])

    @classmethod
    def of(cls, name: str, layer: str, step: int, values: dict[str, Any]) -> Finding:
        """The finding that `as_dict` came from; JSON has null for NaN and infinity."""
        numbers = {k: math.nan if v is None else v for k, v in values.items()}
        return cls(name, layer, step, numbers)

    def as_dict(self) -> dict[str, Any]:
        """What JSON keeps, and `Finding.of` takes."""
        return {
            "name": self.name,
            "layer": self.layer,
            "step": self.step,
            "values": self.values,
        }

    def __str__(self) -> str:
        return self.text()
