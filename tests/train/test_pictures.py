"""curves.png and mistakes.png: drawn, nothing cut off, never boxes for characters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from ranvier.train import Run, pictures

HISTORY = {
    "train_loss": np.array([0.5, 0.3, 0.2]),
    "val_loss": np.array([0.45, 0.31, 0.3101]),
    "train_accuracy": np.array([0.8, 0.9, 0.95]),
    "val_accuracy": np.array([0.82, 0.88, 0.9499]),
}


def labels(figure: Figure) -> list[str]:
    found = figure.findobj(lambda artist: hasattr(artist, "get_text"))
    return [text.get_text() for text in found if text.get_text()]


def test_curves_name_their_lines() -> None:
    texts = labels(pictures.curves(HISTORY, 2))
    assert texts.count("training") == texts.count("validation") == 2
    assert {"loss", "accuracy", "epoch (dotted: the best, 2)"} <= set(texts)


def test_without_accuracy_and_validation() -> None:
    figure = pictures.curves({"train_loss": HISTORY["train_loss"]}, 3)
    assert len(figure.axes) == 1
    assert "validation" not in labels(figure)


def test_an_empty_history_can_be_drawn() -> None:
    assert pictures.curves({}, 0).axes


def test_labels_do_not_lie_on_each_other() -> None:
    figure = pictures.curves(HISTORY, 2)
    figure.draw_without_rendering()
    names = ("training", "validation")
    for axes in figure.axes:
        boxes = [t.get_window_extent() for t in axes.texts if t.get_text() in names]
        assert len(boxes) == 2
        assert not boxes[0].overlaps(boxes[1])
        assert all(figure.bbox.containsx(box.x1) for box in boxes)


def test_a_picture_on_disk(tmp_path: Path) -> None:
    run = Run(None, HISTORY, 2, "epochs", 1.0)
    run.plot(tmp_path / "curves.png")
    with Image.open(tmp_path / "curves.png") as image:
        assert image.format == "PNG"
        pixels = np.asarray(image.convert("L"))
    edges = [pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]]
    assert all((edge == 255).all() for edge in edges), "something touches the edge"


def mistakes(count: int, lang: str = "en") -> Figure:
    images = np.zeros((30, 1, 8, 8), np.uint8)
    shares = np.full(10, 0.1)
    judged: list[Any] = [(row, 4, shares) for row in range(count)]
    classes = list("0123456789")
    return pictures.mistakes(images, np.full(30, 9), judged, classes, 1234, lang)


def test_mistakes_say_truth_and_guess() -> None:
    texts = labels(mistakes(20))
    assert texts.count("truth: 9\nguess: 4, 10.0%") == 20
    assert "The worst-judged of 1,234 mistakes on the test set" in texts


def test_no_mistakes_at_all() -> None:
    figure = pictures.mistakes(np.zeros((1, 1, 8, 8)), np.zeros(1), [], ["a"], 0)
    assert labels(figure) == ["No mistakes on the test set"]


def test_it_is_chinese_on_every_machine() -> None:
    assert {"损失", "准确率", "训练", "验证"} <= set(
        labels(pictures.curves(HISTORY, 2, "zh"))
    )
    assert "真值：9\n判断：4，10.0%" in labels(mistakes(1, "zh"))


def test_every_chinese_word_has_its_characters() -> None:
    from matplotlib.ft2font import FT2Font

    from ranvier.cli.texts import TEXTS
    from ranvier.fonts import FILE
    from ranvier.train.words import WORDS

    known = set(FT2Font(str(FILE)).get_charmap())
    texts = "".join(zh for _, zh in [*WORDS.values(), *TEXTS.values()])
    missing = {c for c in texts if ord(c) not in known and ord(c) > 0x2E7F}
    assert not missing
