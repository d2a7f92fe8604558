"""The folder of a run: claimed by one process at a time, never silently overwritten."""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from ranvier.atomic import make_folder
from ranvier.cli.network import NAME
from ranvier.errors import FileError, ValueRangeError
from ranvier.train.checkpoint import BEST, LATEST, START, has_learned
from ranvier.train.history import HISTORY

CHECKPOINT: Final = "checkpoint"
REPORT: Final = "report.md"
PAGE: Final = "report.html"
CURVES, MISTAKES = "curves.png", "mistakes.png"
MARKER: Final = ".running"
STATE: Final = (HISTORY, *(f"{CHECKPOINT}/{n}" for n in (LATEST, BEST, START)))
FILES: Final = (*STATE, NAME, REPORT, PAGE, CURVES, MISTAKES)


class RunFolder:
    """A context: claims the folder, and on leaving it removes the claim.

    Raises FileError: it cannot be written, or another process trains into it;
        ValueRangeError: it holds a run already, and `overwrite` was not said.
    """

    def __init__(self, path: Path, *, overwrite: bool, resumes: bool) -> None:
        self.path = path
        self.overwrite = overwrite
        self.resumes = resumes
        self.is_new = not path.exists()

    def __enter__(self) -> RunFolder:
        make_folder(self.path)
        self.claim()
        if self.overwrite:
            self.remove(FILES)
        elif not self.resumes:
            self.refuse_run()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
        remove_empty(self.path / CHECKPOINT)
        if self.is_new:
            remove_empty(self.path)

    def release(self) -> None:
        (self.path / MARKER).unlink(missing_ok=True)

    def refuse_run(self) -> None:
        """A run that is there already would be lost."""
        for name in (NAME, HISTORY):
            if (self.path / name).exists():
                self.release()
                raise ValueRangeError(
                    f"{self.path} holds a run already ({name}). Choose another folder "
                    "with --out, or add --overwrite to replace that run."
                )

    def claim(self) -> None:
        """Make the marker, which only one process can."""
        marker = self.path / MARKER
        if marker.exists() and is_abandoned(marker):
            marker.unlink(missing_ok=True)
        try:
            with marker.open("x") as file:
                file.write(str(os.getpid()))
        except FileExistsError:
            raise FileError(
                f"another training is writing into {self.path}. Choose another folder "
                f"with --out; if that training is gone, remove {marker}."
            ) from None
        except OSError as error:
            raise FileError(f"{marker} cannot be written: {error.strerror}.") from None

    def has_learned(self) -> bool:
        """Whether something would be lost with it."""
        is_saved = (self.path / NAME).exists()
        return is_saved or has_learned(self.path / CHECKPOINT)

    def forget(self) -> None:
        """Remove what a run writes before its first step."""
        self.remove(STATE)

    def remove(self, names: Iterable[str]) -> None:
        for name in names:
            (self.path / name).unlink(missing_ok=True)


def is_abandoned(marker: Path) -> bool:
    """Whether the process that made it has ended; unknown on Windows: no."""
    if os.name == "nt":
        return False
    try:
        os.kill(int(marker.read_text()), 0)
    except (OSError, ValueError) as error:
        return isinstance(error, OSError) and error.errno == errno.ESRCH
    return False


def remove_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):  # it holds something, or is gone
        folder.rmdir()


def new_folder(name: str) -> Path:
    """runs/NAME-DATE-TIME, with a number behind it if that is taken."""
    stem = Path("runs") / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}"
    folder, number = stem, 2
    while folder.exists():
        folder, number = Path(f"{stem}-{number}"), number + 1
    return folder
