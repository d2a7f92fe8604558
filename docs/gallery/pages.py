"""The page of a row, the sheet of a chapter, and the list of all."""

from __future__ import annotations

from typing import Any, Final

from ranvier.course import Row
from ranvier.course.catalog import CHAPTERS
from ranvier.course.experiment import Experiment

from . import outcome
from .markdown import block, claim, prose
from .recorded import replayed
from .words import INDEX, WORDS

MARKS: Final = {True: "✓", False: "✗"}


def page(row: Row, lang: str) -> str:
    """A row's page: question, pictures, what one sees, formula, figures, code, try."""
    texts, found = row.texts(lang), outcome.kept(row)
    words, path = WORDS[lang], row.path
    try_it = f"ranvier course copy {row.id}\nranvier course run ./{path.name}"
    parts = [
        f"# {row.id} · {prose(texts.title)}",
        way(row, lang),
        f"**{prose(texts.question)}**",
        *pictures(row, lang, found["files"]),
        *map(prose, texts.explanation),
        f"## {words['formula']}",
        block(texts.formula),
        f"## {words['claims']}",
        claims(row, lang, found["said"]),
        measured(lang, found),
        *printed(row, lang, found["said"]),
        f"## {words['code']}",
        words["plain"].format(path=f"ranvier/course/{path.parent.name}/{path.name}"),
        block(path.read_text("utf-8"), "python"),
        f"## {words['try']}",
        words["copy"],
        block(try_it, "sh"),
        "\n".join(f"{n}. {prose(text)}" for n, text in enumerate(texts.changes, 1)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def way(row: Row, lang: str) -> str:
    """Links to the chapter, the row before and the row after."""
    links = [f"[{chapter_title(row.chapter, lang)}]({row.chapter.lower()}.md)"]
    everything = outcome.shown()
    place = everything.index(row)
    if place:
        before = everything[place - 1].id
        links.append(f"[← {before}]({before.lower()}.md)")
    if place + 1 < len(everything):
        after = everything[place + 1].id
        links.append(f"[{after} →]({after.lower()}.md)")
    return " · ".join(links)


def pictures(row: Row, lang: str, files: list[str]) -> list[str]:
    """The film where there is one, else the still; of a film the still by a link."""
    title = prose(row.texts(lang).title)
    films = [file for file in files if file.endswith(".gif")]
    shown = []
    for file in files:
        still = file.endswith(".png")
        if still and file.replace(".png", ".gif") in films:
            shown.append(f"[{WORDS[lang]['last']}]({file})")
        else:
            shown.append(f"![{title}]({file})")
    return shown


def claims(row: Row, lang: str, said: list[list[Any]]) -> str:
    e = silent(row, lang)
    found = [one[1:] for one in said if one[0] == "claim"]
    lines = [f"- {MARKS[holds]} {claim(e, key, v)}" for key, holds, v in found]
    return "\n".join(lines)


def silent(row: Row, lang: str) -> Experiment:
    """Something that knows a row's texts."""
    return Experiment(row.id, row.texts(lang), lang, False, None, lambda line: None)


def measured(lang: str, found: dict[str, Any]) -> str:
    machine = found["machine"]
    return WORDS[lang]["measured"].format(seconds=found["seconds"], **machine)


def printed(row: Row, lang: str, said: list[list[Any]]) -> list[str]:
    """Lines and tables beside the claims."""
    lines = replayed(row, lang, [one for one in said if one[0] != "claim"])
    if not lines:
        return []
    return [WORDS[lang]["printed"], block("\n".join(line[2:] for line in lines))]


def chapter_title(letter: str, lang: str) -> str:
    return f"{letter}. {prose(CHAPTERS[letter][1 + (lang == 'zh')])}"


def chapter(letter: str, lang: str) -> str:
    """A contact sheet: a chapter's pictures, small, each leading to its page."""
    here = [row for row in outcome.shown() if row.chapter == letter]
    lines = [f"# {chapter_title(letter, lang)}", ""]
    lines += [f"[{WORDS[lang]['all']}](../course.md)", "", "| | |", "|---|---|"]
    cells = [thumbnail(row, lang) for row in here]
    cells += [""] * (len(cells) % 2)
    for left, right in zip(cells[::2], cells[1::2], strict=True):
        lines.append(f"| {left} | {right} |")
    return "\n".join(lines) + "\n"


def thumbnail(row: Row, lang: str) -> str:
    texts, found = row.texts(lang), outcome.kept(row)
    name = row.id.lower()
    still = next(file for file in found["files"] if file.endswith(".png"))
    picture = f'<img src="{still}" alt="{row.id}" width="360">'
    link = f"[{row.id} · {prose(texts.title)}]({name}.md)"
    return f"[{picture}]({name}.md)<br>**{link}**<br>{prose(texts.question)}"


def index(lang: str) -> str:
    """The list of all rows, chapter by chapter."""
    parts = [INDEX[lang]]
    for letter in CHAPTERS:
        here = [row for row in outcome.shown() if row.chapter == letter]
        if not here:
            continue
        lines = [f"## [{chapter_title(letter, lang)}](course/{letter.lower()}.md)", ""]
        lines += [WORDS[lang]["columns"], "|---|---|---|"]
        for row in here:
            texts = row.texts(lang)
            link = f"[{row.id}](course/{row.id.lower()}.md)"
            lines.append(f"| {link} | {prose(texts.title)} | {prose(texts.question)} |")
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)
