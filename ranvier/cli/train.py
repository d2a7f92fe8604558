"""`ranvier train mnist`."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import click

from ranvier.cli.folder import new_folder
from ranvier.cli.job import Job
from ranvier.cli.language import chosen
from ranvier.cli.named import Named
from ranvier.cli.options import Positive, shared
from ranvier.cli.root import INTERRUPTED
from ranvier.cli.screen import Screen
from ranvier.cli.settings import Settings, complete, optimizers
from ranvier.compiler.run.threads import get_num_threads, set_num_threads
from ranvier.data import CATALOG
from ranvier.errors import ValueRangeError
from ranvier.train.architecture import ACTIVATIONS, check_ends, widths


class Widths(click.ParamType):  # type: ignore[type-arg]
    """``784-10-14-10``."""

    name = "widths"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        try:
            return "-".join(map(str, widths(value)))
        except ValueRangeError as error:
            self.fail(str(error), param, ctx)


@click.command(
    "train",
    help=chosen(
        "Train a network on DATA (mnist, digits, fashion-mnist), test it once at the "
        "end, and leave the model, its history, pictures and a report in a folder.",
        "在 DATA（mnist、digits、fashion-mnist）上训练网络，最后测试一次，"
        "并在文件夹中写出模型、历史、图片和报告。",
    ),
)
@click.argument("data", type=Named("data set", CATALOG))
@click.option(
    "--model",
    type=Widths(),
    help=chosen(
        "Widths of the layers, such as 784-10-14-10.", "各层宽度，如 784-10-14-10。"
    ),
)
@click.option(
    "--activation",
    type=Named("activation", ACTIVATIONS),
    help=chosen("Between the layers; relu by default.", "层间激活函数，默认 relu。"),
)
@click.option(
    "--epochs",
    type=click.IntRange(min=1),
    help=chosen("At most this many epochs.", "最多多少轮。"),
)
@click.option(
    "--batch-size",
    type=click.IntRange(min=1),
    help=chosen("Examples in a step.", "每一步的样本数。"),
)
@click.option(
    "--optimizer",
    type=Named("optimizer", optimizers()),
    metavar="|".join(optimizers()),
    help=chosen("adam by default.", "优化器，默认 adam。"),
)
@click.option(
    "--lr",
    type=Positive(),
    help=chosen(
        "Learning rate; by default the optimizer's usual.", "学习率，默认随优化器。"
    ),
)
@click.option(
    "--patience",
    type=click.IntRange(min=0),
    help=chosen(
        "Early stopping after this many epochs without a better validation loss; "
        "0: never.",
        "早停：验证集损失多少轮没有下降就停止；0 表示不早停。",
    ),
)
@click.option(
    "--seed",
    type=click.IntRange(min=0, max=2**63 - 1),
    help=chosen(
        "Same seed, same result; 0 by default.",
        "随机种子，默认 0；种子相同则结果相同。",
    ),
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help=chosen(
        "Folder for the results; by default runs/DATA-TIME.",
        "结果文件夹，默认 runs/DATA-时间。",
    ),
)
@click.option(
    "--overwrite",
    is_flag=True,
    help=chosen(
        "Replace the run that the folder of --out holds.",
        "替换 --out 文件夹中已有的训练结果。",
    ),
)
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    help=chosen("Threads; by default all processors.", "线程数，默认全部处理器。"),
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
    out: Path | None,
    overwrite: bool,
    threads: int | None,
    quiet: bool,
    as_json: bool,
    lang: str,
    **given: Any,
) -> None:
    if threads is not None:
        set_num_threads(threads)
    get_num_threads()  # refuses a RANVIER_THREADS that is no number
    settings = complete(given)
    check_model(settings)
    screen = Screen(as_json=as_json, quiet=quiet)
    folder = new_folder(settings.data) if out is None else out
    job = Job(settings, folder, screen, lang, overwrite=overwrite)
    if job.run() == "interrupted":
        ctx.exit(INTERRUPTED)


def check_model(settings: Settings) -> None:
    """The model's ends are those of the data: known before anything is loaded."""
    source = CATALOG[settings.data]
    ends = math.prod(source.shape), len(source.classes)
    try:
        check_ends(settings.model, *ends, settings.data)
    except ValueRangeError as error:
        raise click.BadParameter(str(error), param_hint="--model") from None
