"""Programs: machine code with its arrays bound to it."""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ranvier.compiler.fuse.target import Target
from ranvier.compiler.lower.table import Words
from ranvier.compiler.run.jit import Code
from ranvier.compiler.run.pace import Pace, piece, rows_before
from ranvier.compiler.run.stored import Facts
from ranvier.compiler.run.threads import crews
from ranvier.graph import Array

ALONE_BELOW = 0.02  # seconds; longer runs go to workers so that Ctrl-C is heard
CYCLES = 2.5e9  # a second, for that estimate only
_BYTE = ctypes.c_char
Poll = Callable[[], None] | None
_RUN = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64)


def aligned(size: int) -> Array:
    """`size` bytes that start at a multiple of 64."""
    raw = np.zeros(size + 64, np.uint8)
    start = -raw.__array_interface__["data"][0] % 64
    return raw[start : start + size]


def address(array: Array) -> int:
    """Where an array's first element is."""
    try:
        return ctypes.addressof(_BYTE.from_buffer(array))  # type: ignore[arg-type]
    except (TypeError, ValueError):  # read-only or empty: the slow way
        place: int = array.__array_interface__["data"][0]
        return place


class Outcome:
    """How a run ended; `first` is found out later: what was not finite first."""

    __slots__ = ("done", "first", "guard", "interrupted", "stopped")

    def __init__(self, status: int, guard: str, done: int, interrupted: bool) -> None:
        self.stopped = status == 1
        self.guard = guard if status == 2 else None
        self.done = done
        self.interrupted = interrupted
        self.first = ""


class Form(NamedTuple):
    """A driver of the program, and how many threads must call it."""

    function: Any
    threads: int


class Program:
    """Machine code and the table of words it reads (see `lower.table.Words`)."""

    def __init__(self, code: Code, facts: Facts, target: Target, pointers: int) -> None:
        self.code = code
        self.facts = facts
        self.target = target
        self.cycles = cycles = facts.cycles
        first, *second = (_RUN(address) for address in code.addresses)
        self.forms = [Form(first, target.threads), *(Form(f, 1) for f in second)]
        self.pace: Pace | None = None
        if facts.alone:
            self.pace = Pace(0 if facts.together else 1, cycles / CYCLES)
        short = cycles < ALONE_BELOW * CYCLES
        self.is_direct = self.pace is None and target.threads == 1 and short
        self.lock = threading.RLock()  # from the first `bind` to the end of `run`
        self.words = aligned(8 * (Words.POINTERS + pointers)).view(np.int64)
        self.table = address(self.words)
        self.cells = self.words.data  # the same words; faster one at a time
        self.arena = aligned(max(64, facts.arena))
        self.words[Words.ARENA] = address(self.arena)
        self.words[Words.YIELD], self.words[Words.SLEEP] = _waiting()

    def bind(self, position: int, array: Array) -> None:
        """Use `array` as the program's pointer number `position`."""
        self.cells[Words.POINTERS + position] = address(array)

    def point(self, position: int, place: int) -> None:
        """Use what lies at address `place` as the program's pointer `position`."""
        self.cells[Words.POINTERS + position] = place

    def once(self) -> Outcome | None:
        """One step; None where it simply finished. As `run(1, (1,))`, which resets more
        than a short program on one thread needs.
        """
        if not self.is_direct:
            outcome = self.run(1, (1,))
            plain = outcome.guard is None and not outcome.interrupted
            return None if plain else outcome
        cells = self.cells
        cells[Words.EPOCHS] = cells[Words.BODIES] = 1
        interrupted = False
        try:
            self.forms[0].function(self.table, 0)
        except KeyboardInterrupt:  # heard when the call was over
            interrupted = True
        status = cells[Words.STATUS]
        return self._outcome(interrupted) if status or interrupted else None

    def run(
        self,
        epochs: int,
        counts: Sequence[int],
        poll: Poll = None,
    ) -> Outcome:
        """Run `counts` steps of each part, `epochs` times; returns after the last
        step. `poll` is called by the waiting thread while the run goes on.
        """
        words = self.words
        words[Words.STATUS : Words.STOP + 1] = 0
        if self.pace is None:
            interrupted = self._call(self.forms[0], epochs, counts, poll)
        else:
            interrupted = self._in_pieces(self.pace, epochs, counts, poll)
        return self._outcome(interrupted)

    def alone(
        self, epochs: int, counts: Sequence[int], stopping: Callable[[], bool]
    ) -> Outcome:
        """As `run`, in the caller's own thread: for programs of one thread, of which
        several run at a time. Nothing is run once `stopping()`.
        """
        assert self.target.threads == 1, "other threads would be waited for"
        words = self.words
        words[Words.STATUS : Words.STOP + 1] = 0
        words[Words.EPOCHS] = epochs
        words[Words.BODIES : Words.BODIES + len(counts)] = counts
        if stopping():  # after STOP was cleared: a later `stop` is seen by the run
            words[Words.STATUS] = 1
        else:
            self.forms[0].function(self.table, 0)
        return self._outcome(False)

    def _outcome(self, interrupted: bool) -> Outcome:
        words, guard = self.words, ""
        if words[Words.STATUS] == 2:
            guard = self.facts.guards[words[Words.GUARD]]
        return Outcome(
            int(words[Words.STATUS]), guard, int(words[Words.DONE]), interrupted
        )

    def _in_pieces(
        self, pace: Pace, epochs: int, counts: Sequence[int], poll: Poll
    ) -> bool:
        """The run, going from one form to the other where that turns out faster; as
        `_call`."""
        words = self.words
        total = epochs * sum(counts)
        done = 0
        try:
            while done < total and not words[Words.STATUS]:
                form, most = pace.next()
                some = piece(epochs, counts, done, most)
                words[Words.STEP] = done
                words[Words.ROW] = rows_before(counts, self.facts.rows, done)
                begin = time.perf_counter()
                interrupted = self._call(self.forms[form], *some, poll)
                before, done = done, int(words[Words.DONE])
                pace.add(form, done - before, time.perf_counter() - begin)
                if interrupted:
                    raise KeyboardInterrupt
        except KeyboardInterrupt:  # heard in a call or between two
            if words[Words.DONE] < total and not words[Words.STATUS]:
                words[Words.STATUS] = 1
            return True
        finally:
            words[Words.ROW : Words.STEP + 1] = 0
        return False

    def _call(self, form: Form, epochs: int, counts: Sequence[int], poll: Poll) -> bool:
        """One native call; whether Ctrl-C was heard in it."""
        words = self.words
        words[Words.EPOCHS] = epochs
        words[Words.BODIES : Words.BODIES + len(counts)] = counts
        words[Words.COUNT] = 0
        seconds = self.cycles * sum(counts) * epochs / CYCLES
        if form.threads == 1 and seconds < ALONE_BELOW and poll is None:
            try:
                form.function(self.table, 0)
            except KeyboardInterrupt:  # heard when the call was over
                return True
            return False
        return crews.crew.run(
            lambda thread: form.function(self.table, thread),
            form.threads,
            self.stop,
            poll,
        )

    def stop(self) -> None:
        """Ask the run to end after its current step."""
        self.words[Words.STOP] = 1


def _waiting() -> tuple[int, int]:
    """Addresses of what a thread calls when it has waited long."""
    if os.name == "nt":
        kernel = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined,unused-ignore]
        functions = kernel.SwitchToThread, kernel.Sleep
    else:
        library = ctypes.CDLL(None)
        functions = library.sched_yield, library.usleep
    first, second = (ctypes.cast(f, ctypes.c_void_p).value or 0 for f in functions)
    return first, second
