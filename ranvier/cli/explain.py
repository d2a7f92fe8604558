"""`ranvier explain FILE.py:step --stage lower`."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any, Final

import click

from ranvier.cli.language import chosen
from ranvier.cli.named import Named
from ranvier.cli.options import shared
from ranvier.cli.screen import Screen
from ranvier.compiler.explain import explain
from ranvier.errors import FileError, UnknownNameError, nearest

STAGES: Final = ("capture", "derive", "fuse", "lower", "run")


@click.command(
    "explain",
    help=chosen(
        "Show what a stage of the compiler makes of a compiled step: TARGET is a file "
        "and the name of the step in it, as in train.py:step. The file is run.",
        "显示编译器某一阶段的结果：TARGET 是文件和其中步骤的名字，如 train.py:step。"
        "该文件会被运行。",
    ),
)
@click.argument("target")
@click.option(
    "--stage",
    type=Named("stage", STAGES),
    default="lower",
    show_default=True,
    metavar="|".join(STAGES),
    help=chosen("Stage of the compiler.", "编译阶段。"),
)
@shared
def command(target: str, stage: str, as_json: bool, lang: str) -> None:
    path, _, name = target.rpartition(":")
    if not path or not name.isidentifier():
        raise click.UsageError(
            f"'{target}' is not a file and a name; expected FILE.py:step."
        )
    text = str(explain(step_of(Path(path), name), stage=stage))
    if as_json:
        Screen(as_json=True).result({"target": target, "stage": stage, "text": text})
    else:
        click.echo(text)


def step_of(path: Path, name: str) -> Any:
    """The object of this name, after the file has run.

    Raises FileError: no such file; UnknownNameError: no such name in it.
    """
    if not path.is_file():
        raise FileError(f"there is no file {path}.")
    names = runpy.run_path(str(path))
    if name not in names:
        own = [known for known in names if not known.startswith("__")]
        raise UnknownNameError(
            f"{path} has no {name}{nearest(name, own) or '.'} It "
            f"defines: {', '.join(own)}."
        )
    return names[name]
