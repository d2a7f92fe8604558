"""Where Ranvier differs from PyTorch: an error with a remedy, or the same numbers.

Each test is one line of the table in the documentation; none of these may ever become a
silently different number.
"""

import numpy as np
import pytest

import ranvier as rv
from ranvier.errors import DTypeError, GradientError, ShapeError, UnsupportedError


def test_writing_through_a_view_that_shows_a_place_twice():
    x = rv.zeros(2, 1)
    with pytest.raises(UnsupportedError) as caught:
        x.expand(2, 3).fill_(1.0)
    assert str(caught.value) == (
        "fill_ writes into a view of another tensor (made by expand); here it would "
        "not reach that tensor. Write to the tensor itself, as in x[index] = value, or "
        "work on a copy made with .clone()."
    )


def test_writing_to_one_of_several_views_whose_tensor_is_gone():
    first, second = (rv.zeros(4) + 1).split(2)
    with pytest.raises(UnsupportedError, match="writes into a view of another"):
        first += 1
    del second
    first += 1
    assert first.tolist() == [2.0, 2.0]


def test_a_new_shape_for_a_tensor_whose_view_is_in_use():
    x = rv.zeros(2, 3)
    view = x[0]
    with pytest.raises(UnsupportedError, match="is still in use; PyTorch would change"):
        x.t_()
    del view
    assert x.t_().shape == (3, 2)


def test_detach_follows_its_tensor():
    x = rv.zeros(2)
    y = x.detach()
    x += 1
    assert y.tolist() == [1.0, 1.0]
    y += 1
    assert x.tolist() == [2.0, 2.0]


def test_data_writes_to_its_tensor():
    x = rv.zeros(2, requires_grad=True)
    x.data.add_(1.0)
    x.data += 1.0
    x.data[0] = 7.0
    assert x.tolist() == [7.0, 2.0]
    assert x.requires_grad and x.is_leaf


def test_in_place_on_a_leaf():
    x = rv.zeros(2, requires_grad=True)
    with pytest.raises(
        GradientError, match="on a leaf tensor that requires a gradient"
    ):
        x += 1
    with rv.no_grad():
        x += 1
    assert x.is_leaf and x.requires_grad and x.tolist() == [1.0, 1.0]


def test_in_place_keeps_type_and_shape():
    x = rv.zeros(2, dtype=rv.int64)
    with pytest.raises(DTypeError, match="use the form without the underscore"):
        x += 1.5
    with pytest.raises(ShapeError, match=r"a result of shape \(3, 2\) cannot go into"):
        x += rv.zeros(3, 2, dtype=rv.int64)


def test_another_name_for_a_tensor_sees_in_place_changes():
    x = rv.zeros(2)
    y = x
    x += 1
    assert y.tolist() == [1.0, 1.0]
    y = x * 1
    x += 1
    assert y.tolist() == [1.0, 1.0]


def test_numpy_is_a_snapshot_that_cannot_be_written():
    x = rv.zeros(2)
    array = x.numpy()
    x += 1
    assert array.tolist() == [0.0, 0.0]
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1.0


def test_gradients_flow_through_in_place_changes():
    x = rv.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    y *= y
    y[0] = 5.0
    y.sum().backward()
    assert x.grad.tolist() == [0.0, 16.0]


def test_random_numbers_are_drawn_once():
    x = rv.rand(3)
    assert x.tolist() == x.tolist()


def test_an_if_on_a_value_looks_at_it():
    x = rv.tensor(2.0)
    assert (x * 3 if x > 1 else x).item() == 6.0
    with pytest.raises(ShapeError, match=r"ambiguous; use .any\(\) or .all\(\)"):
        bool(rv.ones(2) > 0)


def test_item_of_several_elements():
    with pytest.raises(ShapeError, match="which has 2 elements; it needs exactly one"):
        rv.ones(2).item()


def test_division_by_zero_is_silent_as_in_pytorch():
    assert np.isinf((rv.ones(1) / rv.zeros(1)).item())
    assert np.isnan(rv.zeros(1).log().mul(0).item())


def test_slices_step_forward():
    with pytest.raises(ShapeError, match=r"use \.flip\(dim\)"):
        rv.ones(3)[::-1]


def test_comparing_with_none_is_pythons_own():
    x = rv.ones(2)
    assert (x == None) is False and (x != None) is True  # noqa: E711
    assert x not in [None]


def test_zero_names_itself():
    x = rv.ones(2, requires_grad=True)
    with pytest.raises(GradientError, match=r"^zero_ on a leaf tensor"):
        x.zero_()


def test_rows_of_different_lengths():
    expected = (
        "rows of different lengths do not make a tensor: row 0 has 2 elements, row 1 "
        "has 1. Give all rows one length, for example by filling up with zeros."
    )
    for dtype in (None, rv.float64):
        with pytest.raises(ShapeError) as caught:
            rv.tensor([[1.0, 2.0], [3.0]], dtype=dtype)
        assert str(caught.value) == expected
    with pytest.raises(ShapeError, match="row 0 has 1 elements, row 1 has 2"):
        rv.tensor([[[1], [1, 2]], [[1], [1]]])
    with pytest.raises(ShapeError, match="row 0 has 2 elements, row 1 has 0"):
        rv.tensor([[1, 2], 3])
