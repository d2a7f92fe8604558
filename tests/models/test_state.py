"""The models are torchvision's: keys, shapes, numbers of parameters, depth, numbers."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

import ranvier as rv
from ranvier import models
from ranvier.nn import init

HERE = Path(__file__).parent
spec = importlib.util.spec_from_file_location(
    "make_torchvision_reference", HERE / "make_torchvision_reference.py"
)
reference = importlib.util.module_from_spec(spec)
spec.loader.exec_module(reference)
KEYS = json.loads(reference.KEYS.read_text("utf-8"))
OUTPUTS = np.load(reference.OUTPUTS)

# model: parameters, weighted depth
FIGURES = {
    "alexnet": (61_100_840, 8),
    "vgg11": (132_863_336, 11),
    "vgg13": (133_047_848, 13),
    "vgg16": (138_357_544, 16),
    "vgg19": (143_667_240, 19),
    "vgg11_bn": (132_868_840, 11),
    "vgg13_bn": (133_053_736, 13),
    "vgg16_bn": (138_365_992, 16),
    "vgg19_bn": (143_678_248, 19),
    "googlenet": (13_004_888, 22),
    "resnet18": (11_689_512, 18),
    "resnet34": (21_797_672, 34),
    "resnet50": (25_557_032, 50),
    "resnet101": (44_549_160, 101),
    "resnet152": (60_192_808, 152),
}


@pytest.fixture
def undrawn(monkeypatch):
    """Models are made without drawing their weights, which takes seconds."""
    for name in dir(init):
        if name.endswith("_") and not name.startswith("_"):
            monkeypatch.setattr(init, name, lambda tensor, *_, **__: tensor)


def shapes(model):
    return [(name, value.shape) for name, value in model.state_dict().items()]


@pytest.mark.parametrize("name", FIGURES)
def test_keys_shapes_parameters_and_depth(name, undrawn):
    model = getattr(models, name)()
    parameters, depth = FIGURES[name]
    assert shapes(model) == reference.unpacked(KEYS[name])
    assert sum(p.numel() for p in model.parameters()) == parameters
    table = model.summary((1, 3, 224, 224))
    assert (table.parameters, table.depth) == (parameters, depth)


def test_googlenet_without_auxiliary_heads(undrawn):
    model = models.googlenet(aux_logits=False)
    assert sum(p.numel() for p in model.parameters()) == 6_624_904
    known = reference.unpacked(KEYS["googlenet"])
    assert shapes(model) == [(k, s) for k, s in known if not k.startswith("aux")]


@pytest.mark.parametrize("name", FIGURES)
def test_the_small_form_has_the_same_keys(name, undrawn):
    model = getattr(models, name)(num_classes=10, image_size=32)
    assert [*model.state_dict()] == [key for key, _ in reference.unpacked(KEYS[name])]
    table = model.summary((1, 3, 32, 32))
    assert table.depth == FIGURES[name][1]
    assert table.rows[-1].output in ((1, 10), None)  # None: heads used in training only


@pytest.mark.parametrize("name", reference.COMPUTED)
def test_the_same_numbers(name):
    options, training = reference.COMPUTED[name]
    model = getattr(models, name)(**options).double().train(training)
    model.load_state_dict(reference.weights(model))
    with rv.no_grad():
        found = model(rv.tensor(reference.pictures()))
    parts = found if isinstance(found, tuple) else (found,)
    assert len(parts) == sum(key.startswith(f"{name}.") for key in OUTPUTS)
    for i, part in enumerate(parts):
        np.testing.assert_allclose(part.numpy(), OUTPUTS[f"{name}.{i}"], 1e-9, 1e-10)
