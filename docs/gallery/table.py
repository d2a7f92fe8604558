"""The page of all claims with their figures, the times, and the lectures' own ways."""

from __future__ import annotations

from itertools import groupby
from typing import Any, Final

from ranvier.course import Row

from . import beside, outcome
from .markdown import claim
from .pages import MARKS, silent
from .words import TABLE

GOAL: Final = 0.5  # seconds: of E3's million epochs, of F7's 20,000


def table(lang: str) -> str:
    words, found = TABLE[lang], [(row, outcome.kept(row)) for row in outcome.shown()]
    claims = [one for _, o in found for one in o["said"] if one[0] == "claim"]
    seconds = sum(o["seconds"] for _, o in found)
    parts = [
        f"# {words['title']}",
        words["intro"].format(
            claims=len(claims), rows=len(found), holding=sum(c[2] for c in claims),
            seconds=words["seconds"].format(seconds),
        ),
        words["machines"],
        "\n".join(f"- {line}" for line in machines(found, lang)),
        f"## {words['beside']}",
        *lectures(lang),
        f"## {words['every']}",
        "\n".join([words["columns"], "|---|---|---|---|", *lines(found, lang)]),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def machines(found: list[tuple[Row, dict[str, Any]]], lang: str) -> list[str]:
    """A line for each run that rows are from."""

    def key(pair: tuple[Row, dict[str, Any]]) -> str:
        return str(sorted(pair[1]["machine"].items()))

    lines = []
    for _, group in groupby(sorted(found, key=key), key):
        pairs = list(group)
        named = sorted(
            (row for row, _ in pairs), key=lambda row: outcome.shown().index(row)
        )
        ids = " ".join(row.id for row in named)
        lines.append(TABLE[lang]["machine"].format(rows=ids, **pairs[0][1]["machine"]))
    return lines


def lines(found: list[tuple[Row, dict[str, Any]]], lang: str) -> list[str]:
    """A line a claim; row and time stand in a row's first."""
    made = []
    for row, o in found:
        first = f"[{row.id}]({row.id.lower()}.md)"
        last = TABLE[lang]["seconds"].format(o["seconds"])
        for _, key, holds, values in (one for one in o["said"] if one[0] == "claim"):
            text = claim(silent(row, lang), key, values)
            made.append(f"| {first} | {text} | {MARKS[holds]} | {last} |")
            first = last = ""
    return made


def lectures(lang: str) -> list[str]:
    """E3, F7 and H2 beside the lectures' own ways; whether the goals are reached."""
    words, found = TABLE[lang], beside.kept()
    assert found is not None, "the lectures' own ways were never measured"
    torch = found.get("torch")
    e3, f7 = figures("E3"), figures("F7")
    ours = {"e3": e3["seconds"], "f7": f7["first"], "h2": found["h2"]}
    own = {
        "e3": words["numpy"].format(time(e3["numpy"], lang)),
        "f7": words["textbook"].format(time(f7["textbook"], lang)),
        "h2": words["absent"],
    }
    theirs = dict.fromkeys(ours, words["absent"])
    if torch:
        own["h2"] = words["loader"].format(time(torch["h2"]["loader"], lang))
        theirs["h2"] = words["sliced"].format(time(torch["h2"]["sliced"], lang))
        for key in ("e3", "f7"):
            theirs[key] = words["loop"].format(time(torch[key], lang))
    made = [words["ways"], "|---|---|---|---|---|"]
    for key, seconds in ours.items():
        cells = [key.upper(), words[key], time(seconds, lang), own[key], theirs[key]]
        made.append(f"| {' | '.join(cells)} |")
    versions = f"PyTorch {torch['version']}" if torch else f"PyTorch: {words['absent']}"
    goals = "\n".join(f"- {goal(key, ours[key], lang)}" for key in ("e3", "f7"))
    return [
        words["aside"].format(versions=versions, **found["machine"]),
        "\n".join(made), goals, words["extrapolated"],
    ]  # fmt: skip


def goal(key: str, seconds: float, lang: str) -> str:
    words = TABLE[lang]
    answer = words["reached" if seconds < GOAL else "missed"]
    return words["goal"].format(
        row=key.upper(), answer=answer, seconds=time(seconds, lang)
    )


def figures(name: str) -> dict[str, Any]:
    """Everything that a row said, by name."""
    (row,) = (row for row in outcome.shown() if row.id == name)
    said = [one[-1] for one in outcome.kept(row)["said"] if one[0] != "table"]
    return {key: value for values in said for key, value in values.items()}


def time(seconds: float, lang: str) -> str:
    unit = TABLE[lang]["seconds"].format(0).replace("0.0", "")
    return f"{seconds:.3g}{unit}" if seconds < 100 else f"{seconds:,.0f}{unit}"
