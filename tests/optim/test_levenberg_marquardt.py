"""Levenberg-Marquardt: certified values, the Jacobian, what it refuses."""

import numpy as np
import pytest

import ranvier as rv
from ranvier import nn, optim
from ranvier.errors import RanvierError
from ranvier.formats.nested import pack, unpack
from ranvier.optim.levenberg_marquardt import Residuals

# NIST StRD, nonlinear regression, Misra1a: y = b1 (1 - exp(-b2 x)), lower difficulty.
X = "77.6 114.9 141.1 190.8 239.9 289.0 332.8 378.4 434.8 477.3 536.8 593.1 689.1 760.0"
Y = "10.07 14.73 17.94 23.93 29.61 35.18 40.02 44.82 50.76 55.05 61.01 66.40 75.47 81.78"  # noqa: E501
CERTIFIED, SQUARES = [2.3894212918e2, 5.5015643181e-4], 1.2455138894e-1


def misra(start):
    x, y = (rv.tensor(np.array(t.split(), float)) for t in (X, Y))
    b = rv.tensor(start, dtype=rv.float64, requires_grad=True)
    return b, lambda: b[0] * (1 - (-b[1] * x).exp()) - y


@pytest.mark.parametrize("start", [[500.0, 1e-4], [250.0, 5e-4]])
@pytest.mark.parametrize("compiled", [False, True])
def test_certified_values(start, compiled):
    b, residuals = misra(start)
    residuals = rv.compile(residuals) if compiled else residuals
    optimizer = optim.LevenbergMarquardt([b])
    losses = [optimizer.step(residuals).item() for _ in range(30)]
    np.testing.assert_allclose(b.tolist(), CERTIFIED, rtol=1e-9)
    assert 2 * losses[-1] == pytest.approx(SQUARES, rel=1e-9)
    assert losses == sorted(losses, reverse=True)
    assert not optimizer.accepted, "nothing is left to gain"


@pytest.mark.parametrize("rows", [2, 9])
def test_the_jacobian_by_rows_and_by_columns(rows):
    rv.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 1)).double()
    params = list(model.parameters())
    x = rv.tensor(np.random.default_rng(0).normal(size=(rows, 2)))
    made = Residuals(lambda: model(x) ** 2, params)
    found = made.jacobian(rows)
    assert found.shape == (rows, 9)
    expected = []
    for i in range(rows):
        for p in params:
            p.grad = None
        (model(x) ** 2)[i].sum().backward()
        expected.append(np.concatenate([np.asarray(p.grad).ravel() for p in params]))
    np.testing.assert_allclose(found, np.stack(expected), rtol=1e-12, atol=1e-15)


def test_xor_in_float32():
    rv.manual_seed(1)
    x = rv.tensor([[0.0, 0], [0, 1], [1, 0], [1, 1]])
    y = rv.tensor([[0.0], [1], [1], [0]])
    net = nn.Sequential(nn.Linear(2, 5), nn.Tanh(), nn.Linear(5, 1))
    optimizer = optim.LevenbergMarquardt(net.parameters())

    def residuals():
        return net(x) - y

    for _ in range(25):
        optimizer.step(residuals)
    assert (net(x) - y).abs().max().item() < 1e-3


def test_a_step_that_does_not_help_is_taken_back():
    b, residuals = misra([500.0, 1e-4])
    optimizer = optim.LevenbergMarquardt([b], lr=1e3, max_tries=1)
    optimizer.step(residuals)
    assert not optimizer.accepted
    assert b.tolist() == [500.0, 1e-4]
    assert optimizer.mu == 2e-3


def test_state_goes_round():
    b, residuals = misra([500.0, 1e-4])
    first = optim.LevenbergMarquardt([b], damping=0.1)
    first.step(residuals)
    arrays = {}
    structure = pack(first.state_dict(), arrays)
    c, again = misra(b.tolist())
    second = optim.LevenbergMarquardt([c])
    second.load_state_dict(unpack(structure, arrays))
    for _ in range(3):
        first.step(residuals)
        second.step(again)
        assert b.tolist() == c.tolist()


# fmt: off
BAD = [
    ({"damping": 0.0}, lambda w: w, "damping is 0.0; it must be above 0"),
    ({"max_tries": 0}, lambda w: w, "max_tries is 0; expected a whole number"),
    ({"lr": 0}, lambda w: w, "lr is 0; it must be above 0"),
    ({}, None, r"step\(\) needs a function that it can call several times"),
    ({}, lambda w: 3.0, "the closure returned float; expected a tensor of residuals"),
    ({}, lambda w: w > 0, "the closure returned bool; expected a tensor of residuals"),
    ({}, lambda w: w.detach(), "the residuals do not depend on a parameter"),
    ({}, lambda w: w / 0.0, "a residual is NaN or infinite"),
]
# fmt: on


@pytest.mark.parametrize(("options", "function", "words"), BAD)
def test_messages(options, function, words):
    w = rv.ones(2, requires_grad=True)
    closure = None if function is None else lambda: function(w)
    with pytest.raises(RanvierError, match=words):
        optim.LevenbergMarquardt([w], **options).step(closure)
