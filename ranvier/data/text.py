"""Text files: characters as numbers, and lines."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from ranvier.data.reading import LIMIT, Bounded, reading
from ranvier.errors import DataError, ValueRangeError

Array = np.ndarray[Any, Any]
UNKNOWN: Final = "\N{REPLACEMENT CHARACTER}"
AT_ONCE: Final = 2**20


def read_text(path: str | Path, *, encoding: str = "utf-8", limit: int = LIMIT) -> str:
    """Read a text file, plain or gzip, with every line ended by one newline.

    Raises FileError: missing, unreadable; DataError: another encoding (line and byte
        are said), empty, longer than `limit` bytes.
    """
    path = Path(path)
    with reading(path, "a text file", limit) as stream:
        content = whole(stream)
    if not content:
        raise DataError(f"{path}: the file is empty; expected text.")
    try:
        text = content.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line = before.count(b"\n") + 1
        byte = error.start - (before.rfind(b"\n") + 1) + 1
        raise DataError(
            f"{path}, line {line}, byte {byte}: {content[error.start]:#04x} is not "
            f"{encoding} text. Say what it is: encoding='cp1252' (Western Europe), "
            "'gb18030' (Chinese)."
        ) from None
    except LookupError:
        raise ValueRangeError(
            f"read_text: no encoding is called {encoding!r}; usual ones are 'utf-8', "
            "'cp1252', 'gb18030'."
        ) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def whole(stream: Bounded) -> bytes:
    """All that is left of a stream."""
    pieces = []
    while piece := stream.read(AT_ONCE):
        pieces.append(piece)
    return b"".join(pieces)


def read_lines(path: str | Path, **options: Any) -> list[str]:
    """The lines of a text file that are not blank, without their ends.

    Options and errors are those of `read_text`.
    """
    return [line for line in read_text(path, **options).split("\n") if line.strip()]


@dataclass(frozen=True)
class Vocabulary:
    """Characters and their numbers: 0 for one that is not known, then in sorted order.

    >>> letters = Vocabulary.of("to be")
    >>> letters.encode("bet?")
    array([2, 3, 5, 0])
    >>> letters.decode([2, 3])
    'be'
    >>> len(letters)
    6
    """

    characters: str

    @classmethod
    def of(cls, texts: str | Iterable[str]) -> Vocabulary:
        """The characters that occur in a text, or in several."""
        found = set(texts) if isinstance(texts, str) else set().union(*texts)
        return cls("".join(sorted(found)))

    def encode(self, text: str) -> Array:
        """The number of every character, (n,) int64."""
        place = {c: i for i, c in enumerate(self.characters, 1)}
        return np.array([place.get(c, 0) for c in text], np.int64)

    def decode(self, numbers: Any) -> str:
        """The text of some numbers; 0 is shown as �."""
        found = np.asarray(numbers).ravel().tolist()
        wrong = next((n for n in found if not 0 <= n < len(self)), None)
        if wrong is not None:
            raise DataError(
                f"Vocabulary: {wrong} is no character; there are 0 to {len(self) - 1}."
            )
        return "".join((UNKNOWN + self.characters)[number] for number in found)

    def __len__(self) -> int:
        """How many numbers there are, 0 among them, as `nn.Embedding` wants to know."""
        return len(self.characters) + 1
