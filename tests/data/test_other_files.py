# ruff: noqa: E501  (the tables)
"""NPZ, Parquet, pictures and texts: what is read, and what is refused by name."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from ranvier.data import (
    image_folder,
    parquet,
    read_idx,
    read_lines,
    read_npz,
    read_parquet,
    read_text,
)
from ranvier.data.images import read_image
from ranvier.errors import DataError, FileError, RanvierError, UnsupportedError
from ranvier.formats import safetensors, sealed

# ---- NPZ -----------------------------------------------------------------------------


def npz(folder: Path, **arrays: Any) -> Path:
    path = folder / "a.npz"
    np.savez_compressed(path, **arrays)
    return path


def archive(folder: Path, name: str, content: bytes) -> Path:
    path = folder / "a.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(name, content)
    return path


def npy(
    shape: str, descr: str = "<f8", body: bytes = b"", order: str = "False"
) -> bytes:
    text = f"{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}"
    head = text.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(head)) + head + body


def test_npz(tmp_path: Path) -> None:
    x = np.arange(6, dtype=">i4").reshape(2, 3)
    found = read_npz(npz(tmp_path, x=x, y=np.asfortranarray(x), z=np.float32(2)))
    for name, expected in (("x", x), ("y", x), ("z", np.float32(2))):
        np.testing.assert_array_equal(found[name], expected)
        assert found[name].dtype.isnative and found[name].flags.c_contiguous


# fmt: off
BAD_NPZ = {
    "objects":      (npy("(1,)", "|O", b"x" * 8),          "array 'x': it holds object"),
    "texts":        (npy("(1,)", "<U4", b"x" * 16),        "no type of numbers"),
    "absurd":       (npy("(1000000, 1000000)"),            "promises shape (1000000, 1000000)"),
    "negative":     (npy("(-1,)"),                         "array 'x'"),
    "short":        (npy("(3,)", body=b"x" * 23),          "(3,) of float64 takes 24 bytes, 23 follow"),
    "other header": (npy("(3,").replace(b"}", b" "),       "array 'x': damaged"),
    "no header":    (b"hello",                             "array 'x': damaged"),
    "version":      (npy("(1,)").replace(b"Y\1", b"Y\7"),  "version (7, 0) is not known"),
}
# fmt: on


@pytest.mark.parametrize("case", BAD_NPZ)
def test_a_bad_array_in_an_npz(tmp_path: Path, case: str) -> None:
    content, words = BAD_NPZ[case]
    path = archive(tmp_path, "x.npy", content)
    with pytest.raises(DataError) as caught:
        read_npz(path)
    assert str(path) in str(caught.value) and words in str(caught.value)


def test_a_bomb_in_an_npz_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = npz(tmp_path, x=np.zeros(1_000_000))
    assert path.stat().st_size < 20_000
    with pytest.raises(
        DataError, match=r"take 7.6\d+ MiB once unpacked; at most 1 MiB"
    ):
        read_npz(path, limit=2**20)


def test_no_npz(tmp_path: Path) -> None:
    whole = npz(tmp_path, x=np.arange(999)).read_bytes()
    (tmp_path / "cut.npz").write_bytes(whole[:-30])
    (tmp_path / "text.npz").write_text("x")
    for name, kind in (
        ("cut", DataError), ("text", DataError), ("none", FileError)
    ):  # fmt: skip
        with pytest.raises(kind, match=name):
            read_npz(tmp_path / f"{name}.npz")


# ---- Parquet -------------------------------------------------------------------------


@pytest.fixture
def table_file(tmp_path: Path) -> Path:
    pyarrow = pytest.importorskip("pyarrow")
    writer = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "houses.parquet"
    frame = pyarrow.table({"size": [1.5, None], "town": ["Ulm", None], "n": [1, 2]})
    writer.write_table(frame, path)
    return path


def test_parquet(table_file: Path) -> None:
    table = read_parquet(table_file)
    assert (table.name, table.source) == ("houses", str(table_file))
    np.testing.assert_array_equal(table["size"], [1.5, np.nan])
    assert table["town"].tolist() == ["Ulm", None]


def test_bad_parquet(table_file: Path, tmp_path: Path) -> None:
    whole = table_file.read_bytes()
    for name, content in (
        ("cut", whole[:-9]),
        ("head", whole[4:]),
        ("text", b"size,town\n"),
        ("empty", b""),
        ("hole", whole[:20] + b"\xff" * 40 + whole[60:]),
    ):
        path = tmp_path / f"{name}.parquet"
        path.write_bytes(content)
        with pytest.raises(DataError, match=name):
            read_parquet(path)
    with pytest.raises(FileError, match="there is no such file"):
        read_parquet(tmp_path / "none.parquet")
    with pytest.raises(DataError, match="2 rows of 3 columns"):
        read_parquet(table_file, limit=40)


def test_parquet_without_pyarrow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(UnsupportedError, match=r"pip install 'ranvier\[parquet\]'"):
        parquet.library()


# ---- pictures ------------------------------------------------------------------------


def picture(path: Path, mode: str = "L", size: tuple[int, int] = (8, 6)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, "white" if mode != "1" else 1).save(path)
    return path


def test_a_folder_of_class_folders(tmp_path: Path) -> None:
    for name in ("dog/2.png", "dog/deep/1.jpg", "cat/1.png", "cat/.hidden.png"):
        picture(tmp_path / name)
    (tmp_path / "cat" / "notes.txt").write_text("no picture")
    data = image_folder(tmp_path)
    assert data.classes == ["cat", "dog"]
    assert data.arrays[0].shape == (3, 1, 6, 8) and data.image_shape == (1, 6, 8)
    assert data.arrays[1].tolist() == [0, 1, 1]
    assert data.numpy()[0].max() == 1
    picture(tmp_path / "cat" / "0.png", "RGB", (100, 50))
    assert image_folder(tmp_path).arrays[0].shape == (4, 3, 32, 32)
    flat = image_folder(tmp_path, size=(4, 5), channels=1, flatten=True)
    assert flat.arrays[0].shape == (4, 20)


def test_a_test_part_in_folders(tmp_path: Path) -> None:
    for name in ("train/a/1.png", "train/b/1.png", "train/b/2.png", "test/b/1.png",
                 "test/a/3.png"):  # fmt: skip
        picture(tmp_path / name)
    data = image_folder(tmp_path)
    assert data.test is not None
    assert (len(data), len(data.test)) == (3, 2)
    picture(tmp_path / "test/c/1.png")
    with pytest.raises(DataError, match="has a class 'c'"):
        image_folder(tmp_path)


def png(width: int, height: int, body: bytes = b"") -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        sum_ = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", sum_)

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    ends = chunk(b"IDAT", zlib.compress(body)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + ends


# fmt: off
BAD_PICTURES = {
    "text.png":    (b"no picture",              "is not a picture"),
    "empty.png":   (b"",                        "is not a picture"),
    "vast.png":    (png(2**31 - 1, 2**31 - 1),  "too large; at most 89 million pixels"),
    "wide.png":    (png(90_000_000, 1),         "too large"),
    "short.png":   (png(64, 64, bytes(64 * 65))[:-30], "is damaged"),
    "head.png":    (png(8, 8)[:20],             "is damaged"),
}
# fmt: on


@pytest.mark.parametrize("name", BAD_PICTURES)
def test_a_bad_picture_is_named(tmp_path: Path, name: str) -> None:
    content, words = BAD_PICTURES[name]
    for path in ("a/1.png", "b/1.png"):
        picture(tmp_path / path)
    (tmp_path / "b" / name).write_bytes(content)
    with pytest.raises(FileError) as caught:
        image_folder(tmp_path)
    assert name in str(caught.value) and words in str(caught.value)


def test_folders_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="there is no such folder"):
        image_folder(tmp_path / "none")
    picture(tmp_path / "1.png")
    with pytest.raises(DataError, match=r"no class folders \(1 pictures lie in it"):
        image_folder(tmp_path)
    picture(tmp_path / "cat" / "1.png")
    with pytest.raises(DataError, match="'cat' is the only class folder"):
        image_folder(tmp_path)
    (tmp_path / "dog").mkdir()
    with pytest.raises(DataError, match="no picture in this class folder"):
        image_folder(tmp_path)
    picture(tmp_path / "dog" / "1.png")
    with pytest.raises(DataError, match=r"2 pictures of .* take 96 bytes"):
        image_folder(tmp_path, limit=90)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "CMYK"])
def test_every_kind_of_picture(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("a.tif" if mode == "CMYK" else "a.png")
    made = Image.new("L", (8, 6), 255).convert("I").point(lambda v: v * 257)
    image = made.convert("I;16") if mode == "I;16" else Image.new("L", (8, 6), 255)
    (image if mode == "I;16" else image.convert(mode)).save(path)
    for channels in (1, 3):
        found = read_image(path, (3, 4), channels)
        assert found.shape == (channels, 3, 4)
        assert found.min() >= 254


# ---- text ----------------------------------------------------------------------------


def test_text_and_lines(tmp_path: Path) -> None:
    path = tmp_path / "poem.txt"
    path.write_bytes(b"\xef\xbb\xbfone\r\n\r\ntwo\rthree")
    assert read_text(path) == "one\n\ntwo\nthree"
    assert read_lines(path) == ["one", "two", "three"]
    path.write_bytes(gzip.compress(b"packed"))
    assert read_text(path) == "packed"
    for content, words in (
        (b"", "the file is empty"),
        (b"ab\ncd\xff", "line 2, byte 3: 0xff is not utf-8"),
        (gzip.compress(b"x" * 10_000), "more than 1000 bytes"),
    ):
        path.write_bytes(content)
        with pytest.raises(DataError, match=words):
            read_text(path, limit=1000)


# ---- whatever it is ------------------------------------------------------------------


def samples() -> dict[str, tuple[Any, bytes]]:
    """A reader and a whole file of each kind."""
    image, pack = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (8, 8)).save(image, "PNG")
    np.savez_compressed(pack, x=np.arange(9.0), y=np.ones((2, 2), "u1"))
    idx = struct.pack(">BBBBII", 0, 0, 8, 2, 3, 4) + bytes(12)
    weights = sealed.to_bytes({"w": np.ones((2, 3), np.float32)}, {})
    return {
        "idx": (read_idx, idx),
        "gz": (read_idx, gzip.compress(idx)),
        "npz": (read_npz, pack.getvalue()),
        "png": (lambda path: read_image(path, (4, 4), 1), image.getvalue()),
        "safetensors": (safetensors.read, weights),
    }


SAMPLES = samples()


@settings(
    max_examples=60, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(data=st.data())
@pytest.mark.parametrize("kind", SAMPLES)
def test_damage_gives_only_our_errors(
    tmp_path: Path, kind: str, data: st.DataObject
) -> None:
    read, whole = SAMPLES[kind]
    content = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    length = data.draw(st.integers(0, len(content)) | st.just(len(content)))
    path = tmp_path / f"a.{kind}"
    path.write_bytes(content[:length])
    told = path.name
    try:
        read(path)
    except RanvierError as error:
        told = str(error)
    assert path.name in told
