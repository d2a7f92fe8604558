"""`ranvier data`: the data sets, where they are from, under what licence."""

from __future__ import annotations

from typing import Any, Final

import click

from ranvier.cli.language import chosen
from ranvier.cli.options import shared
from ranvier.cli.screen import Screen
from ranvier.cli.texts import TEXTS
from ranvier.data import CATALOG, LISTED, Listed, Source, find
from ranvier.train.words import Words

CHINESE: Final = {
    "mnist": "手写数字，28x28，60,000 张用于学习，10,000 张用于测试",
    "digits": "手写数字，8x8，1,437 张用于学习，360 张用于测试",
    "fashion-mnist": "服装图片，28x28，60,000 张用于学习，10,000 张用于测试",
    "covid-worldwide": "全球新冠累计病例，按日，2020-01-22 至 2022-04-16",
    "covid-countries": "八个国家的新冠累计病例，按日，日期相同",
    "covid-survey": "美国各州三天的问卷，2,700 行，预测最后一列：入门回归",
    "tinyshakespeare": "莎士比亚 40,000 行，1,115,394 个字符，用于语言模型",
    "shakespeare": "其中开头的 119,983 个字符，随 Ranvier 附带",
    "tang-poems": "唐诗 313 首，中文，UTF-8",
    "cifar10": "60,000 张 32x32 彩色图片，十类，JPEG 压缩包：解压后是图片文件夹",
}


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
    sets: list[Source | Listed] = [*CATALOG.values(), *LISTED.values()]
    if not as_json:
        for source in sets:
            describe(source, screen, words)
    screen.result({"data": [facts(source) for source in sets]})


def describe(source: Source | Listed, screen: Screen, words: Words) -> None:
    """Some lines about one set."""
    found = find(source.name)
    place = words("missing", source.remedy) if found is None else str(found)
    title = CHINESE[source.name] if words.lang == "zh" else source.title
    screen.line(f"{source.name}")
    screen.line(f"    {title}")
    screen.line(f"    {words('from')}: {source.by}")
    screen.line(f"    {words('licence')}: {source.licence}")
    screen.line(f"    {words('place')}: {place}")
    screen.line(f"    {words('use')}: {use_of(source)}")


def use_of(source: Source | Listed) -> str:
    """How it is used: a command, or a line of Python."""
    if isinstance(source, Source):
        return f"ranvier train {source.name}"
    return source.use.format(str(source.find() or source.file))


def facts(source: Source | Listed) -> dict[str, Any]:
    place = find(source.name)
    return {
        "name": source.name,
        "title": source.title,
        "by": source.by,
        "licence": source.licence,
        "place": None if place is None else str(place),
        "use": use_of(source),
        "remedy": source.remedy,
    }
