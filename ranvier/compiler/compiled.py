"""What `rv.compile` returns: a function that runs as one native program."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Sequence
from typing import Any

from ranvier.accuracy import get_strict_accuracy
from ranvier.compiler.arguments import arguments
from ranvier.compiler.feed import Feed
from ranvier.compiler.pipeline import Plan
from ranvier.compiler.specialised import STALE, Specialised
from ranvier.compiler.watch import Watch
from ranvier.compiler.whole import Whole
from ranvier.errors import CaptureError, DataError, DTypeError


class Compiled:
    """A function captured once for each shape of its arguments.

    >>> import ranvier as rv
    >>> double = rv.compile(lambda x: 2 * x)
    >>> double(rv.tensor([1.0, 2.0]))
    tensor([2., 4.])
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.made: dict[Any, Specialised] = {}
        self.runs: dict[Any, Whole] = {}
        self.last: Plan | None = None
        self.latest: Specialised | None = None
        self.watching: set[int] = set()  # threads whose callbacks may come
        functools.update_wrapper(self, function, updated=())

    def __call__(self, *args: Any, **named: Any) -> Any:
        """One step: one native call."""
        latest = self.latest
        if (
            latest is not None
            and not named
            and latest.strict is get_strict_accuracy()
            and latest.expected.are(args)
        ):
            result = latest.run(args)
            if result is not STALE:
                self.last = latest.plan
                return result
        return self._call(args, named)

    def _call(self, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """Find the program of these arguments, or make it."""
        function, names = self.function, tuple(sorted(named))
        if names:
            args += tuple(named[name] for name in names)
            function = _by_name(function, names)
        tensors, facts = arguments(args)
        key = facts, names, get_strict_accuracy()
        found = self.made.get(key)
        result = STALE if found is None else found.run(tensors)
        if result is STALE:
            found = self.made[key] = Specialised(function, args, tensors)
            result = found.run(tensors)
        assert found is not None and result is not STALE, "just captured"
        self.last = found.plan
        self.latest = None if names else found
        return result

    def over(
        self,
        loader: Any,
        epochs: int = 1,
        watch: Watch | None = None,
        *,
        steps: range | None = None,
    ) -> Any:
        """Every step of every epoch in one native call, mini-batches gathered inside.

        `loader` is a `DataLoader` (or a pair of arrays, taken whole). Returns what the
        function returns, stacked: first dimension = steps. Ctrl-C ends the run after a
        whole step, however long it is, and raises `InterruptedRun` with the results so
        far in ``.results``. A `Watch` sees chosen values while the run goes on, and can
        end it. `steps` are those of one epoch that are to be run, such as
        ``range(100, 550)`` to go on with it.
        """
        if isinstance(epochs, bool) or not isinstance(epochs, int) or epochs < 1:
            raise DataError(f"over(epochs={epochs!r}): expected a whole number from 1.")
        feed = Feed.of(loader)
        check_steps(steps, epochs, sum(feed.counts))
        if watch is not None and not isinstance(watch, Watch):
            raise DTypeError(
                f"over(watch={watch!r:.40}): expected a Watch, such as "
                "rv.Watch(every=100)."
            )
        caller = threading.get_ident()
        if caller in self.watching:
            raise CaptureError(
                "over() was called by the callback of its own run; call watch.stop() "
                "there and start the next run when this one has returned."
            )
        if watch is not None:
            self.watching.add(caller)
        try:
            return self._over(feed, epochs, watch, steps)
        finally:
            self.watching.discard(caller)

    def _over(
        self, feed: Feed, epochs: int, watch: Watch | None, steps: range | None
    ) -> Any:
        watched = None if watch is None else watch.key()
        key = feed.key(), watched, get_strict_accuracy()
        found = self.runs.get(key)
        if found is None or not found.valid():
            found = self.runs[key] = Whole(self.function, feed, watch)
        self.last = found.plan
        return found.run_epochs(feed, epochs, watch, steps)


def check_steps(steps: range | None, epochs: int, per_epoch: int) -> None:
    """Some steps of one epoch, one after the other."""
    if steps is None:
        return
    whole = isinstance(steps, range) and steps.step == 1 and epochs == 1
    if not (whole and 0 <= steps.start < steps.stop <= per_epoch):
        raise DataError(
            f"over(steps={steps!r}, epochs={epochs}): expected steps of one epoch, "
            f"such as range(0, {per_epoch}), and epochs=1."
        )


def compile(function: Any) -> Compiled:
    """Turn a function of tensors, or a module, into one native program.

    It is captured by running it once on stand-ins for each new shape of its arguments.
    Parameters, optimiser state, running statistics and random state that it reads
    become state of the program; what it assigns to them becomes updates. Looking at a
    value inside is an error.
    """
    if isinstance(function, Compiled):
        return function
    if not callable(function):
        raise CaptureError(
            f"rv.compile needs a function or a module, got {type(function).__name__}."
        )
    return Compiled(function)


def _by_name(function: Callable[..., Any], names: Sequence[str]) -> Callable[..., Any]:
    """`function`, which is given these arguments by name as the last ones."""

    def call(*args: Any) -> Any:
        first = len(args) - len(names)
        return function(*args[:first], **dict(zip(names, args[first:], strict=True)))

    return call
