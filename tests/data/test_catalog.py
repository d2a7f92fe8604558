"""The data sets with a name, on the real files."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from ranvier.data import CATALOG, Dataset, find, load
from ranvier.data import catalog as catalog_module
from ranvier.data.catalog import PACKAGED
from ranvier.errors import DataError, FileError, UnknownNameError

FASHION_FOLDERS = CATALOG["fashion-mnist"].places


@pytest.fixture
def no_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RANVIER_DATA", raising=False)


@pytest.fixture(scope="module")
def mnist() -> Dataset:
    return load("mnist")


def test_mnist_as_it_is_known(mnist: Dataset) -> None:
    x, y = mnist.arrays
    assert (x.shape, x.dtype, y.shape, y.dtype) == ((60000, 784), "u1", (60000,), "i8")
    assert np.bincount(y).tolist() == [
        5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949,
    ]  # fmt: skip
    assert mnist.classes == list("0123456789")
    assert mnist.image_shape == (1, 28, 28)
    assert y[:5].tolist() == [5, 0, 4, 1, 9]


def test_mnist_keeps_its_test_digits_apart(mnist: Dataset) -> None:
    assert mnist.test is not None
    assert len(mnist.test) == 10_000
    assert mnist.test.test is None
    assert mnist.test.arrays[1][:5].tolist() == [7, 2, 1, 0, 4]


def test_the_split_of_the_documentation(mnist: Dataset) -> None:
    train, val, test = mnist.split(55_000, 5_000)
    assert [len(part) for part in (train, val, test)] == [55_000, 5_000, 10_000]
    assert test is mnist.test
    both = np.concatenate([train.arrays[1], val.arrays[1]])
    assert np.bincount(both).tolist() == np.bincount(mnist.arrays[1]).tolist()


def test_the_model_sees_zero_to_one(mnist: Dataset) -> None:
    assert mnist.test is not None
    x, y = mnist.test.numpy()
    assert (x.dtype, y.dtype) == (np.float32, np.int64)
    assert (x.min(), x.max()) == (0, 1)


def test_images_unflattened(no_data_folder: None) -> None:
    digits = load("digits", flatten=False)
    assert digits.arrays[0].shape == (1437, 1, 8, 8)
    assert digits.test is not None
    assert digits.test.arrays[0].shape == (360, 1, 8, 8)


def test_the_digits_as_they_are_known(no_data_folder: None) -> None:
    digits = load("digits")
    assert digits.test is not None
    labels = np.concatenate([digits.arrays[1], digits.test.arrays[1]])
    counts = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert np.bincount(labels).tolist() == counts
    assert labels[:10].tolist() == list(range(10))
    assert digits.arrays[0].max() == 16
    assert digits.numpy()[0].max() == 1
    first = [0, 0, 5, 13, 9, 1, 0, 0]
    assert digits.arrays[0][0, :8].tolist() == first


@pytest.mark.skipif(find("fashion-mnist") is None, reason="fashion-mnist is not here")
def test_fashion_where_it_is_found() -> None:
    fashion = load("fashion-mnist")
    assert np.bincount(fashion.arrays[1]).tolist() == [6000] * 10
    assert fashion.classes is not None
    assert fashion.classes[9] == "Ankle boot"


def test_fashion_where_it_is_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, no_data_folder: None
) -> None:
    nowhere = catalog_module.FASHION._replace(places=(tmp_path / "none",))
    monkeypatch.setitem(catalog_module.CATALOG, "fashion-mnist", nowhere)
    assert find("fashion-mnist") is None
    with pytest.raises(FileError, match="apt install dataset-fashion-mnist") as caught:
        load("fashion-mnist")
    assert str(tmp_path / "none") in str(caught.value)


def test_debian_s_folder_is_searched() -> None:
    assert Path("/usr/share/datasets/fashion-mnist") in FASHION_FOLDERS


def test_an_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'mnist'") as caught:
        load("mnsit")
    assert "fashion-mnist" in str(caught.value)


@pytest.fixture
def own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """RANVIER_DATA with a copy of the digits in it."""
    shutil.copytree(PACKAGED / "digits", tmp_path / "digits")
    monkeypatch.setenv("RANVIER_DATA", str(tmp_path))
    return tmp_path / "digits"


def test_the_user_s_folder_comes_first(own_folder: Path) -> None:
    assert find("digits") == own_folder
    assert len(load("digits")) == 1437


def test_unpacked_files_do_as_well(own_folder: Path) -> None:
    import gzip

    for file in own_folder.glob("*.gz"):
        file.with_suffix("").write_bytes(gzip.decompress(file.read_bytes()))
        file.unlink()
    assert len(load("digits")) == 1437


def test_a_missing_file_of_a_set(own_folder: Path) -> None:
    (own_folder / "digits-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(FileError, match=r"digits-labels-idx1-ubyte\.gz"):
        load("digits")


def test_a_truncated_file_of_a_set(own_folder: Path) -> None:
    file = own_folder / "digits-images-idx3-ubyte.gz"
    file.write_bytes(file.read_bytes()[:20_000])
    with pytest.raises(DataError, match=r"digits-images-idx3-ubyte\.gz.*cut short"):
        load("digits")


def test_another_set_s_file_under_this_name(own_folder: Path) -> None:
    other = PACKAGED / "mnist" / "t10k-labels-idx1-ubyte.gz"
    shutil.copy(other, own_folder / "digits-labels-idx1-ubyte.gz")
    with pytest.raises(DataError, match="begins with ff7bcfd4, expected ce71631c"):
        load("digits")


def test_every_set_names_its_licence() -> None:
    for name, source in CATALOG.items():
        assert source.name == name
        assert source.licence
        assert source.by
    for name in ("mnist", "digits"):
        text = (PACKAGED / name / "LICENSE.md").read_text("utf-8")
        assert "Creative Commons" in text
