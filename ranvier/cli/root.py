"""`ranvier`: its commands by name, its exit statuses, and how errors are shown.

0    done
1    the work failed; one message says why (--debug shows the traceback)
2    wrong usage
130  interrupted by Ctrl-C, as shells have it; what was learned is saved
"""

from __future__ import annotations

import importlib
from typing import Any, Final

import click

from ranvier.cli.language import chosen
from ranvier.cli.named import Named
from ranvier.errors import RanvierError, nearest

INTERRUPTED: Final = 130
LANG: Final = "ranvier.lang"

COMMANDS: Final = {
    # name       what it does, in English and Chinese
    "train": (
        "Train a network on a data set, a table or pictures; leave a report.",
        "在数据集上训练网络（或用表格、图片），并写出报告。",
    ),
    "predict": (
        "Predict rows of a table or pictures, with a trained network.",
        "用训练好的网络预测表格或图片。",
    ),
    "resume": ("Go on with a run that was stopped.", "继续被中断的训练。"),
    "sweep": (
        "Train with many settings side by side, and rank them.",
        "用多种设置并排训练，并排出名次。",
    ),
    "compare": (
        "Set runs beside each other: what differs, what came of it.",
        "并列比较多次训练：有何不同，结果如何。",
    ),
    "doctor": (
        "Say what a run suffers from, with remedies.",
        "诊断一次训练的问题，并给出对策。",
    ),
    "course": (
        "The lectures' experiments: run them, check their claims.",
        "课程实验：运行并检验其论断。",
    ),
    "explain": (
        "Show what the compiler makes of a training step.",
        "显示编译器如何处理训练步骤。",
    ),
    "bench": (
        "Measure training jobs beside PyTorch, JAX and others.",
        "测量训练速度，与 PyTorch、JAX 等并列。",
    ),
    "data": (
        "List the data sets: where from, under what licence.",
        "列出数据集、来源与许可。",
    ),
}


class Commands(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"ranvier.cli.{name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            hint = nearest(name, COMMANDS) or "."
            raise click.UsageError(
                f"there is no command '{name}'{hint} Commands: {', '.join(COMMANDS)}.",
                ctx,
            )
        return super().resolve_command(ctx, args)

    def format_commands(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        rows = [(name, chosen(*texts)) for name, texts in COMMANDS.items()]
        with formatter.section(chosen("Commands", "命令")):
            formatter.write_dl(rows)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo(chosen("interrupted", "已中断"), err=True)
            ctx.exit(INTERRUPTED)
        except (RanvierError, MemoryError) as error:
            if ctx.meta.get("ranvier.debug"):
                raise
            click.echo(f"ranvier: {described(error)}", err=True)
            ctx.exit(1)


def described(error: BaseException) -> str:
    """One message; memory errors of Python have none of their own."""
    if isinstance(error, MemoryError):
        return "there is not enough memory. Use a smaller model or batch."
    return str(error)


def show_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from ranvier.version import version

        click.echo(f"ranvier {version()}")
        ctx.exit()


def note_debug(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        ctx.meta["ranvier.debug"] = True


def note_lang(ctx: click.Context, _: click.Parameter, lang: str | None) -> None:
    ctx.meta[LANG] = lang


@click.group(
    cls=Commands,
    help=chosen(
        "Neural networks on the CPU: the whole training run as one native program.",
        "CPU 上的神经网络：整个训练过程编译成一个本机程序。",
    ),
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=show_version,
    help=chosen("Show the version.", "显示版本。"),
)
@click.option(
    "--debug",
    is_flag=True,
    expose_value=False,
    callback=note_debug,
    help=chosen("Show the traceback of an error.", "出错时显示完整调用栈。"),
)
@click.option(
    "--lang",
    type=Named("language", ("en", "zh")),
    metavar="en|zh",
    expose_value=False,
    callback=note_lang,
    help=chosen("Language; by default that of the system.", "语言，默认随系统。"),
)
def main() -> None:
    """The group itself does nothing; its commands do."""
