"""Hooks on gradients: what they see, what they change, and where they are refused."""

import numpy as np
import pytest

import ranvier as rv
from ranvier import nn, optim
from ranvier.errors import (
    CaptureError,
    DTypeError,
    GradientError,
    ShapeError,
    UnsupportedError,
)


def test_seen_in_the_order_in_which_gradients_are_known():
    x, seen = rv.tensor([1.0, 2.0], requires_grad=True), []
    h = x * 3
    y = h.exp()
    for name, tensor in (("x", x), ("h", h), ("y", y)):
        tensor.register_hook(lambda g, name=name: seen.append((name, g.tolist())))
    (2 * y).sum().backward()
    assert [name for name, _ in seen] == ["y", "h", "x"]
    assert seen[0][1] == [2.0, 2.0]
    assert seen[2][1] == x.grad.tolist()


def test_a_removed_hook_runs_no_more():
    x = rv.ones(2, requires_grad=True)
    handle = x.register_hook(lambda g: g * 5)
    with x.register_hook(lambda g: g + 1):
        x.sum().backward()
    assert x.grad.tolist() == [6.0, 6.0]
    handle.remove()
    x.sum().backward()
    assert x.grad.tolist() == [7.0, 7.0]


def test_of_a_parameter_through_many_steps_plain_and_compiled():
    def trained(compiled):
        w = nn.Parameter(rv.tensor([1.0, -2.0]))
        w.register_hook(lambda g: g.clamp(-1, 1))
        optimizer = optim.SGD([w], lr=0.1)

        def step(x):
            optimizer.zero_grad()
            loss = (w * w * x).sum()
            loss.backward()
            optimizer.step()
            return loss

        run = rv.compile(step) if compiled else step
        for _ in range(5):
            run(rv.tensor(10.0))
        return w.tolist()

    assert trained(False) == pytest.approx([0.5, -1.5])
    assert trained(True) == pytest.approx(trained(False))


def test_looking_at_a_gradient_between_sweeps():
    layer, norms = nn.Linear(3, 3), []
    h = layer(rv.ones(2, 3)).tanh()
    h.register_hook(lambda g: norms.append(g.norm().item()))
    (h**2).sum().backward()
    expected = rv.autograd.grad((layer(rv.ones(2, 3)).tanh() ** 2).sum(), layer.weight)
    np.testing.assert_allclose(layer.weight.grad, expected[0], rtol=1e-6)
    assert norms == [pytest.approx((2 * h.detach()).norm().item())]


def test_in_a_compiled_step_a_hook_may_not_look():
    x = rv.ones(2, requires_grad=True)

    @rv.compile
    def step(factor):
        h = x * factor
        h.register_hook(lambda g: print(g.tolist()))
        h.sum().backward()

    with pytest.raises(CaptureError, match="looked at"):
        step(rv.tensor(2.0))


def test_of_a_tensor_that_is_changed_after_it():
    x = rv.ones(2, requires_grad=True)
    h, seen = x * 2, []
    h.register_hook(lambda g: seen.append(("before", g.tolist())))
    h.mul_(3)
    h.register_hook(lambda g: seen.append(("after", g.tolist())))
    h.sum().backward()
    assert seen == [("after", [1.0, 1.0]), ("before", [3.0, 3.0])]


def test_only_what_a_gradient_needs():
    x, w = (rv.ones(2, requires_grad=True) for _ in range(2))
    seen = []
    h, k = x * 2, w * 2
    h.register_hook(lambda g: seen.append("h"))
    k.register_hook(lambda g: seen.append("k"))
    rv.autograd.grad((h * k).sum(), x)
    assert seen == ["h"]


@pytest.mark.parametrize(
    ("give", "error", "words"),
    [
        (lambda g: 3.0, DTypeError, "a hook gave float"),
        (lambda g: g[:1], ShapeError, "of shape \\(1,\\)"),
    ],
)
def test_what_a_hook_gives_is_checked(give, error, words):
    x = rv.ones(2, requires_grad=True)
    x.register_hook(give)
    with pytest.raises(error, match=words):
        x.sum().backward()


def test_refused():
    with pytest.raises(GradientError, match="does not require a gradient"):
        rv.ones(2).register_hook(print)
    x = rv.ones(2, requires_grad=True)
    with pytest.raises(GradientError, match="only leaf tensors"):
        (x * 2).register_post_accumulate_grad_hook(print)
    h = x * x
    h.register_hook(lambda g: g * 2)
    (first,) = rv.autograd.grad((h * h).sum(), x, create_graph=True)
    with pytest.raises(UnsupportedError, match="second derivative"):
        first.sum().backward()


def test_an_optimiser_in_the_backward_pass():
    w = nn.Parameter(rv.tensor([1.0]))
    optimizer = optim.SGD([w], lr=0.5)

    def update(p):
        optimizer.step()
        optimizer.zero_grad()

    w.register_post_accumulate_grad_hook(update)
    for _ in range(2):
        (w * w).sum().backward()
    assert w.tolist() == [0.0]
    assert w.grad is None


def test_retained_gradients_add_up():
    x = rv.tensor([1.0, 2.0], requires_grad=True)
    h = x * 2
    assert not h.retains_grad
    h.retain_grad()
    x.retain_grad()
    (h**2).sum().backward(retain_graph=True)
    (h**2).sum().backward()
    assert h.retains_grad
    assert not x.retains_grad
    assert h.grad.tolist() == [8.0, 16.0]


def test_backward_hooks_of_modules():
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    names = {module: name for name, module in model.named_modules()}
    seen = []

    def hook(module, inside, outside):
        assert module is model or isinstance(outside[0], rv.Tensor)
        seen.append((names[module], [None if g is None else g.shape for g in inside]))

    handles = [m.register_full_backward_hook(hook) for m in model.modules()]
    model(rv.ones(4, 2)).sum().backward()
    assert seen == [("", [None]), ("2", [(4, 3)]), ("1", [(4, 3)]), ("0", [None])]
    for handle in handles:
        handle.remove()
    model(rv.ones(4, 2)).sum().backward()
    assert len(seen) == 4


def test_a_module_hook_that_blocks_a_gradient():
    model = nn.Sequential(nn.Linear(2, 2), nn.Tanh())
    model[1].register_full_backward_hook(lambda m, inside, outside: (inside[0] * 0,))
    step = rv.compile(lambda x: model(x).sum().backward())
    step(rv.ones(1, 2))
    model(rv.ones(1, 2)).sum().backward()
    assert model[0].weight.grad.abs().sum().item() == 0.0


def test_a_module_hook_gives_as_many_gradients_as_there_are():
    layer = nn.Bilinear(2, 2, 1)
    layer.register_full_backward_hook(lambda m, inside, outside: (inside[0],))
    x, y = (rv.ones(1, 2, requires_grad=True) for _ in range(2))
    with pytest.raises(ShapeError, match="gave 1 gradients in the place of 2"):
        layer(x, y).sum().backward()
