# ruff: noqa: E501  (what is printed is one line)
"""Modules beside their numbers: hooks, names, buffers, state and how they are printed."""

import copy

import numpy as np
import pytest

import ranvier as rv
from ranvier import nn
from ranvier.errors import DTypeError, StateError, UnknownNameError, UnsupportedError


def test_hooks_run_in_order_and_may_change_what_passes():
    layer, seen = nn.Linear(2, 2), []
    x = rv.ones(1, 2)
    plain = layer(x)
    before = layer.register_forward_pre_hook(lambda m, args: (args[0] * 2,))
    first = layer.register_forward_hook(lambda m, args, y: seen.append(("first", y)))
    layer.register_forward_hook(lambda m, args, y: seen.append(("last", y)))
    layer.register_forward_hook(
        lambda m, args, y: seen.append(("front", y)), prepend=True
    )
    twice = layer(x)
    assert [name for name, _ in seen] == ["front", "first", "last"]
    np.testing.assert_allclose(
        (twice - layer.bias).detach().numpy(),
        (2 * (plain - layer.bias)).detach().numpy(),
        rtol=1e-5,
    )
    before.remove()
    first.remove()
    with layer.register_forward_hook(lambda m, args, y: -y):
        np.testing.assert_array_equal(
            layer(x).detach().numpy(), -plain.detach().numpy()
        )
    np.testing.assert_array_equal(layer(x).detach().numpy(), plain.detach().numpy())
    assert [name for name, _ in seen][3:] == ["front", "last", "front", "last"]


def test_hooks_with_keyword_arguments():
    class Scaled(nn.Module):
        def forward(self, x, factor=1.0):
            return x * factor

    layer = Scaled()
    layer.register_forward_pre_hook(
        lambda m, args, kwargs: (args, {"factor": kwargs["factor"] + 1}),
        with_kwargs=True,
    )
    layer.register_forward_hook(
        lambda m, args, kwargs, y: y + kwargs["factor"], with_kwargs=True
    )
    assert layer(rv.ones(1), factor=2.0).item() == 6.0
    with pytest.raises(UnsupportedError, match="always_call"):
        layer.register_forward_hook(print, always_call=True)


def test_hooks_in_a_compiled_step():
    layer, shapes = nn.Linear(2, 2), []
    layer.register_forward_hook(lambda m, args, y: shapes.append(y.shape))
    layer.register_forward_hook(lambda m, args, y: y.relu())
    step = rv.compile(lambda x: layer(x))
    for _ in range(3):
        got = step(rv.ones(4, 2))
    assert shapes == [(4, 2)], "hooks run while the step is captured"
    np.testing.assert_allclose(
        got.detach().numpy(), layer(rv.ones(4, 2)).detach().numpy(), rtol=1e-6
    )


def test_hooks_are_copied_with_the_module():
    layer = nn.Identity()
    layer.register_forward_hook(lambda m, args, y: y + 1)
    other = copy.deepcopy(layer)
    other.register_forward_hook(lambda m, args, y: y + 1)
    assert (layer(rv.zeros(1)).item(), other(rv.zeros(1)).item()) == (1.0, 2.0)


def test_names_of_parts():
    layer = nn.Linear(2, 3)
    with pytest.raises(UnknownNameError, match="an attribute 'forward' already"):
        layer.register_buffer("forward", rv.zeros(1))
    with pytest.raises(UnknownNameError, match="an attribute 'weight' already"):
        layer.register_buffer("weight", rv.zeros(1))
    with pytest.raises(DTypeError, match=r"'scale' is a Tensor; expected nn.Parameter"):
        layer.register_parameter("scale", rv.zeros(1))
    with pytest.raises(DTypeError, match=r"expected nn\.Module or None"):
        layer.add_module("part", nn.ReLU)
    with pytest.raises(DTypeError, match=r"train: mode is 1; expected True"):
        layer.train(1)
    shared = nn.Sequential(layer, layer)
    assert len(shared) == 2 and len(list(shared.children())) == 1
    assert len(list(shared.modules(remove_duplicate=False))) == 3
    assert shared.get_parameter("1.bias") is layer.bias
    with pytest.raises(UnknownNameError, match=r"no parameter '0.bais'; did you mean"):
        shared.get_parameter("0.bais")


def test_buffers_and_lists_of_parameters():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.mean = nn.Buffer(rv.zeros(2))
            self.cache = nn.Buffer(rv.ones(2), persistent=False)
            self.each = nn.ParameterList([rv.zeros(1), nn.Parameter(rv.ones(2))])
            self.named = nn.ParameterDict({"a": rv.zeros(3)})

    net = Net()
    assert list(net.state_dict()) == ["mean", "each.0", "each.1", "named.a"]
    assert [name for name, _ in net.named_buffers()] == ["mean", "cache"]
    assert len(list(net.parameters())) == 3 and net.named.a.shape == (3,)
    assert len(net.each[:1]) == 1 and "a" in net.named
    other = copy.deepcopy(net)
    other.mean.fill_(5)
    assert net.mean.tolist() == [0.0, 0.0] and next(iter(other.state_dict())) == "mean"
    net.each[1].sum().backward()
    assert net.each[-1].grad.tolist() == [1.0, 1.0]


def test_state_with_a_prefix_and_all_faults_in_one_message():
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    found = model.state_dict(prefix="net.")
    assert next(iter(found)) == "net.0.weight"
    into = {"more": rv.zeros(1)}
    assert model.state_dict(destination=into) is into and "1.running_var" in into
    assert model.state_dict(keep_vars=True)["0.bias"] is model[0].bias
    state = {k: np.asarray(v) for k, v in model.state_dict().items()}
    state["0.wieght"] = state.pop("0.weight")
    state["1.bias"] = np.zeros(4)
    with pytest.raises(StateError) as caught:
        model.load_state_dict(state)
    assert str(caught.value) == (
        "this state_dict does not fit Sequential:\n"
        "  missing: 0.weight\n"
        "  unexpected: 0.wieght; did you mean '0.weight'?\n"
        "  shape: 1.bias is (4,), the model has (3,)\n"
        "strict=False leaves out keys that are missing or unexpected."
    )
    with pytest.raises(UnsupportedError, match="assign=True"):
        model.load_state_dict({}, assign=True)
    with pytest.raises(DTypeError, match="expected a dict of arrays by name"):
        model.load_state_dict([1])


# As PyTorch 2.13 prints them, except the type of MultiheadAttention's `out_proj`.
PRINTED = {
    "Conv2d(1, 2, 3, padding='same', padding_mode='reflect')": "Conv2d(1, 2, kernel_size=(3, 3), stride=(1, 1), padding=same, padding_mode=reflect)",
    "ConvTranspose2d(2, 3, 3, stride=2, output_padding=1)": "ConvTranspose2d(2, 3, kernel_size=(3, 3), stride=(2, 2), output_padding=(1, 1))",
    "AvgPool1d(2)": "AvgPool1d(kernel_size=(2,), stride=(2,), padding=(0,))",
    "MaxPool3d(2)": "MaxPool3d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)",
    "LPPool2d(2, 3)": "LPPool2d(norm_type=2, kernel_size=3, stride=None, ceil_mode=False)",
    "AdaptiveAvgPool2d((3, None))": "AdaptiveAvgPool2d(output_size=(3, None))",
    "BatchNorm3d(3)": "BatchNorm3d(3, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)",
    "InstanceNorm2d(3)": "InstanceNorm2d(3, eps=1e-05, momentum=0.1, affine=False, bias=False, track_running_stats=False)",
    "LayerNorm(3)": "LayerNorm((3,), eps=1e-05, elementwise_affine=True, bias=True)",
    "GroupNorm(2, 4)": "GroupNorm(2, 4, eps=1e-05, affine=True, bias=True)",
    "LocalResponseNorm(2)": "LocalResponseNorm(2, alpha=0.0001, beta=0.75, k=1.0)",
    "Dropout(0.3)": "Dropout(p=0.3, inplace=False)",
    "EmbeddingBag(3, 4, padding_idx=1)": "EmbeddingBag(3, 4, mode='mean', padding_idx=1)",
    "Bilinear(2, 3, 4)": "Bilinear(in1_features=2, in2_features=3, out_features=4, bias=True)",
    "Upsample(scale_factor=2)": "Upsample(scale_factor=2.0, mode='nearest')",
    "UpsamplingBilinear2d(size=3)": "UpsamplingBilinear2d(size=3, mode='bilinear')",
    "ZeroPad2d(1)": "ZeroPad2d((1, 1, 1, 1))",
    "ConstantPad1d(1, 2.5)": "ConstantPad1d(padding=(1, 1), value=2.5)",
    "ReLU6()": "ReLU6()",
    "RReLU()": "RReLU(lower=0.125, upper=0.3333333333333333)",
    "Threshold(0.1, 20)": "Threshold(threshold=0.1, value=20)",
    "Softshrink()": "Softshrink(0.5)",
    "GLU()": "GLU(dim=-1)",
    "Fold((4, 5), 2)": "Fold(output_size=(4, 5), kernel_size=2, dilation=1, padding=0, stride=1)",
    "ModuleList([ReLU(), ReLU(), Tanh()])": "ModuleList(\n  (0-1): 2 x ReLU()\n  (2): Tanh()\n)",
    "Sequential()": "Sequential()",
}  # fmt: skip


@pytest.mark.parametrize("written", PRINTED)
def test_layers_are_printed_as_in_pytorch(written):
    assert repr(eval(written, vars(nn).copy())) == PRINTED[written]


def test_settings_and_parts_stand_below_each_other():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(1, 2)

        def extra_repr(self):
            return "size=3"

    assert repr(Net()) == (
        "Net(\n  size=3\n  (fc): Linear(in_features=1, out_features=2, bias=True)\n)"
    )
