"""Why a native run ended early, as the errors that users meet."""

from __future__ import annotations

from typing import Any

from ranvier.compiler.culprit import first_not_finite
from ranvier.compiler.run.execute import Outcome
from ranvier.errors import (
    InterruptedRun,
    NotFiniteError,
    RanvierError,
    ValueRangeError,
)

NOT_FINITE = "not finite"


def first_value(outcome: Outcome, *step: Any) -> str:
    """Which value of a step that failed was the first that is not finite."""
    if outcome.guard != NOT_FINITE:
        return ""
    try:
        return first_not_finite(*step)
    except Exception as error:  # the user's function runs once more: anything may come
        return f" (Where it came from was not found: {error!r}.)"


def guard_error(message: str, where: str, first: str) -> RanvierError:
    """The error of a check that failed inside a run."""
    if message == NOT_FINITE:
        error = NotFiniteError(
            f"the loss became NaN or infinite{where}; the parameters are those before "
            f"that step.{first} "
            "Use a smaller learning rate, or look for NaN or very large values in the "
            "data."
        )
        error.first = first.strip()
        return error
    happened, stop, remedy = message.partition(". ")
    return ValueRangeError(f"{happened.removesuffix('.')}{where}.{stop[1:]}{remedy}")


def interruption(done: int) -> InterruptedRun:
    """The error of a run that Ctrl-C ended after so many steps."""
    return InterruptedRun(
        f"interrupted after {done} steps; the state is that after the last."
    )
