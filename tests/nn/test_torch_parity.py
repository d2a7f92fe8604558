"""Losses, activations, Linear and optimisers against numbers that PyTorch gave.

The numbers are in tests/reference/torch_reference.npz, the cases in cases.py beside it.
"""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

import ranvier as rv

REFERENCE = Path(__file__).parents[1] / "reference"


def load_cases():
    spec = importlib.util.spec_from_file_location("cases", REFERENCE / "cases.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def ours():
    return load_cases().run(rv)


with np.load(REFERENCE / "torch_reference.npz") as archive:
    THEIRS = {name: archive[name] for name in archive.files}


@pytest.mark.parametrize("name", sorted(THEIRS))
def test_equals_pytorch(name, ours):
    wide = "float32" not in name
    rtol, atol = (1e-7, 1e-7) if wide else (1.3e-6, 1e-5)
    assert ours[name].dtype == THEIRS[name].dtype
    np.testing.assert_allclose(ours[name], THEIRS[name], rtol=rtol, atol=atol)


def test_the_same_cases_on_both_sides(ours):
    assert sorted(ours) == sorted(THEIRS)
