"""What the machine offers, as far as a schedule depends on it."""

from __future__ import annotations

from typing import NamedTuple


class Target(NamedTuple):
    """Vector width and registers.

    lanes: float32 numbers in a vector register. masked: cheap masked loads and stores.
    fma: a fused multiply-add instruction exists. threads: how many run a program at
    most. strict: sums are kept as they are written (`ranvier.accuracy`).
    """

    name: str
    lanes: int
    registers: int
    masked: bool
    fma: bool
    threads: int = 1
    strict: bool = False

    @property
    def budget(self) -> int:
        """Registers a kernel may keep live: the allocator needs room (30 of 32, 15 of
        16).
        """
        return 30 if self.registers == 32 else self.registers - 1


AVX512 = Target("avx512", 16, 32, True, True)
AVX2 = Target("avx2", 8, 16, False, True)
SSE2 = Target("sse2", 4, 16, False, False)
GENERIC = Target("generic", 4, 16, False, False)  # whatever else LLVM knows
NEON = Target("neon", 4, 32, False, True)
