"""Derivatives with respect to the input inside the loss: a physics-informed network."""

import math

import numpy as np
import pytest

import ranvier as rv
from ranvier import nn

PLACES = np.linspace(0, 1, 64, dtype=np.float32)[:, None]
ENDS = np.array([[0.0], [1.0]], np.float32)


def network(dtype=rv.float32, seed=0):
    rv.manual_seed(seed)
    return nn.Sequential(
        nn.Linear(1, 20), nn.Tanh(), nn.Linear(20, 20), nn.Tanh(), nn.Linear(20, 1)
    ).to(dtype)


def by_grad(u, x):
    """u'' by the function that makes derivatives of functions."""
    return rv.grad(lambda x: rv.grad(lambda x: u(x).sum())(x).sum())(x)


def by_backward(u, x):
    """u'' as PyTorch's users write it, with a leaf made for the purpose."""
    x = x.detach().requires_grad_()
    u(x).sum().backward(create_graph=True)
    slope, x.grad = x.grad, None
    slope.sum().backward(create_graph=True)
    return x.grad


def residual_loss(model, x, second):
    """Mean of (u'' + π² sin(πx))², and u = 0 at both ends."""
    ends = rv.tensor(ENDS).to(x.dtype)
    residual = second(model, x) + math.pi**2 * rv.sin(math.pi * x)
    return residual.square().mean() + 100 * model(ends).square().mean()


def gradients(model, x, second):
    model.zero_grad()
    loss = residual_loss(model, x, second)
    if second is by_backward:
        model.zero_grad()  # its own sweeps reach the parameters too
    loss.backward()
    return loss, [p.grad for p in model.parameters()]


@pytest.mark.parametrize("second", [by_grad, by_backward])
@pytest.mark.parametrize("way", ["plain", "compiled"])
def test_the_gradient_of_a_loss_with_a_second_derivative(second, way):
    """Against the same in float64, and that against differences."""
    wide, wide_x = network(rv.float64), rv.tensor(PLACES).double()
    _, exact = gradients(wide, wide_x, by_grad)
    model, x = network(), rv.tensor(PLACES)
    run = lambda x: gradients(model, x, second)  # noqa: E731
    if way == "compiled":
        run = rv.compile(run)
    _, found = run(x)
    for a, b in zip(found, exact, strict=True):
        scale = np.abs(b.numpy()).max()
        np.testing.assert_allclose(a.numpy(), b.numpy(), atol=1e-4 * scale)
    weight, step = wide[2].weight, 1e-5
    sides = []
    for sign in (1, -1):
        with rv.no_grad():
            weight[3, 4] = weight[3, 4] + sign * step
        sides.append(residual_loss(wide, wide_x, by_grad).item())
        with rv.no_grad():
            weight[3, 4] = weight[3, 4] - sign * step
    difference = (sides[0] - sides[1]) / (2 * step)
    assert exact[2][3, 4].item() == pytest.approx(difference, rel=1e-5)


def test_a_differential_equation_is_solved():
    """u'' = -π² sin(πx), u(0) = u(1) = 0, whose solution is sin(πx)."""
    model = network()
    optimizer = rv.optim.Adam(model.parameters(), lr=1e-2)

    @rv.compile
    def step(x):
        optimizer.zero_grad()
        loss = residual_loss(model, x, by_grad)
        loss.backward()
        optimizer.step()
        return loss

    losses = step.over(PLACES, epochs=2000)
    assert losses[-1].item() < 1e-2 * losses[0].item()
    u = model(rv.tensor(PLACES)).detach().numpy()
    assert np.abs(u - np.sin(np.pi * PLACES)).max() < 1e-2


def test_the_plain_loop_goes_the_same_way():
    losses = []
    for way in (lambda f: f, rv.compile):
        model = network()
        optimizer = rv.optim.SGD(model.parameters(), lr=1e-4)

        def step(x, model=model, optimizer=optimizer):
            optimizer.zero_grad()
            loss = residual_loss(model, x, by_grad)
            loss.backward()
            optimizer.step()
            return loss

        step, x = way(step), rv.tensor(PLACES)
        losses.append([step(x).item() for _ in range(8)])
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-4)


def test_a_leaf_made_inside_a_compiled_step():
    """Of a result, a copy of an argument, or something new; not of an argument."""

    @rv.compile
    def slopes(x):
        found = []
        for leaf in ((2 * x).detach(), x.clone(), x.clone() + 0, rv.ones(3)):
            leaf = leaf.requires_grad_()
            assert leaf.requires_grad
            assert leaf.is_leaf
            (leaf**2).sum().backward()
            found.append(leaf.grad)
        return found

    x = rv.tensor([1.0, 2.0, 3.0])
    for _ in range(2):
        found = [g.tolist() for g in slopes(x)]
        assert found == [[4, 8, 12], [2, 4, 6], [2, 4, 6], [2, 2, 2]]
    with pytest.raises(rv.errors.CaptureError, match=r"argument 1 in place"):
        rv.compile(lambda x: x.requires_grad_().sum())(x)


def test_no_product_with_ones_is_left():
    """The seed of a sum's gradient does not become a matrix of ones that is
    multiplied with.
    """
    model, x = network(), rv.tensor(PLACES)
    f = rv.compile(lambda x: by_grad(model, x))
    f(x)
    kernels = f.last.schedules[0].kernels
    products = [k for k in kernels if k.kind == "matmul"]
    inner = [k.nodes[0].srcs[0].shape[-1] for k in products]
    assert inner == [20] * 4  # those with a vector and with an inner 1 are loops
