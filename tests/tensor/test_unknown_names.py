"""Names that are not there: the nearest, or what to write instead."""

import pytest

import ranvier as rv
from ranvier import nn, optim
from ranvier.errors import UnknownAttributeError
from ranvier.nn import functional as F

# fmt: off
CASES = [
    (nn, "Liner",        "ranvier.nn has no 'Liner'; did you mean 'Linear'?"),
    (nn, "relu",         "ranvier.nn has no 'relu'; did you mean 'ReLU'?"),
    (nn, "Quantized",    "ranvier.nn has no 'Quantized' in this version."),
    (optim, "Adma",      "ranvier.optim has no 'Adma'; did you mean 'Adam'?"),
    (F, "rleu",          "ranvier.nn.functional has no 'rleu'; did you mean 'relu'?"),
    (rv, "lobpcg",       "ranvier has no 'lobpcg' in this version."),
    (rv.linalg, "sovle", "ranvier.linalg has no 'sovle'; did you mean 'solve'?"),
    (rv.special, "bessel_j0", "ranvier.special has no 'bessel_j0' in this version."),
    (rv.cuda, "Stream",  "ranvier.cuda has no 'Stream' in this version."),
    (rv, "float16",      "ranvier.float16: Ranvier computes in float32 and float64."),
    (rv.ones(1), "cuda", "Tensor.cuda: Ranvier runs on the CPU only; leave .cuda() out."),  # noqa: E501
    (nn.ReLU(), "cuda",  "ReLU.cuda: Ranvier runs on the CPU only; leave .cuda() out."),
    (nn.ReLU(), "forwrad", "ReLU has no 'forwrad'; did you mean 'forward'?"),
]
# fmt: on


@pytest.mark.parametrize(("where", "name", "message"), CASES)
def test_message(where, name, message):
    assert not hasattr(where, name)
    assert getattr(where, name, None) is None
    with pytest.raises(UnknownAttributeError) as caught:
        getattr(where, name)
    assert str(caught.value) == message


def test_a_misspelt_method_is_pythons_own_error():
    with pytest.raises(AttributeError, match="has no attribute 'rehsape'"):
        _ = rv.ones(1).rehsape


def test_absent_names_are_not_listed():
    assert "cuda" not in dir(rv.ones(1)) and "reshape" in dir(rv.ones(1))


def test_import_of_an_unknown_name():
    with pytest.raises(ImportError, match="Liner"):
        exec("from ranvier.nn import Liner")
