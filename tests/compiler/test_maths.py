"""exp, log, tanh, sigmoid, erf, expm1, log1p as vector polynomials: at most 3 units in
the last place.

The unit is the spacing of float32 at the exact value, at least that of subnormal
numbers. The grids take every 1,021st float32 of the function's range (a prime, so
all fractions come up), both signs, and the borders; exhaustive tests over all
float32 are marked slow.
"""

import numpy as np
import pytest
from harness import WIDTHS
from ulp import FUNCTIONS, Native, worst, worst_of_all

LIMIT = 3.0
BORDERS = np.array(
    [
        0.0,
        -0.0,
        np.inf,
        -np.inf,
        np.nan,
        1e-45,
        -1e-45,
        1e-40,
        -1e-40,
        1.1754944e-38,
        -1.1754944e-38,
        88.72283,
        88.72284,
        88.722839,
        89.0,
        -87.3,
        -87.33654,
        -87.33655,
        -88.0,
        -103.2,
        -103.9,
        -103.97,
        -104.0,
        -105.0,
        1.0,
        -1.0,
        0.99999994,
        -0.99999994,
        1.0000001,
        3.4028235e38,
        -3.4028235e38,
        0.70710677,
        0.7071068,
        1.4142135,
        9.0,
        9.1,
        9.2,
        -9.1,
        -9.2,
        17.0,
        -17.0,
        1e-8,
        -1e-8,
        0.34657359,
        0.3465736,
        -0.34657359,
    ],
    np.float32,
)


def grid(first, last, step):
    bits = np.arange(first, last, step, dtype=np.uint32)
    positive = bits.view(np.float32)
    return np.concatenate([BORDERS, positive, -positive])


@pytest.mark.parametrize("width", ["host", "sse2", "lanes16"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_at_most_three_units_in_the_last_place(name, width):
    build, _, first, last = FUNCTIONS[name]
    native = Native(build, WIDTHS[width])
    off, at = worst(name, grid(first, last, 1021), native)
    assert off <= LIMIT, f"{name}({at!r}) is off by {off} units"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_borders_have_the_right_sign_and_kind(name):
    build, exact, _, _ = FUNCTIONS[name]
    got = Native(build, WIDTHS["host"])(BORDERS)
    with np.errstate(all="ignore"):
        want = exact(BORDERS.astype(np.float64)).astype(np.float32)
    np.testing.assert_array_equal(np.isnan(got), np.isnan(want))
    np.testing.assert_array_equal(np.isinf(got), np.isinf(want))
    known = ~np.isnan(want)
    np.testing.assert_array_equal(np.signbit(got[known]), np.signbit(want[known]))


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "erf"])
def test_saturation_keeps_inside_the_range(name):
    x = np.concatenate([np.linspace(-120, 120, 200_001), BORDERS]).astype(np.float32)
    got = Native(FUNCTIONS[name][0], WIDTHS["host"])(x)
    low = 0.0 if name == "sigmoid" else -1.0
    known = got[~np.isnan(x)]
    assert known.min() == low and known.max() == 1.0


@pytest.mark.slow
@pytest.mark.parametrize("name", FUNCTIONS)
def test_all_of_float32(name):
    off, at = worst_of_all(name)
    assert off <= LIMIT, f"{name}({at!r}) is off by {off} units"
