"""Initialisers: what they fill in, by distribution; each test fails for a distribution
that is a little wrong.
"""

from __future__ import annotations

import inspect
import math
from typing import Any

import numpy as np
import pytest

import ranvier as rv
from ranvier.errors import (
    DTypeError,
    RanvierWarning,
    ShapeError,
    UnknownAttributeError,
    UnknownNameError,
    UnsupportedError,
    ValueRangeError,
)
from ranvier.nn import init

DRAWN = [name for name in init.__all__ if name.endswith("_")]
RANDOM = [
    n for n in DRAWN if "generator" in inspect.signature(getattr(init, n)).parameters
]
SPARSE = {"sparse_": {"sparsity": 0.5}}


def phi(x: Any) -> Any:
    return np.vectorize(lambda v: math.erfc(-v / math.sqrt(2)) / 2)(x)


def distance(values: Any, cumulative: Any) -> float:
    """Kolmogorov and Smirnov's, times √n: above 1.95 once in a thousand times."""
    x = np.sort(np.asarray(values, np.float64).ravel())
    steps = np.arange(x.size + 1) / x.size
    expected = cumulative(x)
    gap = max(np.max(expected - steps[:-1]), np.max(steps[1:] - expected))
    return float(gap) * math.sqrt(x.size)


def even(low: float, high: float) -> Any:
    return lambda x: (x - low) / (high - low)


def gaussian(mean: float, std: float) -> Any:
    return lambda x: phi((x - mean) / std)


# (200, 50, 3): fan in 150, fan out 600
FAN_IN, FAN_OUT = 150, 600
# fmt: off
EXPECTED = {
    "uniform":        (lambda w: init.uniform_(w, -1, 3),       even(-1, 3)),
    "normal":         (lambda w: init.normal_(w, 2, 0.5),       gaussian(2, 0.5)),
    "xavier_uniform": (lambda w: init.xavier_uniform_(w, 2.0),  even(-2 * math.sqrt(6 / 750), 2 * math.sqrt(6 / 750))),  # noqa: E501
    "xavier_normal":  (lambda w: init.xavier_normal_(w, 0.5),   gaussian(0, 0.5 * math.sqrt(2 / 750))),  # noqa: E501
    "kaiming_uniform": (lambda w: init.kaiming_uniform_(w, nonlinearity="relu"), even(-math.sqrt(6 / FAN_IN), math.sqrt(6 / FAN_IN))),  # noqa: E501
    "kaiming_out":    (lambda w: init.kaiming_uniform_(w, math.sqrt(5), "fan_out"), even(-math.sqrt(1 / FAN_OUT), math.sqrt(1 / FAN_OUT))),  # noqa: E501
    "kaiming_normal": (lambda w: init.kaiming_normal_(w, mode="fan_out"), gaussian(0, math.sqrt(2 / FAN_OUT))),  # noqa: E501
    "kaiming_tanh":   (lambda w: init.kaiming_normal_(w, nonlinearity="tanh"), gaussian(0, 5 / 3 / math.sqrt(FAN_IN))),  # noqa: E501
}
# fmt: on


@pytest.mark.parametrize("name", EXPECTED)
def test_distributions(name: str) -> None:
    rv.manual_seed(11)
    fill, cumulative = EXPECTED[name]
    w = rv.empty(200, 50, 3)
    assert fill(w) is w
    assert distance(w, cumulative) < 1.95
    assert distance(w, lambda x: cumulative(1.06 * x)) > 1.95, "the test can fail"


# fmt: off
PIECES = {  # mean, std, a, b
    "usual":     (0.0, 1.0, -2.0, 2.0),
    "shifted":   (1.0, 2.0, 0.0, 4.0),
    "narrow":    (0.0, 1.0, -0.2, 0.1),
    "above":     (0.0, 1.0, 1.0, 1.4),
    "far above": (0.0, 1.0, 8.0, 1e6),
    "far below": (0.0, 0.5, -9.0, -2.0),
    "half":      (0.0, 1.0, 0.0, math.inf),
}
# fmt: on


@pytest.mark.parametrize("name", PIECES)
def test_pieces_of_the_gaussian(name: str) -> None:
    rv.manual_seed(5)
    mean, std, a, b = PIECES[name]
    w = init.trunc_normal_(rv.empty(20_000, dtype=rv.float64), mean, std, a, b).numpy()
    assert w.min() >= a and w.max() <= b
    flip = -1 if mean - a > b - mean else 1  # accurate in the tail that is cut out
    low, high = sorted((flip * (a - mean) / std, flip * (b - mean) / std))
    above = [math.erfc(v / math.sqrt(2)) for v in (low, high)]

    def cumulative(x: Any) -> Any:
        gone = np.vectorize(math.erfc)(x / math.sqrt(2))
        return (above[0] - gone) / (above[0] - above[1])

    z = flip * (w - mean) / std
    assert distance(z, cumulative) < 1.95
    assert distance(low + 0.97 * (z - low), cumulative) > 1.95, "the test can fail"


def test_bounds_hold_in_float32() -> None:
    w = init.trunc_normal_(rv.empty(5000), 0.0, 1.0, 0.1, 0.100001)
    assert w.min().item() >= np.float32(0.1)
    assert w.max().item() <= np.float32(0.100001)


@pytest.mark.parametrize("shape", [(40, 20), (20, 40), (8, 3, 2, 2), (5, 5)])
def test_orthogonal(shape: tuple[int, ...]) -> None:
    w = init.orthogonal_(rv.empty(*shape, dtype=rv.float64), gain=2.0)
    rows = w.reshape(shape[0], -1).numpy()
    product = rows @ rows.T if rows.shape[0] <= rows.shape[1] else rows.T @ rows
    np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-12)


def test_orthogonal_matrices_are_equally_likely() -> None:
    """Without the signs of R the diagonal would have one sign only."""
    rv.manual_seed(3)
    w = np.stack([init.orthogonal_(rv.empty(2, 2)).numpy() for _ in range(400)])
    assert abs((w[:, 0, 0] > 0).mean() - 0.5) < 0.1
    angle = np.arctan2(w[:, 1, 0], w[:, 0, 0])
    assert distance(angle, even(-math.pi, math.pi)) < 1.95


def test_sparse() -> None:
    rv.manual_seed(0)
    w = init.sparse_(rv.empty(100, 300), 0.101, std=0.2).numpy()
    assert ((w == 0).sum(0) == 11).all(), "rounded up, in every column"
    assert distance(w[w != 0], gaussian(0, 0.2)) < 1.95
    share = (w == 0).mean(1)
    assert share.max() < 0.2 and share.min() > 0.03, "all rows have their share"
    assert not init.sparse_(rv.empty(3, 3), 1.0).numpy().any()


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("dims", [1, 2, 3])
def test_dirac_hands_channels_on(dims: int, groups: int) -> None:
    layer = getattr(rv.nn, f"Conv{dims}d")(
        4, 4, 3, padding=1, groups=groups, bias=False
    )
    init.dirac_(layer.weight, groups)
    x = rv.randn(2, 4, *[5] * dims)
    assert rv.equal(layer(x), x)
    w = init.dirac_(rv.empty(5, 2, *[4] * dims))
    assert w.sum().item() == 2 and w[(1, 1, *[2] * dims)].item() == 1


def test_gains() -> None:
    one = ["linear", "sigmoid"] + [
        f"{kind}{n}d" for kind in ("conv", "conv_transpose") for n in (1, 2, 3)
    ]
    assert {init.calculate_gain(name) for name in one} == {1.0}
    assert init.calculate_gain("tanh") == 5 / 3
    assert init.calculate_gain("relu") == math.sqrt(2)
    assert init.calculate_gain("selu") == 0.75
    assert init.calculate_gain("leaky_relu") == math.sqrt(2 / 1.0001)
    assert init.calculate_gain("leaky_relu", 2) == math.sqrt(2 / 5)
    with pytest.raises(DTypeError, match=r"param is True; the slope"):
        init.calculate_gain("leaky_relu", True)
    with pytest.raises(UnknownNameError, match="unknown 'rleu'; did you mean 'relu'"):
        init.calculate_gain("rleu")


@pytest.mark.parametrize("name", RANDOM)
def test_generators(name: str) -> None:
    def fill(generator: Any = None) -> Any:
        options = SPARSE.get(name, {})
        w = rv.empty(6, 4, dtype=rv.float64)
        return getattr(init, name)(w, **options, generator=generator).numpy()

    own = fill(rv.Generator(7))
    rv.manual_seed(1)
    first = fill()
    assert (fill(rv.Generator(7)) == own).all() and (own != first).any()
    assert (fill() != first).any()
    rv.manual_seed(1)
    assert (fill() == first).all()


@pytest.mark.parametrize("name", RANDOM)
def test_what_cannot_be_drawn_is_refused(name: str) -> None:
    fill, options = getattr(init, name), SPARSE.get(name, {})
    w = rv.zeros(3, 3)
    with pytest.raises(UnsupportedError, match="inside a compiled function"):
        rv.compile(lambda: fill(w, **options) * 1.0)()
    assert not w.numpy().any()
    with pytest.raises(DTypeError, match="a tensor of int64; it must be floating poi"):
        fill(rv.zeros(3, 3, dtype=rv.int64), **options)
    with pytest.raises(DTypeError, match="expected a tensor, got a NumPy array"):
        fill(np.zeros((3, 3)), **options)


def test_the_tensor_stays_what_it_is() -> None:
    w = rv.nn.Parameter(rv.zeros(4, 4))
    for name in DRAWN:
        if name not in ("dirac_", "constant_"):
            fill = getattr(init, name)
            assert fill(w, **SPARSE.get(name, {})) is w
    assert isinstance(w, rv.nn.Parameter) and w.is_leaf and w.requires_grad
    assert w.dtype is rv.float32 and w.grad is None


def test_shapes_that_do_not_fit() -> None:
    line = rv.zeros(3)
    for name in ("eye_", "dirac_", "orthogonal_", "xavier_normal_", "kaiming_normal_"):
        with pytest.raises(ShapeError, match=rf"^{name}: a tensor of shape \(3,\)"):
            getattr(init, name)(line)
    with pytest.raises(ValueRangeError, match="groups is 2 for 3 output channels"):
        init.dirac_(rv.zeros(3, 3, 3), 2)


def test_numbers_that_do_not_fit() -> None:
    w = rv.zeros(2, 2)
    for name in ("normal_", "trunc_normal_"):
        with pytest.raises(ValueRangeError, match=f"^{name}: std is -1; it must be at"):
            getattr(init, name)(w, std=-1)
    with pytest.raises(ValueRangeError, match=r"trunc_normal_: from 3 to 2.0; a must"):
        init.trunc_normal_(w, a=3)
    with pytest.raises(ValueRangeError, match="sparsity is 2; it lies in"):
        init.sparse_(w, 2)
    with pytest.raises(UnknownNameError, match="mode 'fan'; did you mean 'fan_in'"):
        init.kaiming_normal_(w, mode="fan")
    init.kaiming_normal_(w, mode="FAN_OUT")


def test_no_elements() -> None:
    empty = rv.zeros(0, 3)
    with pytest.warns(RanvierWarning, match=r"shape \(0, 3\) has no elements"):
        assert init.kaiming_uniform_(empty, mode="fan_out") is empty
    for name in ("xavier_uniform_", "xavier_normal_", "orthogonal_", "trunc_normal_"):
        assert getattr(init, name)(empty) is empty


def test_pytorchs_old_names_lead_to_the_new_ones() -> None:
    with pytest.raises(UnknownAttributeError, match=r"use nn\.init\.xavier_uniform_"):
        _ = init.xavier_uniform
