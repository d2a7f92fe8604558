"""What optimisers, dropout and random numbers do inside a compiled step."""

import numpy as np
import pytest

import ranvier as rv
from ranvier import nn, optim
from ranvier.compiler import specialised, whole
from ranvier.compiler.capture.trace import trace

MAKE = {
    "sgd": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, dampening=0.2),
    "adam": lambda p: optim.Adam(p, lr=0.01, amsgrad=True),
    "rmsprop": lambda p: optim.RMSprop(p, lr=0.01, centered=True),
    "adagrad": lambda p: optim.Adagrad(p, lr=0.1, lr_decay=0.1),
    "adadelta": lambda p: optim.Adadelta(p, weight_decay=0.01),
    "rprop": lambda p: optim.Rprop(p),
    "asgd": lambda p: optim.ASGD(p, t0=2, lambd=0.1),
    "lion": lambda p: optim.Lion(p, lr=0.01, weight_decay=0.1),
    "adamw": lambda p: optim.AdamW(p, lr=0.01),
    "adamax": lambda p: optim.Adamax(p, lr=0.01, weight_decay=0.01),
    "nadam": lambda p: optim.NAdam(p, lr=0.01, weight_decay=0.1),
    "radam": lambda p: optim.RAdam(p, lr=0.1, weight_decay=0.1),
}


def change(group):
    """Another value for every number of a group; what is 0 stays 0."""
    for option in ("lr", *group):
        value = group[option]
        if isinstance(value, tuple):
            group[option] = tuple(0.96 * x for x in value)
        elif isinstance(value, float | int) and not isinstance(value, bool):
            group[option] = 0.9 * value


def training(make, compiled, steps=6):
    """Losses of a few steps, with other numbers half way."""
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
            change(optimizer.param_groups[0])
        losses.append(step(x, y).item())
    return losses


@pytest.fixture
def captures(monkeypatch):
    """The functions that were captured, one entry a capture."""
    found = []

    def noted(function, *rest):
        found.append(function)
        return trace(function, *rest)

    monkeypatch.setattr(specialised, "trace", noted)
    monkeypatch.setattr(whole, "trace", noted)
    return found


@pytest.mark.parametrize("name", MAKE)
def test_a_compiled_step_learns_the_same(name, captures):
    """... with every number changed half way, which captures nothing again."""
    plain, compiled = (training(MAKE[name], c) for c in (False, True))
    np.testing.assert_allclose(compiled, plain, rtol=1e-5)
    assert len(captures) == 1


@pytest.mark.parametrize("name", MAKE)
def test_numbers_changed_between_runs(name, captures):
    def losses(compiled):
        rv.manual_seed(0)
        model = nn.Linear(4, 3)
        optimizer = MAKE[name](model.parameters())
        x, y = rv.rand(10, 4), rv.randint(0, 3, (10,))

        def step(x, y):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            return loss

        run = rv.compile(step)
        found = []
        for _ in range(3):
            if compiled:
                found += run.over((x, y), epochs=2).tolist()
            else:
                found += [step(x, y).item() for _ in range(2)]
            change(optimizer.param_groups[0])
        return found

    np.testing.assert_allclose(losses(True), losses(False), rtol=1e-5)
    assert len(captures) == 1


SWITCHES = {
    "momentum": (lambda p: optim.SGD(p, lr=0.1), {"momentum": 0.9}),
    "dampening": (lambda p: optim.SGD(p, lr=0.1, momentum=0.9), {"dampening": 0.5}),
    "weight_decay": (lambda p: optim.Adam(p, lr=0.1), {"weight_decay": 0.5}),
    "amsgrad": (lambda p: optim.Adam(p, lr=0.1), {"amsgrad": True}),
    "maximize": (lambda p: optim.RAdam(p, lr=0.1), {"maximize": True}),
    "centered": (
        lambda p: optim.RMSprop(p, momentum=0.9),
        {"centered": True, "momentum": 0},
    ),
}


@pytest.mark.parametrize("name", SWITCHES)
@pytest.mark.parametrize("whole", [False, True])
def test_an_option_switched_on_later_is_captured_again(name, whole, captures):
    make, options = SWITCHES[name]

    def path(compiled):
        w = rv.tensor([1.0, -2.0], requires_grad=True)
        optimizer = make([w])

        def step(x):
            optimizer.zero_grad()
            ((w - x) ** 2).sum().backward()
            optimizer.step()
            return w.detach()

        run, found = rv.compile(step), []
        x = rv.ones(1)
        for i in range(6):
            if i == 3:
                optimizer.param_groups[0].update(options)
            if compiled and whole:
                found += run.over((x,)).tolist()
            else:
                found.append((run if compiled else step)(x).tolist())
        return found

    np.testing.assert_allclose(path(True), path(False), rtol=1e-5)
    assert len(captures) == 2


def test_parameters_that_part_count_their_own_steps(captures):
    """Two steps with both parameters, two with one, then both: 6 and 4."""
    a, b = (rv.ones(2, requires_grad=True) for _ in range(2))
    optimizer = optim.Adam([a, b], lr=0.1)

    def both():
        optimizer.zero_grad()
        (a * a + b).sum().backward()
        optimizer.step()

    def first():
        optimizer.zero_grad()
        (a * a).sum().backward()
        optimizer.step()

    both, first = rv.compile(both), rv.compile(first)
    for step in (both, both, first, first, both, both, first):
        step()
    assert [optimizer.state[p]["step"].item() for p in (a, b)] == [7.0, 4.0]
    assert len(captures) == 3  # `both` once more after they have parted


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


def test_a_group_added_later_and_a_state_taken_away(captures):
    a, b = (rv.ones(1, dtype=rv.float64, requires_grad=True) for _ in range(2))
    optimizer = optim.SGD([a], lr=1.0, momentum=0.5)

    @rv.compile
    def step():
        optimizer.zero_grad()
        (a + b).sum().backward()
        optimizer.step()

    step()
    optimizer.add_param_group({"params": [b], "lr": 0.5})
    step()
    assert (a.item(), b.item()) == (1 - 1 - 1.5, 1 - 0.5)
    optimizer.state.clear()
    step()
    assert (a.item(), b.item()) == (-1.5 - 1, 0.5 - 0.5)
    assert len(captures) == 3
