"""The IDX file format, in which MNIST and its relatives are published.

    file ::= 0 0 kind rank size₁ … sizeᵣ element…      sizes 4 bytes, all big-endian

plain or compressed with gzip. A file is believed only after its header, its length and,
where one is known, its checksum agree.
"""

from __future__ import annotations

import hashlib
import math
from pathlib import Path
from typing import Any, Final

import numpy as np

from ranvier.data.reading import Bounded, reading
from ranvier.errors import DataError

Array = np.ndarray[Any, Any]

# fmt: off
KINDS: Final = {
    0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8",
}
# fmt: on
MOST_DIMENSIONS: Final = 8
MOST_BYTES: Final = 2**36
GZIP_BEST: Final = (
    1032  # no deflate stream is more than this times shorter than its data
)


def read_idx(path: str | Path, sha256: str | None = None) -> Array:
    """Read one IDX file, plain or gzip, into a NumPy array of the file's shape.

    sha256: checksum in hex of the unpacked file; if given, other content is refused.
    Raises FileError (missing, unreadable) and DataError (not IDX, truncated, corrupt).

        images = read_idx("train-images-idx3-ubyte.gz")      # (60000, 28, 28) uint8
    """
    path = Path(path)
    with reading(path, "an IDX file", limit=MOST_BYTES) as stream:
        return parse(stream, path, sha256)


def parse(stream: Bounded, path: Path, sha256: str | None) -> Array:
    """Header, body, end of file, checksum: in this order, each checked."""
    header, dtype, shape = read_header(stream, path)
    size = math.prod(shape) * dtype.itemsize
    refuse_absurd(path, shape, size)
    body = stream.read(size)
    if len(body) < size:
        raise DataError(
            f"{path}: the file is cut short; its header promises shape {shape}, "
            f"{size:,} bytes, but {len(body):,} follow. Get it again."
        )
    if stream.read(1):
        raise DataError(
            f"{path}: the file is longer than its header says; expected {size:,} bytes "
            f"after the header for shape {shape}. It is not the file it claims to be."
        )
    if sha256 is not None:
        verify(path, header, body, sha256)
    array = np.frombuffer(body, dtype).reshape(shape)
    return array.astype(dtype.newbyteorder("="), copy=False)


def read_header(
    stream: Bounded, path: Path
) -> tuple[bytes, np.dtype[Any], tuple[int, ...]]:
    """The header's bytes, and the element type and shape that it describes."""
    magic = stream.read(4)
    if len(magic) < 4:
        raise DataError(
            f"{path}: the file has {len(magic)} bytes; expected an IDX header of 4 "
            "bytes and more. Get it again."
        )
    kind, rank = magic[2], magic[3]
    if magic[:2] != b"\0\0" or kind not in KINDS or not 1 <= rank <= MOST_DIMENSIONS:
        raise DataError(
            f"{path}: not an IDX file; it begins with {magic.hex(' ')}, expected "
            "00 00, a kind (08, 09, 0b, 0c, 0d, 0e) and the number of dimensions "
            f"(1 to {MOST_DIMENSIONS})."
        )
    sizes = stream.read(4 * rank)
    if len(sizes) < 4 * rank:
        raise DataError(
            f"{path}: the file ends inside its header; expected {rank} sizes of 4 "
            f"bytes, got {len(sizes)} bytes. Get it again."
        )
    shape = tuple(int(n) for n in np.frombuffer(sizes, ">u4"))
    return magic + sizes, np.dtype(KINDS[kind]), shape


def refuse_absurd(path: Path, shape: tuple[int, ...], size: int) -> None:
    """Refuse, before any memory is taken, a shape that a file this long cannot hold."""
    length = path.stat().st_size
    if size > length * GZIP_BEST:
        raise DataError(
            f"{path}: the header promises shape {shape}, {size:,} bytes; a file of "
            f"{length:,} bytes cannot hold them. It is corrupt; get it again."
        )


def verify(path: Path, header: bytes, body: bytes, sha256: str) -> None:
    """Compare the checksum of the unpacked file with the one that is known."""
    digest = hashlib.sha256(header)
    digest.update(body)
    if digest.hexdigest() != sha256:
        raise DataError(
            f"{path}: the content is not what it should be; sha256 of the unpacked "
            f"file begins with {digest.hexdigest()[:8]}, expected {sha256[:8]}. The "
            "file is damaged or another one of the same name; replace it."
        )
