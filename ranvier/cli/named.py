"""A type of option that suggests the nearest name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from ranvier.errors import nearest


class Named(click.ParamType):  # type: ignore[type-arg]
    """One of some names; a near miss gets a suggestion."""

    def __init__(self, what: str, names: Iterable[str]) -> None:
        self.name = what
        self.names = tuple(names)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        if value in self.names:
            return str(value)
        self.fail(
            f"no {self.name} is called '{value}'"
            f"{nearest(str(value), self.names) or '.'} There are: "
            f"{', '.join(self.names)}.",
            param,
            ctx,
        )
