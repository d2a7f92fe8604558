"""What `rv.sweep` and `rv.search` return: the runs, ranked."""

from __future__ import annotations

import html
import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ranvier.errors import ValueRangeError
from ranvier.nn.ensemble import Ensemble
from ranvier.train.cells import plain, shown, text_of
from ranvier.train.described import loss_text
from ranvier.train.lane import Trial


class Sweep:
    """Finished runs, in the order of the grid.

    runs: a list of Trial: each a Run (model, history, best_epoch, stopped_because) with
        its settings, loss and accuracy.
    programs: how many native programs they shared.
    seconds: for all of them.
    """

    def __init__(self, runs: Sequence[Trial], programs: int, seconds: float) -> None:
        self.runs = list(runs)
        self.programs = programs
        self.seconds = seconds

    def __len__(self) -> int:
        return len(self.runs)

    def __iter__(self) -> Iterator[Trial]:
        return iter(self.runs)

    def __getitem__(self, number: int) -> Trial:
        return self.runs[number]

    @property
    def models(self) -> list[Any]:
        """The models, in the order of the runs."""
        return [run.model for run in self.runs]

    @property
    def by_accuracy(self) -> bool:
        """Whether runs are compared by their accuracy: where their loss functions
        differ, whose values say nothing beside each other.
        """
        return len({loss_text(run.settings.get("loss")) for run in self.runs}) > 1

    @property
    def ranked(self) -> list[Trial]:
        """Lowest loss (or highest accuracy, see `by_accuracy`) first; runs that are not
        finite last.
        """
        if self.by_accuracy:
            return sorted(self.runs, key=lambda run: -accuracy_of(run))
        return sorted(self.runs, key=lambda run: (bool(run.failure), run.loss))

    @property
    def best(self) -> Trial:
        """The first of `ranked`."""
        return self.ranked[0]

    @property
    def names(self) -> list[str]:
        """What was varied; seed last."""
        found = dict.fromkeys(name for run in self.runs for name in run.settings)
        return [name for name in found if name != "seed"] + ["seed"]

    def rows(self) -> list[dict[str, Any]]:
        """One dict a run, best first, for a data frame or JSON."""
        return [row_of(run) for run in self.ranked]

    def over_seeds(self) -> list[dict[str, Any]]:
        """One dict for each setting apart from the seed: mean and standard deviation of
        the loss and accuracy over its seeds, best first; `failed` counts the
        runs that are not finite, which are left out.
        """
        groups: dict[str, list[Trial]] = {}
        for run in self.runs:
            key = repr({k: v for k, v in run.settings.items() if k != "seed"})
            groups.setdefault(key, []).append(run)
        rows = [together(group) for group in groups.values()]
        judged = self.runs[0].judged
        if self.by_accuracy:
            return sorted(rows, key=lambda row: -row.get(f"{judged}_accuracy", -1.0))
        return sorted(rows, key=lambda row: (not row["seeds"], row[f"{judged}_loss"]))

    def table(self, most: int | None = None) -> str:
        """The ranked runs as text, the first `most` of them; where settings were run
        with several seeds, one line for all of them.
        """
        seeds = {run.settings["seed"] for run in self.runs}
        rows = self.over_seeds() if len(seeds) > 1 else self.rows()
        return text_of(rows[:most])

    def plot(self, path: str | Path | None = None, lang: str = "en") -> Any:
        """Every run as a line through its settings to its loss, the best ones dark: a
        matplotlib figure of parallel coordinates, saved to `path`.
        """
        # matplotlib costs half a second, so it is imported when something is drawn
        from ranvier.train.parallel_coordinates import parallel_coordinates
        from ranvier.train.pictures import save

        figure = parallel_coordinates(self.ranked, self.names, lang)
        if path is not None:
            save(figure, Path(path))
        return figure

    def ensemble(self, most: int = 5, combine: str = "average") -> Any:
        """An `rv.Ensemble` of the models of the best runs."""
        sound = [run for run in self.ranked if not run.failure]
        if not sound:
            raise ValueRangeError(
                "ensemble: no run of this sweep stayed finite; try smaller learning "
                "rates."
            )
        return Ensemble([run.model for run in sound[:most]], combine)

    def _repr_html_(self) -> str:
        """In notebooks: the table of the best runs."""
        head = f"<p>{html.escape(repr(self))}</p>"
        return f"{head}<pre>{html.escape(self.table(20))}</pre>"

    def __repr__(self) -> str:
        failed = sum(bool(run.failure) for run in self.runs)
        note = f", {failed} not finite" if failed else ""
        best = ", ".join(f"{k}={shown(v)}" for k, v in self.best.settings.items())
        return (
            f"Sweep({len(self)} runs in {self.programs} "
            f"program{'s' * (self.programs != 1)}, {self.seconds:.2f} s{note}; best: "
            f"{best}, loss {self.best.loss:.4g})"
        )


def accuracy_of(run: Trial) -> float:
    """What runs with different losses are compared by."""
    if run.failure:
        return -1.0
    if run.accuracy is None and run.best_epoch:
        raise ValueRangeError(
            "sweep: the runs have different losses, whose values cannot be compared, "
            "and answers that are numbers have no accuracy. Compare the models "
            "yourself: [rv.evaluate(run.model, val, loss=nn.MSELoss()) for run in …]."
        )
    return -1.0 if run.accuracy is None else run.accuracy


def row_of(run: Trial) -> dict[str, Any]:
    """A run in plain values."""
    settings = {name: plain(value) for name, value in run.settings.items()}
    row: dict[str, Any] = {"run": run.number, **settings}
    row[f"{run.judged}_loss"] = run.loss
    if run.accuracy is not None:
        row[f"{run.judged}_accuracy"] = run.accuracy
    return row | {
        "best_epoch": run.best_epoch,
        "ran": run.epochs,
        "stopped": run.failure or run.stopped_because,
    }


def together(runs: Sequence[Trial]) -> dict[str, Any]:
    """Runs that differ in their seed only, as one row."""
    row = {k: plain(v) for k, v in runs[0].settings.items() if k != "seed"}
    sound = [run for run in runs if not run.failure and run.best_epoch]
    row["seeds"] = len(sound)
    judged = runs[0].judged
    put(row, f"{judged}_loss", [run.loss for run in sound])
    accuracies = [run.accuracy for run in sound if run.accuracy is not None]
    if accuracies:
        put(row, f"{judged}_accuracy", accuracies)
    return row | {"failed": len(runs) - len(sound)}


def put(row: dict[str, Any], name: str, values: Sequence[float]) -> None:
    """Mean and sample standard deviation; 0 for one value, NaN for none."""
    row[name] = statistics.fmean(values) if values else float("nan")
    many = len(values) > 1
    row[f"{name}_sd"] = statistics.stdev(values) if many else 0.0 * row[name]
