"""Dataset: what the model sees, splits, and what bad data gets."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ranvier.data import Dataset, as_dataset
from ranvier.errors import DataError, DTypeError, RanvierError, ValueRangeError
from ranvier.tensor import Tensor


def pixels(rows: int = 10) -> Dataset:
    x = (np.arange(rows * 4) % 256).astype(np.uint8).reshape(rows, 4)
    return Dataset((x, np.arange(rows)), name="pixels", scale=1 / 255, shift=-0.5)


def test_length_row_and_repr() -> None:
    data = pixels()
    x, y = data[-1]
    assert len(data) == 10
    assert y == 9
    np.testing.assert_allclose(x, np.array([36, 37, 38, 39]) / 255 - 0.5, rtol=1e-6)
    assert repr(data) == "Dataset(pixels: 10 rows, (10, 4) uint8, (10,) int64)"
    assert len(list(data)) == 10


@pytest.mark.parametrize("row", [10, -11])
def test_a_row_that_is_not_there(row: int) -> None:
    with pytest.raises(IndexError, match="there are 10 rows, 0 to 9") as caught:
        pixels()[row]
    assert isinstance(caught.value, RanvierError)


def test_pixels_stay_bytes_until_the_model_sees_them() -> None:
    data = pixels()
    assert data.arrays[0].dtype == np.uint8
    x, y = data.numpy()
    assert (x.dtype, y.dtype) == (np.float32, np.int64)


def test_prepare_gives_the_same_bits_on_tensors_and_arrays() -> None:
    data = pixels(256)
    x, y = data.prepare(*(Tensor(array) for array in data.arrays))
    np.testing.assert_array_equal(x.numpy(), data.numpy()[0])
    np.testing.assert_array_equal(y.numpy(), data.arrays[1])


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
def test_without_a_map_inputs_pass_as_they_are(dtype: str) -> None:
    x = np.arange(6).reshape(3, 2).astype(dtype)
    data = as_dataset((x, x[:, 0]))
    assert data.numpy()[0].dtype == dtype
    tensor = Tensor(x)
    assert data.prepare(tensor) == (tensor,)


def test_a_mapped_float64_stays_float64() -> None:
    data = Dataset((np.ones((2, 1)),), scale=0.1)
    assert data.numpy()[0].dtype == np.float64


def test_split_gives_every_row_once() -> None:
    a, b = pixels(100).split(70, 30)
    rows = np.concatenate([a.arrays[1], b.arrays[1]])
    assert sorted(rows.tolist()) == list(range(100))
    assert rows.tolist() != list(range(100))
    assert (a.scale, a.shift, a.name) == (1 / 255, -0.5, "pixels")


def test_split_follows_the_documented_generator() -> None:
    order = np.random.Generator(np.random.Philox(3)).permutation(10)
    a, b = pixels().split(4, 5, seed=3)
    assert a.arrays[1].tolist() == order[:4].tolist()
    assert b.arrays[1].tolist() == order[4:9].tolist()


def test_split_puts_the_test_part_last() -> None:
    test = pixels(3)
    data = Dataset(pixels().arrays, test=test)
    a, b, last = data.split(5, 5)
    assert last is test
    assert a.test is b.test is None


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ((), "split() without sizes; write split(9, 1)"),
        ((8, 3), "asks for 11 rows, there are 10"),
        ((0.8, 0.2), "Write split(8, 2)"),
        ((8, 0), "not a whole number above 0"),
        ((-1, 2), "not a whole number above 0"),
        ((True,), "not a whole number above 0"),
    ],
)
def test_sizes_that_do_not_fit(sizes: tuple[Any, ...], words: str) -> None:
    with pytest.raises(ValueRangeError) as caught:
        pixels().split(*sizes)
    assert words in str(caught.value)


def test_lists_get_default_types() -> None:
    data = as_dataset(([[0.5, 0], [0, 1]], [0, 1]))
    assert [a.dtype for a in data.arrays] == [np.float32, np.int64]
    assert as_dataset(([[0, 1]], [True])).arrays[1].dtype == np.bool_


def test_arrays_and_tensors_keep_their_types() -> None:
    x = np.zeros((2, 3))
    data = as_dataset((x, Tensor(np.array([1, 2], np.int32))))
    assert [a.dtype for a in data.arrays] == [np.float64, np.int32]
    assert data.arrays[0] is x
    assert as_dataset([x, x[:, 0]]).arrays[0] is x
    assert as_dataset(data) is data


def test_arrays_are_laid_out_for_gathering() -> None:
    x = np.asfortranarray(np.ones((4, 3), ">f4"))
    (kept,) = as_dataset((x,)).arrays
    assert kept.flags.c_contiguous
    assert kept.dtype.isnative


# fmt: off
BAD = {
    "nothing":    ((),                                 DataError,  "no arrays"),
    "no rows":    ((np.zeros((0, 3)), np.zeros(0)),    DataError,  "shape (0, 3)"),
    "empty list": (([], []),                           DataError,  "there are no rows"),
    "lengths":    ((np.zeros((3, 2)), np.zeros(4)),    DataError,  "inputs 3, targets"),
    "number":     ((np.zeros(3), np.float32(1)),       DataError,  "a single number"),
    "ragged":     (([[1, 2], [3]], [0, 1]),            DataError,  "different lengths"),
    "words":      ((["a", "b"], [0, 1]),               DTypeError, "inputs: "),
    "half":       ((np.zeros(2, "f2"),),               DTypeError, "float16"),
    "one array":  (np.zeros((2, 2)),                   DataError,  "pass a tuple"),
    "one list":   ([[1, 2], [3, 4]],                   DataError,  "pass a tuple"),
    "a name":     ("mnist",                            DataError,  "load('mnist')"),
    "none":       (None,                               DataError,  "got NoneType"),
}
# fmt: on


@pytest.mark.parametrize("case", BAD)
def test_bad_data_is_refused(case: str) -> None:
    data, error, words = BAD[case]
    with pytest.raises(error) as caught:
        as_dataset(data)
    assert words in str(caught.value)


def test_finite_data_passes() -> None:
    pixels().check_finite()
    as_dataset((np.ones((3, 2)), np.ones(3))).check_finite()


@pytest.mark.parametrize(
    ("shape", "place", "value", "words"),
    [
        (
            (5, 3),
            (2, 1),
            np.nan,
            "inputs holds nan in row 2, column 1 (1 such value in",
        ),
        ((5,), (4,), np.inf, "inputs holds inf in row 4 (1 such"),
        ((2, 1, 4, 4), (1, 0, 2, 3), -np.inf, "-inf in row 1, place (0, 2, 3)"),
    ],
)
def test_the_first_number_that_is_not_finite_is_named(
    shape: tuple[int, ...], place: tuple[int, ...], value: float, words: str
) -> None:
    x = np.zeros(shape, np.float32)
    x[place] = value
    with pytest.raises(DataError) as caught:
        as_dataset((x, np.zeros(shape[0]))).check_finite()
    assert words in str(caught.value)


def test_targets_are_looked_at_and_values_counted() -> None:
    y = np.array([0, np.nan, np.inf, np.nan])
    with pytest.raises(DataError, match=r"targets holds nan in row 1 \(3 such values"):
        as_dataset((np.zeros((4, 2)), y)).check_finite()
