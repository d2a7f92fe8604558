"""Recurrent layers and cells against numbers that PyTorch gave: interpreted, flushed
natively, in a compiled step, and in the loop over mini-batches.

The numbers are in tests/reference/recurrent_reference.npz, the cases in recurrent.py
beside it.
"""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

import ranvier as rv
from ranvier.compiler.flush import Seen
from ranvier.data import DataLoader
from ranvier.nn import recurrence

REFERENCE = Path(__file__).parents[1] / "reference"
TOLERANCE = {"float32": (1.3e-6, 1e-5), "float64": (1e-7, 1e-7)}


def load_cases():
    spec = importlib.util.spec_from_file_location(
        "recurrent", REFERENCE / "recurrent.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


cases = load_cases()
with np.load(REFERENCE / "recurrent_reference.npz") as archive:
    THEIRS = {name: archive[name] for name in archive.files}


def assert_same(ours, key):
    dtype = next(d for d in cases.DTYPES if d in key)
    rtol, atol = TOLERANCE[dtype]
    assert ours.dtype == THEIRS[key].dtype, key
    np.testing.assert_allclose(ours, THEIRS[key], rtol=rtol, atol=atol, err_msg=key)


@pytest.fixture(params=["interpreted", "native"])
def way(request, monkeypatch):
    native = request.param == "native"
    monkeypatch.setattr(Seen, "native", lambda seen: native)
    return request.param


@pytest.mark.parametrize("dtype", cases.DTYPES)
@pytest.mark.parametrize("name", cases.CASES)
def test_equals_pytorch(name, dtype, way):
    out = {}
    made = cases.module(rv, cases.CASES[name][0], dtype)
    cases.record(rv, name, made, dtype, out)
    keys = [k for k in THEIRS if k.startswith(f"{name}.{dtype}.")]
    assert sorted(out) == sorted(keys)
    for key in keys:
        assert_same(out[key], key)


@pytest.mark.parametrize("dtype", cases.DTYPES)
@pytest.mark.parametrize("name", cases.CASES)
def test_compiled_equals_pytorch(name, dtype):
    made = cases.module(rv, cases.CASES[name][0], dtype)
    parameters = dict(made.named_parameters())

    given = [rv.tensor(a, requires_grad=True) for a in cases.arrays(name, dtype)]

    @rv.compile
    def step():
        results = cases.outputs(made, given[0], given[1:])
        cases.weighted(rv, results, dtype).backward()
        found = results, [t.grad for t in (*given, *parameters.values())]
        for tensor in (*given, *parameters.values()):
            tensor.grad = None
        return found

    results, gradients = step()
    for i, y in enumerate(results):
        assert_same(y.numpy(), f"{name}.{dtype}.y{i}")
    names = [f"dx{i}" for i in range(len(given))] + [f"d{key}" for key in parameters]
    for key, gradient in zip(names, gradients, strict=True):
        assert_same(gradient.numpy(), f"{name}.{dtype}.{key}")


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("dtype", cases.DTYPES)
@pytest.mark.parametrize("layer", cases.LAYERS)
def test_training_over_a_loader_equals_pytorch(layer, dtype, threads):
    before = rv.get_num_threads()
    rv.set_num_threads(threads)
    net = cases.Net(rv, layer, dtype)
    x, y = cases.data(dtype)
    loader = DataLoader(rv.data.TensorDataset(rv.tensor(x), rv.tensor(y)), cases.BATCH)
    losses = rv.compile(cases.step_of(rv, net)).over(loader, epochs=cases.EPOCHS)
    rv.set_num_threads(before)
    assert_same(losses.numpy(), f"train.{layer}.{dtype}.losses")
    for i, parameter in enumerate(net.parameters()):
        assert_same(parameter.detach().numpy(), f"train.{layer}.{dtype}.{i}")


@pytest.mark.parametrize("layer", cases.LAYERS)
def test_training_in_a_plain_loop_equals_pytorch(layer):
    out = {}
    cases.train(rv, layer, "float64", out)
    for key in out:
        assert_same(out[key], key)


def test_a_second_layer_of_the_same_shape_is_the_same_program():
    """The bodies of equal layers are one object, so their graphs are equal."""
    from ranvier.compiler.pipeline import evaluator

    x = rv.tensor(np.ones((5, 2, 3), np.float32))
    for layer in (rv.nn.LSTM(3, 4), rv.nn.LSTM(3, 4)):
        with rv.no_grad():
            layer(x)[0].numpy()
        count = len(evaluator.seen)
    with rv.no_grad():
        rv.nn.LSTM(3, 4)(x)[0].numpy()
    assert len(evaluator.seen) == count


def test_gradients_flow_after_a_first_run_without_them():
    """The body of the loop is made once, here under no_grad."""
    recurrence.body.cache_clear()
    x = rv.tensor(np.ones((5, 2, 3), np.float32))
    layer = rv.nn.GRU(3, 4)
    with rv.no_grad():
        layer(x)[0].numpy()
    layer(x)[0].sum().backward()
    assert all(p.grad.abs().sum().item() > 0 for p in layer.parameters())


def test_weights_start_within_the_bound_of_pytorch():
    rv.manual_seed(0)
    for layer in (rv.nn.LSTM(3, 16, 2), rv.nn.GRUCell(3, 16)):
        for parameter in layer.parameters():
            values = parameter.detach().numpy()
            assert np.abs(values).max() <= 0.25
            assert np.abs(values).max() > 0.15


def test_dropout_between_layers_only_when_training():
    rv.manual_seed(0)
    layer = rv.nn.LSTM(3, 8, num_layers=2, dropout=0.5)
    x = rv.tensor(np.ones((4, 2, 3), np.float32))
    first, second = layer(x)[0], layer(x)[0]
    assert not np.array_equal(first.detach().numpy(), second.detach().numpy())
    layer.eval()
    first, second = layer(x)[0], layer(x)[0]
    np.testing.assert_array_equal(first.detach().numpy(), second.detach().numpy())


def test_the_state_dict_has_pytorchs_names():
    names = list(rv.nn.LSTM(3, 4, 2, bidirectional=True, proj_size=2).state_dict())
    one = ["weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr"]
    places = ["l0", "l0_reverse", "l1", "l1_reverse"]
    assert names == [f"{name}_{place}" for place in places for name in one]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda nn: nn.LSTM(28, 64)(rv.zeros(5, 3, 27)),
            "LSTM(28 → 64) got (5, 3, 27); 27 ≠ 28. Use LSTM(27, 64).",
        ),
        (
            lambda nn: nn.GRU(28, 64)(rv.zeros(28)),
            "GRU(28 → 64) got (28,); 1 dimensions. Use an input of shape (steps, batch,"
            " 28), or (steps, 28) for one sequence.",
        ),
        (
            lambda nn: nn.RNN(28, 64)(rv.zeros(0, 3, 28)),
            "RNN(28 → 64) got (0, 3, 28); no steps. Use a sequence of at least one "
            "step.",
        ),
        (
            lambda nn: nn.RNN(28, 64)(rv.zeros(5, 3, 28), rv.zeros(1, 2, 64)),
            "RNN(28 → 64): h_0 has shape (1, 2, 64); expected (1, 3, 64) (layers x "
            "directions, batch, hidden).",
        ),
        (
            lambda nn: nn.LSTM(28, 64)(rv.zeros(5, 3, 28), rv.zeros(1, 3, 64)),
            "LSTM(28 → 64): the state is a pair (h_0, c_0).",
        ),
        (
            lambda nn: nn.RNN(28, 64, nonlinearity="relo"),
            "RNN: nonlinearity 'relo'; did you mean 'relu'?",
        ),
        (
            lambda nn: nn.LSTM(28, 64, proj_size=64),
            "LSTM: proj_size is 64; it must be smaller than hidden_size (64), or 0 for "
            "no projection.",
        ),
        (
            lambda nn: nn.GRU(28, 0),
            "GRU: hidden_size is 0; it must be at least 1.",
        ),
        (
            lambda nn: nn.LSTMCell(3, 4)(rv.zeros(2, 5)),
            "LSTMCell(3 → 4) got (2, 5); 5 ≠ 3. Use LSTMCell(5, 4).",
        ),
        (
            lambda nn: nn.GRUCell(3, 4)(rv.zeros(2, 3), rv.zeros(2, 5)),
            "GRUCell(3 → 4): the state has shape (2, 5); expected (2, 4).",
        ),
        (
            lambda nn: nn.LSTM(3, 4)(rv.zeros(5, 2, 3).double()),
            "LSTM(3 → 4) got values of float64, its weights are float32; convert the "
            "input with x.float().",
        ),
    ],
)
def test_messages(call, message):
    with pytest.raises(rv.errors.RanvierError) as caught:
        call(rv.nn)
    assert str(caught.value) == message
