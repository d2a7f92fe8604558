"""`ranvier predict runs/mnist digit.png`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import numpy as np

from ranvier.cli import network
from ranvier.cli.language import chosen
from ranvier.cli.options import shared
from ranvier.cli.picture import BOX, read_picture
from ranvier.cli.screen import Screen
from ranvier.cli.texts import TEXTS
from ranvier.errors import RanvierError
from ranvier.tensor import NoGrad, Tensor
from ranvier.train.evaluate import probabilities
from ranvier.train.words import Words

Array = np.ndarray[Any, Any]
RUNNERS_UP = 2


@click.command(
    "predict",
    help=chosen(
        "Say what is on each IMAGE, with the network that the run in the folder RUN "
        "learned. Dark ink on light ground is inverted; the ink is centred.",
        "用文件夹 RUN 中训练好的网络识别每个 IMAGE。浅底深字会反色，并居中。",
    ),
)
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("image", nargs=-1, required=True, type=click.Path(path_type=Path))
@shared
@click.pass_context
def command(
    ctx: click.Context, /, run: Path, image: tuple[Path, ...], as_json: bool, lang: str
) -> None:
    model, facts = network.load(run)
    screen, words = Screen(as_json=as_json), Words(lang, TEXTS)
    answers = []
    for path in image:
        try:
            shares = judged(model, facts, path)
        except RanvierError as error:
            screen.warn(f"ranvier: {error}")
            continue
        answers.append(answer(path, shares, facts.classes))
        screen.line(told(answers[-1], words))
    screen.result({"predictions": answers})
    ctx.exit(0 if len(answers) == len(image) else 1)


def judged(model: Any, facts: network.Facts, path: Path) -> Array:
    """How sure the network is of every class."""
    *_, height, width = facts.image_shape
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
