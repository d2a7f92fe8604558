"""What the function of an experiment is given: to say, to claim, to draw."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import ranvier.course.drawing as drawing
from ranvier.course.texts import Texts
from ranvier.data.catalog import PACKAGED

HOLDS = {"en": ("holds", "FAILS"), "zh": ("成立", "不成立")}


@dataclass(frozen=True)
class Claim:
    """A sentence with its figures, and whether it holds."""

    key: str
    text: str
    holds: bool


class Experiment:
    """`quick`: a short form, for a look; its claims must hold too. `folder`: where
    pictures go (None: nowhere). `rng`: a NumPy generator that starts alike every time.
    """

    def __init__(
        self,
        key: str,
        texts: Texts,
        lang: str,
        quick: bool,
        folder: Path | None,
        say: Callable[[str], None],
    ) -> None:
        self.key = key
        self.texts = texts
        self.lang = lang
        self.quick = quick
        self.folder = folder
        self.rng = np.random.default_rng(0)
        self.claims: list[Claim] = []
        self.figures: dict[str, Any] = {}
        self.files: list[Path] = []
        self._say = say

    def seeds(self, count: int, quick: int = 2) -> range:
        """Seeds, fixed beforehand: 0, 1, … `count` of them, or `quick`."""
        return range(quick if self.quick else count)

    def file(self, name: str) -> Path:
        """A file of numbers that ships with Ranvier, such as "covid/worldwide.csv"."""
        return PACKAGED / name

    def word(self, key: str, **values: object) -> str:
        """A label in the reader's language."""
        return self.texts.words[key].format(**values)

    def line(self, key: str, **values: object) -> None:
        """A line of text; its values are kept as figures under their names."""
        self.figures |= values
        self._say("  " + self.texts.lines[key].format(**values))

    def claim(self, key: str, holds: object, **values: object) -> None:
        """A sentence that the experiment has just found to hold or not."""
        self.figures |= values
        claim = Claim(key, self.texts.claims[key].format(**values), bool(holds))
        self.claims.append(claim)
        self._say(f"  {HOLDS[self.lang][not claim.holds]}: {claim.text}")

    def table(
        self, key: str, heads: Sequence[str], rows: Sequence[Sequence[object]]
    ) -> None:
        """Rows under heads, which are keys of words; kept as a figure under `key`."""
        self.figures[key] = [list(row) for row in rows]
        cells = [[self.word(head) for head in heads]]
        cells += [[_cell(value) for value in row] for row in rows]
        widths = [max(map(width, column)) for column in zip(*cells, strict=True)]
        for row in cells:
            self._say("  " + "  ".join(map(_padded, row, widths)).rstrip())

    def panels(
        self,
        columns: int = 1,
        rows: int = 1,
        size: tuple[float, float] = (4.2, 3.4),
        **options: Any,
    ) -> tuple[Any, Any]:
        """A figure and its axes, as from `plt.subplots`, in the course's style."""
        return drawing.panels(columns, rows, size, **options)

    def picture(self, figure: Any, name: str = "") -> None:
        """Save a figure as PNG; a title is put on it if it has none."""
        if figure.get_suptitle() == "":
            figure.suptitle(self.texts.title)
        self._keep(name, ".png", lambda path: drawing.save(figure, path))

    def film(
        self,
        figure: Any,
        draw: Callable[[int], Any],
        frames: int,
        name: str = "",
        per_second: int = 12,
    ) -> None:
        """Save a moving picture (GIF), of which `draw(i)` draws frame i, and its last
        frame as PNG. The short form has six frames."""
        if not figure.get_suptitle():
            figure.suptitle(self.texts.title)
        shown = range(frames)
        if self.quick and frames > 6:
            shown = range(frames - 1, -1, -(frames // 6))[::-1]
        if self.folder is not None:
            self._keep(
                name,
                ".gif",
                lambda path: drawing.film(figure, draw, shown, path, per_second),
            )
        draw(frames - 1)
        self.picture(figure, name)

    def _keep(self, name: str, ending: str, save: Callable[[Path], None]) -> None:
        if self.folder is None:
            return
        stem = self.key.lower() + (f"-{name}" if name else "")
        path = self.folder / f"{stem}{ending}"
        save(path)
        self.files.append(path)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def width(text: str) -> int:
    """Columns of a terminal; a Chinese character takes two.

    >>> width("ab"), width("损失")
    (2, 4)
    """
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _padded(text: str, columns: int) -> str:
    return text + " " * (columns - width(text))
