"""Files with checksums: every flipped bit is found and its place is named."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from ranvier.errors import FileError
from ranvier.formats import sealed

ARRAYS = {
    "0.weight": np.arange(12, dtype=np.float32).reshape(3, 4),
    "optimizer.state.0.step": np.array(7),
    "empty": np.zeros((0, 3), np.float32),
    "mask": np.array([True, False]),
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    sealed.write(tmp_path / "a.safetensors", ARRAYS, {"epoch": "3"})
    return tmp_path / "a.safetensors"


def test_there_and_back(file: Path) -> None:
    arrays, facts = sealed.read(file, "foreign")
    assert facts == {"epoch": "3"}
    assert set(arrays) == set(ARRAYS)
    for name, array in arrays.items():
        assert np.array_equal(array, ARRAYS[name]) and array.dtype == ARRAYS[name].dtype


def test_others_can_read_it(file: Path) -> None:
    assert np.array_equal(load_file(file)["0.weight"], ARRAYS["0.weight"])


def test_the_same_content_is_the_same_bytes(file: Path) -> None:
    before = file.read_bytes()
    sealed.write(file, ARRAYS, {"epoch": "3"})
    assert file.read_bytes() == before


def test_every_flipped_bit(file: Path) -> None:
    """In every byte: header, padding, checksums, and every tensor's."""
    whole = file.read_bytes()
    header = 8 + int.from_bytes(whole[:8], "little")
    entries = json.loads(whole[8:header])
    for bit in range(0, 8 * len(whole), 7):
        content = bytearray(whole)
        content[bit // 8] ^= 1 << bit % 8
        file.write_bytes(content)
        with pytest.raises(FileError) as caught:
            sealed.read(file, "foreign")
        place = bit // 8 - header
        assert name_at(entries, place) in str(caught.value), bit


def name_at(entries: dict[str, dict[str, list[int]]], place: int) -> str:
    """What lies at this byte of the data; before it is the header."""
    for name, entry in entries.items():
        first, last = entry.get("data_offsets", (0, 0))
        if first <= place < last:
            return f"tensor {name}"
    return "header"


@pytest.mark.parametrize("kept", [0, 4, 8, 300, -1])
def test_cut_off(file: Path, kept: int) -> None:
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(FileError, match="whole"):
        sealed.read(file, "foreign")


def test_something_behind_it(file: Path) -> None:
    file.write_bytes(file.read_bytes() + b"more")
    with pytest.raises(FileError, match="4 bytes too long"):
        sealed.read(file, "foreign")


def test_many_damaged_tensors_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "a"
    sealed.write(path, {f"w{i}": np.ones(4) for i in range(5)}, {})
    content = path.read_bytes()
    path.write_bytes(content[:-160] + bytes(160))
    with pytest.raises(FileError, match=r"tensor w0, w1, w2 and 2 more does not"):
        sealed.read(path, "foreign")


def test_a_file_of_others(tmp_path: Path) -> None:
    save_file({"w": np.ones(2)}, tmp_path / "a")
    with pytest.raises(FileError, match="foreign"):
        sealed.read(tmp_path / "a", "foreign")
    with pytest.raises(FileError, match="there is no file"):
        sealed.read(tmp_path / "b", "foreign")
    with pytest.raises(FileError, match="is a folder"):
        sealed.read(tmp_path, "foreign")


def test_a_failed_write_leaves_the_old_file(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(FileError, match="No space left on device"):
            sealed.write(file, {"w": np.ones(3)}, {})
    assert set(sealed.read(file, "foreign")[0]) == set(ARRAYS)
    assert [f.name for f in file.parent.iterdir()] == [file.name]
