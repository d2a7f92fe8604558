"""Distributions: what is drawn, gradients through draws, and use in trainings. Their
formulas are compared with PyTorch's in tests/parity.
"""

import math

import numpy as np
import pytest

import ranvier as rv
from ranvier import distributions as D
from ranvier import nn, optim
from ranvier.errors import (
    DTypeError,
    ShapeError,
    UnknownAttributeError,
    UnsupportedError,
    ValueRangeError,
)

ROWS = 40_000
DRAWN = [
    D.Normal(rv.tensor([1.0, -2.0]), rv.tensor([0.5, 2.0])),
    D.LogNormal(rv.tensor([0.1, -0.2]), rv.tensor([0.3, 0.5])),
    D.Laplace(rv.tensor([1.0, -2.0]), rv.tensor([0.5, 2.0])),
    D.Gumbel(rv.tensor([1.0, -2.0]), rv.tensor([0.5, 2.0])),
    D.HalfNormal(rv.tensor([0.5, 2.0])),
    D.Uniform(rv.tensor([0.0, -2.0]), rv.tensor([0.5, 2.0])),
    D.Exponential(rv.tensor([0.5, 2.0])),
    D.Gamma(rv.tensor([0.5, 3.0]), rv.tensor([1.0, 2.0])),
    D.Beta(rv.tensor([0.5, 3.0]), rv.tensor([1.0, 2.0])),
    D.Dirichlet(rv.tensor([[0.5, 3.0, 1.0], [1.0, 1.0, 1.0]])),
    D.Bernoulli(rv.tensor([0.2, 0.7])),
    D.Geometric(rv.tensor([0.4, 0.7])),
    D.Poisson(rv.tensor([0.5, 4.0])),
    D.OneHotCategorical(rv.tensor([[0.5, 0.2, 0.3], [0.0, 1.0, 1.0]])),
    D.MultivariateNormal(rv.tensor([1.0, 2.0]), rv.tensor([[2.0, 0.5], [0.5, 1.0]])),
]


@pytest.mark.parametrize("d", DRAWN, ids=lambda d: type(d).__name__)
def test_draws_have_the_mean_and_the_variance(d):
    rv.manual_seed(0)
    x = d.sample((ROWS,))
    assert x.shape == (ROWS, *d.batch_shape, *d.event_shape)
    assert not x.requires_grad
    mean, spread = np.array(d.mean), np.array(d.stddev)
    np.testing.assert_allclose(x.numpy().mean(0), mean, atol=5 * spread.max() / 200)
    np.testing.assert_allclose(x.numpy().std(0), spread, rtol=0.1, atol=0.01)


def test_categorical_draws_and_never_what_has_no_probability():
    rv.manual_seed(0)
    d = D.Categorical(rv.tensor([0.0, 1.0, 0.0, 3.0, 0.0]))
    x = d.sample((ROWS,)).numpy()
    assert set(x.tolist()) == {1, 3}
    assert x.dtype == np.int64
    assert (x == 3).mean() == pytest.approx(0.75, abs=0.01)


@pytest.mark.parametrize("kind", [D.Normal, D.Laplace, D.Gumbel, D.Cauchy])
def test_gradients_flow_through_draws(kind):
    loc = rv.zeros(3, requires_grad=True)
    scale = rv.ones(3, requires_grad=True)
    x = kind(loc, scale).rsample((5,))
    x.sum().backward()
    assert loc.grad.tolist() == [5.0] * 3
    np.testing.assert_allclose(scale.grad, x.detach().sum(0), rtol=1e-4, atol=1e-5)


def test_a_variational_autoencoder_plain_and_compiled():
    def trained(compiled):
        rv.manual_seed(0)
        encoder, decoder = nn.Linear(6, 4), nn.Linear(2, 6)
        parameters = [*encoder.parameters(), *decoder.parameters()]
        optimizer = optim.Adam(parameters, lr=0.05)

        def step(x):
            optimizer.zero_grad()
            mean, log_scale = encoder(x).chunk(2, dim=1)
            q = D.Normal(mean, log_scale.exp())
            seen = D.Bernoulli(logits=decoder(q.rsample()))
            kl = D.kl_divergence(q, D.Normal(0.0, 1.0)).sum(1)
            loss = (kl - seen.log_prob(x).sum(1)).mean()
            loss.backward()
            optimizer.step()
            return loss

        run = rv.compile(step) if compiled else step
        x = (rv.arange(6) % 2).float().expand(8, 6)
        losses = [run(x).item() for _ in range(120)]
        return losses[0], np.mean(losses[-10:])

    for first, last in (trained(False), trained(True)):
        assert first > 3.5
        assert last < 1.5


def test_a_policy_gradient_plain_and_compiled():
    def learnt(compiled):
        rv.manual_seed(0)
        policy = nn.Linear(1, 3)
        optimizer = optim.Adam(policy.parameters(), lr=0.1)

        def step(x):
            optimizer.zero_grad()
            d = D.Categorical(logits=policy(x))
            action = d.sample()
            reward = (action == 2).float()
            loss = -(d.log_prob(action) * (reward - reward.mean())).mean()
            loss.backward()
            optimizer.step()

        run = rv.compile(step) if compiled else step
        for _ in range(60):
            run(rv.ones(32, 1))
        return D.Categorical(logits=policy(rv.ones(1, 1))).probs[0, 2].item()

    assert learnt(False) > 0.9
    assert learnt(True) > 0.9


def test_arguments_are_checked_in_a_compiled_step_before_its_update():
    w = nn.Parameter(rv.tensor(1.0))
    optimizer = optim.SGD([w], lr=0.1)

    @rv.compile
    def step(x):
        optimizer.zero_grad()
        loss = D.Normal(w, x).log_prob(rv.tensor(0.5))
        loss.backward()
        optimizer.step()

    step(rv.tensor(1.0))
    before = w.item()
    with pytest.raises(ValueRangeError, match="Normal: scale must be numbers above 0"):
        step(rv.tensor(-1.0))
    assert w.item() == before


def test_messages():
    with pytest.raises(ValueRangeError, match=r"scale must be .* it is -1\.0"):
        D.Normal(0.0, -1.0)
    with pytest.raises(ShapeError, match=r"such as \(3,\)"):
        D.Normal(0.0, 1.0).sample(3)
    with pytest.raises(DTypeError, match=r"Normal\.log_prob: expected a tensor"):
        D.Normal(0.0, 1.0).log_prob(0.5)
    with pytest.raises(UnsupportedError, match="no gradient flows through these"):
        D.Bernoulli(0.5).rsample()
    with pytest.raises(UnsupportedError, match="Draw them outside"):
        rv.compile(lambda: D.Poisson(2.0).sample())()
    with pytest.raises(UnknownAttributeError, match="gumbel_softmax"):
        _ = D.RelaxedBernoulli
    with pytest.raises(UnsupportedError, match="Estimate it"):
        D.kl_divergence(D.Normal(0.0, 1.0), D.Laplace(0.0, 1.0))


def test_a_formula_of_ones_own():
    class Sharp(D.Normal):
        pass

    assert D.kl_divergence(Sharp(0.0, 1.0), D.Normal(0.0, 1.0)).item() == 0.0
    D.register_kl(Sharp, D.Laplace)(lambda p, q: p.loc + 7)
    assert D.kl_divergence(Sharp(0.0, 1.0), D.Laplace(0.0, 1.0)).item() == 7.0


def test_printed_and_expanded():
    assert repr(D.Normal(0.0, 2.0)) == "Normal(loc: 0.0, scale: 2.0)"
    d = D.Categorical(logits=rv.zeros(4)).expand((3,))
    assert d.batch_shape == (3,)
    assert d.entropy().tolist() == pytest.approx([math.log(4)] * 3)
