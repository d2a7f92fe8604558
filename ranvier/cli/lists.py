"""Options that hold several values: ``0.01,0.1`` or, for a search, ``0.0001:0.1``."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import click

from ranvier.errors import nearest
from ranvier.train.space import Range


class Several(click.ParamType):  # type: ignore[type-arg]
    """Values with commas between, or a range as low:high.

    one: what turns a word into a value; ValueError says that it is none.
    log: whether a range is logarithmic.
    """

    def __init__(
        self, name: str, one: Callable[[str], Any], example: str, log: bool = False
    ) -> None:
        self.name = name
        self.one = one
        self.example = example
        self.log = log

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Any:
        words = str(value).split(":" if ":" in str(value) else ",")
        try:
            found = [self.one(word.strip()) for word in words]
            if ":" not in str(value):
                return found
            low, high = found
            return Range(low, high, log=self.log)
        except (ValueError, TypeError) as error:
            self.fail(
                f"'{value}' is not a list of {self.name}, as in {self.example}: "
                f"{str(error).rstrip('.')}.",
                param,
                ctx,
            )


def positive(word: str) -> float:
    """A finite number above 0."""
    number = float(word)
    if not (math.isfinite(number) and number > 0):
        raise ValueError(f"{word} is not above 0")
    return number


def not_negative(word: str) -> float:
    """A finite number of at least 0."""
    number = float(word)
    if not (math.isfinite(number) and number >= 0):
        raise ValueError(f"{word} is below 0")
    return number


def counted(word: str) -> int:
    """A whole number of at least 1."""
    number = int(word)
    if number < 1:
        raise ValueError(f"{word} is below 1")
    return number


def share(word: str) -> int | float:
    """A number of rows, or a share of them."""
    return float(word) if "." in word else counted(word)


def one_of(names: Any) -> Callable[[str], str]:
    """One of some names."""

    def named(word: str) -> str:
        if word not in names:
            raise ValueError(
                f"no one is called '{word}'{nearest(word, names) or '.'} There are: "
                f"{', '.join(names)}"
            )
        return word

    return named
