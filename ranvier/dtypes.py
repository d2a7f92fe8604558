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


class Default:
    """The type of Python floats, and of new tensors where none is named."""

    float: DType = float32


default: Final = Default()

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
    if isinstance(kind := getattr(value, "kind", None), DType):  # rv.FloatTensor
        return kind
    python = {float: default.float, int: int64, bool: bool_}
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


def set_default_dtype(d: Any) -> None:
    """What Python floats become, and new tensors where no type is named: float32 unless
    changed here to float64.
    """
    kind = as_dtype(d)
    if not kind.is_float:
        raise DTypeError(f"set_default_dtype: {kind.name} is no floating type.")
    default.float = kind


def get_default_dtype() -> DType:
    """The type that `set_default_dtype` has set, or float32."""
    return default.float


def result_type(tensor1: Any, tensor2: Any) -> DType:
    """The type of ``tensor1 + tensor2``, which may be numbers.

    >>> import ranvier as rv
    >>> result_type(rv.tensor([1]), 1.5)
    ranvier.float32
    """
    a, b = _kind(tensor1), _kind(tensor2)
    if a[0].order == b[0].order and a[1] != b[1]:
        return a[0] if a[1] > b[1] else b[0]
    return promote(a[0], b[0])


def _kind(value: Any) -> tuple[DType, int]:
    """Type and rank: a number gives way to a tensor of its kind, and one without
    dimensions to one with some.
    """
    if isinstance(value, (bool, int, float)):
        return as_dtype(type(value)), 0
    return value.dtype, 2 if value.shape else 1


def can_cast(from_: Any, to: Any) -> bool:
    """Whether floats stay floats and integers do not become booleans.

    >>> can_cast(float64, float32), can_cast(float32, int64)
    (True, False)
    """
    return as_dtype(from_).order <= as_dtype(to).order


def promote_types(type1: Any, type2: Any) -> DType:
    """The type that values of both become together.

    >>> promote_types("int32", "float32")
    ranvier.float32
    """
    return promote(as_dtype(type1), as_dtype(type2))


class finfo:
    """Limits of a floating type: eps, max, min, tiny (smallest_normal), resolution and
    bits.

    >>> finfo(float32).eps
    1.1920928955078125e-07
    """

    def __init__(self, type: Any = None) -> None:
        kind = default.float if type is None else as_dtype(type)
        if not kind.is_float:
            raise DTypeError(f"finfo of {kind.name}; use rv.iinfo.")
        facts = np.finfo(kind.np)
        self.dtype, self.bits = kind.name, int(facts.bits)
        self.eps, self.max, self.min = map(float, (facts.eps, facts.max, facts.min))
        self.tiny = self.smallest_normal = float(facts.tiny)
        self.resolution = float(facts.resolution)


class iinfo:
    """Limits of an integer type: max, min, bits.

    >>> iinfo(int8).max
    127
    """

    def __init__(self, type: Any) -> None:
        kind = as_dtype(type)
        if kind.order != 1:
            raise DTypeError(f"iinfo of {kind.name}; use rv.finfo for floating types.")
        facts = np.iinfo(kind.np)
        self.dtype, self.bits = kind.name, int(facts.bits)
        self.max, self.min = int(facts.max), int(facts.min)
