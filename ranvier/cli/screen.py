"""What a person sees: a bar on a terminal, plain lines when piped."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Any, TextIO

import click

from ranvier.plain import plain
from ranvier.train.cells import columns


class Screen:
    """Lines for people, on standard output, or on standard error beside `--json`."""

    def __init__(self, *, as_json: bool, quiet: bool = False) -> None:
        self.as_json = as_json
        self.quiet = quiet
        self.stream: TextIO = sys.stderr if as_json else sys.stdout
        self.bar: Bar | None = None

    @property
    def is_terminal(self) -> bool:
        return self.stream.isatty()

    def line(self, text: str = "") -> None:
        """One line, above the bar if there is one; nothing with `--quiet`."""
        if self.quiet:
            return
        if self.bar is not None:
            self.bar.line(text)
        else:
            click.echo(text, file=self.stream)

    def beside(self, labels: Sequence[str], numbers: Sequence[str]) -> None:
        """Numbers below one another, each behind its label."""
        edge = max(map(columns, labels))
        for label, number in zip(labels, numbers, strict=True):
            self.line(f"     {label}{' ' * (edge - columns(label))}   {number}")

    def warn(self, text: str) -> None:
        """A line on standard error, `--quiet` or not."""
        click.echo(text, err=True)

    def result(self, content: dict[str, Any]) -> None:
        """The one JSON object."""
        if self.as_json:
            click.echo(json.dumps(plain(content), ensure_ascii=False))

    def epochs(self, total: int, name: str) -> Bar | NoBar:
        """A progress bar over the epochs, on a terminal."""
        if self.quiet or not self.is_terminal:
            return NoBar()
        return Bar(self, total, name)


class NoBar:
    """Where nobody watches."""

    def __enter__(self) -> NoBar:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def advance(self, to: int) -> None:
        pass


class Bar:
    """rich's progress bar; lines are printed above it."""

    def __init__(self, screen: Screen, total: int, name: str) -> None:
        # rich costs 70 ms, and is only needed on a terminal
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        self.screen = screen
        self.console = Console(file=screen.stream)
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=self.console,
            transient=True,
        )
        self.task = self.progress.add_task(name, total=total)

    def __enter__(self) -> Bar:
        self.progress.start()
        self.screen.bar = self
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.screen.bar = None
        self.progress.stop()

    def advance(self, to: int) -> None:
        """This many epochs are done."""
        self.progress.update(self.task, completed=to)

    def line(self, text: str) -> None:
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)
