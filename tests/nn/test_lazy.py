"""Layers that learn the size of their input at their first call."""

import copy

import pytest

import ranvier as rv
from ranvier import nn, optim
from ranvier.errors import DTypeError, LayerShapeError, StateError, ValueRangeError


def model():
    return nn.Sequential(nn.LazyConv2d(4, 3), nn.ReLU(), nn.Flatten(), nn.LazyLinear(2))


def test_parameters_are_there_after_the_first_call():
    net = model()
    assert "LazyConv2d(0, 4" in repr(net)
    for ask in (net.parameters, net.state_dict):
        with pytest.raises(StateError, match="made at the first call"):
            list(ask())
    with pytest.raises(StateError, match="Call the model once"):
        optim.SGD(net.parameters(), lr=0.1)
    assert net(rv.zeros(1, 3, 6, 6)).shape == (1, 2)
    assert type(net[0]) is nn.Conv2d
    assert type(net[3]) is nn.Linear
    assert net[3].in_features == 64
    assert len(list(net.parameters())) == 4
    with pytest.raises(LayerShapeError):
        net(rv.zeros(1, 3, 7, 7))


def test_mode_and_hooks_stay():
    layer, seen = nn.LazyBatchNorm1d(), []
    layer.eval()
    layer.register_forward_hook(lambda module, args, out: seen.append(type(module)))
    layer(rv.ones(4, 3))
    assert not layer.training
    assert seen == [nn.BatchNorm1d]


def test_trained_and_compiled_after_the_first_call():
    rv.manual_seed(0)
    net = model()
    with pytest.raises(StateError, match="inside a compiled function"):
        rv.compile(net)(rv.ones(2, 3, 6, 6))
    with pytest.raises(StateError, match="or a summary"):
        net.summary((1, 3, 6, 6))
    net(rv.ones(1, 3, 6, 6))
    optimizer = optim.SGD(net.parameters(), lr=0.05)

    @rv.compile
    def step(x):
        optimizer.zero_grad()
        loss = (net(x) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    losses = [step(rv.ones(2, 3, 6, 6)).item() for _ in range(5)]
    assert losses[-1] < losses[0]


def test_options_are_refused_at_construction():
    with pytest.raises(ValueRangeError, match="out_features is 0"):
        nn.LazyLinear(0)
    with pytest.raises(rv.errors.RanvierError, match="groups"):
        nn.LazyConv2d(3, 2, groups=2)
    with pytest.raises(DTypeError, match="expected a tensor, got None"):
        nn.LazyLinear(3)(None)


def test_copies_learn_their_own_size():
    one = nn.LazyLinear(2)
    other = copy.deepcopy(one)
    one(rv.ones(1, 3))
    other(rv.ones(1, 5))
    assert (one.in_features, other.in_features) == (3, 5)
