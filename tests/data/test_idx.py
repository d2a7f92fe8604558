"""The IDX reader believes nothing that it has not checked."""

from __future__ import annotations

import gzip
import hashlib
import struct
from pathlib import Path

import numpy as np
import pytest

from ranvier.data.catalog import PACKAGED
from ranvier.data.idx import read_idx
from ranvier.errors import DataError, FileError

BODY = bytes(range(24))


def header(*shape: int, kind: int = 8) -> bytes:
    return struct.pack(f">BBBB{len(shape)}I", 0, 0, kind, len(shape), *shape)


def written(folder: Path, content: bytes, *, packed: bool = True) -> Path:
    file = folder / "some-idx3-ubyte.gz"
    file.write_bytes(gzip.compress(content, mtime=0) if packed else content)
    return file


@pytest.mark.parametrize("packed", [True, False])
def test_shape_and_numbers(tmp_path: Path, packed: bool) -> None:
    array = read_idx(written(tmp_path, header(2, 3, 4) + BODY, packed=packed))
    assert array.dtype == np.uint8
    np.testing.assert_array_equal(array, np.arange(24).reshape(2, 3, 4))


@pytest.mark.parametrize(
    ("kind", "dtype"), [(9, "i1"), (11, "i2"), (12, "i4"), (13, "f4"), (14, "f8")]
)
def test_every_kind_of_number(tmp_path: Path, kind: int, dtype: str) -> None:
    numbers = np.array([1, -2, 3], f">{dtype}")
    array = read_idx(written(tmp_path, header(3, kind=kind) + numbers.tobytes()))
    assert array.dtype == np.dtype(dtype)
    assert array.tolist() == [1, -2, 3]


def test_no_rows_is_a_shape_like_any_other(tmp_path: Path) -> None:
    assert read_idx(written(tmp_path, header(0, 3, 4))).shape == (0, 3, 4)


# fmt: off
BAD = {
    "empty":          (b"",                           "the file has 0 bytes"),
    "magic":          (b"PK\3\4" + BODY,              "begins with 50 4b 03 04"),
    "kind":           (header(24, kind=10) + BODY,    "not an IDX file"),
    "rank":           (b"\0\0\x08\0" + BODY,          "not an IDX file"),
    "header":         (header(2, 3, 4)[:9],           "ends inside its header"),
    "short":          (header(2, 3, 4) + BODY[:-1],   "24 bytes, but 23 follow"),
    "long":           (header(2, 3, 4) + BODY + b"x", "longer than its header says"),
    "absurd":         (header(*[2**32 - 1] * 3),      "cannot hold them"),
    "absurd eight":   (header(*[2**32 - 1] * 8),      "cannot hold them"),
}
# fmt: on


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_refused_by_name(tmp_path: Path, case: str, packed: bool) -> None:
    content, words = BAD[case]
    file = written(tmp_path, content, packed=packed)
    with pytest.raises(DataError) as caught:
        read_idx(file)
    assert str(file) in str(caught.value)
    assert words in str(caught.value)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="there is no such file"):
        read_idx(tmp_path / "none.gz")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="is a folder"):
        read_idx(tmp_path)


def test_the_checksum_is_of_the_unpacked_file(tmp_path: Path) -> None:
    content = header(2, 3, 4) + BODY
    file = written(tmp_path, content)
    assert read_idx(file, hashlib.sha256(content).hexdigest()).shape == (2, 3, 4)
    with pytest.raises(DataError, match="expected 00000000"):
        read_idx(file, "0" * 64)


@pytest.mark.parametrize("cut", [1, 3, 12, 1000, -9, -1])
def test_a_real_file_cut_short(tmp_path: Path, cut: int) -> None:
    real = (PACKAGED / "mnist" / "t10k-labels-idx1-ubyte.gz").read_bytes()
    file = tmp_path / "labels.gz"
    file.write_bytes(real[:cut])
    with pytest.raises(DataError, match=r"labels\.gz"):
        read_idx(file)


@pytest.mark.parametrize("place", [40, 1000, 4000, -6])
def test_a_real_file_with_a_changed_byte(tmp_path: Path, place: int) -> None:
    real = bytearray((PACKAGED / "mnist" / "t10k-labels-idx1-ubyte.gz").read_bytes())
    real[place] ^= 0x10
    file = tmp_path / "labels.gz"
    file.write_bytes(real)
    with pytest.raises(DataError, match=r"labels\.gz"):
        read_idx(file)
