"""Tensors from numbers, PyTorch's names and defaults."""

import copy
import pickle

import numpy as np
import pytest

import ranvier as rv
from ranvier.errors import (
    DTypeError,
    ShapeError,
    UnknownAttributeError,
    UnsupportedError,
    ValueRangeError,
)


@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        (1.5, rv.float32),
        ([[1.0, 2.0]], rv.float32),
        ([1, 2], rv.int64),
        ([True], rv.bool),
        (np.ones(2), rv.float64),
        (np.float64(1), rv.float64),
        (np.ones(2, np.uint8), rv.uint8),
        ([np.ones(2), np.ones(2)], rv.float64),
        ([1, 2.5], rv.float32),
    ],
)
def test_types_of_what_is_given(data, dtype):
    assert rv.tensor(data).dtype is dtype


def test_dtype_is_kept_when_asked():
    assert rv.tensor([0.1], dtype=rv.float64).item() == 0.1
    assert rv.tensor([1.7], dtype="int32").tolist() == [1]
    assert rv.tensor(1, dtype=np.float32).dtype is rv.float32
    assert rv.tensor(rv.tensor([1.0]), dtype=float).dtype is rv.float32


def test_a_copy_is_made():
    array = np.ones(2, np.float32)
    made = [rv.tensor(array), rv.from_numpy(array), rv.as_tensor(array)]
    array[:] = 7
    assert [t.tolist() for t in made] == [[1.0, 1.0]] * 3
    x = rv.ones(2)
    assert rv.as_tensor(x) is x


def test_filled():
    assert rv.zeros(2, 3).shape == rv.zeros((2, 3)).shape == rv.zeros([2, 3]).shape
    assert rv.ones(2).tolist() == [1.0, 1.0]
    assert rv.full((2,), 7).dtype is rv.int64
    assert rv.full((2,), 7.0).dtype is rv.float32
    assert rv.eye(2, 3).tolist() == [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    assert rv.zeros(()).shape == ()
    x = rv.ones(2, 3, dtype=rv.float64)
    for like in (rv.zeros_like, rv.ones_like, rv.empty_like, rv.rand_like):
        assert (like(x).shape, like(x).dtype) == ((2, 3), rv.float64)
    assert rv.full_like(x, 3).tolist() == [[3.0] * 3] * 2
    assert rv.zeros_like(x, dtype=rv.int64).dtype is rv.int64
    assert rv.zeros(2, requires_grad=True).requires_grad


def test_ranges():
    assert rv.arange(3).tolist() == [0, 1, 2]
    assert rv.arange(1, 2, 0.25).tolist() == [1.0, 1.25, 1.5, 1.75]
    assert rv.arange(5, 0, -2).tolist() == [5, 3, 1]
    assert rv.arange(3.0).dtype is rv.float32
    assert rv.linspace(0, 1, 5).tolist() == [0.0, 0.25, 0.5, 0.75, 1.0]


def test_random_numbers_repeat_with_the_seed():
    def draw():
        rv.manual_seed(7)
        parts = (rv.rand(2), rv.randn(2), rv.randint(0, 9, (3,)), rv.randperm(5))
        return [p.tolist() for p in parts]

    assert draw() == draw()
    own = rv.Generator(3)
    a = rv.rand(2, generator=own).tolist()
    assert rv.rand(2, generator=own.manual_seed(3)).tolist() == a


def test_random_numbers_look_right():
    rv.manual_seed(0)
    u, n = rv.rand(10_000).numpy(), rv.randn(10_000).numpy()
    assert u.min() >= 0.0 and u.max() < 1.0 and abs(u.mean() - 0.5) < 0.02
    assert abs(n.mean()) < 0.05 and abs(n.std() - 1) < 0.05
    i = rv.randint(-2, 3, (1000,))
    assert sorted(set(i.tolist())) == [-2, -1, 0, 1, 2]
    assert i.dtype is rv.int64
    assert sorted(rv.randperm(9).tolist()) == list(range(9))
    assert rv.randint(5, (2, 2)).shape == rv.randint(high=5, size=(2, 2)).shape


def test_bad_input():
    with pytest.raises(ShapeError, match="rows of different lengths"):
        rv.tensor([[1.0], [1.0, 2.0]])
    with pytest.raises(DTypeError, match="is not a number type here; use one of"):
        rv.zeros(2, dtype="floaty")
    with pytest.raises(DTypeError, match="NumPy type complex128"):
        rv.tensor(np.ones(2, complex))
    with pytest.raises(
        DTypeError, match="from_numpy: expected a NumPy array, got list"
    ):
        rv.from_numpy([1.0])
    with pytest.raises(
        UnsupportedError, match="device 'cuda': Ranvier runs on the CPU"
    ):
        rv.zeros(2, device="cuda")
    with pytest.raises(ShapeError, match="cannot hold a negative size"):
        rv.zeros(-1)
    with pytest.raises(ValueRangeError, match="arange: step is 0"):
        rv.arange(0, 5, 0)
    with pytest.raises(ValueRangeError, match="high 2 must be above low 2"):
        rv.randint(2, 2, (1,))
    with pytest.raises(
        DTypeError, match="rand: dtype int64; it draws float32 or float6"
    ):
        rv.rand(2, dtype=rv.int64)
    with pytest.raises(
        UnknownAttributeError, match="no 'zerros'; did you mean 'zeros'"
    ):
        rv.zerros(2)


def test_copies_and_pickles():
    x = rv.tensor([1.0], requires_grad=True)
    y = copy.deepcopy(x)
    with rv.no_grad():
        x += 1
    assert y.tolist() == [1.0] and y.requires_grad and y.is_leaf
    assert copy.deepcopy(x.detach()).tolist() == [2.0]
    with pytest.raises(UnsupportedError, match="tensors are not pickled"):
        pickle.dumps(x)


def test_the_old_constructors():
    made = [rv.Tensor(2, 3), rv.Tensor([[1, 2]]), rv.Tensor(), rv.Tensor(rv.Size((2,)))]
    assert [t.shape for t in made] == [(2, 3), (1, 2), (0,), (2,)]
    assert {t.dtype for t in made} == {rv.float32}
    assert rv.LongTensor([1.0, 2.0]).tolist() == [1, 2]
    assert rv.FloatTensor(np.array([1, 2])).dtype is rv.float32
    assert rv.DoubleTensor(rv.ones(2)).dtype is rv.float64
    assert rv.ByteTensor(2, 2).dtype is rv.uint8
    assert rv.ones(2).type(rv.LongTensor).dtype is rv.int64
    assert isinstance(rv.ones(2), rv.FloatTensor)
    assert not isinstance(rv.ones(2), rv.DoubleTensor)
    assert not rv.FloatTensor(2, 3).requires_grad
    for wrong in (1.5, "2", None):
        with pytest.raises(DTypeError, match=r"rv.tensor\(number\)"):
            rv.Tensor(wrong)
    with pytest.raises(ShapeError, match="negative size"):
        rv.FloatTensor(2, -1)


def test_the_default_by_an_old_type():
    try:
        rv.set_default_tensor_type(rv.DoubleTensor)
        assert rv.Tensor([1.0]).dtype is rv.float64
    finally:
        rv.set_default_tensor_type(rv.FloatTensor)
    assert rv.Tensor([1.0]).dtype is rv.float32
