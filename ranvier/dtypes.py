"""The number types, and PyTorch's rule for mixing them."""

from __future__ import annotations

import functools
from typing import Any, Final

import numpy as np

from ranvier.errors import DTypeError


class DType:
    """One number type. Each exists once, so comparing with ``is`` is enough."""

    __slots__ = ("is_float", "itemsize", "name", "np", "order")

    def __init__(self, name: str, order: int) -> None:
        self.name = name
        self.np: np.dtype[Any] = np.dtype(name)
        self.itemsize = self.np.itemsize
        self.is_float = self.np.kind == "f"
        self.order = order  # bool 0, integers 1, floats 2

    def __repr__(self) -> str:
        return f"ranvier.{self.name}"

    def __reduce__(self) -> str:
        return "bool_" if self.name == "bool" else self.name


bool_: Final = DType("bool", 0)
uint8: Final = DType("uint8", 1)
int8: Final = DType("int8", 1)
int16: Final = DType("int16", 1)
int32: Final = DType("int32", 1)
int64: Final = DType("int64", 1)
float32: Final = DType("float32", 2)
float64: Final = DType("float64", 2)

ALL: Final = (bool_, uint8, int8, int16, int32, int64, float32, float64)
_BY_NUMPY: Final = {d.np: d for d in ALL}


def of(array: np.ndarray[Any, Any]) -> DType:
    """The Ranvier type of a NumPy array; an error for types that
    networks do not use.
    """
    found = _BY_NUMPY.get(array.dtype)
    if found is None:
        raise DTypeError(
            f"an array of NumPy type {array.dtype} was given; Ranvier works with "
            f"{', '.join(d.name for d in ALL)}. Convert it: array.astype('float32')."
        )
    return found


def as_dtype(value: Any) -> DType:
    """Accept ``rv.float32``, ``np.float32``, ``"float32"``, ``float``, ``int``,
    ``bool``.
    """
    if isinstance(value, DType):
        return value
    python = {float: float32, int: int64, bool: bool_}
    if value in python:
        return python[value]
    try:
        return _BY_NUMPY[np.dtype(value)]
    except (TypeError, KeyError):
        known = ", ".join(f"rv.{d.name}" for d in ALL)
        raise DTypeError(
            f"{value!r} is not a number type here; use one of {known}."
        ) from None


@functools.cache
def promote(a: DType, b: DType) -> DType:
    """The type of ``a + b``: the higher of bool < integers < floats, then the wider.

    >>> promote(int64, float32)
    ranvier.float32
    """
    if a.order != b.order:
        return a if a.order > b.order else b
    return _BY_NUMPY[np.promote_types(a.np, b.np)]
