"""exp, log, tanh, sigmoid, expm1, log1p as vector polynomials: at most 3 units in
the last place.

The unit is the spacing of float32 at the exact value, at least that of subnormal
numbers. The grids take every 1,021st float32 of the function's range (a prime, so
all fractions come up), both signs, and the borders; exhaustive tests over all
float32 are marked slow.
"""

import numpy as np
import pytest
from harness import WIDTHS

from ranvier import dtypes, ops
from ranvier.compiler import flush, pipeline
from ranvier.graph import Graph, hole

LIMIT = 3.0
BLOCK = 1 << 20
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


def exact_sigmoid(x):
    t = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + t), t / (1 + t))


#           function            exact float64    grid from, to (bits of |x|)
FUNCTIONS = {
    "exp": (ops.exp, np.exp, 0x00000000, 0x42D40000),  # to 106
    "log": (ops.log, np.log, 0x00000001, 0x7F7FFFFF),
    "tanh": (ops.tanh, np.tanh, 0x00000000, 0x41A00000),  # to 20
    "sigmoid": (ops.sigmoid, exact_sigmoid, 0x00000000, 0x42D40000),
    "expm1": (ops.expm1, np.expm1, 0x00000000, 0x42D40000),
    "log1p": (ops.log1p, np.log1p, 0x00000000, 0x7F7FFFFF),
}


class Native:
    """One function over blocks of one size."""

    def __init__(self, build, target):
        x = hole(0, (BLOCK,), dtypes.float32)
        self.graph = Graph([x], [build(x)])
        self.program = pipeline.plan([self.graph], single=True, target=target).program

    def __call__(self, x):
        out = np.empty_like(x)
        padded = np.ones(-(-x.size // BLOCK) * BLOCK, np.float32)
        padded[: x.size] = x
        for start in range(0, x.size, BLOCK):
            (got,) = flush.run_once(
                self.program, self.graph, [padded[start : start + BLOCK]]
            )
            out[start : start + BLOCK] = got[: x.size - start]
        return out


def units(got, exact):
    """Distance in units of the last place of float32 at `exact`."""
    with np.errstate(all="ignore"):
        rounded = exact.astype(np.float32)
        same = (got == rounded) | (np.isnan(got) & np.isnan(rounded))
        _, exponent = np.frexp(np.abs(exact))
        spacing = np.ldexp(1.0, np.maximum(exponent - 24, -149))
        off = np.abs(got.astype(np.float64) - exact) / spacing
        # Largest float against infinity: one unit.
        off = np.where(np.isinf(got) & (np.abs(exact) > 3.4028234e38), 1.0, off)
    return np.where(same, 0.0, np.where(np.isnan(off), np.inf, off))


def grid(first, last, step):
    bits = np.arange(first, last, step, dtype=np.uint32)
    positive = bits.view(np.float32)
    return np.concatenate([BORDERS, positive, -positive])


def worst(name, x, native):
    with np.errstate(all="ignore"):
        exact = FUNCTIONS[name][1](x.astype(np.float64))
    off = units(native(x), exact)
    at = int(np.argmax(off))
    return float(off[at]), float(x[at])


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


@pytest.mark.parametrize("name", ["tanh", "sigmoid"])
def test_saturation_keeps_inside_the_range(name):
    x = np.concatenate([np.linspace(-120, 120, 200_001), BORDERS]).astype(np.float32)
    got = Native(FUNCTIONS[name][0], WIDTHS["host"])(x)
    low = -1.0 if name == "tanh" else 0.0
    known = got[~np.isnan(x)]
    assert known.min() == low and known.max() == 1.0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["exp", "log"])
def test_all_of_float32(name):
    native = Native(FUNCTIONS[name][0], WIDTHS["host"])
    for start in range(0, 2**32, 2**24):
        x = np.arange(start, start + 2**24, dtype=np.uint32).view(np.float32)
        off, at = worst(name, x, native)
        assert off <= LIMIT, f"{name}({at!r}) is off by {off} units"
