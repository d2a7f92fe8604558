"""`ranvier compare RUN RUN`: what differs between runs, and what came of it."""

from __future__ import annotations

from pathlib import Path

import click

from ranvier.cli.language import chosen
from ranvier.cli.options import shared
from ranvier.cli.screen import Screen
from ranvier.cli.texts import TEXTS
from ranvier.train.compare import compare
from ranvier.train.words import Words

PICTURE = "compare.png"


@click.command(
    "compare",
    help=chosen(
        "Set the runs in two or more folders beside each other: the settings that "
        "differ, losses and metrics of the best epoch and of the test, parameters, "
        "time, the reason for stopping; and one picture of their validation curves.",
        "并列比较两个或更多文件夹中的训练：不同的设置，最佳轮与测试的损失和指标，"
        "参数个数，用时，停止原因；并把验证曲线画在一张图中。",
    ),
)
@click.argument("run", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--plot",
    type=click.Path(path_type=Path, dir_okay=False),
    help=chosen(
        f"The picture's place; by default {PICTURE} beside the first folder.",
        f"图片的位置，默认为第一个文件夹旁的 {PICTURE}。",
    ),
)
@shared
def command(run: tuple[Path, ...], plot: Path | None, as_json: bool, lang: str) -> None:
    # `ranvier compare runs/*` meets pictures and reports beside the folders
    folders = tuple(path for path in run if not path.is_file())
    run = folders if len(folders) > 1 else run
    if len(run) < 2:
        raise click.UsageError(
            "one run has nothing beside it; name two or more folders."
        )
    found = compare(*run)
    screen, words = Screen(as_json=as_json), Words(lang, TEXTS)
    if not as_json:
        screen.line(found.table(lang))
    place = run[0].parent / PICTURE if plot is None else plot
    found.plot(place, lang)
    screen.line(words("curves in", place))
    screen.result({**found.as_dict(), "picture": str(place)})
