"""Optimisers: state, options, messages. Their numbers are checked in
test_trajectories.py.
"""

import json
import math

import numpy as np
import pytest

import ranvier as rv
from ranvier import nn, optim
from ranvier.errors import (
    DTypeError,
    GradientError,
    StateError,
    UnknownNameError,
    UnsupportedError,
    ValueRangeError,
)
from ranvier.formats.nested import pack, unpack

EVERY = {
    "SGD": lambda p: optim.SGD(p, lr=0.1),
    "momentum": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, dampening=0.1),
    "Adam": lambda p: optim.Adam(p, lr=0.1),
    "amsgrad": lambda p: optim.AdamW(p, lr=0.1, amsgrad=True),
    "RMSprop": lambda p: optim.RMSprop(p, lr=0.01, momentum=0.5, centered=True),
    "Adagrad": lambda p: optim.Adagrad(p, lr=0.1),
    "Adadelta": lambda p: optim.Adadelta(p, lr=0.5),
    "Rprop": lambda p: optim.Rprop(p, lr=0.1),
    "ASGD": lambda p: optim.ASGD(p, lr=0.1, t0=4),
    "Lion": lambda p: optim.Lion(p, lr=0.1),
    "Adamax": lambda p: optim.Adamax(p, lr=0.1),
    "NAdam": lambda p: optim.NAdam(p, lr=0.1),
    "RAdam": lambda p: optim.RAdam(p, lr=0.1),
}
CLASSES = [
    optim.SGD,
    optim.Adagrad,
    optim.RMSprop,
    optim.Adadelta,
    optim.Rprop,
    optim.ASGD,
    optim.Lion,
    optim.Adam,
    optim.AdamW,
    optim.Adamax,
    optim.NAdam,
    optim.RAdam,
    optim.LBFGS,
    optim.LevenbergMarquardt,
]


def steps(optimizer, x, count):
    for _ in range(count):
        optimizer.zero_grad()
        ((x - 3.0) ** 2).sum().backward()
        optimizer.step()


def parameter():
    return rv.tensor([1.0, 5.0], requires_grad=True)


@pytest.mark.parametrize("name", EVERY)
def test_state_goes_round(name):
    x, y = parameter(), parameter()
    first, second = EVERY[name]([x]), EVERY[name]([y])
    steps(first, x, 3)
    arrays = {}
    structure = json.dumps(pack(first.state_dict(), arrays))
    plain = unpack(json.loads(structure), arrays)
    with rv.no_grad():
        y.copy_(x)
    second.load_state_dict(plain)
    steps(first, x, 3)
    steps(second, y, 3)
    assert x.tolist() == y.tolist()
    assert x.is_leaf and x.requires_grad


def test_layout_of_the_state():
    x = parameter()
    optimizer = optim.Adam([x], lr=0.1)
    assert optimizer.state_dict()["state"] == {}
    steps(optimizer, x, 2)
    state = optimizer.state_dict()
    assert list(state["state"][0]) == ["step", "exp_avg", "exp_avg_sq"]
    assert state["state"][0]["step"].item() == 2.0
    assert state["param_groups"][0]["params"] == [0]
    assert state["param_groups"][0]["betas"] == (0.9, 0.999)


def test_a_state_of_other_parameters():
    state = optim.Adam([parameter()]).state_dict()
    with pytest.raises(
        StateError, match=r"for groups of \[1\] parameters, this optimis"
    ):
        optim.Adam([parameter(), parameter()]).load_state_dict(state)


def test_the_learning_rate_is_read_at_every_step():
    x = rv.tensor(0.0, requires_grad=True)
    optimizer = optim.SGD([x], lr=1.0)
    for lr, expected in ((1.0, -1.0), (0.5, -1.5), (0.25, -1.75)):
        optimizer.param_groups[0]["lr"] = lr
        x.grad = rv.tensor(1.0)
        optimizer.step()
        assert x.item() == expected
    assert len(optimizer._templates) == 1
    optimizer.param_groups[0]["lr"] = math.nan
    with pytest.raises(ValueRangeError, match="SGD: lr is nan; it must be at least 0"):
        optimizer.step()


def test_groups_have_options_of_their_own():
    x, y = rv.zeros(1, requires_grad=True), rv.zeros(1, requires_grad=True)
    groups = [{"params": [x]}, {"params": [y], "lr": 0.5}]
    optimizer = optim.SGD(groups, lr=1.0)
    (x + y).sum().backward()
    optimizer.step()
    assert (x.item(), y.item()) == (-1.0, -0.5)
    z = rv.zeros(1, requires_grad=True)
    optimizer.add_param_group({"params": z, "lr": 0.25})
    assert len(optimizer.param_groups) == 3


def test_parameters_without_a_gradient_stay():
    x, y = parameter(), parameter()
    optimizer = optim.Adam([x, y], lr=0.1)
    steps(optimizer, x, 1)
    assert y.tolist() == [1.0, 5.0] and x.tolist() != [1.0, 5.0]
    optimizer.zero_grad()
    assert x.grad is None
    optimizer.step()


def test_a_closure():
    x = parameter()
    optimizer = optim.SGD([x], lr=0.1)

    def closure():
        optimizer.zero_grad()
        loss = (x**2).sum()
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == 26.0


def test_learning_xor():
    rv.manual_seed(0)
    x = rv.tensor([[0.0, 0], [0, 1], [1, 0], [1, 1]])
    y = rv.tensor([[0.0], [1], [1], [0]])
    net = nn.Sequential(nn.Linear(2, 10), nn.Tanh(), nn.Linear(10, 1), nn.Sigmoid())
    optimizer = optim.Adam(net.parameters(), lr=0.05)
    for _ in range(300):
        optimizer.zero_grad()
        loss = nn.MSELoss()(net(x), y)
        loss.backward()
        optimizer.step()
    assert (net(x) - y).abs().max().item() < 0.1


@pytest.mark.parametrize("make", CLASSES)
@pytest.mark.parametrize("lr", [0.0, -0.1, math.nan, math.inf])
def test_learning_rates_out_of_range(make, lr):
    with pytest.raises(ValueRangeError) as caught:
        make([parameter()], lr=lr)
    assert str(caught.value) == f"{make.__name__}: lr is {lr}; it must be above 0."


BAD = [
    (lambda p: optim.Adam(p, betas=0.9), "betas is 0.9; expected two numbers"),
    (lambda p: optim.AdamW(p, weight_decay=-1), "weight_decay is -1; it must be at"),
    (lambda p: optim.Adadelta(p, rho=1.5), "rho is 1.5; it must lie in [0, 1]."),
    (lambda p: optim.Rprop(p, etas=(1.5, 2)), "the first shortens steps and must lie"),
    (lambda p: optim.Rprop(p, step_sizes=(2, 1)), "expected the shortest step, then"),
    (lambda p: optim.Adamax(p, betas=(-1, 0.9)), "betas holds -1; expected [0, 1)."),
    (lambda p: optim.NAdam(p, momentum_decay=-1), "momentum_decay is -1; it must be"),
    (lambda p: optim.RAdam(p, eps=-1), "RAdam: eps is -1; it must be at least 0."),
    (lambda p: optim.Lion(p, betas=(0.9, 1)), "Lion: betas holds 1; expected [0, 1)."),
    (lambda p: optim.ASGD(p, weight_decay=-1), "weight_decay is -1; it must be at"),
    (lambda p: optim.Adagrad(p, lr_decay=-1), "lr_decay is -1; it must be at least 0."),
    (lambda p: optim.RMSprop(p, alpha=-1), "alpha is -1; it must be at least 0."),
    (lambda p: optim.SGD([{"lr": 0.1}]), "a group has no parameters; expected a dict"),
    (lambda p: optim.Adam(p, betas=(0.9, 1.0)), "betas holds 1.0; expected [0, 1)."),
    (lambda p: optim.Adam(p, eps=-1.0), "eps is -1.0; it must be at least 0."),
    (lambda p: optim.SGD(p, momentum=-1), "momentum is -1; it must be at least 0."),
    (
        lambda p: optim.SGD(p, nesterov=True),
        "it needs momentum above 0 and dampening 0",
    ),
    (
        lambda p: optim.SGD(p, weight_decay=math.nan),
        "weight_decay is nan; it must be at",
    ),
]


@pytest.mark.parametrize(("make", "message"), BAD)
def test_options_out_of_range(make, message):
    with pytest.raises(ValueRangeError) as caught:
        make([parameter()])
    assert message in str(caught.value)


def test_parameters_that_are_none():
    model = nn.Linear(1, 1)
    parameters = model.parameters()
    optim.SGD(parameters, lr=0.1)
    with pytest.raises(ValueRangeError) as caught:
        optim.SGD(parameters, lr=0.1)
    assert str(caught.value) == (
        "SGD: got no parameters. model.parameters() can be gone through only once; if "
        "it "
        "was, call it again. Or the model has none."
    )
    with pytest.raises(ValueRangeError, match="SGD: got an empty list of parameters"):
        optim.SGD([], lr=0.1)
    with pytest.raises(DTypeError, match="SGD: got one tensor; give a list"):
        optim.SGD(parameter(), lr=0.1)
    with pytest.raises(DTypeError, match="parameters are tensors; got str"):
        optim.SGD(["weight"], lr=0.1)
    with pytest.raises(
        GradientError, match="was computed from others; only leaves can"
    ):
        optim.SGD([parameter() * 2], lr=0.1)
    x = parameter()
    with pytest.raises(
        ValueRangeError, match=r"a parameter of shape .* is given twice"
    ):
        optim.SGD([x, x], lr=0.1)


def test_options_of_pytorch():
    for make in CLASSES[:-2]:
        with pytest.raises(UnsupportedError, match="differentiable=True is not"):
            make([parameter()], differentiable=True)
        make([parameter()], foreach=True, capturable=True, differentiable=False)
    optim.Adam([parameter()], fused=True, foreach=False)
    with pytest.raises(DTypeError, match="foreach is 'yes'; expected True, False or N"):
        optim.Adam([parameter()], foreach="yes")
    with pytest.raises(UnsupportedError, match="differentiable=True is not supported"):
        optim.Adam([parameter()], differentiable=True)
    with pytest.raises(
        UnknownNameError, match="SGD has no option 'momentun'; did you me"
    ):
        optim.SGD([parameter()], lr=0.1, momentun=0.9)
    with pytest.raises(UnknownNameError, match="no option 'lrr'; did you mean 'lr'"):
        optim.SGD([{"params": [parameter()], "lrr": 1.0}])


@pytest.mark.parametrize(
    ("make", "option", "end"),
    [
        (optim.Adam, "learning_rate", "it is called lr."),
        (optim.SGD, "learning_rate", "it is called lr."),
        (optim.Adam, "beta1", "both are given as betas=(beta1, beta2)."),
        (optim.SGD, "decay", "it is called weight_decay."),
        (optim.Adam, "weight_decy", "did you mean 'weight_decay'?"),
    ],
)
def test_options_under_other_names(make, option, end):
    with pytest.raises(UnknownNameError) as caught:
        make([rv.ones(1, requires_grad=True)], **{option: 0.1})
    assert str(caught.value) == f"{make.__name__} has no option '{option}'; {end}"


def test_an_option_that_the_optimiser_does_not_have():
    with pytest.raises(UnknownNameError, match=r"SGD has no option 'beta1'\.$"):
        optim.SGD([rv.ones(1, requires_grad=True)], beta1=0.9)


def test_pytorch_s_state():
    """Of PyTorch's optimisers, whose groups hold options that do not matter here."""
    x = parameter()
    optimizer = optim.Adam([x])
    state = {"step": np.array(3.0), "exp_avg": np.ones(2), "exp_avg_sq": np.ones(2)}
    group = {"lr": 0.5, "betas": (0.5, 0.5), "foreach": None, "params": [0]}
    optimizer.load_state_dict({"state": {0: state}, "param_groups": [group]})
    assert optimizer.param_groups[0]["lr"] == 0.5
    assert "foreach" not in optimizer.param_groups[0]
    assert optimizer.state[x]["step"].item() == 3.0
    sgd = optim.SGD([x], momentum=0.9, dampening=0.5)
    groups = sgd.state_dict()["param_groups"]
    buffers = {0: {"momentum_buffer": np.ones(2)}}
    sgd.load_state_dict({"state": buffers, "param_groups": groups})
    assert sgd.state[x]["step"].item() == 1.0, "state without a count has been stepped"


def test_a_state_that_does_not_fit_changes_nothing():
    x = parameter()
    optimizer = optim.Adam([x], lr=0.1)
    steps(optimizer, x, 1)
    saved = optimizer.state_dict()
    saved["state"][0]["exp_avg"] = np.ones(3)
    saved["param_groups"][0]["lr"] = 7.0
    with pytest.raises(StateError, match=r"exp_avg has shape \(3,\) for a parameter"):
        optimizer.load_state_dict(saved)
    assert optimizer.param_groups[0]["lr"] == 0.1


def test_a_state_is_loaded_into_a_running_program():
    x = parameter()
    optimizer = optim.Adam([x], lr=0.1)

    @rv.compile
    def step():
        optimizer.zero_grad()
        (x**2).sum().backward()
        optimizer.step()

    step()
    arrays = {}  # a copy: as in PyTorch, the state itself changes with every step
    saved = unpack(pack(optimizer.state_dict(), arrays), arrays)
    before = x.detach().clone()
    step()
    once = x.tolist()
    optimizer.load_state_dict(saved)
    with rv.no_grad():
        x.copy_(before)
    step()
    assert x.tolist() == once
    assert len(step.made) == 1
    optimizer.load_state_dict({**saved, "state": {}})
    step()
    assert optimizer.state[x]["step"].item() == 1.0


def test_names_that_are_not_there():
    with pytest.raises(AttributeError, match=r"SparseAdam.*Adam"):
        optim.SparseAdam  # noqa: B018
    with pytest.raises(AttributeError, match="did you mean 'Adamax'"):
        optim.AdaMax  # noqa: B018
