"""exp, log, tanh, sigmoid, erf and relatives on float32 vectors as polynomials.

Coefficients are minimax fits made for this project (docs/log.md says how and how
precise); the worst error of each over a dense grid of float32 is asserted in
tests/compiler/test_maths.py. float64 calls the C library.
"""

from __future__ import annotations

import struct

import numpy as np

from ranvier import dtypes
from ranvier.compiler.lower.text import Value, Writer, vector

EXP_Q = (
    "0x1.fffffcp-2",
    "0x1.555492p-3",
    "0x1.5558b0p-5",
    "0x1.12398ep-7",
    "0x1.6a4d60p-10",
)
LOG_Q = (
    "0x1.5556dap-2",
    "-0x1.000386p-2",
    "0x1.98d788p-3",
    "-0x1.5380c0p-3",
    "0x1.3177aap-3",
    "-0x1.24417ep-3",
    "0x1.6471a6p-4",
)
ERF_SMALL = (
    "0x1.06eba8p-3",
    "-0x1.81273ep-2",
    "0x1.ce2ce6p-4",
    "-0x1.b7f71ap-6",
    "0x1.53f224p-8",
    "-0x1.a3515ep-11",
    "0x1.4771fcp-14",
)
ERF_LARGE = (
    "0x1.661c70p-12",
    "0x1.2088eap+0",
    "0x1.46baf2p-1",
    "0x1.a652f4p-4",
    "-0x1.65ca8ep-6",
    "0x1.825860p-9",
    "-0x1.86d7c8p-13",
)
LN2_HIGH, LN2_LOW = "0x1.62e400p-1", "0x1.7f7d1cp-20"


class Maths:
    """Functions on vectors of one width, written into one function's text."""

    def __init__(self, writer: Writer, lanes: int, fma: bool) -> None:
        self.w = writer
        self.lanes = lanes
        self.fused = fma
        self.t = vector("float", lanes)
        self.it = vector("i32", lanes)

    # ---- vocabulary ------------------------------------------------------------------

    def number(self, value: float | str) -> str:
        return splat_float(value, self.lanes)

    def integer(self, value: int) -> str:
        return splat("i32", str(value), self.lanes)

    def fma(self, a: str, b: str, c: str) -> str:
        name = "llvm.fma" if self.fused else "llvm.fmuladd"
        return self.w.call(
            self.t,
            f"{name}.{suffix('f32', self.lanes)}",
            [(self.t, a), (self.t, b), (self.t, c)],
        )

    def op(self, instruction: str, a: str, b: str) -> str:
        return self.w.set(f"{instruction} {self.t} {a}, {b}")

    def of(self, name: str, *values: str) -> str:
        return self.w.call(
            self.t,
            f"llvm.{name}.{suffix('f32', self.lanes)}",
            [(self.t, v) for v in values],
        )

    def test(self, relation: str, a: str, b: str) -> str:
        return self.w.set(f"fcmp {relation} {self.t} {a}, {b}")

    def choose(self, condition: str, a: str, b: str) -> str:
        mask = vector("i1", self.lanes)
        return self.w.set(f"select {mask} {condition}, {self.t} {a}, {self.t} {b}")

    def polynomial(self, x: str, coefficients: tuple[str, ...]) -> str:
        """Horner's rule, coefficients from low to high."""
        result = self.number(coefficients[-1])
        for c in reversed(coefficients[:-1]):
            result = self.fma(result, x, self.number(c))
        return result

    def bits(self, x: str) -> str:
        return self.w.set(f"bitcast {self.t} {x} to {self.it}")

    def from_bits(self, x: str) -> str:
        return self.w.set(f"bitcast {self.it} {x} to {self.t}")

    def integers(self, instruction: str, a: str, b: str) -> str:
        return self.w.set(f"{instruction} {self.it} {a}, {b}")

    # ---- functions -------------------------------------------------------------------

    def _reduced(self, x: str) -> tuple[str, str]:
        """n = rint(x / ln 2) and p = e^r - 1 for r = x - n ln 2."""
        n = self.of("rint", self.op("fmul", x, self.number("0x1.715476p+0")))
        r = self.fma(n, self.number("-" + LN2_HIGH), x)
        r = self.fma(n, self.number("-" + LN2_LOW), r)
        square = self.op("fmul", r, r)
        return n, self.fma(square, self.polynomial(r, EXP_Q), r)

    def _power_of_two(self, n: str) -> str:
        """2^n for an integral n in [-126, 127]."""
        whole = self.w.set(f"fptosi {self.t} {n} to {self.it}")
        biased = self.integers("add", whole, self.integer(127))
        return self.from_bits(self.integers("shl", biased, self.integer(23)))

    def exp(self, x: str) -> str:
        """2^n (1 + p), the power in two halves so that subnormal results and 2^127 come
        out right.
        """
        low, high = self.number(-104.0), self.number("0x1.62e430p+6")
        kept = self.choose(
            self.test("olt", x, low),
            low,
            self.choose(self.test("ogt", x, high), high, x),
        )
        n, p = self._reduced(
            self.choose(self.test("uno", x, x), self.number(0.0), kept)
        )
        half = self.of("floor", self.op("fmul", n, self.number(0.5)))
        rest = self.op("fsub", n, half)
        first = self._power_of_two(half)
        scaled = self.op("fmul", self.fma(first, p, first), self._power_of_two(rest))
        over = self.choose(self.test("ogt", x, high), self.number(float("inf")), scaled)
        return self.choose(self.test("uno", x, x), x, over)

    def exp_negative(self, x: str) -> str:
        """e^x for x <= 0: one power of two is enough, results below 2^-126 become 0."""
        low = self.number(-87.0)
        kept = self.choose(self.test("olt", x, low), low, x)
        n, p = self._reduced(kept)
        power = self._power_of_two(n)
        value = self.fma(power, p, power)
        return self.choose(self.test("olt", x, low), self._tail(x), value)

    def _tail(self, x: str) -> str:
        """e^x for x < -87: e^(x + 64) e^-64, for results near and below the smallest
        normal.
        """
        shifted = self.op("fadd", x, self.number(64.0))
        low = self.number(-60.0)
        kept = self.choose(self.test("olt", shifted, low), low, shifted)
        kept = self.choose(
            self.test("ogt", kept, self.number(0.0)), self.number(0.0), kept
        )
        n, p = self._reduced(kept)
        power = self._power_of_two(n)
        return self.op(
            "fmul", self.fma(power, p, power), self.number(1.6038108905486378e-28)
        )

    def _expm1_small(self, x: str) -> str:
        """e^x - 1 for |x| below 87."""
        n, p = self._reduced(x)
        power = self._power_of_two(n)
        return self.fma(power, p, self.op("fsub", power, self.number(1.0)))

    def expm1(self, x: str) -> str:
        small = self.test("olt", self.of("fabs", x), self.number(1.0))
        inside = self.choose(small, x, self.number(0.0))
        near = self.of("copysign", self._expm1_small(inside), x)  # -0 stays -0
        return self.choose(small, near, self.op("fsub", self.exp(x), self.number(1.0)))

    def log(self, x: str) -> str:
        """x = 2^e m with m in [sqrt(1/2), sqrt(2)); subnormal numbers are scaled up
        first.
        """
        tiny = self.test("olt", x, self.number("0x1.0p-126"))
        scaled = self.choose(tiny, self.op("fmul", x, self.number("0x1.0p+23")), x)
        bits = self.bits(scaled)
        moved = self.integers("sub", bits, self.integer(0x3F3504F3))
        e = self.integers("ashr", moved, self.integer(23))
        m = self.from_bits(
            self.integers("sub", bits, self.integers("shl", e, self.integer(23)))
        )
        e = self.w.set(f"sitofp {self.it} {e} to {self.t}")
        e = self.choose(tiny, self.op("fsub", e, self.number(23.0)), e)
        g = self.op("fsub", m, self.number(1.0))
        square = self.op("fmul", g, g)
        inner = self.fma(g, self.polynomial(g, LOG_Q), self.number(-0.5))
        tail = self.fma(e, self.number(LN2_LOW), self.op("fmul", square, inner))
        value = self.fma(e, self.number(LN2_HIGH), self.op("fadd", g, tail))
        infinite = self.test("oeq", x, self.number(float("inf")))
        value = self.choose(infinite, x, value)
        value = self.choose(
            self.test("oeq", x, self.number(0.0)), self.number(float("-inf")), value
        )
        bad = self.test("ult", x, self.number(0.0))
        return self.choose(bad, self.number(float("nan")), value)

    def log1p(self, x: str) -> str:
        """ln(u) x / (u - 1) with u = 1 + x corrects the rounding of the sum."""
        one = self.number(1.0)
        u = self.op("fadd", x, one)
        less = self.op("fsub", u, one)
        same = self.test("oeq", less, self.number(0.0))
        infinite = self.test("oeq", u, self.number(float("inf")))
        safe = self.choose(same, one, less)
        value = self.op("fmul", self.log(u), self.op("fdiv", x, safe))
        value = self.choose(infinite, x, value)
        return self.choose(same, x, value)

    def tanh(self, x: str) -> str:
        """-t / (t + 2) with t = e^(-2|x|) - 1; 1 beyond 9.1."""
        size = self.of("fabs", x)
        limit = self.number(9.1)
        kept = self.choose(self.test("ogt", size, limit), limit, size)
        t = self._expm1_small(self.op("fmul", kept, self.number(-2.0)))
        value = self.op(
            "fdiv",
            self.w.set(f"fneg {self.t} {t}"),
            self.op("fadd", t, self.number(2.0)),
        )
        return self.of("copysign", value, x)

    def erf(self, x: str) -> str:
        """x + x p(x²) for |x| < 1, else 1 - e^-q(|x|); 1 beyond 4."""
        size = self.of("fabs", x)
        square = self.op("fmul", x, x)
        near = self.fma(self.polynomial(square, ERF_SMALL), x, x)
        limit = self.number(4.0)
        kept = self.choose(self.test("olt", size, limit), size, limit)
        q = self.polynomial(kept, ERF_LARGE)
        less = self._expm1_small(self.w.set(f"fneg {self.t} {q}"))
        far = self.of("copysign", less, x)
        small = self.test("ult", size, self.number(1.0))  # NaN goes through `near`
        return self.choose(small, near, far)

    def sigmoid(self, x: str) -> str:
        """t = e^-|x|: 1 / (1 + t), or t / (1 + t) for negative x."""
        size = self.w.set(f"fneg {self.t} {self.of('fabs', x)}")
        t = self.exp_negative(size)
        one = self.number(1.0)
        top = self.choose(self.test("oge", x, self.number(0.0)), one, t)
        return self.op("fdiv", top, self.op("fadd", t, one))


def suffix(scalar: str, lanes: int) -> str:
    return scalar if lanes == 1 else f"v{lanes}{scalar}"


def splat(scalar: str, value: str, lanes: int) -> str:
    return value if lanes == 1 else f"splat ({scalar} {value})"


def splat_float(
    value: float | str, lanes: int, dtype: dtypes.DType = dtypes.float32
) -> str:
    """A floating-point constant; LLVM wants float32 written as the double of the same
    value.
    """
    number = float.fromhex(value) if isinstance(value, str) else float(value)
    if dtype is dtypes.float32:
        number = _single(number)
    text = f"0x{struct.unpack('<Q', struct.pack('<d', number))[0]:016X}"
    return splat("float" if dtype is dtypes.float32 else "double", text, lanes)


def _single(number: float) -> float:
    """`number` rounded to float32."""
    with np.errstate(over="ignore"):
        return float(np.float32(number))


__all__ = ["Maths", "Value", "splat", "splat_float", "suffix"]
