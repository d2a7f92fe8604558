"""Object code on disk: a program is compiled once a machine, not once a process.

A file is a header (magic, the key it was stored under, length and SHA-256 of what
follows) and an object file. It holds machine code that will be run, so it is used only
if the header fits and nobody but this user could have written it. Whatever is wrong
with a file or the folder, the program is compiled as if there were no cache; a folder
that cannot be used is mentioned once (see "Object code on disk" in docs/decisions.md).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import struct
import sys
import tempfile
import time
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

from ranvier.errors import RanvierWarning

MAGIC = b"RANVIER\x01"
HEADER = struct.Struct("<8s32sQ32s")  # magic, key, length, SHA-256 of the object
SUFFIX = ".object"
ASIDE = ".part"  # not finished
LIMIT = 256 << 20  # bytes of all files; the least recently used go first
ABANDONED = 3600  # seconds after which a file that was never finished is removed
OFF = ("", "off")
READING = os.O_RDONLY  # no link followed, no pipe waited for, nothing translated
for _flag in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY", "O_CLOEXEC"):
    READING |= getattr(os, _flag, 0)


def digest(parts: Iterable[str]) -> bytes:
    """The key of a program: everything that its object code depends on."""
    sha = hashlib.sha256()
    for part in parts:
        data = part.encode()
        sha.update(struct.pack("<Q", len(data)))
        sha.update(data)
    return sha.digest()


def default_folder() -> Path:
    """Where this platform keeps what can be made again."""
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return (Path(local) if local else Path.home()) / "ranvier" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "ranvier"
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if os.path.isabs(base) else Path.home() / ".cache") / "ranvier"


def private(facts: os.stat_result) -> bool:
    """Whether only this user can have written a file or folder.

    Windows has no such bits; there the user's own folder is closed to others.
    """
    if os.name == "nt":
        return True
    return facts.st_uid == os.geteuid() and not facts.st_mode & 0o022


class ObjectCache:
    """The folder of object files; `load` and `store` never fail."""

    def __init__(self, limit: int = LIMIT) -> None:
        self.limit = limit
        self.warned = False
        self.setting: str | None = None
        self.folder: Path | None = None
        self.opened = False
        self.writable = True
        self.unlisted = limit  # bytes stored since the folder was last listed

    # ---- the folder ------------------------------------------------------------------

    def _open(self) -> Path | None:
        """The folder, made and looked at once for each value of RANVIER_CACHE."""
        setting = os.environ.get("RANVIER_CACHE")
        if not self.opened or setting != self.setting:
            self.setting, self.opened = setting, True
            self.folder, self.unlisted = self._prepare(setting), self.limit
            self.writable = True
        return self.folder

    def _prepare(self, setting: str | None) -> Path | None:
        if setting is not None and setting.strip().lower() in OFF:
            return None
        try:
            folder = Path(setting).expanduser() if setting else default_folder()
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            facts = folder.stat()
        except (OSError, RuntimeError) as error:  # RuntimeError: no home folder
            self._say(f"its folder cannot be used ({error})")
            return None
        if not private(facts):
            self._say(
                f"{folder} belongs to another user or can be written by others, so "
                "machine code in it is not trusted"
            )
            return None
        return folder

    def _say(self, what: str) -> None:
        """What keeps the cache from working, once a process."""
        if not self.warned:
            self.warned = True
            warnings.warn(
                f"the compile cache: {what}. New programs are compiled in every "
                "process. Set RANVIER_CACHE to a folder of yours with mode 700, or to "
                "off.",
                RanvierWarning,
                stacklevel=2,
            )

    # ---- one object ------------------------------------------------------------------

    def load(self, key: bytes) -> bytes | None:
        """The object stored under `key`, or None; marks it as used now."""
        folder = self._open()
        if folder is None:
            return None
        path = folder / (key.hex() + SUFFIX)
        try:
            found = self._checked(self._read(path), key)
        except OSError:  # not there, or not readable: compile
            return None
        if found is not None:
            with contextlib.suppress(OSError):  # a folder that is only read serves too
                os.utime(path)
        return found

    def _read(self, path: Path) -> bytes:
        """The bytes of a file; none of what somebody else may have written."""
        file = os.open(path, READING)
        try:
            facts = os.fstat(file)
            mine = stat.S_ISREG(facts.st_mode) and private(facts)
            if not mine or facts.st_size > self.limit:
                return b""
            with open(file, "rb", closefd=False) as stream:
                return stream.read()
        finally:
            os.close(file)

    def _checked(self, data: bytes, key: bytes) -> bytes | None:
        """What follows the header, if the header says that it is that."""
        if len(data) < HEADER.size:
            return None
        magic, stored, length, checksum = HEADER.unpack_from(data)
        found = data[HEADER.size :]
        if (magic, stored, length) != (MAGIC, key, len(found)):
            return None
        return found if hashlib.sha256(found).digest() == checksum else None

    def store(self, key: bytes, image: bytes) -> None:
        """Keep `image` under `key`: written aside, then renamed, so that no reader
        ever sees half of it.
        """
        folder = self._open()
        if folder is None or not self.writable:
            return
        checksum = hashlib.sha256(image).digest()
        header = HEADER.pack(MAGIC, key, len(image), checksum)
        try:
            self._write(folder / (key.hex() + SUFFIX), header + image)
            self.unlisted += len(header) + len(image)
            if self.unlisted * 16 > self.limit:
                self.unlisted = 0
                self._trim(folder)
        except OSError as error:
            self.writable = False
            self._say(f"{folder} cannot be written ({error.strerror or error})")

    def _write(self, path: Path, data: bytes) -> None:
        file, aside = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=ASIDE)
        try:
            with open(file, "wb") as stream:
                stream.write(data)
            os.replace(aside, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(aside)
            raise

    def _trim(self, folder: Path) -> None:
        """Remove what was not used for longest until a quarter is free.

        The folder is listed when a process stores its first object and after every
        sixteenth of the limit, never to load.
        """
        objects = []
        for name, used, size in list(_listed(folder)):
            if name.endswith(SUFFIX):
                objects.append((used, name, size))
            elif name.endswith(ASIDE) and time.time() - used > ABANDONED:
                _remove(folder / name)
        total = sum(size for _, _, size in objects)
        if total <= self.limit:
            return
        for _, name, size in sorted(objects):
            if total <= self.limit * 3 // 4:
                break
            _remove(folder / name)
            total -= size


def _listed(folder: Path) -> Iterator[tuple[str, float, int]]:
    """Name, last use and size of every file."""
    with os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(FileNotFoundError):  # another process removed it
                facts = entry.stat(follow_symlinks=False)
                yield entry.name, facts.st_mtime, facts.st_size


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):  # gone already, or open (Windows)
        os.unlink(path)


cache = ObjectCache()
