"""Running an experiment: its lines, its claims, its files."""

from __future__ import annotations

import importlib
import json
import runpy
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ranvier.course.drawing as drawing
from ranvier.atomic import make_folder, write_text
from ranvier.course.catalog import Row, find
from ranvier.course.experiment import Claim, Experiment
from ranvier.course.texts import LANGUAGES
from ranvier.errors import UnknownNameError, ValueRangeError, nearest
from ranvier.plain import plain
from ranvier.random import manual_seed

Say = Callable[[str], None] | None


@dataclass(frozen=True)
class Result:
    """What an experiment found: `holds` if all its claims do."""

    id: str
    claims: tuple[Claim, ...]
    figures: dict[str, Any]
    files: tuple[Path, ...]
    seconds: float

    @property
    def holds(self) -> bool:
        return all(claim.holds for claim in self.claims)

    def facts(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "id": self.id,
            "holds": self.holds,
            "claims": [{"text": c.text, "holds": c.holds} for c in self.claims],
            "figures": plain(self.figures),
            "files": [str(path) for path in self.files],
            "seconds": round(self.seconds, 3),
        }


def run(
    name: str,
    *,
    lang: str = "en",
    out: str | Path | None = None,
    quick: bool = False,
    say: Say = print,
) -> Result:
    """Run one experiment of the course.

    name: its id or name, such as "E3" or "xor-bpnn".
    lang: "en" or "zh".
    out: a folder for its pictures and `result.json`; None draws and writes nothing.
    quick: a short form.
    say: what takes its lines; None for silence.

    Raises UnknownNameError: there is no such experiment; FileError: `out` cannot be
        written.

    >>> import ranvier as rv
    >>> rv.course.run("A3", say=None).claims[0].holds
    True
    """
    if lang not in LANGUAGES:
        hint = nearest(lang, LANGUAGES) or "."
        raise ValueRangeError(f"course: lang={lang!r}{hint} Use 'en' or 'zh'.")
    chosen = find(name)
    if len(chosen) > 1:
        ids = ", ".join(row.id for row in chosen)
        raise UnknownNameError(
            f"course: '{name}' is more than one experiment. Run one of {ids}, or "
            f"`ranvier course run {name}`."
        )
    return play(chosen[0], lang, None if out is None else Path(out), quick, say)


def play(row: Row, lang: str, out: Path | None, quick: bool, say: Say) -> Result:
    """`run`, of a row."""
    say = say or (lambda line: None)
    texts = row.texts(lang)
    folder = None if out is None else make_folder(out / row.id)
    say(f"{row.id}  {texts.title}")
    e = Experiment(row.id, texts, lang, quick, folder, say)
    manual_seed(0)
    begin = time.perf_counter()
    with drawing.styled(lang):
        experiment_of(row)(e)
    seconds = time.perf_counter() - begin
    result = Result(row.id, tuple(e.claims), e.figures, tuple(e.files), seconds)
    assert result.claims, f"{row.id} claims nothing"
    if folder is not None:
        text = json.dumps(result.facts(), ensure_ascii=False, indent=1)
        write_text(folder / "result.json", text)
    return result


def experiment_of(row: Row) -> Callable[[Experiment], None]:
    """The function `experiment` of a row's file.

    Raises ValueRangeError: the file has none.
    """
    if row.module is not None:
        names = vars(importlib.import_module(row.module))
    else:
        names = runpy.run_path(str(row.path))
    if "experiment" not in names:
        raise ValueRangeError(
            f"course: {row.path.name} has no function experiment(e). Keep its name; "
            f"`ranvier course show {row.id}` prints the original."
        )
    function: Callable[[Experiment], None] = names["experiment"]
    return function


def show(name: str) -> str:
    """The source of an experiment.

    >>> import ranvier as rv
    >>> "def experiment(e)" in rv.course.show("E3")
    True
    """
    return "\n".join(row.path.read_text("utf-8") for row in find(name))
