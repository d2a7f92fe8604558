"""Module: registration, walking, state, printing."""

import copy

import numpy as np
import pytest

import ranvier as rv
from ranvier import nn
from ranvier.errors import (
    DTypeError,
    RanvierError,
    StateError,
    UnknownAttributeError,
    UnsupportedError,
)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(3, 4)
        self.act = nn.ReLU()
        self.inner = nn.Sequential(nn.Linear(4, 4), nn.Tanh())
        self.fc2 = nn.Linear(4, 2, bias=False)
        self.scale = nn.Parameter(rv.ones(1))
        self.register_buffer("mean", rv.zeros(2))
        self.register_buffer("scratch", rv.zeros(2), persistent=False)

    def forward(self, x):
        return self.fc2(self.inner(self.act(self.fc1(x)))) * self.scale + self.mean


NAMES = ["scale", "fc1.weight", "fc1.bias", "inner.0.weight", "inner.0.bias"]
NAMES += ["fc2.weight"]


def test_walking():
    net = Net()
    assert [n for n, _ in net.named_parameters()] == NAMES
    assert [n for n, _ in net.named_parameters(recurse=False)] == ["scale"]
    assert [n for n, _ in net.named_children()] == ["fc1", "act", "inner", "fc2"]
    assert [n for n, _ in net.named_modules()] == [
        "", "fc1", "act", "inner", "inner.0", "inner.1", "fc2",
    ]  # fmt: skip
    assert [n for n, _ in net.named_buffers()] == ["mean", "scratch"]
    assert net.get_submodule("inner.0") is net.inner[0]
    assert len(list(net.parameters())) == 6 and len(list(net.modules())) == 7
    assert net(rv.ones(5, 3)).shape == (5, 2)


def test_shared_parameters_come_once():
    net = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    net[1].weight = net[0].weight
    assert len(list(net.parameters())) == 3
    assert len(net.state_dict()) == 4


def test_state_goes_round():
    a, b = Net(), Net()
    state = a.state_dict()
    assert list(state) == ["scale", "mean", *NAMES[1:]]
    keys = b.load_state_dict({k: np.asarray(v) for k, v in state.items()})
    assert keys == ([], [])
    x = rv.rand(2, 3)
    assert rv.equal(a(x), b(x))
    kept = copy.deepcopy(state)
    with rv.no_grad():
        a.scale += 1
    assert state["scale"].tolist() == [2.0] and kept["scale"].tolist() == [1.0]


def test_loading_is_in_place_and_keeps_the_type():
    layer = nn.Linear(2, 1)
    weight = layer.weight
    layer.load_state_dict({"weight": np.array([[1.0, 2.0]]), "bias": np.zeros(1)})
    assert layer.weight is weight and weight.is_leaf and weight.requires_grad
    assert weight.dtype is rv.float32 and weight.tolist() == [[1.0, 2.0]]


def test_every_fault_of_a_state_in_one_message():
    layer = nn.Linear(2, 1)
    with pytest.raises(StateError) as caught:
        layer.load_state_dict({"wieght": np.zeros((1, 2)), "bias": np.zeros(3)})
    assert str(caught.value) == (
        "this state_dict does not fit Linear:\n"
        "  missing: weight\n"
        "  unexpected: wieght; did you mean 'weight'?\n"
        "  shape: bias is (3,), the model has (1,)\n"
        "strict=False leaves out keys that are missing or unexpected."
    )
    keys = layer.load_state_dict({"other": 1.0, "bias": np.zeros(1)}, strict=False)
    assert keys.missing_keys == ["weight"] and keys.unexpected_keys == ["other"]


def test_modes():
    net = Net()
    assert net.training and net.eval() is net and not net.inner[1].training
    assert net.train().inner[1].training
    net.requires_grad_(False)
    assert not any(p.requires_grad for p in net.parameters())
    net.requires_grad_(True)
    net(rv.ones(1, 3)).sum().backward()
    assert net.scale.grad is not None
    net.zero_grad(set_to_none=False)
    assert net.scale.grad.tolist() == [0.0]
    net.zero_grad()
    assert net.scale.grad is None


def test_types():
    net = Net().double()
    assert {t.dtype for t in (*net.parameters(), *net.buffers())} == {rv.float64}
    assert net(rv.ones(1, 3, dtype=rv.float64)).dtype is rv.float64
    assert net.to("cpu").to(rv.float32).scale.dtype is rv.float32
    with pytest.raises(
        UnsupportedError, match="device 'cuda': Ranvier runs on the CPU"
    ):
        net.to("cuda")
    with pytest.raises(
        DTypeError, match=r"a module in int64; use rv.float32 or rv.float"
    ):
        net.to(rv.int64)


def test_apply_and_copy():
    net = Net()
    seen = []
    net.apply(lambda m: seen.append(type(m).__name__))
    assert seen[-1] == "Net" and len(seen) == 7
    twin = copy.deepcopy(net)
    assert rv.equal(twin(rv.ones(1, 3)), net(rv.ones(1, 3)))
    assert twin.fc1.weight is not net.fc1.weight
    assert twin.fc1.weight is dict(twin.named_parameters())["fc1.weight"]


def test_printing():
    assert repr(Net()) == (
        "Net(\n"
        "  (fc1): Linear(in_features=3, out_features=4, bias=True)\n"
        "  (act): ReLU()\n"
        "  (inner): Sequential(\n"
        "    (0): Linear(in_features=4, out_features=4, bias=True)\n"
        "    (1): Tanh()\n"
        "  )\n"
        "  (fc2): Linear(in_features=4, out_features=2, bias=False)\n"
        ")"
    )


def test_registration_faults():
    class Early(nn.Module):
        def __init__(self):
            self.fc = nn.Linear(1, 1)

    with pytest.raises(RanvierError, match=r"call super\(\).__init__\(\) before assig"):
        Early()
    net = Net()
    with pytest.raises(
        DTypeError, match=r"Net.scale is a parameter; it cannot be set to"
    ):
        net.scale = rv.ones(1)
    net.scale = None
    assert "scale" not in dict(net.named_parameters()) and net.scale is None
    with pytest.raises(RanvierError, match=r"'a.b' is no name for a part of a module"):
        net.register_buffer("a.b", rv.ones(1))
    with pytest.raises(UnknownAttributeError, match=r"did you mean 'fc[12]'"):
        _ = net.fc
    assert not hasattr(net, "cuda")
    del net.fc1
    assert "fc1" not in dict(net.named_children())
    with pytest.raises(RanvierError, match=r"Bare has no forward\(\); define it"):
        type("Bare", (nn.Module,), {})()(1)


def test_containers():
    net = nn.Sequential(nn.Linear(2, 3), nn.ReLU()).append(nn.Linear(3, 1))
    assert len(net) == 3 and isinstance(net[-1], nn.Linear)
    assert [type(m).__name__ for m in net[1:]] == ["ReLU", "Linear"]
    net[1] = nn.Tanh()
    assert isinstance(net[1], nn.Tanh) and net(rv.ones(1, 2)).shape == (1, 1)
    del net[1]
    assert [n for n, _ in net.named_children()] == ["0", "1"]
    named = nn.Sequential({"a": nn.Linear(2, 2), "b": nn.ReLU()})
    assert list(named.state_dict()) == ["a.weight", "a.bias"]
    with pytest.raises(DTypeError, match=r"write nn.ReLU\(\)"):
        nn.Sequential(nn.ReLU)
    layers = nn.ModuleList([nn.Linear(1, 1)]).extend([nn.ReLU()]).insert(0, nn.Tanh())
    assert [type(m).__name__ for m in layers] == ["Tanh", "Linear", "ReLU"]
    parts = nn.ModuleDict({"x": nn.Linear(1, 1)})
    parts["y"] = nn.ReLU()
    assert list(parts) == ["x", "y"] and "x" in parts and len(parts) == 2
    assert list(nn.Sequential(parts["x"]).state_dict()) == ["0.weight", "0.bias"]
    with pytest.raises(LookupError, match=r"no module 'X'; did you mean 'x'|no module"):
        parts["X"]


def test_summary():
    sizes = (784, 10, 14, 10)
    model = nn.Sequential(
        nn.Linear(784, 10), nn.ReLU(), nn.Linear(10, 14), nn.ReLU(), nn.Linear(14, 10)
    )
    table = model.summary((1, sizes[0]))
    assert (table.weights, table.biases, table.total) == (8120, 34, 8154)
    assert [row.output for row in table.rows][::2] == [(1, 10), (1, 14), (1, 10)]
    assert str(table).splitlines()[-1].split() == ["total", "8,120", "34", "8,154"]
    assert all("forward" not in m.__dict__ for m in model.modules())
    assert model.training


def test_summary_has_no_effect():
    rv.manual_seed(0)
    before = rv.rand(1).item()
    rv.manual_seed(0)
    net = nn.Sequential(nn.Linear(2, 2), nn.Dropout())
    rv.manual_seed(0)
    net.summary((4, 2))
    assert rv.rand(1).item() == before
    assert net.training and net[0].weight.grad is None


def test_flatten_and_identity():
    x = rv.ones(2, 3, 4)
    assert nn.Flatten()(x).shape == (2, 12)
    assert nn.Unflatten(1, (3, -1))(rv.ones(2, 12)).shape == (2, 3, 4)
    assert nn.Identity(1, a=2)(x) is x
    with pytest.raises(ValueError, match="Unflatten: 12 does not divide into"):
        nn.Unflatten(1, (5, 5))(rv.ones(2, 12))


def test_dropout():
    rv.manual_seed(0)
    x = rv.ones(10_000)
    layer = nn.Dropout(0.25)
    first, second = layer(x), layer(x)
    assert not rv.equal(first, second)
    assert abs((first == 0).float().mean().item() - 0.25) < 0.02
    assert set(first.tolist()) == {0.0, np.float32(1 / 0.75).item()}
    layer.p = 0.5
    assert abs((layer(x) == 0).float().mean().item() - 0.5) < 0.02
    assert layer.eval()(x) is x
    rv.manual_seed(0)
    assert rv.equal(nn.Dropout(0.25)(x), first)
    with pytest.raises(ValueError, match=r"Dropout: p is 1.5; a probability lies in"):
        nn.Dropout(1.5)


def test_initial_values():
    rv.manual_seed(0)
    layer = nn.Linear(100, 50)
    bound = 0.1
    for p in layer.parameters():
        values = p.detach().numpy()
        assert np.abs(values).max() <= bound and values.std() > 0.4 * bound
    w = layer.weight
    assert nn.init.xavier_uniform_(w) is w
    assert w.detach().abs().max().item() <= (6 / 150) ** 0.5
    nn.init.kaiming_normal_(w, nonlinearity="relu")
    assert abs(w.detach().std().item() - (2 / 100) ** 0.5) < 0.01
    nn.init.constant_(layer.bias, 3.0)
    assert layer.bias.tolist() == [3.0] * 50 and layer.bias.is_leaf
    w.data.normal_(0, 0.01)
    assert w.is_leaf and 0.005 < w.detach().std().item() < 0.02
    nn.init.zeros_(w.data)
    assert w.detach().abs().max().item() == 0.0
    with pytest.raises(ValueError, match="it needs a weight of at least 2 dimensions"):
        nn.init.kaiming_uniform_(layer.bias)
    with pytest.raises(LookupError, match="unknown 'rleu'; did you mean 'relu'"):
        nn.init.kaiming_normal_(w, nonlinearity="rleu")


def test_sign_and_step():
    z = rv.tensor([-2.0, 0.0, 3.0], requires_grad=True)
    assert nn.Sign()(z).tolist() == [-1.0, 0.0, 1.0]
    assert nn.Step()(z).tolist() == [0.0, 1.0, 1.0]
    (nn.Step()(z) + nn.Sign()(z)).sum().backward()
    assert z.grad.tolist() == [0.0, 0.0, 0.0]
