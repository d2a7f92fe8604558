"""`ranvier course`: the lectures' experiments: list them, run them, show their code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ranvier import course
from ranvier.cli.language import chosen
from ranvier.cli.options import shared
from ranvier.cli.screen import Screen
from ranvier.course.catalog import CHAPTERS, Row, find, rows
from ranvier.errors import UnknownNameError, ValueRangeError
from ranvier.train.words import Words

WORDS = {
    "explain": (
        "`ranvier course run E3` runs one, `run C` a chapter, `run all` all; "
        "`show E3` prints its code, `copy E3` puts it here to be changed.",
        "`ranvier course run E3` 运行一个，`run C` 运行一章，`run all` 全部运行；"
        "`show E3` 显示代码，`copy E3` 把代码复制到这里供修改。",
    ),
    "run it": (
        "change it, then: ranvier course run {0}",
        "改动后运行：ranvier course run {0}",
    ),
    "files": ("pictures: {0}", "图片：{0}"),
    "took": ("{0:.1f} s", "{0:.1f} 秒"),
    "all": (
        "claims that hold: {holding} of {claims}; experiments: {rows}; {seconds:.0f} s",
        "{rows} 个实验，{claims} 条论断中 {holding} 条成立，用时 {seconds:.0f} 秒",
    ),
    "failed": ("claims that fail in: {0}", "有论断不成立：{0}"),
}


@click.group(
    "course",
    invoke_without_command=True,
    help=chosen(
        "The lectures' experiments: without a command, the list of all.",
        "课程实验；不带子命令时列出全部。",
    ),
)
@shared
@click.pass_context
def command(ctx: click.Context, as_json: bool, lang: str) -> None:
    if ctx.invoked_subcommand is not None:
        return
    screen = Screen(as_json=as_json)
    letter = ""
    for row in rows():
        if row.chapter != letter:
            letter = row.chapter
            screen.line(f"\n{letter}  {CHAPTERS[letter][1 + (lang == 'zh')]}")
        screen.line(f"  {row.id:<4}{row.name:<24}{row.texts(lang).title}")
    screen.line("\n" + Words(lang, WORDS)("explain"))
    screen.result({"rows": [facts(row, lang) for row in rows()]})


def facts(row: Row, lang: str) -> dict[str, Any]:
    title = row.texts(lang).title
    return {"id": row.id, "name": row.name, "chapter": row.chapter, "title": title}


@command.command(
    "run",
    help=chosen(
        "Run an experiment (E3), a chapter (E) or all; exit status 1 if a claim fails.",
        "运行一个实验（E3）、一章（E）或全部；有论断不成立时退出状态为 1。",
    ),
)
@click.argument("names", nargs=-1, required=True, metavar="ID…|all")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("runs/course"),
    show_default=True,
    help=chosen("Folder for pictures and results.", "存放图片与结果的文件夹。"),
)
@click.option(
    "--quick", is_flag=True, help=chosen("The short forms.", "运行简短形式。")
)
@shared
@click.pass_context
def run(
    ctx: click.Context,
    names: tuple[str, ...],
    out: Path,
    quick: bool,
    as_json: bool,
    lang: str,
) -> None:
    # what trains costs most of a second to import, and the list answers at once
    from ranvier.course.play import play

    wanted = dict.fromkeys(row for name in names for row in found(name))
    screen, words = Screen(as_json=as_json), Words(lang, WORDS)
    results = []
    for row in wanted:
        result = play(row, lang, out, quick, screen.line)
        screen.line("  " + words("took", result.seconds))
        if result.files:
            screen.line("  " + words("files", ", ".join(map(str, result.files))))
        results.append(result)
    summary(results, screen, words)
    screen.result({"course": [result.facts() for result in results]})
    ctx.exit(0 if all(result.holds for result in results) else 1)


def found(name: str) -> list[Row]:
    """`find`; a name that is none is wrong usage."""
    try:
        return find(name)
    except (UnknownNameError, ValueRangeError) as error:
        raise click.UsageError(str(error)) from None


def summary(results: list[course.Result], screen: Screen, words: Words) -> None:
    claims = [claim for result in results for claim in result.claims]
    screen.line(
        words(
            "all",
            holding=sum(claim.holds for claim in claims),
            claims=len(claims),
            rows=len(results),
            seconds=sum(result.seconds for result in results),
        )
    )
    failed = [result.id for result in results if not result.holds]
    if failed:
        screen.line(words("failed", ", ".join(failed)))


@command.command("show", help=chosen("Print an experiment's code.", "显示实验的代码。"))
@click.argument("name", metavar="ID")
def show(name: str) -> None:
    for row in found(name):
        click.echo(row.path.read_text("utf-8"), nl=False)


@command.command(
    "copy",
    help=chosen(
        "Copy an experiment's code and texts into a folder; change them there, and run "
        "them by `ranvier course run ./FILE.py`.",
        "把实验的代码和文字复制到文件夹，改动后用 "
        "`ranvier course run ./FILE.py` 运行。",
    ),
)
@click.argument("name", metavar="ID")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help=chosen("Folder; by default this one.", "文件夹，默认当前文件夹。"),
)
@shared
def copy(name: str, out: Path, as_json: bool, lang: str) -> None:
    screen, words = Screen(as_json=as_json), Words(lang, WORDS)
    found(name)
    files = course.copy(name, out)
    for file in files:
        screen.line(str(file))
    if len(files) == 2:
        screen.line(words("run it", Path(out, files[0].name)))
    screen.result({"files": [str(file) for file in files]})
