"""A square block of elements turned over in registers."""

from __future__ import annotations

from collections.abc import Sequence

from ranvier.compiler.lower.text import Value, Writer

SEGMENT = 16  # bytes inside which every machine shuffles cheaply


def transpose(w: Writer, rows: Sequence[Value]) -> list[Value]:
    """Vector j of the result holds lane j of every row, in order.

    As many rows as lanes, a power of two. First single elements, then pairs and so on
    are interleaved inside segments of 16 bytes; then whole segments change places. On
    AVX2 eight vectors of eight take 24 shuffles.
    """
    size, dtype = len(rows), rows[0].dtype
    names = [row.name for row in rows]
    kind = rows[0].type
    segment = min(size, max(1, SEGMENT // dtype.itemsize))
    block = 1
    while block < size:
        pick = _inside if block < segment else _across
        low, high = (pick(size, segment, block, half) for half in (0, 1))
        out = list(names)
        for i in range(size):
            if not i & block:
                a, b = names[i], names[i | block]
                out[i] = _shuffle(w, kind, a, b, low)
                out[i | block] = _shuffle(w, kind, a, b, high)
        names = out
        block *= 2
    order = [_place(i, segment) for i in range(size)]
    return [Value(names[i], dtype, size) for i in order]


def _inside(size: int, segment: int, block: int, half: int) -> list[int]:
    """Blocks of both vectors by turns: the lower or upper half of each segment."""
    picks = []
    for start in range(0, size, segment):
        first = start + half * segment // 2
        for at in range(first, first + segment // 2, block):
            picks += [*range(at, at + block), *range(size + at, size + at + block)]
    return picks


def _across(size: int, segment: int, block: int, half: int) -> list[int]:
    """Every second block of both vectors."""
    picks = []
    for start in range(0, size, 2 * block):
        at = start + half * block
        picks += [*range(at, at + block), *range(size + at, size + at + block)]
    return picks


def _place(i: int, segment: int) -> int:
    """Interleaving leaves the vectors of a segment in bit-reversed order."""
    bits = segment.bit_length() - 1
    low = i % segment
    turned = sum(((low >> b) & 1) << (bits - 1 - b) for b in range(bits))
    return i - low + turned


def _shuffle(w: Writer, kind: str, a: str, b: str, picks: list[int]) -> str:
    mask = ", ".join(f"i32 {p}" for p in picks)
    return w.set(f"shufflevector {kind} {a}, {kind} {b}, <{len(picks)} x i32> <{mask}>")
