"""backward(), .grad, no_grad and their like."""

import pytest

import ranvier as rv
from ranvier.errors import DTypeError, GradientError


def test_the_first_example():
    x = rv.tensor([[1.0, 2.0]], requires_grad=True)
    y = (x**3 + 2 * x**2).sum()
    y.backward()
    assert x.grad.tolist() == [[7.0, 20.0]]


def test_gradients_add_up_until_they_are_forgotten():
    x = rv.tensor(3.0, requires_grad=True)
    for expected in (6.0, 12.0):
        (x * x).backward()
        assert x.grad.item() == expected
    x.grad = None
    (x * x).backward()
    assert x.grad.item() == 6.0


def test_one_sweep_not_a_walk_over_paths():
    x = rv.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(60):
        y = y + y
    y.backward()
    assert x.grad.item() == 2.0**60


def test_a_second_time_through_the_same_graph():
    x = rv.tensor(3.0, requires_grad=True)
    y = x * x
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.item() == 12.0
    with pytest.raises(GradientError, match="a second time through the same graph"):
        y.backward()


def test_gradients_of_gradients_through_backward():
    x = rv.tensor(2.0, requires_grad=True)
    (x**3).backward(create_graph=True)
    first = x.grad
    x.grad = None
    first.backward()
    assert x.grad.item() == 12.0


def test_a_result_of_several_numbers_needs_weights():
    x = rv.tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(GradientError, match="needs one number"):
        (x * x).backward()
    (x * x).backward(rv.tensor([1.0, 10.0]))
    assert x.grad.tolist() == [2.0, 40.0]


def test_what_requires_no_gradient():
    with pytest.raises(GradientError, match="does not require a gradient"):
        rv.tensor(1.0).backward()
    squares = rv.compile(lambda x: (x * x).sum())
    with pytest.raises(GradientError, match="out of a compiled function"):
        squares(rv.ones(2, requires_grad=True)).backward()
    with pytest.raises(DTypeError, match="int64 cannot require a gradient"):
        rv.tensor(1, requires_grad=True)


def test_no_grad_as_context_and_decorator():
    x = rv.tensor(1.0, requires_grad=True)
    with rv.no_grad():
        assert not rv.is_grad_enabled()
        assert not (x * 2).requires_grad
        with rv.enable_grad():
            assert (x * 2).requires_grad
    assert rv.is_grad_enabled()

    @rv.no_grad()
    def outer(n):
        return (x * 2).requires_grad or (n > 0 and outer(n - 1))

    @rv.no_grad
    def plain():
        return (x * 2).requires_grad

    assert not outer(3)
    assert not plain()
    assert rv.is_grad_enabled()


def test_set_grad_enabled():
    with rv.set_grad_enabled(False):
        assert not rv.is_grad_enabled()
    assert rv.is_grad_enabled()
    rv.set_grad_enabled(False)
    assert not rv.is_grad_enabled()
    rv.set_grad_enabled(True)


def test_detach():
    x = rv.tensor(3.0, requires_grad=True)
    (x * x.detach()).backward()
    assert x.grad.item() == 3.0


def test_numpy_of_what_requires_a_gradient():
    x = rv.tensor(3.0, requires_grad=True)
    with pytest.raises(GradientError, match=r"use x\.detach\(\)\.numpy\(\)"):
        x.numpy()
