"""What optimisers, dropout and random numbers do inside a compiled step."""

import numpy as np
import pytest

import ranvier as rv
from ranvier import nn, optim

MAKE = {
    "sgd": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, dampening=0.2),
    "adam": lambda p: optim.Adam(p, lr=0.01, amsgrad=True),
    "rmsprop": lambda p: optim.RMSprop(p, lr=0.01, centered=True),
    "adagrad": lambda p: optim.Adagrad(p, lr=0.1),
}


def training(make, compiled, steps=6):
    """Losses of a few steps, with another learning rate half way."""
    rv.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
    optimizer, criterion = make(model.parameters()), nn.CrossEntropyLoss()
    x, y = rv.rand(10, 4), rv.randint(0, 3, (10,))

    def step(x, y):
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    step = rv.compile(step) if compiled else step
    losses = []
    for i in range(steps):
        if i == steps // 2:
            optimizer.param_groups[0]["lr"] *= 0.5
        losses.append(step(x, y).item())
    return losses


@pytest.mark.parametrize("name", MAKE)
def test_a_compiled_step_learns_the_same(name):
    plain, compiled = (training(MAKE[name], c) for c in (False, True))
    np.testing.assert_allclose(compiled, plain, rtol=1e-5)


def test_every_call_draws_new_numbers():
    layer = nn.Dropout(0.5)

    @rv.compile
    def draw(x):
        return layer(x), rv.rand(1000), rv.randn(1000)

    def two_calls():
        rv.manual_seed(3)
        return [np.asarray(t) for _ in range(2) for t in draw(rv.ones(1000))]

    first = two_calls()
    for a, b in zip(first[:3], first[3:], strict=True):
        assert not np.array_equal(a, b)
    for a, b in zip(first, two_calls(), strict=True):
        np.testing.assert_array_equal(a, b)
    dropped, uniform, normal = first[:3]
    assert 0.4 < (dropped == 0).mean() < 0.6
    assert uniform.min() >= 0 and uniform.max() < 1 and abs(uniform.mean() - 0.5) < 0.05
    assert abs(normal.mean()) < 0.15 and abs(normal.std() - 1) < 0.1


def test_labels_out_of_range_stop_the_step_before_its_update():
    model = nn.Linear(2, 3)
    optimizer = optim.SGD(model.parameters(), lr=0.1)

    @rv.compile
    def step(x, y):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    x = rv.ones(2, 2)
    step(x, rv.tensor([0, 2])).item()
    before = model.weight.tolist()
    with pytest.raises(ValueError, match="a label is out of range for 3 classes"):
        step(x, rv.tensor([0, 3])).item()
    assert model.weight.tolist() == before
