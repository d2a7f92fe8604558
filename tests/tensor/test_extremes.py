"""max and min: which element gets the gradient, and where NaN is."""

import numpy as np
import pytest

import ranvier as rv


@pytest.mark.parametrize("how", ["max", "min"])
def test_the_gradient_goes_to_the_element_at_the_index(how):
    x = rv.tensor([[2.0, 2.0, 2.0], [1.0, 3.0, 3.0]], requires_grad=True)
    values, indices = getattr(x, how)(1)
    values.sum().backward()
    expected = np.zeros((2, 3))
    expected[[0, 1], indices.numpy()] = 1
    assert x.grad.tolist() == expected.tolist()
    assert indices.tolist() == [0, 1 if how == "max" else 0]


def test_amax_shares_it():
    x = rv.ones(2, requires_grad=True)
    x.amax(0).backward()
    assert x.grad.tolist() == [0.5, 0.5]


def test_shapes_and_values():
    x = rv.tensor([[1.0, float("-inf")], [float("inf"), 2.0]], requires_grad=True)
    kept = x.max(0, keepdim=True)
    assert kept.values.shape == kept.indices.shape == (1, 2)
    assert x.max(0).values.tolist() == [float("inf"), 2.0]
    assert x.max(-1).indices.tolist() == [0, 0]
    assert rv.tensor([1, 5, 5]).max(0) == (5, 1)
    assert rv.tensor(3.0).max(0) == (3.0, 0)


@pytest.mark.parametrize("compiled", [False, True])
def test_nan_is_the_extreme_and_its_first_place_the_index(compiled):
    nan = float("nan")
    x = rv.tensor([[1.0, nan, 3.0, nan], [nan, 2.0, 5.0, 1.0], [1.0, 2.0, 5.0, 5.0]])

    def places(x):
        return x.argmax(1), x.argmin(1), x.max(1).indices, x.argmax()

    big, small, index, whole = (rv.compile(places) if compiled else places)(x)
    assert big.tolist() == index.tolist() == [1, 0, 2]
    assert small.tolist() == [1, 0, 0]
    assert whole.item() == 1
    assert np.isnan(x.max(1).values.numpy()[:2]).all()
