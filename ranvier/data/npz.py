"""NPZ files: several NumPy arrays in one ZIP, none of them ever unpickled."""

from __future__ import annotations

import math
import struct
import tokenize
import zipfile
import zlib
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
from numpy.lib import format as npy

from ranvier.data.reading import LIMIT, size_of
from ranvier.errors import DataError, FileError

Array = np.ndarray[Any, Any]
HEADERS: Final = {
    (1, 0): npy.read_array_header_1_0,
    (2, 0): npy.read_array_header_2_0,
}
BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    tokenize.TokenError,
    SyntaxError,
    EOFError,
    ValueError,
    TypeError,
    KeyError,
    NotImplementedError,
    RuntimeError,
)


def read_npz(path: str | Path, *, limit: int = 4 * LIMIT) -> dict[str, Array]:
    """Read the arrays of an NPZ file by name; objects are refused, not unpickled.

    limit: bytes of all arrays together; more is refused before anything is unpacked.
    Raises FileError: missing; DataError: no NPZ file, damaged, cut short, too large,
        arrays of objects. The array is named.

        arrays = rv.data.read_npz("digits.npz")
        data = rv.data.Dataset((arrays["x"], arrays["y"]), name="digits")
    """
    path = Path(path)
    if not path.is_file():
        kind = "is a folder" if path.is_dir() else "there is no such file"
        raise FileError(f"{path}: {kind}; expected an NPZ file.")
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            refuse_large(path, sum(entry.file_size for entry in entries), limit)
            if not entries:
                raise DataError(f"{path}: there is no array in it.")
            return {
                entry.filename.removesuffix(".npy"): read_entry(path, archive, entry)
                for entry in entries
            }
    except DataError:
        raise
    except BROKEN as error:
        raise DataError(
            f"{path}: not a whole NPZ file ({error}). It may be cut off or of another "
            "format; nothing was read."
        ) from None
    except OSError as error:
        raise FileError(f"{path}: cannot be read ({error.strerror}).") from None


def read_entry(path: Path, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Array:
    """One array; its header has to agree with the entry's length."""
    where = f"{path}, array '{entry.filename.removesuffix('.npy')}'"
    try:
        with archive.open(entry) as stream:
            shape, by_columns, dtype = header(where, stream)
            size = math.prod(shape) * dtype.itemsize
            if size > entry.file_size:
                raise DataError(
                    f"{where}: the header promises shape {shape} of {dtype}, "
                    f"{size:,} bytes; the entry has {entry.file_size:,}."
                )
            body = stream.read(size + 1)
    except DataError:
        raise
    except BROKEN as error:
        raise DataError(f"{where}: damaged ({error}).") from None
    if len(body) != size:
        raise DataError(
            f"{where}: shape {shape} of {dtype} takes {size:,} bytes, {len(body):,} "
            "follow the header."
        )
    array = np.frombuffer(body, dtype).reshape(shape, order="F" if by_columns else "C")
    return array.astype(dtype.newbyteorder("="), order="C")


def header(where: str, stream: IO[bytes]) -> tuple[tuple[int, ...], bool, Any]:
    """Shape, whether columns are stored first, and type; types of numbers only."""
    version = npy.read_magic(stream)
    if version not in HEADERS:
        known = "1.0 and 2.0 are read"
        raise DataError(f"{where}: NPY version {version} is not known; {known}.")
    shape, by_columns, dtype = HEADERS[version](stream)
    if dtype.kind not in "biuf":
        raise DataError(
            f"{where}: it holds {dtype}, which is no type of numbers; nothing is ever "
            "unpickled. Save it as numbers: array.astype('float32')."
        )
    return shape, by_columns, dtype


def refuse_large(path: Path, size: int, limit: int) -> None:
    if size > limit:
        raise DataError(
            f"{path}: its arrays take {size_of(size)} once unpacked; at most "
            f"{size_of(limit)} are read. If that is meant, pass limit=, in bytes."
        )
