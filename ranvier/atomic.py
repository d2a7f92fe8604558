"""Files that are there whole or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from ranvier.errors import FileError

PART = ".part"


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a neighbour of `path`, then give it the name in one move.

    File and folder are synced, so that after a power cut, too, the old file is there or
    the new one. While it is written there is room for both.
    Raises FileError: the place cannot be written; what was there is untouched.
    """
    if not path.parent.is_dir():
        raise FileError(f"there is no folder {path.parent} to write {path.name} into.")
    try:
        handle, name = tempfile.mkstemp(PART, f".{path.name}.", path.parent)
        os.close(handle)
        neighbour = Path(name)
        try:
            write(neighbour)
            sync(neighbour)
            neighbour.chmod(0o666 & ~umask())
            neighbour.replace(path)
        finally:
            neighbour.unlink(missing_ok=True)
        sync_folder(path.parent)
    except OSError as error:
        old = " What was there before is untouched." if path.exists() else ""
        raise FileError(
            f"{path} cannot be written: {error.strerror or error}.{old}"
        ) from None


def write_bytes(path: Path, content: bytes | bytearray) -> None:
    """A file of these bytes, atomically."""
    write_atomically(path, lambda file: file.write_bytes(content))


def write_text(path: Path, text: str) -> None:
    """A text file in UTF-8, atomically."""
    write_atomically(path, lambda file: file.write_text(text, "utf-8"))


def sweep(path: Path) -> None:
    """Remove what writers of `path` left that were killed while they wrote."""
    for part in path.parent.glob(f".{path.name}.*{PART}"):
        part.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Wait until the disk has what was written."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """... and the folder its new name, where folders can be synced: not on Windows."""
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network disks
            raise
    finally:
        os.close(handle)


def umask() -> int:
    """What new files are not allowed; it can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


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
