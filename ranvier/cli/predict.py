"""`ranvier predict runs/mnist digit.png`, `ranvier predict runs/houses new.csv`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import numpy as np

from ranvier.cli import network
from ranvier.cli.answers import table_answers
from ranvier.cli.language import chosen
from ranvier.cli.material import PICTURES, TABLE
from ranvier.cli.options import shared
from ranvier.cli.picture import BOX, read_picture
from ranvier.cli.screen import Screen
from ranvier.cli.texts import TEXTS
from ranvier.data.images import read_image
from ranvier.data.picture_folder import pictures
from ranvier.errors import DataError, RanvierError
from ranvier.tensor import NoGrad, Tensor
from ranvier.train.evaluate import probabilities
from ranvier.train.words import Words

Array = np.ndarray[Any, Any]
RUNNERS_UP = 2


@click.command(
    "predict",
    help=chosen(
        "Predict with the network that the run in the folder RUN learned. FILE is a "
        "table for a run on a table: a CSV is written, a row for each of its rows. For "
        "a run on pictures it is a picture or a folder of them (of digits: dark ink on "
        "light ground is inverted; the ink is centred).",
        "用文件夹 RUN 中训练好的网络做预测。表格的训练：FILE 是表格，逐行写出 CSV。"
        "图片的训练：FILE 是图片或图片文件夹（数字图片：浅底深字会反色，并居中）。",
    ),
)
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("file", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help=chosen(
        "Of a table: the CSV file to write; by default standard output.",
        "表格：写入的 CSV 文件，默认标准输出。",
    ),
)
@shared
@click.pass_context
def command(
    ctx: click.Context,
    /,
    run: Path,
    file: tuple[Path, ...],
    out: Path | None,
    as_json: bool,
    lang: str,
) -> None:
    model, facts = network.load(run)
    screen, words = Screen(as_json=as_json), Words(lang, TEXTS)
    if facts.kind == TABLE:
        table_answers(model, facts, file, out, screen, words)
        return
    if out is not None:
        raise click.UsageError("--out is for tables; this run is one on pictures.")
    answers, failed = [], False
    for path in every_picture(file):
        try:
            shares = judged(model, facts, path)
        except RanvierError as error:
            screen.warn(f"ranvier: {error}")
            failed = True
            continue
        answers.append(answer(path, shares, facts.classes))
        screen.line(told(answers[-1], words))
    screen.result({"predictions": answers})
    ctx.exit(1 if failed else 0)


def every_picture(files: tuple[Path, ...]) -> list[Path]:
    """Pictures by name, and those in folders; a folder without one is an error."""
    found = []
    for path in files:
        inside = pictures(path) if path.is_dir() else [path]
        if not inside:
            raise DataError(f"{path}: there is no picture in this folder.")
        found += inside
    return found


def judged(model: Any, facts: network.Facts, path: Path) -> Array:
    """How sure the network is of every class."""
    channels, height, width = facts.image_shape
    if facts.kind == PICTURES:
        raw = read_image(path, (height, width), channels)
        picture = raw.astype(np.float32) * np.float32(facts.scale)
    else:
        picture = read_picture(path, (height, width), BOX.get(facts.data, 1.0))
    with NoGrad():
        outputs = model(Tensor(picture.reshape(1, -1)))
    shares: Array = probabilities(np.asarray(outputs, np.float64))[0]
    return shares


def answer(path: Path, shares: Array, classes: list[str]) -> dict[str, Any]:
    """The best class, and all of them with their probabilities."""
    best = int(shares.argmax())
    named = {name: float(p) for name, p in zip(classes, shares, strict=True)}
    return {
        "image": str(path),
        "class": classes[best],
        "probability": float(shares[best]),
        "probabilities": named,
    }


def told(answer: dict[str, Any], words: Words) -> str:
    """One line: the class, how sure, and who came after."""
    order = sorted(answer["probabilities"].items(), key=lambda item: -item[1])
    others = ", ".join(f"{name} {p:.1%}" for name, p in order[1 : 1 + RUNNERS_UP])
    return words(
        "guess",
        image=answer["image"],
        guess=answer["class"],
        share=answer["probability"],
        others=others,
    )
