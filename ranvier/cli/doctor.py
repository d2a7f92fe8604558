"""`ranvier doctor RUN`: what a run suffers from, as was seen while it was trained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ranvier.cli.language import chosen
from ranvier.cli.options import shared
from ranvier.cli.resume import content_of
from ranvier.cli.screen import Screen
from ranvier.cli.texts import TEXTS
from ranvier.errors import FileError
from ranvier.train.doctor import Diagnosis
from ranvier.train.words import Words


@click.command(
    "doctor",
    help=chosen(
        "Say what the run in the folder RUN suffers from: what was measured, at which "
        "step, and what to do.",
        "诊断文件夹 RUN 中的训练：测得什么、在哪一步、怎么办。",
    ),
)
@click.argument("run", type=click.Path(path_type=Path))
@shared
def command(run: Path, as_json: bool, lang: str) -> None:
    content, _ = content_of(run)
    diagnosis = kept_in(content, run, lang)
    Screen(as_json=as_json).line(diagnosis.text(lang))
    sentences = [
        {**finding.as_dict(), "text": finding.text(lang)} for finding in diagnosis
    ]
    Screen(as_json=as_json).result(
        {
            "run": str(run),
            "findings": sentences,
            "not_seen": diagnosis.not_seen,
            "not_looked_at": diagnosis.not_looked_at,
        }
    )


def kept_in(content: dict[str, Any], run: Path, lang: str) -> Diagnosis:
    """The diagnosis in a run's history.json.

    Raises FileError: there is none, or it is not what `ranvier train` writes.
    """
    kept = content.get("doctor")
    try:
        if isinstance(kept, dict):
            return Diagnosis.of(kept)
    except (KeyError, TypeError, AttributeError):
        pass  # said below
    raise FileError(Words(lang, TEXTS)("no diagnosis", folder=run))
