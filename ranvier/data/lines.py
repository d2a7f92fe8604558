"""The lines of a text file, each decoded on its own, so that a bad byte has a place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ranvier.data.reading import Bounded, size_of
from ranvier.errors import DataError, ValueRangeError

LONGEST_LINE: Final = 2**24
WRONG_MARKS: Final = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"PK": "ZIP"}


class Lines:
    """The lines of a file as text, none longer than LONGEST_LINE."""

    def __init__(self, stream: Bounded, path: Path, encoding: str) -> None:
        self.stream = stream
        self.path = path
        self.encoding = (
            "utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding
        )
        self.number = 0

    def first(self) -> str:
        """The first line that is not blank."""
        for line in self:
            if line.strip():
                return line
        raise DataError(
            f"{self.path}: the file is empty; expected a line with the names of the "
            "columns and a line for every row."
        )

    def all(self, first: str) -> Iterator[str]:
        """The first line again, then the others."""
        yield first
        yield from self

    def __iter__(self) -> Iterator[str]:
        while raw := self.stream.readline(LONGEST_LINE + 1):
            self.number += 1
            yield self.decoded(raw)

    def decoded(self, raw: bytes) -> str:
        """One line, or an error that says which byte of it is not text."""
        if len(raw) > LONGEST_LINE:
            raise DataError(
                f"{self.path}, line {self.number}: longer than "
                f"{size_of(LONGEST_LINE)}; this is not a CSV file, or its lines end "
                "in a way that is not known (\\n and \\r\\n are)."
            )
        mark = WRONG_MARKS.get(raw[:2]) if self.number == 1 else None
        if mark is not None or b"\0" in raw:
            what = f"begins as {mark} does" if mark else "holds a byte 00"
            raise DataError(
                f"{self.path}, line {self.number}: {what}; expected text. Save the "
                "table as CSV in UTF-8."
            )
        try:
            return raw.decode(self.encoding if self.number == 1 else self.plain)
        except UnicodeDecodeError as error:
            raise DataError(
                f"{self.path}, line {self.number}, byte {error.start + 1}: "
                f"{raw[error.start]:#04x} is not {self.plain} text. Save the file in "
                "UTF-8, or say what it is: encoding='cp1252' (Western Europe), "
                "'gb18030' (Chinese)."
            ) from None
        except LookupError:
            raise ValueRangeError(
                f"read_csv: no encoding is called {self.encoding!r}; usual ones are "
                "'utf-8', 'cp1252', 'gb18030'."
            ) from None

    @property
    def plain(self) -> str:
        """The encoding without a mark, which only the first line may have."""
        return self.encoding.removesuffix("-sig")
