"""Types of the arguments of `ranvier train`: data, and the network in a word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ranvier.cli.named import Named
from ranvier.errors import ValueRangeError
from ranvier.train.architecture import CNN, widths


class Widths(click.ParamType):  # type: ignore[type-arg]
    """``784-10-14-10``, or ``cnn``."""

    name = "widths"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        if value == CNN:
            return CNN
        try:
            return "-".join(map(str, widths(value)))
        except ValueRangeError as error:
            self.fail(str(error), param, ctx)


class Data(Named):
    """The name of a data set, or the path of a table or of a folder of pictures."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        if value not in self.names and Path(value).exists():
            return str(value)
        looks = Path(value).suffix or "/" in value or "\\" in value
        if value not in self.names and looks:
            self.fail(f"there is no file and no folder '{value}'.", param, ctx)
        return super().convert(value, param, ctx)
