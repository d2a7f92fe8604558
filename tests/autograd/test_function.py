"""Functions with a gradient of their own, beside their numbers (tests/parity)."""

import re

import numpy as np
import pytest

import ranvier as rv
from ranvier import nn, optim
from ranvier.autograd import Function
from ranvier.diagram import numbers
from ranvier.errors import CaptureError, GradientError, RanvierError, UnsupportedError


class Reversed(Function):
    @staticmethod
    def forward(ctx, x, scale):
        ctx.scale = scale
        return x.view_as(x)

    @staticmethod
    def backward(ctx, gradient):
        return -ctx.scale * gradient, None


def test_a_gradient_is_reversed_in_a_training_plain_and_compiled():
    def trained(compiled):
        rv.manual_seed(0)
        body, head = nn.Linear(3, 4), nn.Linear(4, 1)
        parameters = [*body.parameters(), *head.parameters()]
        optimizer = optim.Adam(parameters, lr=0.05)

        def step(x):
            optimizer.zero_grad()
            loss = (head(Reversed.apply(body(x).tanh(), 0.3)) ** 2).mean()
            loss.backward()
            optimizer.step()
            return loss

        run = rv.compile(step) if compiled else step
        x = rv.tensor(np.random.default_rng(0).normal(size=(5, 3)).astype("float32"))
        return [run(x).item() for _ in range(6)]

    np.testing.assert_allclose(trained(True), trained(False), rtol=1e-5)


def test_forward_may_look_and_use_numpy():
    class Sorted(Function):
        @staticmethod
        def forward(ctx, x):
            order = np.argsort(x.detach().numpy())
            ctx.back = rv.tensor(np.argsort(order))
            return rv.tensor(x.detach().numpy()[order])

        @staticmethod
        def backward(ctx, gradient):
            return gradient[ctx.back]

    x = rv.tensor([3.0, 1.0, 2.0], requires_grad=True)
    (Sorted.apply(x) * rv.tensor([1.0, 10.0, 100.0])).sum().backward()
    assert x.grad.tolist() == [100.0, 1.0, 10.0]
    with pytest.raises(CaptureError):
        rv.compile(Sorted.apply)(rv.ones(3))


@pytest.mark.parametrize(
    "look",
    [
        lambda g: g * g.sum().item(),
        lambda g: g if (g > 0).all() else -g,
        lambda g: rv.tensor(np.sign(g.detach().numpy())),
    ],
)
def test_backward_may_not_look_at_the_gradient(look):
    class Looking(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, gradient):
            return look(gradient)

    x = rv.ones(2, requires_grad=True)
    with pytest.raises(GradientError, match="has no value yet"):
        Looking.apply(x)


def test_without_gradients():
    with rv.no_grad():
        assert not Reversed.apply(rv.ones(2, requires_grad=True), 1.0).requires_grad
    assert not Reversed.apply(rv.ones(2), 1.0).requires_grad


def test_in_derivatives_of_functions():
    def f(x):
        return (Reversed.apply(x, 2.0) ** 3).sum()

    x = rv.tensor([1.0, 2.0])
    assert rv.grad(f)(x).tolist() == [-6.0, -24.0]
    assert rv.hessian(f)(x).diag().tolist() == [24.0, 48.0]
    assert not rv.grad(f)(x).requires_grad


def test_values_that_were_looked_at():
    x = rv.tensor([1.0, 2.0], requires_grad=True)
    y = Reversed.apply(x * 2, 1.0)
    assert y.tolist() == [2.0, 4.0]
    assert y.grad_fn is not None
    (y * y).sum().backward()
    assert x.grad.tolist() == [-8.0, -16.0]


class Changing(Function):
    @staticmethod
    def forward(ctx, x):
        return x.mul_(2)


class Dirty(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.mark_dirty(x)


class Bare(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.set_materialize_grads(False)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (Changing, "Changing.forward changed an argument"),
        (Dirty, "ctx.mark_dirty"),
        (Bare, "ctx.set_materialize_grads(False)"),
    ],
)
def test_refused_by_name(kind, words):
    x = rv.ones(2, requires_grad=True) * 1
    with pytest.raises(UnsupportedError, match=re.escape(words)):
        kind.apply(x)


def test_a_function_is_not_made():
    with pytest.raises(UnsupportedError, match=r"call Reversed.apply\(x\)"):
        Reversed()


def test_checking():
    x = rv.ones(2, dtype=rv.float64, requires_grad=True)
    assert rv.autograd.gradcheck(lambda x: x**3, x)
    assert not rv.autograd.gradcheck(
        lambda x: Reversed.apply(x, 1.0), x, raise_exception=False
    )
    with pytest.raises(GradientError, match="the gradient says"):
        rv.autograd.gradcheck(lambda x: Reversed.apply(x, 1.0), (x,))
    with pytest.raises(GradientError, match="none of the inputs requires"):
        rv.autograd.gradcheck(lambda x: x, (rv.ones(2),))
    with pytest.raises(UnsupportedError, match="check_forward_ad=True"):
        rv.autograd.gradcheck(lambda x: x, (x,), check_forward_ad=True)


def test_vmap_and_random_numbers():
    def noisy(x):
        return x + rv.rand(2)

    rows = rv.zeros(3, 2)
    with pytest.raises(UnsupportedError, match="randomness='different'"):
        rv.vmap(noisy)(rows)
    different = rv.vmap(noisy, randomness="different")(rows)
    assert (different[0] != different[1]).any().item()
    same = rv.vmap(noisy, randomness="same")(rows)
    assert (same == same[0]).all().item()
    assert (rv.vmap(noisy, randomness="same")(rows) != same).any().item()


def test_a_module_is_itself_again_after_functional_call():
    layer = nn.Linear(2, 2)
    before = layer.weight
    with pytest.raises(RanvierError):
        rv.func.functional_call(layer, {"weight": rv.ones(3, 3)}, rv.ones(1, 2))
    assert layer.weight is before
    assert dict(layer.named_parameters())["weight"] is before
    with pytest.raises(RanvierError, match="unexpected: wieght; did you mean 'weight'"):
        rv.func.functional_call(layer, {"wieght": before}, rv.ones(1, 2))


def test_an_ensemble_by_vmap():
    models = [nn.Linear(2, 3) for _ in range(3)]
    parameters, buffers = rv.func.stack_module_state(models)

    def call(p, b, x):
        return rv.func.functional_call(models[0], (p, b), (x,))

    x = rv.ones(4, 2)
    ours = rv.vmap(call, in_dims=(0, 0, None))(parameters, buffers, x)
    theirs = rv.stack([model(x) for model in models])
    np.testing.assert_allclose(ours.detach(), theirs.detach(), rtol=1e-6)


def test_drawn_as_a_function_of_its_arguments():
    w = rv.tensor([1.0, 2.0], requires_grad=True)
    drawn = numbers(Reversed.apply(w * 3, 2.0).sum())
    assert "custom" in {node.op for node in drawn.nodes}
    assert "stand_in" not in {node.op for node in drawn.nodes}
    (edge,) = [e for e in drawn.edges if e.end.op == "custom"]
    assert edge.value.tolist() == [3.0, 6.0]
    assert edge.gradient.tolist() == [-2.0, -2.0]
