"""What a run of a row left behind: outcomes/e3.json, and pictures beside the pages."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Final

from ranvier.course import Row, rows
from ranvier.course.texts import LANGUAGES

from . import recorded
from .pictures import small

HERE: Final = Path(__file__).resolve().parent
DRAWN: Final = HERE.parent / "_build" / "course"  # pictures as the rows draw them
OUTCOMES: Final = HERE / "outcomes"
PAGES: Final = {lang: HERE.parent / lang / "course" for lang in LANGUAGES}


def path(row: Row) -> Path:
    return OUTCOMES / f"{row.id.lower()}.json"


def kept(row: Row) -> dict[str, Any]:
    """The outcome of the row's last run."""
    found: dict[str, Any] = json.loads(path(row).read_text("utf-8"))
    return found


def shown() -> list[Row]:
    """The rows that have been run, in the order of the lectures."""
    return [row for row in rows() if path(row).exists()]


def digest(row: Row) -> str:
    """Of what a run depends on: the row's code, and the words in its pictures."""
    said = [(texts.title, texts.words) for texts in map(row.texts, LANGUAGES)]
    words = json.dumps(said, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(row.path.read_bytes() + words.encode()).hexdigest()[:16]


def is_stale(row: Row) -> bool:
    """The row was not run, or what its run depends on has changed since."""
    return not path(row).exists() or kept(row)["made from"] != digest(row)


def renew(row: Row, machine: dict[str, str]) -> dict[str, Any]:
    """Run the row; keep its outcome and its pictures in place of the former ones."""
    made_from, folder = digest(row), DRAWN / row.id
    found = recorded.run(row, folder)
    for lang, pages in PAGES.items():
        pages.mkdir(exist_ok=True)
        remove_pictures(row, pages)
        for file in found["files"]:
            small(folder / lang / file, pages / file)
    outcome = {"made from": made_from, "machine": machine, **found}
    OUTCOMES.mkdir(exist_ok=True)
    path(row).write_text(as_text(outcome), "utf-8")
    return outcome


def as_text(outcome: dict[str, Any]) -> str:
    """JSON with one thing said a line, so that a new run shows what has changed."""
    lines = []
    for key, value in outcome.items():
        text = json.dumps(value, ensure_ascii=False)
        if key == "said":
            said = [json.dumps(one, ensure_ascii=False) for one in value]
            text = "[\n  " + ",\n  ".join(said) + "\n ]"
        lines.append(f" {json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def remove_pictures(row: Row, folder: Path) -> None:
    stem = row.id.lower()
    for pattern in (f"{stem}.*", f"{stem}-*"):
        for old in folder.glob(pattern):
            if old.suffix in (".png", ".gif"):
                old.unlink()
