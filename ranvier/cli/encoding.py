"""Terminals and pipes whose encoding lacks what is to be said."""

from __future__ import annotations

import codecs
import sys
from typing import Final

NAME: Final = "ranvier"
NOTE: Final = (
    "ranvier: the encoding {0} cannot show everything that is said here; set "
    "PYTHONUTF8=1, or use a UTF-8 locale.\n"
)


def never_fail() -> None:
    """Standard output writes what it cannot encode as \\uXXXX, and says why, once."""
    if "utf" in str(sys.stdout.encoding).lower():
        return
    note = [NOTE.format(sys.stdout.encoding)]

    def escaped(error: UnicodeError) -> tuple[str | bytes, int]:
        while note:
            sys.stderr.write(note.pop())
        return codecs.backslashreplace_errors(error)

    codecs.register_error(NAME, escaped)
    sys.stdout.reconfigure(errors=NAME)  # type: ignore[union-attr]
