"""What this machine can do at most: multiply-adds, and bytes read and written.

Measured by code of our own, written as LLVM IR like every kernel: chains of fused
multiply-adds in registers, and loops over buffers of several sizes.
"""

from __future__ import annotations

import ctypes
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from ranvier.compiler.run.jit import Code, compiled, host

CHAINS = 12  # two pipes times a latency of four, and some more
ACCUMULATORS = 8
SIZES = (32 << 10, 256 << 10, 2 << 20, 16 << 20, 128 << 20)
TRIALS = 25
TRIAL_SECONDS = 0.002


class Peaks(NamedTuple):
    """flops: a second, all threads; latency: seconds from one fused multiply-add to
    the next that needs it; read, update: bytes a second for each of SIZES, all threads
    together; an updated byte is read and written and counts twice.
    """

    threads: int
    flops: float
    one_thread_flops: float
    latency: float
    read: dict[int, float]
    update: dict[int, float]


def measure_peaks(threads: int) -> Peaks:
    """Best of many short trials each, so that a busy machine shows its best too; a
    second or two together.
    """
    lanes = host().lanes
    many, one = Native(chains_text(CHAINS, lanes)), Native(chains_text(1, lanes))
    reading, updating = Native(read_text(lanes)), Native(update_text(lanes))
    per_round = 2 * CHAINS * lanes
    alone = per_round / many.seconds_per_round(1, 4096)
    return Peaks(
        threads,
        max(alone, threads * per_round / many.seconds_per_round(threads, 4096)),
        alone,
        one.seconds_per_round(1, 4096),
        {n: n / reading.seconds_per_round(threads, n // threads) for n in SIZES},
        {n: 2 * n / updating.seconds_per_round(threads, n // threads) for n in SIZES},
    )


class Native:
    """`run(buffer, bytes, rounds)`."""

    def __init__(self, text: str) -> None:
        self.code = Code(compiled(text, host()), host(), ["run"])
        kind = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)
        self.call = kind(self.code.addresses[0])

    def seconds_per_round(self, threads: int, size: int) -> float:
        """Of one round over a buffer of this size, on all threads at once."""
        buffers = [aligned(size) for _ in range(threads)]
        rounds = 1
        while (took := self.best(buffers, rounds, 3)) < TRIAL_SECONDS:
            rounds = int(rounds * min(50, 1.5 * TRIAL_SECONDS / took)) + 1
        return self.best(buffers, rounds, TRIALS) / rounds

    def best(self, buffers: list[Any], rounds: int, trials: int) -> float:
        """The shortest trial; its slowest thread counts. They begin together."""
        start = Barrier(len(buffers))

        def work(buffer: Any) -> list[float]:
            return [self.trial(start, buffer, rounds) for _ in range(trials)]

        with ThreadPoolExecutor(len(buffers)) as pool:
            each = list(pool.map(work, buffers))
        together: list[float] = [max(times) for times in zip(*each, strict=True)]
        return min(together)

    def trial(self, start: Barrier, buffer: Any, rounds: int) -> float:
        start.wait()
        begin = perf_counter()
        self.run(buffer, rounds)
        return perf_counter() - begin

    def run(self, buffer: Any, rounds: int) -> None:
        self.call(buffer.ctypes.data, buffer.nbytes, rounds)


def aligned(size: int) -> Any:
    """A buffer of ones that begins on a cache line."""
    raw = np.ones(size // 4 + 16, np.float32)
    first = -(raw.ctypes.data // 4) % 16
    return raw[first : first + size // 4]


def chains_text(chains: int, lanes: int) -> str:
    """Rounds of `chains` independent multiply-adds x ← x a + b."""
    kind, fused = f"<{lanes} x float>", "fma" if host().fma else "fmuladd"
    name = f"llvm.{fused}.v{lanes}f32"
    steps = [
        f"%y{i} = call {kind} @{name}({kind} %x{i}, {kind} %a, {kind} %b)"
        for i in range(chains)
    ]
    phis = [f"%x{i} = phi {kind} [%a, %entry], [%y{i}, %loop]" for i in range(chains)]
    kept = [f"store volatile {kind} %y{i}, ptr %p, align 4" for i in range(chains)]
    return _text(
        [f"declare {kind} @{name}({kind}, {kind}, {kind})"],
        [f"%a = load {kind}, ptr %p, align 4", f"%b = fmul {kind} %a, %a"],
        [*phis, "%r = phi i64 [0, %entry], [%more, %loop]"],
        [*steps, "%more = add i64 %r, 1", "%on = icmp ult i64 %more, %rounds"],
        kept,
    )


def read_text(lanes: int) -> str:
    """Rounds of summing a buffer into several accumulators."""
    kind, size = f"<{lanes} x float>", 4 * lanes
    phis, body = [], []
    for i in range(ACCUMULATORS):
        phis.append(f"%x{i} = phi {kind} [zeroinitializer, %entry], [%y{i}, %loop]")
        body += [
            f"%o{i} = add i64 %at, {i * size}",
            f"%q{i} = getelementptr i8, ptr %p, i64 %o{i}",
            f"%v{i} = load {kind}, ptr %q{i}, align 4",
            f"%y{i} = fadd {kind} %x{i}, %v{i}",
        ]
    kept = [
        f"store volatile {kind} %y{i}, ptr %p, align 4" for i in range(ACCUMULATORS)
    ]
    return _text([], [], [*phis, *_AT], [*body, *_next(size)], kept)


def update_text(lanes: int) -> str:
    """Rounds of x ← -x over a buffer."""
    kind, size = f"<{lanes} x float>", 4 * lanes
    body = []
    for i in range(ACCUMULATORS):
        body += [
            f"%o{i} = add i64 %at, {i * size}",
            f"%q{i} = getelementptr i8, ptr %p, i64 %o{i}",
            f"%v{i} = load {kind}, ptr %q{i}, align 4",
            f"%y{i} = fneg {kind} %v{i}",
            f"store {kind} %y{i}, ptr %q{i}, align 4",
        ]
    return _text([], [], list(_AT), [*body, *_next(size)], [])


_AT = (
    "%at = phi i64 [0, %entry], [%following, %loop]",
    "%r = phi i64 [0, %entry], [%more, %loop]",
)


def _next(size: int) -> list[str]:
    """On through the buffer; at its end one round is done and it begins again."""
    return [
        f"%further = add i64 %at, {ACCUMULATORS * size}",
        "%inside = icmp ult i64 %further, %bytes",
        "%following = select i1 %inside, i64 %further, i64 0",
        "%one = select i1 %inside, i64 0, i64 1",
        "%more = add i64 %r, %one",
        "%on = icmp ult i64 %more, %rounds",
    ]


def _text(
    declared: list[str],
    entry: list[str],
    phis: list[str],
    body: list[str],
    after: list[str],
) -> str:
    lines = [
        *declared,
        "define void @run(ptr %p, i64 %bytes, i64 %rounds) {",
        *("entry:", *entry, "br label %loop"),
        *("loop:", *phis, *body, "br i1 %on, label %loop, label %done"),
        *("done:", *after, "ret void"),
        "}",
    ]
    return "\n".join(lines)
