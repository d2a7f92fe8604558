"""rv.save and rv.load."""

import os

import numpy as np
import pytest

import ranvier as rv
from ranvier import atomic, nn
from ranvier.errors import DTypeError, FileError, StateError
from ranvier.formats import safetensors


def test_a_model_goes_round(tmp_path):
    path = tmp_path / "model.safetensors"
    a = nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 1))
    b = nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 1))
    rv.save(a, path, metadata={"epoch": 3})
    assert rv.load(path, into=b) is b
    assert rv.equal(a(rv.ones(1, 3)), b(rv.ones(1, 3)))
    assert safetensors.metadata(path) == {"epoch": "3"}
    assert os.listdir(tmp_path) == ["model.safetensors"]


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "int32", "uint8"])
def test_arrays_keep_type_and_shape(tmp_path, dtype):
    path = tmp_path / "x.safetensors"
    state = {"a": np.arange(6, dtype=dtype).reshape(2, 3).T, "b": np.array(3, dtype)}
    rv.save(state, path)
    found = rv.load(path)
    assert set(found) == {"a", "b"}
    for name, array in state.items():
        assert found[name].numpy().dtype == array.dtype
        np.testing.assert_array_equal(found[name].numpy(), array)


def test_missing_and_corrupt_files(tmp_path):
    missing = tmp_path / "none.safetensors"
    with pytest.raises(FileError) as caught:
        rv.load(missing)
    assert str(caught.value) == f"there is no file {missing}."
    with pytest.raises(FileError, match=r"is a folder; expected a .safetensors file"):
        rv.load(tmp_path)
    path = tmp_path / "cut.safetensors"
    rv.save({"a": np.ones(100)}, path)
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(
        FileError, match=r"cut.safetensors is not a whole file: it is 8"
    ):
        rv.load(path)
    path.write_bytes(b"other")
    with pytest.raises(FileError, match="nothing was loaded"):
        rv.load(path)


def test_a_file_of_another_model(tmp_path):
    path = tmp_path / "a.safetensors"
    rv.save(nn.Linear(3, 2), path)
    model = nn.Linear(2, 2)
    before = model.weight.tolist()
    with pytest.raises(
        StateError, match=r"a.safetensors: this state_dict does not fit L"
    ):
        rv.load(path, into=model)
    assert model.weight.tolist() == before


def min_max(x):
    return x.min(), x.max()


def test_what_cannot_be_saved(tmp_path):
    path = tmp_path / "x.safetensors"
    with pytest.raises(DTypeError, match=r"save: \['a'\]\[1\] is a function; a file"):
        rv.save({"a": [1, min_max]}, path)
    with pytest.raises(
        DTypeError, match=r"\['model'\] is a Linear.*'model': x.state_d"
    ):
        rv.save({"model": nn.Linear(1, 1)}, path)
    with pytest.raises(DTypeError, match=r"\['seen'\] is a set.*Make it a list"):
        rv.save({"seen": {1}}, path)
    with pytest.raises(DTypeError, match=r"\['z'\] is an array of complex128"):
        rv.save({"z": np.zeros(2, complex)}, path)
    with pytest.raises(DTypeError, match="save: the object is a object"):
        rv.save(object(), path)
    with pytest.raises(FileError, match=r"there is no folder .*none to write x.safe"):
        rv.save({}, tmp_path / "none" / "x.safetensors")
    assert not path.exists()


def test_a_folder_that_cannot_be_written_to(tmp_path, monkeypatch):
    def refuse(*args, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(atomic.tempfile, "mkstemp", refuse)
    with pytest.raises(FileError) as caught:
        rv.save({"a": np.ones(1)}, tmp_path / "x.safetensors")
    assert str(caught.value) == (
        f"{tmp_path / 'x.safetensors'} cannot be written: Permission denied."
    )


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "x.safetensors"
    rv.save({"a": np.ones(1)}, path)

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic.os, "fsync", full)
    with pytest.raises(
        FileError, match=r"cannot be written: No space left on device\. What was there"
    ):
        rv.save({"a": np.zeros(1)}, path)
    monkeypatch.undo()
    assert rv.load(path)["a"].tolist() == [1.0]
    assert os.listdir(tmp_path) == ["x.safetensors"]
