"""grad, value_and_grad, jvp, hessian, check_gradients."""

import numpy as np
import pytest

import ranvier as rv
from ranvier.errors import DTypeError, GradientError, ShapeError, ValueRangeError


def close(a, b, tolerance=1e-5):
    np.testing.assert_allclose(
        np.asarray(a.detach()), b, rtol=tolerance, atol=tolerance
    )


def test_derivatives_of_any_order():
    f = lambda x: x**5  # noqa: E731
    for expected in (80.0, 160.0, 240.0, 240.0, 120.0):
        f = rv.grad(f)
        assert f(rv.tensor(2.0)).item() == expected


def test_argnums():
    f = lambda a, b: a * b**2  # noqa: E731
    a, b = rv.tensor(3.0), rv.tensor(2.0)
    assert rv.grad(f)(a, b).item() == 4.0
    assert rv.grad(f, argnums=1)(a, b).item() == 12.0
    assert rv.grad(f, argnums=-1)(a, b).item() == 12.0
    assert [g.item() for g in rv.grad(f, argnums=(1, 0))(a, b)] == [12.0, 4.0]
    value, gradient = rv.value_and_grad(f, argnums=(0,))(a, b)
    assert value.item() == 12.0
    assert [g.item() for g in gradient] == [4.0]


def test_numbers_and_arrays_are_taken_too():
    assert rv.grad(lambda x: x**2)(3.0).item() == 6.0
    assert rv.grad(lambda x: (x**2).sum())(np.array([1.0, 2.0])).tolist() == [2.0, 4.0]


def test_results_carry_no_history():
    value, gradient = rv.value_and_grad(lambda x: x**2)(rv.tensor(3.0))
    assert not value.requires_grad
    assert gradient.numpy() == 6.0


def test_trees():
    parameters = {"w": [rv.tensor([1.0, 2.0])], "b": (rv.tensor(3.0), None)}
    f = lambda p: (p["w"][0] ** 2).sum() * p["b"][0]  # noqa: E731
    gradient = rv.grad(f)(parameters)
    assert gradient["w"][0].tolist() == [6.0, 12.0]
    assert gradient["b"][0].item() == 5.0
    assert gradient["b"][1] is None


def test_auxiliary_results():
    f = lambda x: (x**2, {"seen": x})  # noqa: E731
    (value, aux), gradient = rv.value_and_grad(f, has_aux=True)(rv.tensor(3.0))
    assert (value.item(), aux["seen"].item(), gradient.item()) == (9.0, 3.0, 6.0)
    gradient, aux = rv.grad(f, has_aux=True)(rv.tensor(3.0))
    assert gradient.item() == 6.0


def test_an_outer_gradient_flows_through_an_inner_one():
    x = rv.tensor(2.0, requires_grad=True)
    inner = rv.grad(lambda y: x * y**2)(rv.tensor(3.0))
    inner.backward()
    assert x.grad.item() == 6.0


def test_also_under_no_grad():
    with rv.no_grad():
        assert rv.grad(lambda x: x**2)(rv.tensor(3.0)).item() == 6.0


def test_jvp():
    x, v = rv.tensor([1.0, 2.0]), rv.tensor([3.0, -1.0])
    value, tangent = rv.jvp(lambda x: x**2, (x,), (v,))
    assert value.tolist() == [1.0, 4.0]
    assert tangent.tolist() == [6.0, -4.0]
    value, tangent = rv.jvp(lambda a, b: {"y": a * b}, (x, x), (v, v))
    assert tangent["y"].tolist() == [6.0, -4.0]
    second = rv.grad(lambda x: rv.jvp(lambda x: (x**3).sum(), (x,), (v,))[1])(x)
    assert second.tolist() == [18.0, -12.0]


def test_hessian():
    a = np.array([[2.0, 1.0], [1.0, 3.0]], np.float32)
    x = rv.tensor([1.0, -1.0])
    close(rv.hessian(lambda x: x @ rv.tensor(a) @ x)(x), a + a.T)
    blocks = rv.hessian(lambda p: p["a"] * p["b"] ** 2)(
        {"a": rv.tensor(1.0), "b": rv.tensor(3.0)}
    )
    assert blocks["a"]["b"].item() == 6.0
    assert blocks["b"]["b"].item() == 2.0
    assert rv.hessian(lambda x: (x**2).sum())(rv.ones(2, 3)).shape == (2, 3, 2, 3)


def wrong(x):
    """x² with a gradient that is wrong in one place."""
    mask = rv.tensor([[1.0, 0.0], [1.0, 1.0]], dtype=rv.float64)
    return (x * x * mask + (x * x * (1 - mask)).detach()).sum()


def test_check_gradients_names_the_worst_entry():
    x = rv.tensor([[1.0, 2.0], [3.0, 4.0]])
    with pytest.raises(GradientError) as caught:
        rv.check_gradients(lambda y, x: wrong(x) + y, (rv.tensor(1.0), x))
    assert str(caught.value) == (
        "check_gradients: input 1[0, 1]: the gradient says 0, the difference quotient "
        "4; "
        "they differ by 4, allowed are 0.00401."
    )


def test_check_gradients_takes_any_output():
    assert rv.check_gradients(lambda x: {"a": x**2, "b": x.exp()}, (rv.rand(3),))
    assert rv.check_gradients(lambda x: x**2, rv.rand(3))
    f = lambda x, i: x[i]  # noqa: E731
    assert rv.check_gradients(f, (rv.rand(3), rv.tensor([0, 2])))


def test_what_has_no_gradient():
    with pytest.raises(
        DTypeError, match="a gradient with respect to int64; only float"
    ):
        rv.grad(lambda x: x.sum())(rv.tensor([1, 2]))
    with pytest.raises(GradientError, match=r"gave shape \(2,\); it must give one num"):
        rv.grad(lambda x: x * 2)(rv.tensor([1.0, 2.0]))
    with pytest.raises(
        GradientError, match="the function gave float; it must give a t"
    ):
        rv.grad(lambda x: 2.0)(rv.tensor(1.0))
    with pytest.raises(GradientError, match=r"the function gave int64; use .float"):
        rv.grad(lambda x: x.long())(rv.tensor(1.0))
    with pytest.raises(
        ValueRangeError, match="argnums is 1, but the function was call"
    ):
        rv.grad(lambda x: x, argnums=1)(rv.tensor(1.0))
    with pytest.raises(ShapeError, match="jvp: tangents of shapes"):
        rv.jvp(lambda x: x, (rv.ones(2),), (rv.ones(3),))
