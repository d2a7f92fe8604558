"""report.html: one page with everything in it, in both languages."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ranvier import nn, optim
from ranvier.errors import FileError, StateError
from ranvier.train import Run, fit

Learn = Callable[..., Run]


class Contents(HTMLParser):
    """Texts, pictures, and every address that is not in the page itself."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.images: list[Image.Image] = []
        self.tags: set[str] = set()
        self.outside: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name in ("src", "href", "data", "srcset"):
                kind, _, content = value.partition("base64,")
                if kind != "data:image/png;":
                    self.outside.append(value)
                else:
                    stream = io.BytesIO(base64.b64decode(content))
                    self.images.append(Image.open(stream))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.fixture(scope="module")
def digits() -> Run:
    from ranvier.data import load

    train, val, _ = load("digits").split(300, 200)
    model = nn.Sequential(nn.Linear(64, 12), nn.ReLU(), nn.Linear(12, 10))
    return fit(
        model,
        train,
        val=val,
        loss=nn.CrossEntropyLoss(),
        optimizer=optim.Adam(model.parameters(), lr=0.01),
        epochs=3,
        batch_size=60,
        seed=0,
    )


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_digits(digits: Run, parts: Any, tmp_path: Path, lang: str) -> None:
    path = digits.report(
        tmp_path / "r.html", test=parts[2], name="<b>", facts={"x & y": "1"}, lang=lang
    )
    found = Contents(path.read_text("utf-8"))
    assert not found.outside
    assert not {"script", "link", "iframe", "b"} & found.tags
    assert len(found.images) == 8, "curves, confusion, calibration, mistakes, inside: 4"
    for picture in found.images:
        pixels = np.asarray(picture.convert("L"))
        edges = [pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]]
        assert all((edge > 250).all() for edge in edges), "something is cut off"
    texts = " ".join(found.texts)
    assert {"en": "Not seen, which is no", "zh": "未见到（不等于没有）"}[lang] in texts
    words = {"en": ["Result: test set", "learned", "x & y", "CrossEntropyLoss"]}
    words["zh"] = ["结果: 测试集", "基线", "网络内部", "每一轮"]
    assert all(word in texts for word in words[lang][:1] + words[lang][2:])


def test_values(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    x = random.standard_normal((80, 3)).astype(np.float32)
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    run = fit(
        model,
        (x, x[:, :1]),
        loss=nn.MSELoss(),
        optimizer=optim.SGD(model.parameters(), lr=0.1),
        epochs=3,
        seed=0,
    )
    found = Contents(run.report(tmp_path / "a.html").read_text("utf-8"))
    assert len(found.images) == 4, "curves, gradients, weights, activations"
    path = run.report(tmp_path / "b.html", test=(x, x[:, :1]))
    assert len(Contents(path.read_text("utf-8")).images) == 5, "... and predictions"


def test_where_it_cannot_be(digits: Run, tmp_path: Path) -> None:
    with pytest.raises(FileError, match="there is no folder"):
        digits.report(tmp_path / "none" / "r.html")
    with pytest.raises(StateError, match="was not made by"):
        Run(None, {}, 0, "epochs", 0.0).report(tmp_path / "r.html")


def test_in_a_notebook(digits: Run) -> None:
    found = Contents(digits._repr_html_())
    assert len(found.images) == 1
    texts = " ".join(found.texts)
    assert "Run(3 epochs" in texts
    assert "val_accuracy" in texts
    assert "Not seen, which is no proof of absence" in texts
    assert "Run(0 epochs" in Run(None, {}, 0, "interrupted", 0.0)._repr_html_()
