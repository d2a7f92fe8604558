"""report.md: what was trained, how, how good it is, and how to do it again."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from ranvier.train.doctor import Diagnosis
from ranvier.train.words import Words

COLUMNS = ("train_loss", "val_loss", "train_accuracy", "val_accuracy")
PARTS = {"train": "training", "val": "validation"}


@dataclass
class Facts:
    """What a report is made from; without `test` nothing was tested."""

    name: str
    model: str
    parameters: int
    sizes: dict[str, int]
    settings: dict[str, Any]
    history: dict[str, Any]
    best_epoch: int
    stopped_because: str
    seconds: float
    total: float | None = None
    test: dict[str, float] | None = None
    linear: float | None = None
    majority: str = ""
    command: str = ""
    error: str = ""
    pictures: list[str] = field(default_factory=list)
    diagnosis: Diagnosis | None = None


def report(facts: Facts, lang: str = "en") -> str:
    """The whole report as Markdown."""
    words = Words(lang)
    parts = [
        f"# {words('report title', name=facts.name)}",
        note(facts, words),
        result(facts, words),
        *(f"![]({name})" for name in facts.pictures),
        diagnosed(facts, words),
        how(facts, words),
        every_epoch(facts, words),
        again(facts, words),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def note(facts: Facts, words: Words) -> str:
    """What went otherwise than planned."""
    if facts.stopped_because == "interrupted":
        return words("interrupted note", epochs=epochs_of(facts.history))
    if facts.stopped_because == "not finite":
        return words("not finite note", error=facts.error)
    return ""


def result(facts: Facts, words: Words) -> str:
    """The test's table: this model, a linear one, the majority."""
    if facts.test is None:
        return ""
    is_class = "accuracy" in facts.test
    name, form = ("accuracy", ".2%") if is_class else ("rmse", ".4g")
    linear = words("linear model" if is_class else "least squares")
    majority = words("majority", facts.majority) if is_class else words("mean")
    rows = [(words("this model", facts.model), facts.test[name])]
    if facts.linear is not None:
        rows.append((linear, facts.linear))
    rows.append((majority, facts.test[f"baseline_{name}"]))
    if f"persistence_{name}" in facts.test:
        rows.append((words("persistence"), facts.test[f"persistence_{name}"]))
    lines = [f"| {row} | {value:{form}} |" for row, value in rows]
    head = f"| {words('test set')} | {words(name)} |\n|---|---:|"
    told = words("best weights", best=facts.best_epoch)
    title = f"## {words('result')}"
    return "\n\n".join(
        [title, "\n".join([head, *lines]), told + overfits(facts, words)]
    )


def overfits(facts: Facts, words: Words) -> str:
    """A sentence if training loss fell after the best epoch, validation loss rose.

    One epoch up is noise; two in a row are taken for a rise.
    """
    train = facts.history.get("train_loss", ())
    val = facts.history.get("val_loss", ())
    best = facts.best_epoch
    if not (0 < best < len(val)):
        return ""
    rises = [b > a for a, b in pairwise(val[best - 1 :])]
    is_rising = any(first and second for first, second in pairwise(rises))
    if is_rising and val[-1] > val[best - 1] and train[-1] < train[best - 1]:
        return " " + words("overfits", best=best)
    return ""


def diagnosed(facts: Facts, words: Words) -> str:
    """What the doctor found, with remedies; what was not seen, and not looked for."""
    found = facts.diagnosis
    if found is None:
        return ""
    parts = [f"## {words('doctor')}"]
    for finding in found:
        title, *rest = finding.text(words.lang).splitlines()
        parts.append("\n".join([f"**{title}**\n", *(f"- {r.strip()}" for r in rest)]))
    return "\n\n".join([*parts, *found.absences(words.lang).splitlines()])


def how(facts: Facts, words: Words) -> str:
    """Data, model and settings."""
    sizes = ", ".join(
        f"{words(part)} {words('rows', size)}" for part, size in facts.sizes.items()
    )
    reason = words(f"reason {facts.stopped_because}")
    lines = [
        (words("data"), f"{facts.name}: {sizes}"),
        (words("model"), f"{facts.model}, {words('parameters', facts.parameters)}"),
        *((words(name), str(value)) for name, value in facts.settings.items()),
        (words("epochs"), str(epochs_of(facts.history))),
        (words("stopped because"), reason),
        (words("training time"), words("seconds", facts.seconds)),
    ]
    if facts.total is not None:
        lines.append((words("total time"), words("seconds", facts.total)))
    listed = "\n".join(f"- {name}: {value}" for name, value in lines)
    return f"## {words('how')}\n\n{listed}"


def every_epoch(facts: Facts, words: Words) -> str:
    """The history as a table; the best epoch in bold."""
    names = [name for name in COLUMNS if len(facts.history.get(name, ()))]
    if not names:
        return ""
    heads = [words("epoch"), *(column(name, words) for name in names)]
    lines = [f"| {' | '.join(heads)} |", "|---:" * len(heads) + "|"]
    for row in range(epochs_of(facts.history)):
        cells = [cell(name, facts.history[name][row]) for name in names]
        number = f"**{row + 1}**" if row + 1 == facts.best_epoch else str(row + 1)
        lines.append(f"| {' | '.join([number, *cells])} |")
    return f"## {words('every epoch')}\n\n" + "\n".join(lines)


def column(name: str, words: Words) -> str:
    part, what = name.split("_")
    return words("column", part=words(PARTS[part]), what=words(what))


def cell(name: str, value: float) -> str:
    if not np.isfinite(value):
        return "–"
    return f"{value:.2%}" if name.endswith("accuracy") else f"{value:.4f}"


def again(facts: Facts, words: Words) -> str:
    if not facts.command:
        return ""
    return f"## {words('again')}\n\n```\n{facts.command}\n```"


def epochs_of(history: dict[str, Any]) -> int:
    """Whole epochs in a history."""
    return len(history.get("train_loss", ()))
