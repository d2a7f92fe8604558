"""What `rv.fit` returns."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ranvier.atomic import write_text
from ranvier.data.dataset import as_dataset
from ranvier.errors import StateError
from ranvier.tensors.markup import table
from ranvier.train.baselines import baselines
from ranvier.train.doctor import Diagnosis, Evidence, examine
from ranvier.train.history import at_best


class Run:
    """A finished training run.

    model: with the weights of `best_epoch`.
    history: dict of arrays, one entry an epoch: train_loss, val_loss, train_accuracy,
        val_accuracy (the last two where answers are right or wrong), learning_rate;
        and gradient_norms, a dict of arrays by parameter, measured after the epochs
        listed in gradient_epochs.
    best_epoch: counted from 1: the epoch of the lowest validation loss; without a
        validation set the last whole one. 0 if no epoch was finished.
    stopped_because: "epochs" (all were run), "patience", "interrupted" (Ctrl-C),
        "watch" (watch.stop()), "not finite" (the loss became NaN or infinite).
    seconds: time spent in this call of fit.
    notes: sentences on what was decided for you: rows held out, weights kept, why it
        stopped; printed with ``verbose=True``.
    """

    def __init__(
        self,
        model: Any,
        history: dict[str, Any],
        best_epoch: int,
        stopped_because: str,
        seconds: float,
        evidence: Evidence | None = None,
        notes: tuple[str, ...] = (),
    ) -> None:
        self.model = model
        self.history = history
        self.best_epoch = best_epoch
        self.stopped_because = stopped_because
        self.seconds = seconds
        self.notes = notes
        self._evidence = evidence
        self._diagnosis: Diagnosis | None = None
        self._recording: Any = None
        self._baselines: tuple[Any, dict[str, float]] | None = None

    @property
    def epochs(self) -> int:
        """Whole epochs that were run."""
        return len(self.history.get("train_loss", ()))

    def plot(self, path: str | Path | None = None, lang: str = "en") -> Any:
        """Loss and accuracy against the epoch: a matplotlib figure, saved to `path`."""
        # matplotlib costs half a second, so it is imported when something is drawn
        from ranvier.train.pictures import curves, save

        figure = curves(self.history, self.best_epoch, lang)
        if path is not None:
            save(figure, Path(path))
        return figure

    def rewind(self, step: int) -> Run:
        """Give the model (and its optimiser) the values that it had after `step` steps,
        bit for bit; this Run, whose history stays whole, and whose forks start there.

        Kept are the start, the end and the state after every epoch (of more than 200
        epochs 100 to 200, and at most 256 MB); the steps after one are run again.
        Raises ValueRangeError: it has no such step; StateError: none before it is kept.

            run.rewind(1200).fork(lr=0.01)
        """
        self._recorded("rewind").rewind(step)
        return self

    def fork(
        self,
        *,
        lr: float | None = None,
        epochs: int | None = None,
        checkpoint: str | Path | None = None,
        progress: Any = None,
    ) -> Run:
        """Go on from where the run was rewound to, or from its last step, with copies
        of its model and optimiser; this Run stays as it is.

        lr: from there on, for all parameters; a schedule that the run has is left out
            then. epochs: in all, those before the fork included; as planned by default.
        Raises ValueRangeError: no epoch is left, or lr is not above 0.

            slower = run.rewind(1200).fork(lr=0.01)
            run.overlay(slower)
        """
        forked: Run = self._recorded("fork").fork(lr, epochs, checkpoint, progress)
        return forked

    def overlay(
        self,
        *others: Run,
        names: Sequence[str] | None = None,
        path: str | Path | None = None,
        lang: str = "en",
    ) -> Any:
        """The curves of this run and others in one matplotlib figure.

        names: of the runs, this one first; by default 1, 2, ….
        Raises ValueRangeError: another number of names than runs.
        """
        from ranvier.train.overlay import overlay
        from ranvier.train.pictures import save

        figure = overlay([run.history for run in (self, *others)], names, lang)
        if path is not None:
            save(figure, Path(path))
        return figure

    def report(
        self,
        path: str | Path = "report.html",
        *,
        test: Any = None,
        name: str | None = None,
        facts: dict[str, str] | None = None,
        lang: str = "en",
    ) -> Path:
        """Write one page about the run, with all pictures in it, and say where it is.

        test: a set that the model is judged on, beside the validation set; confusion,
            calibration and mistakes, or predictions and residuals, are of it then.
        name: of the data, in the title. facts: more rows for the table of figures.
        lang: "en" or "zh".
        Raises FileError: the place cannot be written.

            run.report("report.html", test=test, lang="zh")
        """
        page = self._recorded("report").page(self, test, name, facts or {}, lang)
        write_text(Path(path), page)
        return Path(path)

    def _repr_html_(self) -> str:
        """In notebooks: key figures, the curves, and what the doctor says."""
        parts = [f"<p>{html.escape(repr(self))}</p>"]
        if self.epochs:
            from ranvier.train.pictures import as_html

            figures = at_best(self.history, self.best_epoch).items()
            parts.append(table([(k, f"{v:.4g}") for k, v in figures], left=1))
            parts.append(as_html(self.plot()))
        if self._evidence is not None:
            found = self.doctor()
            parts += [f"<pre>{html.escape(finding.text())}</pre>" for finding in found]
            parts.append(f"<p>{html.escape(found.absences())}</p>")
        return "\n".join(parts)

    def _recorded(self, what: str) -> Any:
        if self._recording is None:
            raise StateError(
                f"run.{what}(): this Run was not made by rv.fit, so nothing of its way "
                "is kept. Use the Run that rv.fit returns."
            )
        return self._recording

    def doctor(self) -> Diagnosis:
        """What the run suffers from, with remedies; computed once.

        A sequence of findings, each with `name`, `layer`, `step`, `measured`,
        `threshold`, `reason`, `remedy` and ``text(lang)``. `print` shows them all, and
        what was not seen.

            for finding in run.doctor():
                print(finding.title, finding.remedy)
        """
        if self._diagnosis is None:
            self._diagnosis = examine(self._examined("doctor"))
        return self._diagnosis

    def baselines(self, data: Any = None) -> dict[str, float]:
        """What a model has to beat on `data`, by default on the validation set.

        baseline_accuracy: always the most frequent class; linear_accuracy: softmax
        regression on the same training set; persistence_accuracy: as the row before,
        where the rows have an order in time (``val="last"``, `rv.data.windows`). For
        values _rmse: the mean, least squares, the value before; in the target's units.
        Raises StateError: there is no validation set, and no data was given.

            run = rv.fit(model, train, val="last", …)
            rv.evaluate(model, test)["rmse"], run.baselines(test)
        """
        evidence = self._examined("baselines")
        data = evidence.val if data is None else as_dataset(data).plain()
        if data is None:
            raise StateError(
                "run.baselines(): the run had no validation set. Pass the data that "
                "the model is judged on: run.baselines(test)."
            )
        known = self._baselines
        if known is None or known[0] is not data:
            known = data, baselines(evidence.train, data, evidence.scoring)
            self._baselines = known
        return dict(known[1])

    def _examined(self, what: str) -> Evidence:
        if self._evidence is None:
            raise StateError(
                f"run.{what}(): this Run was not made by rv.fit, so there is nothing "
                "to examine. Use the Run that rv.fit returns."
            )
        return self._evidence

    def __repr__(self) -> str:
        losses = self.history.get("val_loss", self.history.get("train_loss", ()))
        best = f", loss {losses[self.best_epoch - 1]:.4f}" if self.best_epoch else ""
        return (
            f"Run({self.epochs} epochs, best {self.best_epoch}{best}, "
            f"stopped because: {self.stopped_because}, {self.seconds:.2f} s)"
        )
