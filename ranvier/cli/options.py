"""Options that several commands share, and types that suggest the nearest name."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import click

from ranvier.cli.language import chosen, system_language
from ranvier.cli.named import Named
from ranvier.cli.root import LANG, note_debug

Function = Callable[..., Any]


def usual_language() -> str:
    """What `ranvier --lang …` said before the command, else the system's."""
    said: str | None = click.get_current_context().meta.get(LANG)
    return said or system_language()


class Positive(click.ParamType):  # type: ignore[type-arg]
    """A finite number above 0, such as a learning rate."""

    name = "number"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        try:
            number = float(value)
        except ValueError:
            self.fail(f"'{value}' is not a number.", param, ctx)
        if not (math.isfinite(number) and number > 0):
            self.fail(f"{value} is not a number above 0.", param, ctx)
        return number


def shared(function: Function) -> Function:
    """`--json`, `--lang` and `--debug`, which every command has."""
    for option in (debug, lang, json_output):
        function = option(function)
    return function


json_output = click.option(
    "--json",
    "as_json",
    is_flag=True,
    help=chosen(
        "One JSON object on standard output; everything else goes to standard error.",
        "标准输出只有一个 JSON 对象，其余写到标准错误。",
    ),
)
lang = click.option(
    "--lang",
    type=Named("language", ("en", "zh")),
    default=usual_language,
    metavar="en|zh",
    help=chosen("Language; by default that of the system.", "语言，默认随系统。"),
)
debug = click.option(
    "--debug",
    is_flag=True,
    expose_value=False,
    callback=note_debug,
    help=chosen("Show the traceback of an error.", "出错时显示完整调用栈。"),
)
