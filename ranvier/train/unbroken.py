"""Work that Ctrl-C must not cut in two: it is answered when the work is done."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def unbroken() -> Iterator[None]:
    """Hold Ctrl-C back until the block is done; only the main thread gets it at all."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[Any] = []
    before = signal.signal(signal.SIGINT, lambda *signs: came.append(signs))
    try:
        yield
    finally:
        # None: a handler that Python did not set, which cannot be put back
        signal.signal(signal.SIGINT, signal.SIG_DFL if before is None else before)
        if came:
            signal.raise_signal(signal.SIGINT)
