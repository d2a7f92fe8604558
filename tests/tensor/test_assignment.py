"""``x[index] = v``: which value stays, and what a mask takes."""

import numpy as np
import pytest

import ranvier as rv
from ranvier.errors import RanvierError, ShapeError


@pytest.mark.parametrize("kind", ["tensor", "list", "array"])
def test_the_last_of_several_values_for_a_row_stays(kind):
    rows = {"tensor": rv.tensor, "list": list, "array": np.array}[kind]([1, 1, 0, -1])
    x = rv.zeros(3, 2)
    v = rv.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]], requires_grad=True)
    x[rows] = v
    assert x.tolist() == [[5.0, 6.0], [3.0, 4.0], [7.0, 8.0]]
    x.sum().backward()
    assert v.grad.tolist() == [[0.0, 0.0], [1.0, 1.0], [1.0, 1.0], [1.0, 1.0]]


def test_a_number_for_a_row_that_comes_twice():
    x = rv.zeros(3)
    x[rv.tensor([1, 1])] = 2.0
    x[[2, 2]] = rv.tensor([7.0])
    assert x.tolist() == [0.0, 2.0, 7.0]


def test_rows_that_are_not_there_keep_nan_out():
    x = rv.zeros(2)
    x[[0, 0]] = rv.tensor([float("nan"), 1.0])
    assert x.tolist() == [1.0, 0.0]


def test_leading_ones_of_a_value_do_not_matter():
    x = rv.zeros(2, 3)
    x[0] = rv.ones(1, 1, 3)
    assert x.tolist() == [[1.0] * 3, [0.0] * 3]


def test_inside_a_compiled_function():
    rows, x = rv.tensor([1, 1]), rv.zeros(2)

    @rv.compile
    def number(x, rows):
        y = x * 1
        y[rows] = 5.0
        return y

    assert number(x, rows).tolist() == [0.0, 5.0]

    @rv.compile
    def listed(x, v):
        y = x * 1
        y[[1, 1]] = v
        return y

    assert listed(x, rv.tensor([2.0, 3.0])).tolist() == [0.0, 3.0]

    @rv.compile
    def several(x, rows, v):
        y = x * 1
        y[rows] = v
        return y

    assert several(x, rows, rv.tensor([2.0, 3.0])).tolist() == [0.0, 3.0]
    assert several(x, rv.tensor([1, 0]), rv.tensor([2.0, 3.0])).tolist() == [3.0, 2.0]

    @rv.compile
    def masked(x, v):
        y = x * 1
        y[x > 0] = v
        return y

    x = rv.tensor([1.0, -1.0, 2.0])
    assert masked(x, rv.tensor([7.0, 8.0])).tolist() == [7.0, -1.0, 8.0]
    with pytest.raises(RanvierError, match="not 2 places are true"):
        masked(rv.tensor([1.0, 1.0, 2.0]), rv.tensor([7.0, 8.0]))


def test_a_mask_takes_one_number_or_one_value_for_each_true_place():
    mask = rv.tensor([True, False, True])
    x = rv.zeros(3)
    x[mask] = 1
    x[mask] = rv.tensor([4.0, 5.0])
    assert x.tolist() == [4.0, 0.0, 5.0]
    x[x > 4] = rv.tensor([6.0])
    x[np.array([False, True, False])] = 2
    assert x.tolist() == [4.0, 2.0, 6.0]
    y = rv.zeros(3, 2)
    y[mask] = rv.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert y.tolist() == [[1.0, 2.0], [0.0, 0.0], [3.0, 4.0]]
    y[mask] = rv.tensor([8.0, 9.0])
    assert y.tolist() == [[8.0, 9.0], [0.0, 0.0], [8.0, 9.0]]


def test_a_mask_and_values_that_do_not_fit():
    x, mask = rv.zeros(3), rv.tensor([True, False, True])
    with pytest.raises(ShapeError) as caught:
        x[mask] = rv.ones(3)
    assert str(caught.value) == (
        "x[mask] = values: 2 places are true, so values of shape (2,) are expected, "
        "got (3,). Use x = rv.where(mask, values, x)."
    )
    with pytest.raises(ShapeError, match="one value for each true place"):
        x[mask] = rv.ones(4)
    with pytest.raises(ShapeError, match=r"a mask of shape \(2,\) for a tensor"):
        x[rv.tensor([True, False])] = 1
