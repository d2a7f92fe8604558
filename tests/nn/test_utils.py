"""nn.utils: gradients clipped, in a plain loop and compiled; weights by length and
direction; sequences of different lengths. The numbers are PyTorch's formulas in NumPy.
"""

import math

import numpy as np
import pytest

import ranvier as rv
from ranvier import nn, optim
from ranvier.errors import (
    NotFiniteError,
    ShapeError,
    StateError,
    UnknownAttributeError,
    UnsupportedError,
    ValueRangeError,
)
from ranvier.nn import functional as F
from ranvier.nn import utils
from ranvier.nn.utils import parametrizations, parametrize


def made(seed=0):
    """A model, and a mini-batch whose gradients are long."""
    rv.manual_seed(seed)
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    return model, 10 * rv.randn(8, 3), 10 * rv.randn(8, 1)


def gradients(model):
    return np.concatenate([p.grad.numpy().ravel() for p in model.parameters()])


@pytest.mark.parametrize("p", [1.0, 2.0, 3.0, math.inf])
def test_gradients_are_clipped_by_their_norm(p):
    model, x, y = made()
    F.mse_loss(model(x), y).backward()
    before = gradients(model)
    held = model[0].weight.grad
    norm = utils.clip_grad_norm_(model.parameters(), 0.5, p)
    expected = np.linalg.norm(before, p)
    np.testing.assert_allclose(norm.item(), expected, rtol=1e-5)
    np.testing.assert_allclose(
        gradients(model), before * 0.5 / (expected + 1e-6), rtol=1e-5
    )
    assert held is model[0].weight.grad, "in place, as in PyTorch"
    grads = [p.grad for p in model.parameters()]
    np.testing.assert_allclose(utils.get_total_norm(grads, p).item(), 0.5, rtol=1e-4)


def test_short_gradients_stay():
    model, x, y = made()
    F.mse_loss(model(x), y).backward()
    before = gradients(model)
    utils.clip_grad_norm_(model.parameters(), 1e9)
    np.testing.assert_array_equal(gradients(model), before)
    utils.clip_grad_value_(model.parameters(), 0.1)
    np.testing.assert_allclose(gradients(model), np.clip(before, -0.1, 0.1))
    assert utils.clip_grad_norm_([], 1.0).item() == 0.0


def test_a_norm_that_is_not_finite():
    w = nn.Parameter(rv.tensor([1.0, 2.0]))
    w.grad = rv.tensor([math.inf, 1.0])
    with pytest.raises(NotFiniteError, match="the norm of the gradients is inf"):
        utils.clip_grad_norm_([w], 1.0, error_if_nonfinite=True)
    with pytest.raises(ValueRangeError, match="norm_type is -1"):
        utils.clip_grad_norm_([w], 1.0, norm_type=-1)
    with pytest.raises(ValueRangeError, match="max_norm is -1"):
        utils.clip_grad_norm_([w], -1.0)


@pytest.mark.parametrize("how", ["norm", "value"])
def test_clipping_in_a_compiled_step_and_over_many(how):
    def step_of(model, optimizer):
        def step(x, y):
            optimizer.zero_grad()
            loss = F.mse_loss(model(x), y)
            loss.backward()
            if how == "norm":
                utils.clip_grad_norm_(model.parameters(), 0.5)
            else:
                utils.clip_grad_value_(model.parameters(), 0.05)
            optimizer.step()
            return loss

        return step

    results = []
    for kind in ("plain", "compiled", "over"):
        model, x, y = made()
        step = step_of(model, optim.SGD(model.parameters(), lr=0.05, momentum=0.9))
        if kind == "over":
            rows = tuple(np.concatenate([a.numpy()] * 4) for a in (x, y))
            rv.compile(step).over(rv.data.DataLoader(rows, batch_size=8))
        else:
            step = step if kind == "plain" else rv.compile(step)
            for _ in range(4):
                step(x, y)
        flat = [p.detach().numpy().ravel() for p in model.parameters()]
        results.append(np.concatenate(flat))
    for other in results[1:]:
        np.testing.assert_allclose(other, results[0], rtol=1e-5, atol=1e-6)


def test_a_compiled_step_stops_at_a_norm_that_is_not_finite():
    w = nn.Parameter(rv.tensor([2.0]))
    optimizer = optim.SGD([w], lr=0.1)

    @rv.compile
    def step(x):
        optimizer.zero_grad()
        (w.sqrt() * x).sum().backward()
        utils.clip_grad_norm_([w], 1.0, error_if_nonfinite=True)
        optimizer.step()
        return w.sum()

    step(rv.tensor([1.0]))
    kept = w.detach().numpy()
    with pytest.raises(NotFiniteError):
        step(rv.tensor([math.inf]))
    np.testing.assert_array_equal(w.detach().numpy(), kept)


def test_parameters_as_one_vector_and_back():
    model, _, _ = made()
    vector = utils.parameters_to_vector(model.parameters())
    (vector * vector).sum().backward()
    np.testing.assert_allclose(gradients(model), 2 * vector.detach().numpy())
    utils.vector_to_parameters(rv.arange(21.0), model.parameters())
    assert model[0].weight.tolist()[1] == [3.0, 4.0, 5.0]
    assert all(p.is_leaf and p.requires_grad for p in model.parameters())
    with pytest.raises(ShapeError, match="parameters with 21 elements"):
        utils.vector_to_parameters(rv.zeros(20), model.parameters())


# ---- weights by length and direction -------------------------------------------------


@pytest.mark.parametrize("dim", [0, 1, None])
def test_weight_norm(dim):
    layer = nn.Linear(3, 4)
    before = layer.weight.detach().numpy().copy()
    utils.weight_norm(layer, dim=dim)
    assert list(layer.state_dict()) == ["bias", "weight_g", "weight_v"]
    np.testing.assert_allclose(layer.weight.detach().numpy(), before, rtol=1e-6)
    x = rv.randn(5, 3)
    layer(x).sum().backward()
    assert layer.weight_g.grad is not None and layer.weight_v.grad is not None
    with rv.no_grad():
        layer.weight_g.mul_(2)
    expected = x.numpy() @ (2 * before.T) + layer.bias.detach().numpy()
    got = layer(x).detach().numpy()
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-6)
    utils.remove_weight_norm(layer)
    assert list(layer.state_dict()) == ["bias", "weight"]
    np.testing.assert_allclose(layer.weight.detach().numpy(), 2 * before, rtol=1e-6)
    with pytest.raises(StateError, match="there is no weight norm on 'weight'"):
        utils.remove_weight_norm(layer)
    with pytest.raises(UnknownAttributeError, match="no parameter 'wieght'; did you"):
        utils.weight_norm(layer, "wieght")


def test_weight_norm_is_learnt_in_a_compiled_step():
    for norm in (utils.weight_norm, parametrizations.weight_norm):
        losses = []
        for wrap in (rv.compile, lambda f: f):
            net, x, y = made()
            norm(net[0])
            optimizer = optim.SGD(net.parameters(), lr=0.01)

            def step(x, y, net=net, optimizer=optimizer):
                optimizer.zero_grad()
                loss = F.mse_loss(net(x), y)
                loss.backward()
                optimizer.step()
                return loss

            run = wrap(step)
            losses.append([run(x, y).item() for _ in range(5)])
        np.testing.assert_allclose(losses[0], losses[1], rtol=1e-4)
        assert losses[0][-1] < losses[0][0]


def test_parametrised_weight_norm():
    layer = parametrizations.weight_norm(nn.Linear(3, 4))
    names = ["bias", *(f"parametrizations.weight.original{i}" for i in (0, 1))]
    assert list(layer.state_dict()) == names
    assert type(layer).__name__ == "ParametrizedLinear" and isinstance(layer, nn.Linear)
    assert parametrize.is_parametrized(layer, "weight")
    with rv.no_grad():
        layer.parametrizations.weight.original0.fill_(1.0)
    lengths = np.linalg.norm(layer.weight.detach().numpy(), axis=1)
    np.testing.assert_allclose(lengths, 1, rtol=1e-6)
    with pytest.raises(UnsupportedError, match="computed by a parametrization"):
        layer.weight = nn.Parameter(rv.zeros(4, 3))
    with pytest.raises(UnsupportedError, match="several parts"):
        parametrize.remove_parametrizations(layer, "weight", leave_parametrized=False)
    parametrize.remove_parametrizations(layer, "weight")
    assert type(layer) is nn.Linear and sorted(layer.state_dict()) == ["bias", "weight"]


@pytest.mark.parametrize("make", [lambda: nn.Linear(5, 3), lambda: nn.Conv2d(2, 4, 3)])
def test_spectral_norm(make):
    layer = parametrizations.spectral_norm(make())
    for _ in range(30):
        w = layer.weight
    matrix = w.detach().numpy().reshape(w.shape[0], -1)
    np.testing.assert_allclose(np.linalg.svd(matrix)[1][0], 1, rtol=1e-4)
    keys = ["original", "0._u", "0._v"]
    assert list(layer.state_dict())[1:] == [
        f"parametrizations.weight.{k}" for k in keys
    ]
    layer.eval()
    u = layer.parametrizations.weight[0]._u.numpy().copy()
    _ = layer.weight
    np.testing.assert_array_equal(layer.parametrizations.weight[0]._u.numpy(), u)


# ---- sequences -----------------------------------------------------------------------


def test_sequences_of_different_lengths():
    a, b = rv.randn(3, 2, requires_grad=True), rv.randn(1, 2)
    padded = utils.rnn.pad_sequence([a, b], padding_value=7.0)
    assert padded.shape == (3, 2, 2)
    assert padded[1:, 1].tolist() == [[7.0, 7.0]] * 2
    left = utils.rnn.pad_sequence([a, b], batch_first=True, padding_side="left")
    np.testing.assert_array_equal(left[1, 2].detach().numpy(), b[0].numpy())
    left.sum().backward()
    np.testing.assert_array_equal(a.grad.numpy(), np.ones((3, 2)))
    back = utils.rnn.unpad_sequence(padded, rv.tensor([3, 1]))
    for x, y in zip((a, b), back, strict=True):
        np.testing.assert_array_equal(x.detach().numpy(), y.detach().numpy())
    with pytest.raises(ShapeError, match="all but the first"):
        utils.rnn.pad_sequence([a, rv.zeros(2, 3)])


def test_what_is_not_built_says_what_to_do():
    with pytest.raises(UnknownAttributeError, match="did you mean 'pack_sequence'"):
        _ = utils.rnn.pack_sequences
    with pytest.raises(
        UnknownAttributeError, match=r"use nn.utils.parametrizations\.sp"
    ):
        _ = utils.spectral_norm
