"""Which form of a program is faster now: measured while it runs.

The forms (all threads, one thread) give the same bits, so the clock may choose between
them. A run is cut into pieces of whole steps; now and then a few short pieces try both
forms, and the faster one goes on. Other programs on the machine come and go, so this is
repeated, less and less often while nothing changes.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

SHORT_RUN = 0.02  # seconds of running before anything is tried
TRIAL = 0.003  # seconds of one try
TRIES = 3  # of each form, the best counts; one if a step takes ten times a try
LONGEST = 0.25  # seconds of a piece, after which a change for the worse is seen
SLOWER = 1.3  # times what was measured, at which both are tried again
CLEARLY = 0.95  # of the time of the other, below which a form takes over
FIRST_GAP, LAST_GAP = 0.25, 64.0  # seconds until the next comparison
SHARE = 20  # times the length of a comparison that the run goes on without one


class Pace:
    """Chooses the form of the next piece and how long it is.

    Forms are numbered 0 and 1; `first` is what the compiler's model expects to be
    faster, and `guess` how many seconds a step takes by that model.
    """

    def __init__(
        self, first: int, guess: float, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self.chosen = first
        self.clock = clock
        self.rates = [guess, guess]  # seconds a step, last seen
        self.best = [math.inf, math.inf]  # of the tries
        self.tries: list[int] = []  # forms still to be tried
        self.spent = 0.0  # seconds: before the first comparison, then in each
        self.gap = FIRST_GAP
        self.compared: float | None = None  # when
        self.due = math.inf

    def next(self) -> tuple[int, int]:
        """The form of the next piece, and how many steps it may have at most."""
        if not self.tries and self._is_due():
            count = TRIES if self.rates[self.chosen] < 10 * TRIAL else 1
            self.tries = [self.chosen, 1 - self.chosen] * count
            self.best = [math.inf, math.inf]
            self.spent = 0.0
        if self.tries:
            form = self.tries[-1]
            # As many steps of both: a slow first try, while a core wakes, must not make
            # the next ones so short that waking is all that they measure.
            rate = max(min(self.rates), self.rates[form] / 10)
            return form, max(1, int(TRIAL / rate))
        seconds = SHORT_RUN if self.compared is None else LONGEST
        return self.chosen, max(1, int(seconds / self.rates[self.chosen]))

    def _is_due(self) -> bool:
        if self.compared is None:
            return self.spent >= SHORT_RUN
        return self.clock() >= self.due

    def add(self, form: int, steps: int, seconds: float) -> None:
        """That piece took so long."""
        self.spent += seconds
        if not steps:
            return
        rate = self.rates[form] = max(seconds, 1e-9) / steps
        if self.tries:
            self.tries.pop()
            self.best[form] = min(self.best[form], rate)
            if not self.tries:
                self._decide()
        elif self.compared is not None and rate > SLOWER * self.best[form]:
            self.due = min(self.due, self.compared + FIRST_GAP)

    def _decide(self) -> None:
        other = 1 - self.chosen
        if self.best[other] < CLEARLY * self.best[self.chosen]:
            self.chosen = other
            self.gap = FIRST_GAP
        else:
            self.gap = min(LAST_GAP, 4 * self.gap)
        self.compared = self.clock()
        self.due = self.compared + max(self.gap, SHARE * self.spent)


def piece(
    epochs: int, counts: Sequence[int], done: int, most: int
) -> tuple[int, list[int]]:
    """Epochs and counts of the native call that goes on after `done` steps of a run
    and makes at most `most`: whole epochs from the start of one, else steps of one
    kind.

    >>> piece(3, [5, 1], 0, 14)
    (2, [5, 1])
    >>> piece(3, [5, 1], 8, 14)
    (1, [3, 0])
    >>> piece(3, [5, 1], 11, 14)
    (1, [0, 1])
    """
    whole = sum(counts)
    epoch, step = divmod(done, whole)
    if step == 0 and most >= whole:
        return min(most // whole, epochs - epoch), list(counts)
    some = [0] * len(counts)
    for kind, count in enumerate(counts):
        if step < count:
            some[kind] = min(most, count - step)
            break
        step -= count
    return 1, some


def rows_before(counts: Sequence[int], rows: Sequence[int], done: int) -> int:
    """How many rows the first `done` steps of a run go through.

    >>> rows_before([5, 1], [16, 3], 8)
    115
    """
    epochs, steps = divmod(done, sum(counts))
    total = epochs * sum(n * r for n, r in zip(counts, rows, strict=True))
    for count, size in zip(counts, rows, strict=True):
        total += min(steps, count) * size
        steps -= min(steps, count)
    return total
