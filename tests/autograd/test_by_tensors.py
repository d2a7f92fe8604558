"""rv.autograd.grad: tensors by tensors, as PyTorch has it."""

import numpy as np
import pytest

import ranvier as rv
from ranvier import nn
from ranvier.errors import (
    GradientError,
    RanvierError,
    ShapeError,
)


def test_second_derivative_and_grads_of_a_loss_on_it():
    x = rv.tensor([1.0, 2.0, 3.0], requires_grad=True)
    (first,) = rv.autograd.grad(outputs=(x**4).sum(), inputs=x, create_graph=True)
    second = rv.autograd.grad(first, x, rv.ones_like(first), create_graph=True)[0]
    second.sum().backward()
    np.testing.assert_allclose(first.detach(), [4, 32, 108])
    np.testing.assert_allclose(second.detach(), [12, 48, 108])
    np.testing.assert_allclose(x.grad, [24, 48, 72])


def test_of_something_computed_and_without_touching_grad():
    x = rv.tensor([1.0, 2.0], requires_grad=True)
    y = x * 3
    assert rv.autograd.grad((y * y).sum(), [y, x])[1].tolist() == [18.0, 36.0]
    assert x.grad is None


def test_several_outputs_weighted():
    x = rv.tensor(2.0, requires_grad=True)
    weights = (None, rv.tensor([1.0, 10.0]))
    found = rv.autograd.grad((x**2, rv.stack([x, x**3])), x, weights)
    assert found[0].item() == 4.0 + 1.0 + 120.0


def test_unused():
    x, other = (rv.ones(2, requires_grad=True) for _ in range(2))
    with pytest.raises(GradientError, match=r"inputs\[1\].*allow_unused"):
        rv.autograd.grad(x.sum(), (x, other))
    assert rv.autograd.grad(x.sum(), (x, other), allow_unused=True)[1] is None
    zeros = rv.autograd.grad(x.sum(), (x, other), materialize_grads=True)[1]
    assert zeros.tolist() == [0.0, 0.0]


def penalty(model, x):
    score = model(x)
    slope = rv.autograd.grad(score, x, rv.ones_like(score), create_graph=True)[0]
    return ((slope.norm(2, dim=1) - 1) ** 2).mean()


def test_gradient_penalty_compiled_and_not():
    rv.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    x = rv.randn(5, 3)

    def step(x):
        model.zero_grad()
        loss = penalty(model, x.detach().requires_grad_())
        loss.backward()
        return loss, model[0].weight.grad

    plain, compiled = step(x), rv.compile(step)(x)
    for ours, theirs in zip(plain, compiled, strict=True):
        np.testing.assert_allclose(ours.detach(), theirs.detach(), rtol=1e-5)
    assert rv.check_gradients(lambda w: (w**2).sum(), (plain[1],))


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda x: rv.autograd.grad(x * 2, x), GradientError, "grad_outputs"),
        (lambda x: rv.autograd.grad(x.sum(), rv.ones(2)), GradientError, "inputs"),
        (lambda x: rv.autograd.grad(rv.ones(1), x), GradientError, "outputs"),
        (lambda x: rv.autograd.grad(lambda y: y, x), GradientError, "rv.grad"),
        (lambda x: rv.autograd.grad(x * 2, x, rv.ones(3)), ShapeError, r"\(3,\)"),
        (lambda x: rv.autograd.grad(x.sum(), x, [None] * 2), RanvierError, "2 grad"),
        (lambda x: rv.grad(x.sum()), GradientError, "rv.autograd.grad"),
        (lambda x: rv.autograd.grad(x, x, is_grads_batched=True), RanvierError, "loop"),
    ],
)
def test_refused(call, kind, words):
    with pytest.raises(kind, match=words):
        call(rv.ones(2, requires_grad=True))
