"""What `rv.fit(..., seeds=5)` returns: the runs, and their mean and spread."""

from __future__ import annotations

import html
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ranvier.train.cells import aligned, shown, spread
from ranvier.train.evaluate import evaluate
from ranvier.train.history import at_best
from ranvier.train.lane import Trial
from ranvier.train.swept import Sweep

Array = np.ndarray[Any, Any]


class Spread(Mapping[str, Array]):
    """Figures of several runs: name → array, one entry a run; `mean` and `sd` (the
    sample's, divided by n - 1; 0 for one run) are dicts of numbers.

    >>> found = Spread([{"accuracy": 0.75}, {"accuracy": 0.5}])
    >>> found.mean
    {'accuracy': 0.625}
    >>> found
    accuracy 0.62 ± 0.18
    """

    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        names = list(rows[0]) if rows else []
        kept = [n for n in names if all(isinstance(r.get(n), float) for r in rows)]
        self.columns = {name: np.array([row[name] for row in rows]) for name in kept}

    def __getitem__(self, name: str) -> Array:
        return self.columns[name]

    def __iter__(self) -> Any:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    @property
    def mean(self) -> dict[str, float]:
        """The mean of every figure."""
        return {name: statistics.fmean(v.tolist()) for name, v in self.columns.items()}

    @property
    def sd(self) -> dict[str, float]:
        """The standard deviation of every figure."""
        return {
            name: statistics.stdev(v.tolist()) if len(v) > 1 else 0.0
            for name, v in self.columns.items()
        }

    def __repr__(self) -> str:
        pairs = zip(self.columns, self.mean.values(), self.sd.values(), strict=True)
        return ", ".join(f"{name} {spread(mean, sd)}" for name, mean, sd in pairs)


class Repeats(Sweep):
    """One training with several seeds.

    runs: a Run each, with its settings["seed"]; best: the one of the lowest validation
        loss (training loss, without a validation set).
    mean, sd: dicts of every loss and metric, of the epochs whose weights were kept;
        runs that are not finite are left out. figures: the numbers behind them.
    history: of all runs: arrays (runs, epochs); NaN where a run had ended.
    notes: sentences on what was decided for you.
    """

    def __init__(
        self,
        runs: Sequence[Trial],
        programs: int,
        seconds: float,
        notes: tuple[str, ...] = (),
    ) -> None:
        super().__init__(runs, programs, seconds)
        self.notes = notes

    @property
    def seeds(self) -> list[int]:
        """The seeds, in the order of the runs."""
        return [run.settings["seed"] for run in self.runs]

    @property
    def sound(self) -> list[Trial]:
        """The runs that stayed finite and finished an epoch."""
        return [run for run in self.runs if not run.failure and run.best_epoch]

    @property
    def figures(self) -> Spread:
        """Losses and metrics of every sound run."""
        return Spread([at_best(run.history, run.best_epoch) for run in self.sound])

    @property
    def mean(self) -> dict[str, float]:
        """The mean of every loss and metric."""
        return self.figures.mean

    @property
    def sd(self) -> dict[str, float]:
        """The standard deviation of every loss and metric."""
        return self.figures.sd

    @property
    def history(self) -> dict[str, Array]:
        """Column → (runs, epochs)."""
        longest = max((run.epochs for run in self.runs), default=0)
        names = [n for n, c in self.runs[0].history.items() if is_column(c, n)]
        found = {name: np.full((len(self), longest), np.nan) for name in names}
        for row, run in enumerate(self.runs):
            for name in names:
                values = run.history.get(name, ())
                found[name][row, : len(values)] = values
        return found

    def evaluate(self, data: Any, **options: Any) -> Spread:
        """`rv.evaluate` of every sound run's model: mean ± sd when printed."""
        return Spread([evaluate(run.model, data, **options) for run in self.sound])

    def table(self, most: int | None = None) -> str:
        """A line a run, then mean ± sd."""
        figures = self.figures
        cells = [["seed", *figures, "best epoch", "epochs", "stopped because"]]
        sound = {id(run): place for place, run in enumerate(self.sound)}
        for run in self.runs[:most]:
            place = sound.get(id(run))
            line = [
                "–" if place is None else shown(float(v[place]))
                for v in figures.values()
            ]
            ended = str(run.best_epoch), str(run.epochs), run.stopped_because
            cells.append([str(run.settings["seed"]), *line, *ended])
        means = zip(figures.mean.values(), figures.sd.values(), strict=True)
        cells.append(["mean ± sd", *(spread(m, s) for m, s in means), "", "", ""])
        return aligned(cells)

    def plot(self, path: str | Path | None = None, lang: str = "en") -> Any:
        """The validation curves of all runs (the training's, without a validation set)
        in one matplotlib figure, saved to `path`.
        """
        # matplotlib costs half a second, so it is imported when something is drawn
        from ranvier.train.overlay import overlay
        from ranvier.train.pictures import save

        names = [f"seed {seed}" for seed in self.seeds]
        part = [self.runs[0].judged]
        figure = overlay([run.history for run in self.runs], names, lang, part)
        if path is not None:
            save(figure, Path(path))
        return figure

    def _repr_html_(self) -> str:
        """In notebooks: the table and the curves."""
        from ranvier.train.pictures import as_html

        return f"<pre>{html.escape(self.table())}</pre>" + as_html(self.plot())

    def __repr__(self) -> str:
        failed = len(self) - len(self.sound)
        note = f", {failed} not finite" if failed else ""
        return (
            f"Repeats({len(self)} seeds, {self.seconds:.2f} s{note}: {self.figures}; "
            f"best: seed {self.best.settings['seed']})"
        )


def is_column(values: Any, name: str) -> bool:
    """Whether something of a history has one number an epoch."""
    return isinstance(values, np.ndarray) and name != "gradient_epochs"
