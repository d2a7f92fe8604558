"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from ranvier.errors import FileError


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a neighbour of `path`, then give it the name in one move.

    Raises FileError: the place cannot be written.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        os.close(handle)
        neighbour = Path(name)
        try:
            write(neighbour)
            neighbour.chmod(0o644)
            neighbour.replace(path)
        finally:
            neighbour.unlink(missing_ok=True)
    except OSError as error:
        raise FileError(
            f"{path} cannot be written: {error.strerror or error}."
        ) from None


def write_text(path: Path, text: str) -> None:
    """A text file in UTF-8, atomically."""
    write_atomically(path, lambda file: file.write_text(text, "utf-8"))


def make_folder(path: Path) -> Path:
    """The folder, made if need be, and known to be writable.

    Raises FileError: it cannot be made or written; said before any work is done.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise FileError(
            f"the folder {path} cannot be written: {error.strerror or error}. "
            "Choose another one, or make it writable."
        ) from None
    return path
