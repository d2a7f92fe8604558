"""Runs as lines through their settings to their loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from ranvier.train.cells import plain, shown
from ranvier.train.lane import Trial
from ranvier.train.pictures import GREY, drawn_in

Array = np.ndarray[Any, Any]


def parallel_coordinates(
    ranked: Sequence[Trial], names: Sequence[str], lang: str = "en"
) -> Figure:
    """One axis a setting that varies, the loss last; the better a run, the darker."""
    runs = [run for run in ranked if not run.failure and np.isfinite(run.loss)]
    columns = {name: [run.settings.get(name) for run in runs] for name in names}
    varied = {n: v for n, v in columns.items() if len({repr(x) for x in v}) > 1}
    words, style = drawn_in(lang)
    with mpl.rc_context(style):
        figure = Figure(figsize=(2 + 1.5 * len(varied), 4), layout="constrained")
        figure.suptitle(words("sweep title", len(ranked)))
        axes = figure.add_subplot()
        scaled = [marked(axes, i, v) for i, v in enumerate(varied.values())]
        scaled.append(marked(axes, len(varied), [run.loss for run in runs]))
        lines = np.stack(scaled, 1) if runs else np.empty((0, len(scaled)))
        shades = mpl.colormaps["viridis"](np.linspace(0, 0.95, max(1, len(runs))))
        for line, shade in list(zip(lines, shades, strict=False))[::-1]:
            axes.plot(line, color=shade, alpha=0.8)
        axes.set_xticks(range(len(scaled)), [*varied, words("loss")])
        axes.set_yticks([])
        axes.spines[:].set_visible(False)
    return figure


def marked(axes: Any, place: int, values: Sequence[Any]) -> Array:
    """An axis with its ends or its words; where the values lie on it, from 0 to 1."""
    axes.axvline(place, color=GREY, linewidth=0.8)
    scaled: Array
    if values and all(isinstance(v, int | float) for v in values):
        numbers = np.array(values, np.float64)
        low, high = numbers.min(), numbers.max()
        if low > 0 and high / low > 30:  # a few powers of ten: by factors
            scaled = np.log(numbers / low) / np.log(high / low)
        else:
            scaled = (numbers - low) / ((high - low) or 1)
        marks = {0.0: shown(float(low)), 1.0: shown(float(high))}
    else:
        found = list(dict.fromkeys(shown(plain(v)) for v in values))
        step = max(1, len(found) - 1)
        marks = {i / step: name for i, name in enumerate(found)}
        where = {name: at for at, name in marks.items()}
        scaled = np.asarray([where[shown(plain(v))] for v in values])
    for at, text in marks.items():
        axes.annotate(
            text,
            (place, at),
            (4, 3),
            textcoords="offset points",
            fontsize=8,
            color=GREY,
        )
    return scaled
