"""Going back in a run, and on from there in another way."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import ranvier.train.plan as plans
from ranvier.data.dataset import as_dataset
from ranvier.errors import ValueRangeError
from ranvier.train.doctor import Visits
from ranvier.train.loop import Loop
from ranvier.train.plan import Progress
from ranvier.train.tape import Moment, Tape

Finish = Callable[[Loop, Tape], Any]


class Recording:
    """What a Run remembers of its loop; `head` is the moment that it was rewound to."""

    def __init__(self, loop: Loop, tape: Tape, finish: Finish) -> None:
        self.loop = loop
        self.tape = tape
        self.finish = finish
        self.head: Moment | None = None

    def rewind(self, step: int) -> None:
        """Put the model and its optimiser where they were after so many steps."""
        self.head = self.tape.at(step, self.loop)

    def fork(
        self,
        lr: float | None,
        epochs: int | None,
        checkpoint: str | Path | None,
        progress: Progress | None,
    ) -> Any:
        """A new Run, of copies, from the head on."""
        head = self.head or self.tape.at(self.loop.steps_done, self.loop)
        old = self.loop.plan
        plan = replace(
            old,
            **copied(old, with_schedule=lr is None),
            epochs=old.epochs if epochs is None else epochs,
            folder=plans.folder_of(checkpoint, None),
            resumes=False,
            steps_schedule=old.steps_schedule and lr is None,
            progress=progress,
            watch=None,
        )
        tape = Tape()
        loop = Loop(plan, tape.keep)
        loop.adopt(head.state())
        if isinstance(loop.watch, Visits):
            loop.watch.adopt(None, head.step)
        loop.best = head.best
        loop.stopping.waited = 0
        if loop.done >= plan.epochs:
            raise ValueRangeError(
                f"fork: the run stands after epoch {loop.done} of {plan.epochs}; "
                "nothing is left. Say how many in all: "
                f"fork(epochs={loop.done + old.epochs})."
            )
        if lr is not None:
            change_rate(plan.optimizer, lr)
        return self.finish(loop, tape)

    def page(
        self, run: Any, test: Any, name: str | None, facts: dict[str, str], lang: str
    ) -> str:
        """The Run's report as HTML."""
        # matplotlib costs half a second, so it is imported when something is drawn
        from ranvier.train.page import Page

        plan = self.loop.plan
        tests = {} if plan.val is None else {"validation set": plan.val}
        if test is not None:
            tests["test set"] = as_dataset(test)
        page = Page(
            run, plan, name or plan.train.name, self.tape.moments, tests, facts, lang
        )
        return page.text()


def copied(plan: Any, *, with_schedule: bool) -> dict[str, Any]:
    """Model, loss, optimiser and schedule that belong to one another."""
    names = ("model", "loss", "optimizer", "scheduler")
    parts = [getattr(plan, name) for name in names]
    if not with_schedule:
        parts[-1] = None
    return dict(zip(names, copy.deepcopy(parts), strict=True))


def change_rate(optimizer: Any, lr: float) -> None:
    """One learning rate for all parameters from now on."""
    plain = isinstance(lr, int | float) and not isinstance(lr, bool)
    if not plain or not 0 < lr < float("inf"):
        raise ValueRangeError(f"fork: lr is {lr!r}; expected a number above 0.")
    for group in optimizer.param_groups:
        group["lr"] = lr
        group.pop("initial_lr", None)
