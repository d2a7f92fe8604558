"""`ranvier resume runs/mnist`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from ranvier.cli.job import Job
from ranvier.cli.language import chosen
from ranvier.cli.options import shared
from ranvier.cli.repetition import SEEDS, kept_repetition
from ranvier.cli.root import INTERRUPTED
from ranvier.cli.screen import Screen
from ranvier.cli.settings import Settings, program
from ranvier.cli.texts import TEXTS
from ranvier.errors import FileError
from ranvier.train.history import HISTORY, read_history
from ranvier.train.words import Words


@click.command(
    "resume",
    help=chosen(
        "Go on with the run in the folder RUN, bit for bit as if it had never stopped.",
        "继续文件夹 RUN 中的训练，结果与从未中断完全相同。",
    ),
)
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--epochs",
    type=click.IntRange(min=1),
    help=chosen("Epochs in all; by default as planned.", "总轮数，默认按原计划。"),
)
@click.option(
    "--quiet",
    is_flag=True,
    help=chosen("Say nothing but warnings and errors.", "只显示警告和错误。"),
)
@shared
@click.pass_context
def command(
    ctx: click.Context,
    /,
    run: Path,
    epochs: int | None,
    quiet: bool,
    as_json: bool,
    lang: str,
) -> None:
    screen = Screen(as_json=as_json, quiet=quiet)
    if (run / SEEDS).is_file():
        if epochs is not None:
            raise click.UsageError(
                f"{run} holds runs of several seeds, which go on as planned. Leave "
                f"--epochs out, or resume one of them: {run}/seed-…"
            )
        if kept_repetition(run, screen, lang).run() == "interrupted":
            ctx.exit(INTERRUPTED)
        return
    content, settings = content_of(run)
    if epochs is not None:
        settings = replace(settings, epochs=epochs)
    done = len(content.get("history", {}).get("train_loss", ()))
    reason = nothing_left(content, done, settings.epochs, epochs is not None)
    if reason:
        told = {"folder": run, "done": done, "wanted": settings.epochs}
        more = max(done, settings.epochs) + 5
        words = Words(lang, TEXTS)
        screen.line(words(reason, **told, more=more, program=program()))
        screen.result({"run": str(run), "epochs": done, "stopped_because": "finished"})
        return
    if Job(settings, run, screen, lang, resumes=True).run() == "interrupted":
        ctx.exit(INTERRUPTED)


def nothing_left(
    content: dict[str, Any], done: int, wanted: int, is_asked: bool
) -> str:
    """The text that says why a run cannot go on; "" if it can.

    One that was interrupted in its test is tested, though all epochs are done.
    """
    if content.get("stopped_because") == "patience" and content.get("test"):
        return "stopped early"
    is_finished = is_asked or bool(content.get("test"))
    return "nothing left" if done and done >= wanted and is_finished else ""


def content_of(run: Path) -> tuple[dict[str, Any], Settings]:
    """What history.json holds, and the settings that the run was started with.

    Raises FileError: no run there, of another version, or its history.json is damaged.
    """
    content = read_history(run)
    try:
        return content, Settings(**content["settings"])
    except TypeError as error:
        path = run / HISTORY
        raise FileError(f"{path} cannot be used: it is damaged ({error}).") from None
