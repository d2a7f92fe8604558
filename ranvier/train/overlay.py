"""Several runs' curves in one picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ranvier.errors import ValueRangeError
from ranvier.train.pictures import drawn_in, pad
from ranvier.train.words import Words

# Okabe and Ito's colours, without yellow, which is too light for lines
COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#000000")


def overlay(
    histories: Sequence[dict[str, Any]],
    names: Sequence[str] | None = None,
    lang: str = "en",
    parts: Sequence[str] = ("train", "val"),
) -> Figure:
    """Loss, and accuracy where all have one: a colour a run, training dashed."""
    names = list(map(str, range(1, len(histories) + 1))) if names is None else names
    if len(names) != len(histories):
        raise ValueRangeError(
            f"overlay: {len(names)} names for {len(histories)} runs; expected a name "
            "for each, this run's first."
        )
    words, style = drawn_in(lang)
    wanted = [f"{part}_accuracy" for part in parts]
    has_accuracy = all(name in h for h in histories for name in wanted[:1])
    panels = ["loss", "accuracy"] if has_accuracy else ["loss"]
    with mpl.rc_context(style):
        figure = Figure(figsize=(5.2 * len(panels), 4), layout="constrained")
        for place, what in enumerate(panels, 1):
            axes = figure.add_subplot(1, len(panels), place)
            for number, history in enumerate(histories):
                colour = colour_of(number, len(histories))
                lines(axes, what, history, colour, names[number], words, parts)
            dress(axes, what, words)
        axes.legend(frameon=False, fontsize="small")
        pad(figure)
    return figure


def colour_of(number: int, count: int) -> Any:
    """Six that are easily told apart; of more runs every one its own."""
    if count <= len(COLOURS):
        return COLOURS[number]
    return mpl.colormaps["viridis"](number / count)


def lines(
    axes: Axes,
    what: str,
    history: dict[str, Any],
    colour: Any,
    name: str,
    words: Words,
    parts: Sequence[str],
) -> None:
    """One run: validation in full, training dashed."""
    for part, told, style in (("train", "training", "--"), ("val", "validation", "-")):
        values = history.get(f"{part}_{what}", ()) if part in parts else ()
        if len(values):
            epochs = np.arange(1, len(values) + 1)
            label = (
                f"{name}, {words(told)}"
                if words.lang == "en"
                else (f"{name}，{words(told)}")
            )
            axes.plot(epochs, values, color=colour, linestyle=style, label=label)


def dress(axes: Axes, what: str, words: Words) -> None:
    axes.set_xlabel(words("epoch"))
    axes.set_title(words(what), loc="left")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    if what == "accuracy":
        axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:g} %")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.25)
