"""The picture of `scaling.py`: six panels, Okabe and Ito's colours, a marker each."""

from pathlib import Path

from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

#          label      colour     marker
STYLES = {
    "over": ("Ranvier", "#0072B2", "o"),
    "torch": ("PyTorch", "#D55E00", "s"),
    "jax": ("JAX", "#009E73", "^"),
}
PANELS = {
    "batch": ("784-256-128-10", "batch size"),
    "width": ("784-n-10, batch 64", "width n"),
    "depth": ("n layers of 128, batch 64", "depth n"),
    "sequence": ("LSTM of 64, batch 64", "length of the sequence"),
    "trap": ("10-n-n-10, batch 128", "width n (PyTorch issue 144633)"),
}
GREY = "#555555"


def draw(points: list[dict], file: Path) -> None:
    most = max(point["threads"] for point in points)
    with rc_context({"svg.hashsalt": "scaling", "font.size": 9}):
        figure = Figure(figsize=(10, 6.4), layout="constrained")
        axes = figure.subplots(2, 3).ravel()
        for ax, name in zip(axes, PANELS, strict=False):
            panel(ax, name, measured(points, name), most)
        threads(axes[-1], measured(points, "batch"), most)
        handles, labels = axes[0].get_legend_handles_labels()
        place = "outside upper center"
        figure.legend(handles, labels, loc=place, ncols=3, frameon=False)
        figure.savefig(file, metadata={"Date": None})


def measured(points: list[dict], series: str) -> list[dict]:
    return [p for p in points if p["series"] == series and p["µs"]]


def panel(ax, name: str, points: list[dict], most: int) -> None:
    """Microseconds a step against the number that grows; dashed: one thread."""
    title, label = PANELS[name]
    ax.set_title(title, fontsize=10)
    for subject, (who, colour, marker) in STYLES.items():
        for count in sorted({1, most}, reverse=True):
            shape = {"marker": marker, "markersize": 5, "color": colour}
            if count != most:
                shape |= {"linestyle": (0, (3, 2)), "markerfacecolor": "white"}
            text = f"{who}, {count} thread{'s' if count > 1 else ''}"
            found = times(points, subject, count)
            if found:
                ax.plot(*columns(found), label=text, **shape)
    if not any(p["subject"] == "over" for p in points):
        ax.text(0.5, 0.9, "Ranvier not measured", ha="center", color=GREY,
                transform=ax.transAxes)  # fmt: skip
    if not points:
        ax.set(xticks=[], yticks=[])
        return
    if name != "trap":
        ax.set_xscale("log", base=2)
    ax.set_yscale("log")
    ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:,.10g}"))
    ax.yaxis.set_minor_formatter(NullFormatter())
    finish(ax, points, label, "µs a step")


def threads(ax, points: list[dict], most: int) -> None:
    """How many times as fast all threads are as one, against the batch."""
    ax.set_title(f"784-256-128-10: {most} threads against 1", fontsize=10)
    for subject, (_, colour, marker) in STYLES.items():
        one, all_ = (dict(times(points, subject, count)) for count in (1, most))
        line = [(n, one[n] / all_[n]) for n in one if n in all_]
        ax.plot(*columns(line), marker=marker, markersize=5, color=colour)
    ax.axhline(1, color=GREY, linewidth=0.8, linestyle=":")
    ax.set_xscale("log", base=2)
    ax.set_ylim(bottom=0)
    finish(ax, points, "batch size", "times as fast")


def times(points: list[dict], subject: str, threads: int) -> list[tuple]:
    chosen = (subject, threads)
    return [(p["n"], p["µs"]) for p in points if (p["subject"], p["threads"]) == chosen]


def columns(line: list[tuple]) -> tuple[list, list]:
    return [x for x, _ in line], [y for _, y in line]


def finish(ax, points: list[dict], x: str, y: str) -> None:
    """Labels, the measured numbers as ticks, no box."""
    numbers = sorted({p["n"] for p in points})
    ax.set_xticks(numbers, [str(n) for n in numbers])
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.tick_params(axis="x", which="minor", length=0)
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    ax.grid(axis="y", color="#dddddd", linewidth=0.6)
    ax.set_axisbelow(True)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
