"""Random numbers inside a graph: Philox 4x32-10 (Salmon et al., SC'11), counter-based,
so that element i of draw n under a seed is the same number in NumPy, native, and for
any threads.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ranvier import dtypes
from ranvier.graph import Node, Shape
from ranvier.ops.primitive import node, row

MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
WEYL = (0x9E3779B9, 0xBB67AE85)
ROUNDS = 10
_LOW = np.uint64(0xFFFFFFFF)


def philox(counter: tuple[Any, Any, Any, Any], key: tuple[int, int]) -> tuple[Any, ...]:
    """Ten rounds on four words of 32 bits, each word a uint64 array below 2**32.

    >>> [hex(int(w)) for w in philox((np.uint64(0),) * 4, (0, 0))]
    ['0x6627e8d5', '0xe169c58d', '0xbc57ac4c', '0x9b00dbd8']
    """
    c0, c1, c2, c3 = (np.asarray(c, np.uint64) for c in counter)
    k0, k1 = key
    for _ in range(ROUNDS):
        p0 = c0 * np.uint64(MULTIPLIERS[0])
        p1 = c2 * np.uint64(MULTIPLIERS[1])
        c0, c1, c2, c3 = (
            (p1 >> np.uint64(32)) ^ c1 ^ np.uint64(k0),
            p1 & _LOW,
            (p0 >> np.uint64(32)) ^ c3 ^ np.uint64(k1),
            p0 & _LOW,
        )
        k0, k1 = (k0 + WEYL[0]) & 0xFFFFFFFF, (k1 + WEYL[1]) & 0xFFFFFFFF
    return c0, c1, c2, c3


def uniform(shape: Shape, state: Node, stream: int) -> Node:
    """float32 numbers in [0, 1), the top 24 bits of a word of Philox.

    `state` is int64 (seed, draw). Element e is word e mod 4 of the block with the
    counter (e div 4, stream, draw, 0); the key is the seed.
    """
    return node("uniform", (state,), (shape, stream), shape, dtypes.float32)


def _numpy(attrs: tuple[Shape, int], state: Any) -> Any:
    shape, stream = attrs
    seed, draw = int(state[0]) & 0xFFFFFFFFFFFFFFFF, int(state[1]) & 0xFFFFFFFF
    size = int(np.prod(shape, dtype=np.int64))
    block = np.arange(-(-size // 4), dtype=np.uint64)
    counter = (block, np.uint64(stream), np.uint64(draw), np.uint64(0))
    words = np.stack(philox(counter, (seed & 0xFFFFFFFF, seed >> 32)), -1).reshape(-1)
    bits = (words[:size] >> np.uint64(8)).astype(np.float32)
    return (bits * np.float32(2.0**-24)).reshape(shape)


row("uniform", "random", _numpy, lambda g, y, state, attrs: (None,), "uniform")
