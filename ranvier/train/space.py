"""What a search draws its settings from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from ranvier.errors import DTypeError, ValueRangeError
from ranvier.train.grid import Settings, values_of


class Range:
    """Numbers from `low` to `high`, both included where both are whole numbers.

    With `log` every factor is as likely as any other: from 0.001 to 0.1, one draw in
    two lies below 0.01.

    Raises ValueRangeError where low is not below high, or with log not above 0.

    >>> from ranvier import Range
    >>> Range(1, 4), Range(1e-4, 1e-1, log=True)
    (Range(1, 4), Range(0.0001, 0.1, log=True))
    """

    def __init__(self, low: float, high: float, *, log: bool = False) -> None:
        for end in (low, high):
            if isinstance(end, bool) or not isinstance(end, int | float):
                raise DTypeError(f"Range: {end!r:.40} is no number.")
        if not (low < high and math.isfinite(low) and math.isfinite(high)):
            raise ValueRangeError(
                f"Range({low}, {high}): expected two finite numbers, the smaller first."
            )
        if log and low <= 0:
            raise ValueRangeError(
                f"Range({low}, {high}, log=True): a logarithmic range begins above 0."
            )
        self.low, self.high, self.log = low, high, log

    @property
    def whole(self) -> bool:
        """Whether only whole numbers are drawn."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    def draw(self, random: np.random.Generator) -> int | float:
        """One number."""
        if self.whole and not self.log:
            return int(random.integers(int(self.low), int(self.high) + 1))
        low, high = float(self.low), float(self.high)
        if self.whole:
            low, high = low - 0.5, high + 0.5
        if self.log:
            value = math.exp(random.uniform(math.log(low), math.log(high)))
        else:
            value = float(random.uniform(low, high))
        if not self.whole:
            return min(max(value, low), high)
        return int(min(max(round(value), self.low), self.high))

    def suggest(self, trial: Any, name: str) -> int | float:
        """One number from a trial of Optuna."""
        ask = trial.suggest_int if self.whole else trial.suggest_float
        found: int | float = ask(name, self.low, self.high, log=self.log)
        return found

    def __repr__(self) -> str:
        return f"Range({self.low}, {self.high}{', log=True' * self.log})"


class Space:
    """Names with what each is drawn from: a Range, or a list of choices."""

    def __init__(self, given: Any) -> None:
        if not isinstance(given, Mapping) or not given:
            raise DTypeError(
                f"search: space is {given!r:.60}; expected a dict such as "
                "{'lr': rv.Range(1e-4, 1e-1, log=True), 'units': [16, 32, 64]}."
            )
        self.axes: dict[str, Range | list[Any]] = {
            name: axis if isinstance(axis, Range) else values_of(name, axis)
            for name, axis in given.items()
        }

    def varies(self, name: str) -> bool:
        """Whether there is more than one value of this name."""
        axis = self.axes.get(name, [])
        return isinstance(axis, Range) or len(axis) > 1

    def taken(self, places: Mapping[str, Any]) -> Settings:
        """Settings of numbers in ranges and of places in lists: choices may be
        anything, so they are told apart by their place.
        """
        found = {}
        for name, place in places.items():
            axis = self.axes[name]
            found[name] = place if isinstance(axis, Range) else axis[place]
        return found

    def draws(self, count: int, seed: int) -> list[Settings]:
        """`count` different settings; fewer where there are not so many."""
        random = np.random.Generator(np.random.Philox(seed))
        found: dict[tuple[Any, ...], None] = {}
        for _ in range(100 * count):
            drawn = (
                axis.draw(random)
                if isinstance(axis, Range)
                else int(random.integers(len(axis)))
                for axis in self.axes.values()
            )
            found[tuple(drawn)] = None
            if len(found) == count:
                break
        return [self.taken(dict(zip(self.axes, row, strict=True))) for row in found]

    def suggest(self, trial: Any) -> Settings:
        """The settings that Optuna asks to be tried."""
        return self.taken(
            {
                name: axis.suggest(trial, name)
                if isinstance(axis, Range)
                else trial.suggest_categorical(name, range(len(axis)))
                for name, axis in self.axes.items()
            }
        )
