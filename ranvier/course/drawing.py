"""The style of the course's pictures: colours that the colour-blind can tell apart,
letters that can be read when projected, Chinese characters on every machine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from ranvier.atomic import write_atomically
from ranvier.fonts import families

# Okabe and Ito 2008, "Color Universal Design", in the order in which lines take them
COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
GREY: Final = "#555555"
FIELD: Final = "cividis"  # of numbers over a plane
CONTRAST: Final = "PuOr"  # of numbers on both sides of 0
DOTS: Final = 130  # an inch


def styled(lang: str) -> Any:
    """A context in which everything is drawn in the course's style."""
    import matplotlib as mpl

    return mpl.rc_context(style(lang))


def style(lang: str) -> Any:
    from cycler import cycler

    return {
        "font.family": families(lang),
        "font.size": 12,
        "axes.unicode_minus": False,
        "axes.prop_cycle": cycler(color=COLOURS),
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "grid.color": "#e4e4e4",
        "axes.axisbelow": True,
        "lines.linewidth": 2,
        "legend.frameon": False,
        "image.cmap": FIELD,
    }


def panels(
    columns: int, rows: int, size: tuple[float, float], **options: Any
) -> tuple[Any, Any]:
    """A figure of rows x columns panels, each `size` inches, and its axes."""
    from matplotlib.figure import Figure

    figure = Figure((size[0] * columns, size[1] * rows), layout="constrained")
    return figure, figure.subplots(rows, columns, **options)


def save(figure: Any, path: Path) -> None:
    write_atomically(path, lambda file: figure.savefig(file, format="png", dpi=DOTS))


def film(
    figure: Any,
    draw: Callable[[int], Any],
    frames: Sequence[int],
    path: Path,
    per_second: int,
) -> None:
    """A GIF of these frames; where things stand is decided by the last one."""
    from matplotlib.animation import FuncAnimation, PillowWriter

    draw(frames[-1])
    figure.draw_without_rendering()  # now things are laid out
    figure.set_layout_engine("none")
    moving = FuncAnimation(
        figure, lambda i: [draw(i)], frames=frames, init_func=lambda: []
    )
    writer = PillowWriter(fps=per_second)
    write_atomically(path, lambda file: _write(moving, writer, file))


def _write(moving: Any, writer: Any, file: Path) -> None:
    # Pillow goes by the ending, which a temporary name does not have.
    named = file.with_name(file.name + ".gif")
    moving.save(named, writer=writer, dpi=90)
    named.replace(file)
