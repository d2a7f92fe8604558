"""`ranvier sweep DATA`: many settings side by side, a ranked table at the end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ranvier.cli.language import chosen
from ranvier.cli.lists import (
    Several,
    counted,
    not_negative,
    one_of,
    positive,
    share,
)
from ranvier.cli.optimizers import optimizers
from ranvier.cli.options import shared
from ranvier.cli.root import INTERRUPTED
from ranvier.cli.screen import Screen
from ranvier.cli.sweep_task import Task, task
from ranvier.cli.texts import TEXTS
from ranvier.compiler.run.threads import get_num_threads, set_num_threads
from ranvier.train.architecture import ACTIVATIONS
from ranvier.train.evaluate import evaluate
from ranvier.train.lane import Trial
from ranvier.train.search import search
from ranvier.train.space import Range
from ranvier.train.stacked import INITIALISATIONS
from ranvier.train.sweep import sweep
from ranvier.train.swept import Sweep
from ranvier.train.words import WORDS, Words

VARIED = (
    "lr", "layers", "units", "activation", "initialisation", "dropout", "batch_size",
    "weight_decay", "train_size",
)  # fmt: skip


@click.command(
    "sweep",
    help=chosen(
        "Train a small network on DATA (xor, mnist, digits, fashion-mnist, a table "
        "with --target, a folder of pictures) with every "
        "combination of the values given, side by side in one native program, and "
        "rank them. With --trials values are drawn instead: from lists, or from "
        "ranges such as --lr 0.0001:0.1.",
        "用给定取值的所有组合在 DATA（xor、mnist、digits、fashion-mnist，或用 --target "
        "指定目标列的表格，或图片文件夹）上训练小网络，"
        "在同一个本机程序中并排进行，并排出名次。加 --trials 则随机抽取："
        "从列表，或从 --lr 0.0001:0.1 这样的范围。",
    ),
)
@click.argument("data")
@click.option(
    "--target",
    metavar="COLUMN",
    help=chosen("What is to be predicted, of a table.", "表格中要预测的列。"),
)
@click.option(
    "--lr",
    type=Several("learning rates", positive, "0.01,0.1", log=True),
    help=chosen("Learning rates; by default the usual.", "学习率，默认随优化器。"),
)
@click.option(
    "--seeds",
    type=click.IntRange(min=1),
    help=chosen(
        "Each setting with so many seeds; 5 by default if nothing else varies.",
        "每种设置用多少个种子；若无其他变化默认 5。",
    ),
)
@click.option(
    "--layers",
    type=Several("numbers of layers", counted, "1,2,3"),
    help=chosen("Hidden layers; 1 by default.", "隐藏层数，默认 1。"),
)
@click.option(
    "--units",
    type=Several("widths", counted, "16,64", log=True),
    help=chosen("Units in each of them; 32 by default.", "每层神经元数，默认 32。"),
)
@click.option(
    "--activation",
    type=Several("activations", one_of(ACTIVATIONS), "relu,tanh"),
    help=", ".join(ACTIVATIONS),
)
@click.option(
    "--initialisation",
    type=Several("initialisations", one_of(INITIALISATIONS), "uniform,xavier"),
    help=", ".join(INITIALISATIONS),
)
@click.option(
    "--dropout",
    type=Several("shares", not_negative, "0,0.2"),
    help=chosen("Shares of units left out.", "随机失活的比例。"),
)
@click.option(
    "--batch-size",
    type=Several("batch sizes", counted, "32,128", log=True),
    help=chosen("Examples in a step.", "每一步的样本数。"),
)
@click.option(
    "--weight-decay",
    type=Several("numbers", not_negative, "0,0.001"),
    help=chosen("Regularisation.", "正则化。"),
)
@click.option(
    "--train-size",
    type=Several("sizes", share, "1000,0.5"),
    help=chosen("Rows, or a share, of the training set.", "训练集的行数或比例。"),
)
@click.option(
    "--optimizer",
    type=click.Choice(list(optimizers())),
    help=chosen("adam by default.", "默认 adam。"),
)
@click.option(
    "--epochs",
    type=click.IntRange(min=1),
    help=chosen("At most this many epochs.", "最多多少轮。"),
)
@click.option(
    "--patience",
    type=click.IntRange(min=0),
    help=chosen("Early stopping, run by run; 0: never.", "各自早停；0 表示不早停。"),
)
@click.option(
    "--trials",
    type=click.IntRange(min=1),
    help=chosen("Draw so many settings.", "随机抽取多少种设置。"),
)
@click.option(
    "--method",
    type=click.Choice(["random", "halving", "optuna"]),
    default="random",
    help=chosen("How --trials looks for the best.", "--trials 的搜索方法。"),
)
@click.option(
    "--seed",
    type=click.IntRange(min=0, max=2**63 - 1),
    default=0,
    help=chosen("Of the draws and runs; 0 by default.", "抽取与训练的种子，默认 0。"),
)
@click.option(
    "--top",
    type=click.IntRange(min=1),
    default=20,
    help=chosen("Lines of the table.", "表格行数。"),
)
@click.option(
    "--plot",
    type=click.Path(path_type=Path, dir_okay=False),
    help=chosen("Draw all runs into this picture.", "把所有训练画成图。"),
)
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    help=chosen("Threads; by default all processors.", "线程数，默认全部处理器。"),
)
@shared
@click.pass_context
def command(
    ctx: click.Context,
    /,
    data: str,
    top: int,
    plot: Path | None,
    threads: int | None,
    as_json: bool,
    lang: str,
    **given: Any,
) -> None:
    if threads is not None:
        set_num_threads(threads)
    get_num_threads()  # refuses a RANVIER_THREADS that is no number
    check_together(given)
    words = Words(lang, {**WORDS, **TEXTS})
    screen = Screen(as_json=as_json)
    job = task(data, given, words)
    for line in job.told:
        screen.line(line)
    screen.line(words("sweep data", name=data, rows=len(job.train)))
    found = trained(job, given, screen, words)
    if not as_json:
        screen.line(found.table(top))
    told = words("sweep line", runs=len(found), programs=found.programs)
    screen.line(words("sweep time", told=told, seconds=found.seconds))
    tested = None if job.test is None else evaluate(found.best.model, job.test)
    if tested is not None and job.test is not None:
        what = "sweep test" if "accuracy" in tested else "sweep test numbers"
        screen.line(words(what, rows=len(job.test), **tested))
    if plot is not None:
        found.plot(plot, lang)
    screen.result(facts(data, found, tested))
    if any(run.stopped_because == "interrupted" for run in found):
        ctx.exit(INTERRUPTED)


def check_together(given: dict[str, Any]) -> None:
    """Ranges are for drawing, and halving has rounds of its own."""
    for name in VARIED:
        if isinstance(given[name], Range) and given["trials"] is None:
            raise click.UsageError(
                f"--{name.replace('_', '-')} is a range, from which values are drawn; "
                "say how many settings: --trials 20. Or list the values: 0.01,0.1."
            )
    if given["method"] != "random" and given["trials"] is None:
        raise click.UsageError(
            f"--method {given['method']} draws settings; say how many: --trials 20."
        )
    if given["trials"] is not None and given["seeds"] is not None:
        raise click.UsageError(
            "--seeds belongs to a grid; with --trials all runs have the seed of --seed."
        )


def trained(job: Task, given: dict[str, Any], screen: Screen, words: Words) -> Sweep:
    """The grid, or a search where settings are drawn."""
    axes = {name: given[name] for name in VARIED if given[name] is not None}
    axes.setdefault("lr", [job.lr])
    fixed: dict[str, Any] = {
        "loss": job.loss,
        "optimizer": optimizers()[job.optimizer],
        "epochs": job.epochs,
        "batch_size": job.batch_size,
        "patience": job.patience,
    }
    total = given["trials"] or count(axes) * seeds_of(given, axes)
    done: list[Trial] = []
    with screen.epochs(total, words("training")) as bar:

        def progress(trial: Trial) -> None:
            done.append(trial)
            bar.advance(len(done))

        fixed["progress"] = progress
        if given["trials"] is None:
            seeds = [given["seed"] + i for i in range(seeds_of(given, axes))]
            return sweep(job.build, job.train, job.val, grid=axes, seeds=seeds, **fixed)
        return search(
            job.build, job.train, job.val,
            space=axes, trials=given["trials"], method=given["method"],
            seed=given["seed"], **fixed,
        )  # fmt: skip


def count(axes: dict[str, Any]) -> int:
    """Combinations of the lists."""
    total = 1
    for values in axes.values():
        total *= 1 if isinstance(values, Range) else len(values)
    return total


def seeds_of(given: dict[str, Any], axes: dict[str, Any]) -> int:
    usual = 5 if count(axes) == 1 else 1
    return int(given["seeds"] or usual)


def facts(data: str, found: Sweep, tested: Any) -> dict[str, Any]:
    """What `--json` prints."""
    rows = found.rows()
    return {
        "data": data,
        "runs": rows,
        "over_seeds": found.over_seeds(),
        "best": rows[0],
        "test": tested,
        "programs": found.programs,
        "seconds": found.seconds,
    }
