"""Files from anywhere: opened, unpacked, and never read beyond a stated limit."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final, cast

from ranvier.errors import DataError, FileError

GZIP_MAGIC: Final = b"\x1f\x8b"
LIMIT: Final = 2**30  # bytes of an unpacked file, unless a reader is told otherwise


class Bounded:
    """A binary stream that ends in an error once `limit` bytes were read."""

    def __init__(self, stream: IO[bytes], path: Path, limit: int) -> None:
        self.stream = stream
        self.path = path
        self.limit = limit
        self.done = 0

    def read(self, size: int) -> bytes:
        """At most `size` bytes."""
        return self._count(self.stream.read(min(size, self._left)))

    def readline(self, size: int) -> bytes:
        """A line, or its first `size` bytes."""
        return self._count(self.stream.readline(min(size, self._left)))

    @property
    def _left(self) -> int:
        """Bytes that may still be read, and the one that is too many."""
        return self.limit - self.done + 1

    def _count(self, got: bytes) -> bytes:
        self.done += len(got)
        if self.done > self.limit:
            raise DataError(
                f"{self.path}: the file holds more than {size_of(self.limit)} once "
                "unpacked; it was not read further. If that is meant, pass limit=, "
                "in bytes."
            )
        return got


@contextmanager
def reading(path: Path, what: str, limit: int = LIMIT) -> Iterator[Bounded]:
    """The content of a file, plain or gzip; what goes wrong becomes one of our errors.

    what: the kind of file that was expected, for the messages.
    Raises FileError (missing, a folder, unreadable); DataError (damaged gzip).
    """
    try:
        with opened(path) as stream:
            yield Bounded(stream, path, limit)
    except FileNotFoundError:
        raise FileError(
            f"{path}: there is no such file; expected {what}, plain or .gz."
        ) from None
    except IsADirectoryError:
        raise FileError(f"{path} is a folder; expected {what}, plain or .gz.") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(
            f"{path}: the compressed file is damaged or cut short ({error}); "
            "expected a whole gzip file. Get it again."
        ) from error
    except (FileError, DataError):
        raise
    except OSError as error:
        raise FileError(f"{path}: cannot be read ({error.strerror}).") from error


def opened(path: Path) -> IO[bytes]:
    """The file's content, unpacked where it is packed."""
    with path.open("rb") as file:
        packed = file.read(2) == GZIP_MAGIC
    return cast("IO[bytes]", gzip.open(path, "rb") if packed else path.open("rb"))


def size_of(count: int) -> str:
    """
    >>> size_of(2**30), size_of(300)
    ('1 GiB', '300 bytes')
    """
    for unit, name in ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")):
        if count >= unit:
            return f"{count / unit:.4g} {name}"
    return f"{count} bytes"


def stem(path: Any) -> str:
    """A file's name without folder and endings: ``a/b.csv.gz`` is ``b``.

    >>> stem("runs/houses.csv.gz")
    'houses'
    """
    name = Path(path).name
    for ending in (".gz", Path(name.removesuffix(".gz")).suffix):
        name = name.removesuffix(ending) if ending else name
    return name
