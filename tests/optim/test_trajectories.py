"""100 steps of every optimiser against PyTorch's, in trajectories.npz."""

from pathlib import Path

import numpy as np
import pytest
import trajectories

import ranvier as rv

with np.load(Path(__file__).parent / "trajectories.npz") as archive:
    THEIRS = dict(zip(archive["names"].tolist(), archive["values"], strict=True))


def lion(start, gradient, lr, betas, decay):
    """Algorithm 2 of Chen et al., 2023, in NumPy."""
    p, m = start, np.zeros_like(start)
    while True:
        g = gradient(p)
        c = betas[0] * m + (1 - betas[0]) * g
        p = p - lr * (np.sign(c) + decay * p)
        m = betas[1] * m + (1 - betas[1]) * g
        yield p


def test_the_same_cases_on_both_sides():
    assert list(THEIRS) == list(trajectories.CASES), "run make_trajectories.py"


@pytest.mark.parametrize("name", trajectories.CASES)
def test_float64(name):
    ours = trajectories.path(rv, trajectories.CASES[name], "float64")
    np.testing.assert_allclose(ours, THEIRS[name], rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("name", trajectories.CASES)
def test_float32_compiled(name):
    ours = trajectories.path(rv, trajectories.CASES[name], "float32", compiled=True)
    # 100 roundings on top of each other
    np.testing.assert_allclose(ours, THEIRS[name], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("compiled", [False, True])
def test_lion_is_its_formula(compiled):
    x, y, parameters = trajectories.data(rv, "float64")
    w = parameters[0]
    make = trajectories.LION["Lion/decay"]
    optimizer = make(rv.optim, [w])

    def learn():
        optimizer.zero_grad()
        (((x @ w).tanh() - y) ** 2).mean().backward()
        optimizer.step()

    learn = rv.compile(learn) if compiled else learn
    data, target = np.asarray(x), np.asarray(y)

    def gradient(p):
        out = np.tanh(data @ p)
        return data.T @ (2 * (out - target) * (1 - out**2)) / target.size

    theirs = lion(np.array(w.detach()), gradient, 0.01, (0.8, 0.95), 0.1)
    for _, expected in zip(range(trajectories.STEPS), theirs, strict=False):
        learn()
        np.testing.assert_allclose(np.asarray(w.detach()), expected, rtol=1e-9)
