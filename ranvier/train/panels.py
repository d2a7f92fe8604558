"""Pictures of what a network does: which classes it mixes up, how sure it is and with
what right, how its gradients and weights moved, what its first layer looks for.
"""

from __future__ import annotations

from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ranvier.train.pictures import COLOURS, GREY, drawn_in, pad

Array = np.ndarray[Any, Any]
Columns = dict[str, list[tuple[int, Array]]]
MOST_CLASSES: Final = 30  # more cannot be read
MOST_LINES: Final = 8
FILTERS: Final = 32
BINS: Final = 10


def confusion(guesses: Array, truths: Array, classes: list[str], lang: str) -> Figure:
    """How often class i (row) was taken for class j (column); the share of a row."""
    words, style = drawn_in(lang)
    count = len(classes)
    table = np.zeros((count, count), np.int64)
    np.add.at(table, (truths, guesses), 1)
    shares = table / np.maximum(table.sum(1, keepdims=True), 1)
    with mpl.rc_context(style):
        side = max(3.6, min(9.0, 1.6 + 0.45 * count))
        figure = Figure(figsize=(side + 0.6, side), layout="constrained")
        axes = figure.add_subplot()
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        if count <= 12:
            for row, column in np.ndindex(count, count):
                dark = shares[row, column] > 0.5
                colour = "white" if dark else "black"
                told = str(table[row, column]) if table[row, column] else ""
                text = axes.text(column, row, told, color=colour, ha="center")
                text.set(va="center", fontsize="small")
        short = [name if len(name) <= 14 else name[:13] + "…" for name in classes]
        is_long = max(map(len, short)) > 3
        axes.set_xticks(range(count), short, rotation=90 if is_long else 0)
        axes.set_yticks(range(count), short)
        axes.set_xlabel(words("guessed"))
        axes.set_ylabel(words("true"))
        axes.set_title(words("confusion"), loc="left")
        pad(figure)
    return figure


def calibration(shares: Array, truths: Array, lang: str) -> Figure:
    """How often guesses are right against how sure the model was, in bins of 10 %.

    The expected calibration error is Σ n_b/n |right_b - sure_b| (Guo et al., 2017).
    """
    words, style = drawn_in(lang)
    sure, right = shares.max(1), shares.argmax(1) == truths
    bins = np.minimum((sure * BINS).astype(int), BINS - 1)
    counts = np.bincount(bins, minlength=BINS)
    some = counts > 0
    said = np.bincount(bins, sure, BINS)[some] / counts[some]
    was = np.bincount(bins, right, BINS)[some] / counts[some]
    error = float((counts[some] * np.abs(said - was)).sum() / counts.sum())
    with mpl.rc_context(style):
        figure = Figure(figsize=(5.2, 4.2), layout="constrained")
        axes = figure.add_subplot()
        axes.plot([0, 1], [0, 1], color=GREY, linestyle=":", linewidth=1)
        axes.plot(said, was, "o-", color=COLOURS["train"])
        axes.set_xlabel(words("how sure"))
        axes.set_ylabel(words("how often right"))
        axes.set_title(words("calibration", error=f"{error:.1%}"), loc="left")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
        plain(axes)
        pad(figure)
    return figure


def gradient_flow(history: dict[str, Any], lang: str) -> Figure | None:
    """The length of every weight's gradient over the epochs, first layers dark."""
    norms = {n: v for n, v in history.get("gradient_norms", {}).items() if len(v)}
    norms = {n: v for n, v in norms.items() if n.endswith("weight")} or norms
    if not norms:
        return None
    words, style = drawn_in(lang)
    names = list(norms)
    if len(names) > MOST_LINES:
        places = np.linspace(0, len(names) - 1, MOST_LINES).round().astype(int)
        names = [names[i] for i in places]
    colours = mpl.colormaps["viridis"](np.linspace(0, 0.85, len(names)))
    with mpl.rc_context(style):
        figure = Figure(figsize=(6.4, 4), layout="constrained")
        axes = figure.add_subplot()
        epochs = history["gradient_epochs"]
        marker = "o" if len(epochs) <= 30 else None
        for name, colour in zip(names, colours, strict=True):
            line = {"color": colour, "marker": marker, "markersize": 3}
            axes.plot(epochs, np.maximum(norms[name], 1e-12), label=name, **line)
        axes.set_yscale("log")
        axes.set_xlabel(words("epoch"))
        axes.set_title(words("gradient flow"), loc="left")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        plain(axes)
        figure.legend(loc="outside right upper", frameon=False, fontsize="small")
        pad(figure)
    return figure


def spreads(
    columns: dict[str, list[tuple[int, Array]]], what: str, lang: str
) -> Figure:
    """Histograms over time: a panel a layer, the 5 to 95 % and 25 to 75 % bands and the
    median of its values after the steps named.
    """
    words, style = drawn_in(lang)
    names = list(columns)[:MOST_LINES]
    wide = min(4, len(names))
    rows = -(-len(names) // wide)
    with mpl.rc_context(style):
        size = (max(5.2, 2.7 * wide), 2.3 * rows + 0.5)
        figure = Figure(figsize=size, layout="constrained")
        figure.suptitle(words(what))
        for place, name in enumerate(names, 1):
            axes = figure.add_subplot(rows, wide, place)
            steps = [step for step, _ in columns[name]]
            parts = [np.percentile(v, [5, 25, 50, 75, 95]) for _, v in columns[name]]
            low, quarter, middle, three, high = np.array(parts).T
            colour = COLOURS["train"]
            axes.fill_between(steps, low, high, color=colour, alpha=0.2, linewidth=0)
            axes.fill_between(
                steps, quarter, three, color=colour, alpha=0.4, linewidth=0
            )
            axes.plot(steps, middle, color=colour)
            axes.set_title(name, loc="left", fontsize="small")
            axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
            if place > len(names) - wide:
                axes.set_xlabel(words("step"))
            plain(axes)
        pad(figure)
    return figure


def filters(weights: Array, lang: str) -> Figure:
    """The first layer's weights as pictures (n, height, width), each with a scale of
    its own: red above 0, blue below.
    """
    words, style = drawn_in(lang)
    shown = weights[:FILTERS]
    wide = min(8, len(shown))
    rows = -(-len(shown) // wide)
    with mpl.rc_context(style):
        figure = Figure(figsize=(1.1 * wide + 0.4, 1.1 * rows + 0.7))
        figure.suptitle(words("filters", len(shown), len(weights)), fontsize="medium")
        grid = figure.subplots(rows, wide, squeeze=False).ravel()
        top = 1 - 0.6 / (1.1 * rows + 0.7)
        figure.subplots_adjust(0.01, 0.02, 0.99, top, 0.08, 0.08)
        for axes in grid:
            axes.set_axis_off()
        for axes, picture in zip(grid, shown, strict=False):
            most = float(np.abs(picture).max()) or 1.0
            axes.imshow(picture, cmap="RdBu_r", vmin=-most, vmax=most)
    return figure


def predicted(guesses: Array, truths: Array, lang: str) -> Figure:
    """Regression: predicted against true, and the residuals beside it."""
    words, style = drawn_in(lang)
    with mpl.rc_context(style):
        figure = Figure(figsize=(10, 4.2), layout="constrained")
        left, right = figure.subplots(1, 2)
        dots = {"s": 9, "alpha": 0.5, "color": COLOURS["train"], "linewidth": 0}
        left.scatter(truths, guesses, **dots)
        ends = [min(truths.min(), guesses.min()), max(truths.max(), guesses.max())]
        left.plot(ends, ends, color=GREY, linestyle=":", linewidth=1)
        left.set_xlabel(words("true"))
        left.set_ylabel(words("predicted"))
        left.set_title(words("predicted against true"), loc="left")
        right.scatter(guesses, truths - guesses, **dots)
        right.axhline(0, color=GREY, linestyle=":", linewidth=1)
        right.set_xlabel(words("predicted"))
        right.set_ylabel(words("residual"))
        right.set_title(words("residuals"), loc="left")
        plain(left)
        plain(right)
        pad(figure)
    return figure


def plain(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25)
