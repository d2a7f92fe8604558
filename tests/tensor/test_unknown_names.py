"""Names that are not there: the nearest, or what to write instead."""

import pytest

import ranvier as rv
from ranvier import nn, optim, remedies
from ranvier.errors import UnknownAttributeError
from ranvier.nn import functional as F

# fmt: off
CASES = [
    (nn, "Liner",        "ranvier.nn has no 'Liner'; did you mean 'Linear'?"),
    (nn, "relu",         "ranvier.nn has no 'relu'; did you mean 'ReLU'?"),
    (nn, "Quantized",    "ranvier.nn has no 'Quantized' in this version."),
    (optim, "Adma",      "ranvier.optim has no 'Adma'; did you mean 'Adam'?"),
    (F, "rleu",          "ranvier.nn.functional has no 'rleu'; did you mean 'relu'?"),
    (rv, "native_norm",  "ranvier has no 'native_norm' in this version."),
    (rv.linalg, "sovle", "ranvier.linalg has no 'sovle'; did you mean 'solve'?"),
    (rv.special, "multi", "ranvier.special has no 'multi' in this version."),
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


TABLES = [
    (rv, remedies.PACKAGE),
    (rv.Tensor, remedies.TENSOR),
    (nn.Module(), remedies.MODULE),
    (nn, remedies.NN),
    (F, remedies.FUNCTIONAL),
    (optim, remedies.OPTIM),
    (nn.utils, remedies.NN_UTILS),
    (nn.init, remedies.INIT),
    (rv.special, remedies.SPECIAL),
    (rv.utils.data, remedies.UTILS_DATA),
]


@pytest.mark.parametrize(("where", "table"), TABLES)
def test_what_has_a_remedy_is_not_there(where, table):
    """A name that was built has left the table; what is told says so in full."""
    for name, remedy in table.items():
        with pytest.raises(UnknownAttributeError) as caught:
            getattr(where, name)
        assert str(caught.value).endswith(f".{name}: {remedy}.")
        assert "{" not in remedy


def test_no_remedy_hides_a_method():
    built = {name for kind in rv.Tensor.__mro__[1:] for name in vars(kind)}
    assert built.isdisjoint(remedies.TENSOR)


def test_a_misspelt_method_is_pythons_own_error():
    with pytest.raises(AttributeError, match="has no attribute 'rehsape'"):
        _ = rv.ones(1).rehsape


def test_absent_names_are_not_listed():
    assert "cuda" not in dir(rv.ones(1)) and "reshape" in dir(rv.ones(1))


def test_import_of_an_unknown_name():
    with pytest.raises(ImportError, match="Liner"):
        exec("from ranvier.nn import Liner")
