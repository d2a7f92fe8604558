"""`ranvier data`: the data sets, where they are from, under what licence."""

from __future__ import annotations

from typing import Any

import click

from ranvier.cli.language import chosen
from ranvier.cli.options import shared
from ranvier.cli.screen import Screen
from ranvier.cli.texts import TEXTS
from ranvier.data import CATALOG, Source, find
from ranvier.train.words import Words


@click.command(
    "data",
    help=chosen(
        "List the data sets: what they are, where from, under what licence, and where "
        "they lie on this machine.",
        "列出数据集：内容、来源、许可，以及在本机的位置。",
    ),
)
@shared
def command(as_json: bool, lang: str) -> None:
    words = Words(lang, TEXTS)
    screen = Screen(as_json=as_json)
    if not as_json:
        for source in CATALOG.values():
            describe(source, screen, words)
    screen.result({"data": [facts(source) for source in CATALOG.values()]})


def describe(source: Source, screen: Screen, words: Words) -> None:
    """Four lines about one set."""
    folder = find(source.name)
    place = words("missing", source.remedy) if folder is None else str(folder)
    screen.line(f"{source.name}")
    screen.line(f"    {source.title}")
    screen.line(f"    {words('from')}: {source.by}")
    screen.line(f"    {words('licence')}: {source.licence}")
    screen.line(f"    {words('place')}: {place}")


def facts(source: Source) -> dict[str, Any]:
    folder = find(source.name)
    return {
        "name": source.name,
        "title": source.title,
        "by": source.by,
        "licence": source.licence,
        "place": None if folder is None else str(folder),
        "remedy": source.remedy,
    }
