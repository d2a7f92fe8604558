"""`ranvier train`: mnist, data.csv --target price, or a folder of pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ranvier.cli.arguments import Data, Widths
from ranvier.cli.language import chosen
from ranvier.cli.named import Named
from ranvier.cli.options import Positive, shared
from ranvier.cli.root import INTERRUPTED
from ranvier.cli.screen import Screen
from ranvier.cli.settings import RATES, SCHEDULES
from ranvier.data.catalog import CATALOG
from ranvier.train.architecture import ACTIVATIONS


@click.command(
    "train",
    help=chosen(
        "Train a network on DATA, test it once at the end, and leave the model, its "
        "history, pictures and a report in a folder. DATA is mnist, digits, "
        "fashion-mnist, a table (.csv, .csv.gz, .parquet) with --target, or a folder "
        "with one folder of pictures a class.",
        "在 DATA 上训练网络，最后测试一次，并在文件夹中写出模型、历史、图片和报告。"
        "DATA 是 mnist、digits、fashion-mnist，或表格（.csv、.csv.gz、.parquet，"
        "用 --target 指定目标列），或每类一个子文件夹的图片文件夹。",
    ),
)
@click.argument("data", type=Data("data set", CATALOG))
@click.option(
    "--target",
    metavar="COLUMN",
    help=chosen("Of a table: the column to predict.", "表格：要预测的列。"),
)
@click.option(
    "--task",
    type=Named("task", ("classification", "regression")),
    metavar="classification|regression",
    help=chosen("Of a table; by default inferred.", "表格：任务类型，默认自动判断。"),
)
@click.option(
    "--drop",
    multiple=True,
    metavar="COLUMN",
    help=chosen(
        "Of a table: a column to leave out (may be repeated).",
        "表格：不使用的列（可重复）。",
    ),
)
@click.option(
    "--categories",
    multiple=True,
    metavar="COLUMN",
    help=chosen(
        "Of a table: a column whose numbers are names (may be repeated).",
        "表格：数字表示类别的列（可重复）。",
    ),
)
@click.option(
    "--embed",
    is_flag=True,
    help=chosen(
        "Of a table: columns of names become embeddings, instead of one input a "
        "category.",
        "表格：类别列用嵌入表示，而不是每个类别一个输入。",
    ),
)
@click.option(
    "--time",
    metavar="COLUMN",
    help=chosen(
        "Of a table: validate and test on the newest rows by this column.",
        "表格：按此列的时间，用最新的行做验证和测试。",
    ),
)
@click.option(
    "--group",
    metavar="COLUMN",
    help=chosen(
        "Of a table: rows of the same value stay in one part.",
        "表格：此列值相同的行总在同一部分。",
    ),
)
@click.option(
    "--size",
    type=click.IntRange(min=1, max=1024),
    help=chosen(
        "Of pictures: height and width that all are made to have.",
        "图片：统一的高和宽。",
    ),
)
@click.option(
    "--augment",
    is_flag=True,
    help=chosen(
        "Of pictures: turn, move and scale those of the training set at random.",
        "图片：对训练集随机旋转、平移和缩放。",
    ),
)
@click.option(
    "--model",
    type=Widths(),
    help=chosen(
        "Widths of the layers, such as 784-10-14-10; of pictures also cnn, three "
        "convolutions with batch norm and pooling, and two linear layers.",
        "各层宽度，如 784-10-14-10；图片也可用 cnn（三个卷积层加批归一化和池化，"
        "两个线性层）。",
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
    type=Named("optimizer", RATES),
    metavar="|".join(RATES),
    help=chosen(
        "adam by default, for tables adamw.", "优化器，默认 adam，表格为 adamw。"
    ),
)
@click.option(
    "--lr",
    type=Positive(),
    help=chosen(
        "Learning rate; by default the optimizer's usual, for tables of fewer than "
        "1,000 training rows 0.0003.",
        "学习率，默认随优化器；训练行少于 1,000 的表格为 0.0003。",
    ),
)
@click.option(
    "--weight-decay",
    type=click.FloatRange(min=0),
    help=chosen(
        "Of the optimizer; for tables by default 0.0003 divided by the learning rate.",
        "优化器的权重衰减；表格默认 0.0003 除以学习率。",
    ),
)
@click.option(
    "--schedule",
    type=Named("schedule", SCHEDULES),
    metavar="|".join(SCHEDULES),
    help=chosen(
        "How the learning rate falls. plateau: to 0.3 of it after a third of the "
        "patience without a better validation loss; cosine: towards 0 over the "
        "epochs; none: it stays. By default cosine for mnist and fashion-mnist, else "
        "plateau.",
        "学习率如何下降。plateau：验证集损失在耐心轮数的三分之一内没有下降，"
        "就乘以 0.3；cosine：按余弦在全部轮次内降到 0；none：不变。"
        "mnist 和 fashion-mnist 默认 cosine，其余默认 plateau。",
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
    "--seeds",
    type=click.IntRange(min=2, max=1000),
    help=chosen(
        "Train with so many seeds, from that of --seed on, a folder each; report mean "
        "and standard deviation of the test.",
        "用多少个随机种子（从 --seed 起）各训练一次，每个一个文件夹，"
        "并报告测试结果的均值和标准差。",
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
    seeds: int | None,
    as_json: bool,
    lang: str,
    **given: Any,
) -> None:
    # what trains costs most of a second to import, and --help answers at once
    from ranvier.cli.work import work

    screen = Screen(as_json=as_json, quiet=quiet)
    absent = (None, ())
    given = {key: value for key, value in given.items() if value not in absent}
    if work(given, out, screen, lang, threads, seeds, overwrite) == "interrupted":
        ctx.exit(INTERRUPTED)
