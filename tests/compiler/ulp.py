"""Native float32 functions against float64: the distance in units of the last place,
over a grid or over every float32 there is.

`python tests/compiler/ulp.py exp log …` walks through all 2^32 numbers, one process a
core, and prints the worst error of each function.
"""

import math
import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial

import numpy as np

from ranvier import dtypes, ops, set_num_threads
from ranvier.compiler import flush, pipeline
from ranvier.compiler.run.jit import host
from ranvier.graph import Graph, hole

BLOCK = 1 << 20
PIECE = 1 << 24
NUMBERS = 1 << 32

_erf_scalar = np.vectorize(math.erf, otypes=[np.float64])


def exact_sigmoid(x):
    t = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + t), t / (1 + t))


def exact_erf(x):
    """The series where three terms are exact, 1 beyond 6, else the C library's."""
    size = np.abs(x)
    s = x * x
    value = x * (2 / math.sqrt(math.pi)) * (1 - s / 3 + s * s / 10)
    value = np.where(size > 6, np.sign(x), value)
    between = (size > 2**-10) & (size <= 6)
    value[between] = _erf_scalar(x[between])
    return value


#           function            exact float64    grid from, to (bits of |x|)
FUNCTIONS = {
    "exp": (ops.exp, np.exp, 0x00000000, 0x42D40000),  # to 106
    "log": (ops.log, np.log, 0x00000001, 0x7F7FFFFF),
    "tanh": (ops.tanh, np.tanh, 0x00000000, 0x41A00000),  # to 20
    "sigmoid": (ops.sigmoid, exact_sigmoid, 0x00000000, 0x42D40000),
    "erf": (ops.erf, exact_erf, 0x00000000, 0x41000000),  # to 8
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
    """Distance in units of the last place of float32 at `exact`, 0 where it is the
    nearest float32. The unit is at least that of subnormal numbers; infinite where only
    one side is NaN or the infinities differ.
    """
    with np.errstate(all="ignore"):
        rounded = exact.astype(np.float32)
        same = (got == rounded) | (np.isnan(got) & np.isnan(rounded))
        off = np.zeros(got.shape)
        differ = np.flatnonzero(~same)
        if differ.size:
            off[differ] = _units_apart(got[differ], exact[differ])
    return off


def _units_apart(got, exact):
    _, exponent = np.frexp(np.abs(exact))
    spacing = np.ldexp(1.0, np.maximum(exponent - 24, -149))
    off = np.abs(got.astype(np.float64) - exact) / spacing
    # Largest float against infinity: one unit.
    off = np.where(np.isinf(got) & (np.abs(exact) > 3.4028234e38), 1.0, off)
    return np.where(np.isnan(off), np.inf, off)


def worst(name, x, native):
    """(units, number) where the function is furthest off."""
    with np.errstate(all="ignore"):
        exact = FUNCTIONS[name][1](x.astype(np.float64))
    off = units(native(x), exact)
    at = int(np.argmax(off))
    return float(off[at]), float(x[at])


@cache
def _native(name):
    set_num_threads(1)
    return Native(FUNCTIONS[name][0], host())


def worst_of_piece(name, piece):
    """The worst of the float32 whose bits begin with `piece`."""
    x = np.arange(piece * PIECE, (piece + 1) * PIECE, dtype=np.uint32)
    return worst(name, x.view(np.float32), _native(name))


def worst_of_all(name):
    """(units, number) over every float32, NaN and infinities too."""
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=spawned) as pool:
        # Neighbours cost alike: pieces in any order keep every process busy.
        return max(pool.map(partial(worst_of_piece, name), range(NUMBERS // PIECE)))


def main(names):
    for name in names or FUNCTIONS:
        begin = time.perf_counter()
        off, at = worst_of_all(name)
        seconds = time.perf_counter() - begin
        print(f"{name}: {off:.3f} ulp at {at!r}; {seconds:.0f} s", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
