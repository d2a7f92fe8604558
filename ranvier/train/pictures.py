"""curves.png and mistakes.png.

Only this module imports matplotlib; it is imported itself when something is drawn.
Colours are Okabe and Ito's, told apart by colour-blind people too.
"""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ranvier.atomic import write_atomically
from ranvier.fonts import families
from ranvier.train.words import Words

Array = np.ndarray[Any, Any]
COLOURS: Final = {"train": "#0072B2", "val": "#D55E00"}
GREY: Final = "#555555"


def curves(history: dict[str, Any], best_epoch: int, lang: str = "en") -> Figure:
    """Loss, and accuracy where there is one, against the epoch."""
    words, style = drawn_in(lang)
    has_accuracy = "train_accuracy" in history
    panels = ["loss", "accuracy"] if has_accuracy else ["loss"]
    with mpl.rc_context(style):
        figure = Figure(figsize=(5.2 * len(panels), 4), layout="constrained")
        figure.suptitle(words("curves title"))
        for place, what in enumerate(panels, 1):
            axes = figure.add_subplot(1, len(panels), place)
            panel(axes, what, history, words)
            mark_best(axes, best_epoch, words)
        pad(figure)
    return figure


def panel(axes: Axes, what: str, history: dict[str, Any], words: Words) -> None:
    """One quantity, training and validation, each named at its own end."""
    ends = []
    for part, name in (("train", "training"), ("val", "validation")):
        values = history.get(f"{part}_{what}", ())
        if len(values):
            epochs = np.arange(1, len(values) + 1)
            colour = COLOURS[part]
            marker = "o" if len(values) <= 30 else None
            axes.plot(epochs, values, color=colour, marker=marker, markersize=4)
            ends.append((float(values[-1]), words(name), colour))
    axes.set_xlabel(words("epoch"))
    axes.set_title(words(what), loc="left")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    if what == "accuracy":
        axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:g} %")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.25)
    label_ends(axes, ends)


def label_ends(axes: Axes, ends: list[tuple[float, str, str]]) -> None:
    """Names beside the last points, pushed apart where the lines end close together."""
    low, high = axes.get_ylim()
    gap = 0.07 * (high - low)
    at = -float("inf")
    for value, name, colour in sorted(ends):
        at = max(value, at + gap)
        axes.annotate(
            name,
            (1, at),
            xycoords=axes.get_yaxis_transform(),
            xytext=(4, 0),
            textcoords="offset points",
            color=colour,
            va="center",
        )
    axes.set_ylim(low, high)


def mark_best(axes: Axes, best_epoch: int, words: Words) -> None:
    """A line at the epoch whose weights were kept."""
    if best_epoch < 1:
        return
    axes.axvline(best_epoch, color=GREY, linestyle=":", linewidth=1)
    axes.set_xlabel(words("dotted", best_epoch))


def mistakes(
    images: Array,
    truths: Array,
    judged: list[tuple[int, int, Array]],
    classes: list[str],
    wrong: int,
    lang: str = "en",
    part: str = "test set",
) -> Figure:
    """The worst-judged images with truth, guess and how sure the model was.

    images: (n, channels, height, width); judged: (row, guess, shares) as of `worst`.
    """
    words, style = drawn_in(lang)
    columns = 6
    rows = max(1, -(-len(judged) // columns))
    width, height = 1.8 * columns, 2.1 * rows + 0.5
    with mpl.rc_context(style):
        figure = Figure(figsize=(width, height))
        phrase = "mistakes title" if wrong else "no mistakes"
        title = words(phrase, wrong=f"{wrong:,}", part=words(part))
        figure.suptitle(title, y=1 - 0.2 / height)
        grid = figure.subplots(rows, columns, squeeze=False).ravel()
        # fixed margins: constrained layout measures every label, which takes a second
        figure.subplots_adjust(0.01, 0.01, 0.99, 1 - 0.95 / height, 0.05, 0.35)
        for axes in grid:
            axes.set_axis_off()
        for axes, (row, guess, shares) in zip(grid, judged, strict=False):
            draw_image(axes, images[row])
            facts = {
                "truth": classes[int(truths[row])],
                "guess": classes[guess],
                "share": shares[guess],
            }
            label = words("mistake", **facts)
            axes.set_title(label, fontsize="small", loc="left", linespacing=1.4)
    return figure


def draw_image(axes: Axes, image: Array) -> None:
    """An image (channels, height, width), dark ink on white where it is grey."""
    pixels = np.moveaxis(image, 0, -1)
    if pixels.shape[-1] == 1:
        axes.imshow(pixels[..., 0], cmap="gray_r", interpolation="nearest")
    else:
        axes.imshow(pixels, interpolation="nearest")


def pad(figure: Figure) -> None:
    """A margin, so that no label touches the edge."""
    engine = figure.get_layout_engine()
    assert engine is not None, "the figures here are made with a layout engine"
    engine.set(w_pad=0.1, h_pad=0.08)  # type: ignore[call-arg]


def save(figure: Figure, path: Path) -> None:
    """A PNG (or what the name's ending says) at 150 dots an inch, atomically."""
    kind = path.suffix.lstrip(".") or "png"
    write_atomically(path, lambda file: figure.savefig(file, format=kind, dpi=150))


def as_html(figure: Figure, dots: int = 100) -> str:
    """A picture as part of a page, with nothing outside it."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=dots)
    data = base64.b64encode(stream.getvalue()).decode("ascii")
    return f'<img alt="" src="data:image/png;base64,{data}">'


def drawn_in(lang: str) -> tuple[Words, Any]:
    """Words and fonts."""
    return Words(lang), {"font.family": families(lang)}
