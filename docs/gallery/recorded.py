"""A row run once, with what it says kept, and its pictures in both languages."""

from __future__ import annotations

import contextlib
import importlib
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

from ranvier.course import Row, drawing
from ranvier.course.experiment import Experiment
from ranvier.plain import plain
from ranvier.random import manual_seed


class Word(str):
    """A label in one language that remembers its key, to be said in another."""

    said: dict[str, Any]


class Recorded(Experiment):
    """An experiment that keeps its lines, claims and tables as keys and values."""

    def __init__(self, row: Row, lang: str, folder: Path) -> None:
        self.said: list[list[Any]] = []
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__(row.id, row.texts(lang), lang, False, folder, self._keep_line)
        self.lines: list[str] = []

    def word(self, key: str, **values: object) -> str:
        word = Word(super().word(key, **values))
        word.said = {"word": key, **values}
        return word

    def line(self, key: str, **values: object) -> None:
        self.said.append(["line", key, values])
        super().line(key, **values)

    def claim(self, key: str, holds: object, **values: object) -> None:
        self.said.append(["claim", key, bool(holds), values])
        super().claim(key, holds, **values)

    def table(
        self, key: str, heads: Sequence[str], rows: Sequence[Sequence[object]]
    ) -> None:
        self.said.append(["table", key, list(heads), [list(row) for row in rows]])
        super().table(key, heads, rows)

    def _keep_line(self, line: str) -> None:
        self.lines.append(line)


def run(row: Row, folder: Path) -> dict[str, Any]:
    """Run a row in its full form; pictures go to folder/en and folder/zh.

    Raises ValueError: what is kept does not say the same as what was printed.
    """
    module = importlib.import_module(row.module)
    english, chinese = (Recorded(row, lang, folder / lang) for lang in ("en", "zh"))
    with drawing.styled("en"), drawn_again(module, chinese) as aside:
        manual_seed(0)
        begin = time.perf_counter()
        module.experiment(english)
        seconds = time.perf_counter() - begin - sum(aside)
    if not chinese.files:  # the row draws while it computes; such rows are short
        with drawing.styled("zh"):
            manual_seed(0)
            module.experiment(chinese)
    said = stored(english.said)
    lines = replayed(row, "en", said)
    if lines != english.lines:
        raise ValueError(f"{row.id} printed {english.lines}, kept is {lines}")
    files = [file.name for file in english.files]
    return {"seconds": round(seconds, 3), "files": files, "said": said}


@contextlib.contextmanager
def drawn_again(module: ModuleType, other: Experiment) -> Iterator[list[float]]:
    """While this lasts the module's draw functions draw for `other` too; the seconds
    that this takes.
    """
    aside: list[float] = []

    def twice(draw: Callable[..., None]) -> Callable[..., None]:
        def both(e: Experiment, *arguments: Any, **named: Any) -> None:
            draw(e, *arguments, **named)
            begin = time.perf_counter()
            with drawing.styled(other.lang):
                draw(other, *arguments, **named)
            aside.append(time.perf_counter() - begin)

        return both

    with contextlib.ExitStack() as patches:
        for name, function in list(vars(module).items()):
            if name.startswith("draw") and callable(function):
                patches.enter_context(mock.patch.object(module, name, twice(function)))
        yield aside


def stored(value: Any) -> Any:
    """What JSON can keep of it; words by their keys."""
    if isinstance(value, Word):
        return stored(value.said)
    if isinstance(value, dict):
        return {key: stored(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [stored(inner) for inner in value]
    return plain(value)


def replayed(row: Row, lang: str, said: list[list[Any]]) -> list[str]:
    """The lines that these keys and values make in a language."""
    lines: list[str] = []
    e = Experiment(row.id, row.texts(lang), lang, False, None, lines.append)
    for kind, key, *rest in spoken(e, said):
        if kind == "line":
            e.line(key, **rest[0])
        elif kind == "claim":
            e.claim(key, rest[0], **rest[1])
        else:
            e.table(key, *rest)
    return lines


def spoken(e: Experiment, value: Any) -> Any:
    """With every kept word in the language of `e`."""
    if isinstance(value, dict) and "word" in value:
        values = {key: spoken(e, inner) for key, inner in value.items()}
        return e.word(values.pop("word"), **values)
    if isinstance(value, dict):
        return {key: spoken(e, inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [spoken(e, inner) for inner in value]
    return value
