"""What `rv.fit` returns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ranvier.errors import StateError
from ranvier.train.doctor import Diagnosis, Evidence, examine


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

    def doctor(self) -> Diagnosis:
        """What the run suffers from, with remedies; computed once.

        A sequence of findings, each with `name`, `layer`, `step`, `measured`,
        `threshold`, `reason`, `remedy` and ``text(lang)``. `print` shows them all, and
        what was not seen.

            for finding in run.doctor():
                print(finding.title, finding.remedy)
        """
        if self._diagnosis is None:
            if self._evidence is None:
                raise StateError(
                    "run.doctor(): this Run was not made by rv.fit, so there is "
                    "nothing to examine. Use the Run that rv.fit returns."
                )
            self._diagnosis = examine(self._evidence)
        return self._diagnosis

    def __repr__(self) -> str:
        losses = self.history.get("val_loss", self.history.get("train_loss", ()))
        best = f", loss {losses[self.best_epoch - 1]:.4f}" if self.best_epoch else ""
        return (
            f"Run({self.epochs} epochs, best {self.best_epoch}{best}, "
            f"stopped because: {self.stopped_because}, {self.seconds:.2f} s)"
        )
