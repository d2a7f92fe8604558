"""Workers: Python threads, each inside one native call with the interpreter lock
released.

They are started when first needed, wait on a semaphore between runs, and do not survive
a fork.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

from ranvier import cgroup
from ranvier.errors import ValueRangeError

Job = Callable[[int], None]


def available() -> int:
    """Processors this process may use: its affinity and its container's quota."""
    count = os.cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        count = len(os.sched_getaffinity(0))
    return max(1, min(count, cgroup.processors() or count))


class Setting:
    """How many threads programs use: RANVIER_THREADS, else `set_num_threads`, else
    all.
    """

    def __init__(self) -> None:
        self.chosen: int | None = None

    def get(self) -> int:
        if self.chosen is None:
            self.chosen = self._from_environment() or available()
        return self.chosen

    def _from_environment(self) -> int | None:
        text = os.environ.get("RANVIER_THREADS", "")
        if not text:
            return None
        if not text.isdigit() or int(text) < 1:
            raise ValueRangeError(
                f"RANVIER_THREADS={text!r}: expected a whole number from 1; "
                f"this machine has {available()} processors."
            )
        return int(text)


setting = Setting()


def set_num_threads(n: int) -> None:
    """Use `n` threads from now on. The results are the same bits for any number."""
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise ValueRangeError(
            f"set_num_threads({n!r}): expected a whole number from 1."
        )
    setting.chosen = n


def get_num_threads() -> int:
    """How many threads programs use at most."""
    return setting.get()


class Crew:
    """Workers that run a job once each when asked."""

    def __init__(self) -> None:
        self.starts: list[threading.Semaphore] = []
        self.finished = threading.Semaphore(0)
        self.todo: set[int] = set()
        self.left: set[int] = set()
        self.lock = threading.Lock()
        self.job: Job | None = None
        self.caller: int | None = None
        self.inner: Crew | None = None

    def _grow(self, count: int) -> None:
        while len(self.starts) < count:
            start = threading.Semaphore(0)
            number = len(self.starts)
            self.starts.append(start)
            name = f"ranvier-{number}"
            threading.Thread(
                target=self._work, args=(start, number), name=name, daemon=True
            ).start()

    def _work(self, start: threading.Semaphore, number: int) -> None:
        while True:
            start.acquire()
            if number not in self.todo:
                continue
            self.todo.discard(number)
            job = self.job
            assert job is not None, "what is to do has a job"
            try:
                job(number)
            finally:
                self.left.discard(number)
                self.finished.release()

    def run(
        self,
        job: Job,
        count: int,
        stop: Callable[[], None],
        poll: Callable[[], None] | None = None,
    ) -> bool:
        """Run ``job(0) … job(count - 1)`` on workers; the caller waits and stays
        interruptible.

        Ctrl-C calls `stop` and waits for the workers. Returns whether that happened.
        `poll` is called now and then.
        """
        if self.caller == threading.get_ident():  # inside a poll of this very crew
            self.inner = self.inner or Crew()
            return self.inner.run(job, count, stop, poll)
        with self.lock:
            self._grow(count)
            self.caller = threading.get_ident()
            self.job = job
            self.left = set(range(count))
            self.todo = set(self.left)
            interrupted = False
            while self.left:  # may be cut short anywhere, so nothing is counted here
                try:
                    for number in sorted(self.todo):
                        self.starts[number].release()
                    self.finished.acquire(timeout=0.05 if poll is None else 0.01)
                    if poll is not None:
                        poll()
                except KeyboardInterrupt:
                    interrupted = True
                    stop()
            self.job = self.caller = None
            return interrupted


class Crews:
    """The crew of this process."""

    def __init__(self) -> None:
        self.crew = Crew()

    def reset(self) -> None:
        self.crew = Crew()


crews = Crews()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=crews.reset)
