"""A program on disk: what a run needs to know about it, and its object code.

The facts are JSON before the object, in the same file of the cache, so that what is
said there of owner, mode and checksum holds for both. They are read strictly: whatever
is not exactly as it was written is no program.
"""

from __future__ import annotations

import json
import math
import struct
from typing import Any, NamedTuple

from ranvier.compiler.run.cache import cache

LENGTH = struct.Struct("<I")
MOST = 1 << 20  # bytes of facts
Order = tuple[int, ...]


class Facts(NamedTuple):
    """What a run needs to know of a module, without its text.

    threads: of the driver `run`. cycles: of one step, estimated. together: whether
    threads are expected to pay. orders: of the dimensions of arrays in memory, by
    pointer. The others are those of `lower.program.Module`.
    """

    arena: int
    guards: tuple[str, ...]
    kernels: int
    barriers: int
    rows: tuple[int, ...]
    alone: bool
    threads: int
    cycles: float
    together: bool
    orders: tuple[tuple[int, Order], ...]

    @property
    def drivers(self) -> list[str]:
        """The functions of the module that are called from Python."""
        return ["run", "alone"] if self.alone else ["run"]


def load(key: bytes) -> tuple[Facts, bytes] | None:
    """Facts and object code stored under `key`, or None."""
    data = cache.load(key)
    return None if data is None else unpacked(data)


def store(key: bytes, facts: Facts, image: bytes) -> None:
    cache.store(key, packed(facts, image))


def packed(facts: Facts, image: bytes) -> bytes:
    text = json.dumps(facts._asdict()).encode()
    return LENGTH.pack(len(text)) + text + image


def unpacked(data: bytes) -> tuple[Facts, bytes] | None:
    """What `packed` was given; None for anything else."""
    if len(data) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack_from(data)
    end = LENGTH.size + length
    if not 0 < length <= MOST or end > len(data):
        return None
    try:
        found = facts(json.loads(data[LENGTH.size : end], parse_constant=_refuse))
    except (ValueError, RecursionError):
        return None
    return found, data[end:]


def facts(read: Any) -> Facts:
    """`Facts` from JSON; ValueError where a field is missing, of another type, or of
    no possible value.
    """
    if not isinstance(read, dict) or set(read) != set(Facts._fields):
        raise ValueError("other fields")
    kinds: dict[str, type] = {"alone": bool, "together": bool, "cycles": float}
    for name in ("arena", "kernels", "barriers", "threads"):
        kinds[name] = int
    for name, kind in kinds.items():
        if type(read[name]) is not kind or read[name] < 0:
            raise ValueError(name)
    if read["threads"] < 1 or not math.isfinite(read["cycles"]):
        raise ValueError("threads or cycles")
    orders = tuple(_order(pair) for pair in _listed(read["orders"], list))
    return Facts(
        **{name: read[name] for name in kinds},
        guards=tuple(_listed(read["guards"], str)),
        rows=_numbers(read["rows"]),
        orders=orders,
    )


def _order(pair: list[Any]) -> tuple[int, Order]:
    if len(pair) != 2:
        raise ValueError("orders")
    (pointer,), order = _numbers(pair[:1]), _numbers(pair[1])
    if sorted(order) != list(range(len(order))):
        raise ValueError("orders")
    return pointer, order


def _numbers(found: Any) -> tuple[int, ...]:
    numbers = tuple(_listed(found, int))
    if min(numbers, default=0) < 0:
        raise ValueError("a number below 0")
    return numbers


def _listed(found: Any, kind: type) -> list[Any]:
    if type(found) is not list or any(type(part) is not kind for part in found):
        raise ValueError(f"no list of {kind.__name__}")
    return found


def _refuse(constant: str) -> None:
    raise ValueError(constant)
