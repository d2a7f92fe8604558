"""Tensors from numbers: `rv.tensor`, `rv.zeros`, `rv.arange`, …."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ranvier import dtypes, ops
from ranvier.devices import check_device as check_device
from ranvier.dtypes import DType, as_dtype
from ranvier.errors import (
    DTypeError,
    ShapeError,
    ValueRangeError,
)
from ranvier.graph import Array, Shape
from ranvier.memory import require
from ranvier.tensor import Tensor, _wrap, default_array, not_a_tensor, ragged
from ranvier.tensors.drawing import draw_uniform as draw_uniform


def tensor(
    data: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """A tensor that holds a copy of `data`: a number, nested lists, an array, a tensor.

    Python floats become float32, Python integers int64; NumPy arrays keep their type.
    Raises ShapeError for rows of different lengths, DTypeError for other things.

    >>> tensor([[1.0, 2.0]]).dtype
    ranvier.float32
    """
    check_device(device)
    return Tensor(_array(data, dtype), requires_grad)


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """`data` itself when it is a tensor of that type already, else a
    copy as a tensor.
    """
    check_device(device)
    if isinstance(data, Tensor):
        return data if dtype is None else data.to(as_dtype(dtype))
    return Tensor(_array(data, dtype))


def from_numpy(ndarray: Array) -> Tensor:
    """A tensor with the values of an array.

    Unlike PyTorch's it copies: writing to the array later does not change the tensor.
    """
    if not isinstance(ndarray, np.ndarray):
        kind = type(ndarray).__name__
        raise DTypeError(f"from_numpy: expected a NumPy array, got {kind}.")
    return Tensor(_array(ndarray, None))


def _array(data: Any, dtype: Any) -> Array:
    if dtype is None:
        return default_array(data)
    wanted = as_dtype(dtype).np
    if isinstance(data, (np.ndarray, np.generic)):
        return np.array(data, wanted)
    if isinstance(data, (float, int)):
        return np.array(data, wanted)
    return default_array(data).astype(wanted) if _has(data) else _from(data, wanted)


def _has(data: Any) -> bool:
    """Whether there is a tensor in it, whose value is needed first."""
    while isinstance(data, (list, tuple)) and data:
        data = data[0]
    return isinstance(data, (Tensor, np.ndarray, np.generic))


def _from(data: Any, wanted: np.dtype[Any]) -> Array:
    """Straight to the wanted type, so that float64 does not pass through float32."""
    try:
        return np.array(data, wanted)
    except ValueError:
        raise ragged(data) from None
    except TypeError as error:
        raise DTypeError(f"a {type(data).__name__} is not a tensor: {error}") from None


# ---- filled --------------------------------------------------------------------------


def sizes(size: Sequence[Any]) -> Shape:
    """The shape in ``zeros(2, 3)``, ``zeros((2, 3))`` and ``zeros([2, 3])``."""
    if len(size) == 1 and isinstance(size[0], (tuple, list)):
        size = tuple(size[0])
    shape = tuple([ops.integer(n, "shape", "a size") for n in size])
    if any(n < 0 for n in shape):
        raise ShapeError(f"a shape cannot hold a negative size: {shape}.")
    return shape


def _filled(shape: Shape, value: Any, dtype: DType, grad: bool, device: Any) -> Tensor:
    check_device(device)
    require(math.prod(shape) * dtype.itemsize, f"a tensor of shape {shape}")
    if value == 0:  # memory that the system has cleared is not touched again
        return Tensor(np.zeros(shape, dtype.np), grad)
    return Tensor(np.full(shape, value, dtype.np), grad)


def kind_of(dtype: Any, default: DType | None = None) -> DType:
    if dtype is None:
        return default or dtypes.default.float
    return as_dtype(dtype)


def zeros(
    *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """All elements 0.

    >>> zeros(2, 2)
    tensor([[0., 0.],
            [0., 0.]])
    """
    return _filled(sizes(size), 0, kind_of(dtype), requires_grad, device)


def ones(
    *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """All elements 1."""
    return _filled(sizes(size), 1, kind_of(dtype), requires_grad, device)


def empty(
    *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A tensor whose values do not matter; they are 0, so runs can be repeated."""
    return _filled(sizes(size), 0, kind_of(dtype), requires_grad, device)


def full(
    size: Any,
    fill_value: float,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """All elements `fill_value`, whose type decides where `dtype` is not given."""
    shape = sizes(size if isinstance(size, (tuple, list)) else (size,))
    kind = kind_of(dtype, as_dtype(type(fill_value)))
    return _filled(shape, fill_value, kind, requires_grad, device)


def zeros_like(input: Tensor, *, dtype: Any = None, **options: Any) -> Tensor:
    """All elements 0, with the shape and type of `input`."""
    return zeros(input.shape, dtype=kind_of(dtype, input.dtype), **options)


def ones_like(input: Tensor, *, dtype: Any = None, **options: Any) -> Tensor:
    """All elements 1, with the shape and type of `input`."""
    return ones(input.shape, dtype=kind_of(dtype, input.dtype), **options)


def empty_like(input: Tensor, *, dtype: Any = None, **options: Any) -> Tensor:
    """Values that do not matter, with the shape and type of `input`."""
    return empty(input.shape, dtype=kind_of(dtype, input.dtype), **options)


def full_like(
    input: Tensor, fill_value: float, *, dtype: Any = None, **options: Any
) -> Tensor:
    """All elements `fill_value`, with the shape and type of `input`."""
    kind = kind_of(dtype, input.dtype)
    return full(input.shape, fill_value, dtype=kind, **options)


def eye(
    n: int,
    m: int | None = None,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """The n x m matrix with 1 on the diagonal."""
    check_device(device)
    n, m = sizes((n, n if m is None else m))
    return Tensor(np.eye(n, m, dtype=kind_of(dtype).np), requires_grad)


# ---- ranges --------------------------------------------------------------------------


def arange(
    start: float,
    end: float | None = None,
    step: float = 1,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """start, start + step, … below `end`; int64 when all three are integers.

    >>> arange(2, 8, 3)
    tensor([2, 5])
    """
    check_device(device)
    if end is None:
        start, end = 0, start
    for value in (start, end, step):
        if not isinstance(value, (int, float, np.number)) and not _one(value):
            raise DTypeError(f"arange: {value!r:.60}; numbers are expected.")
    if step == 0:
        raise ValueRangeError("arange: step is 0; it must not be.")
    count = math.ceil((end - start) / step)
    if count < 0:
        raise ValueRangeError(
            f"arange: from {start} to {end} with a step of {step} leads away from the "
            f"end; use step={-step}."
        )
    whole = all(isinstance(v, (int, np.integer)) for v in (start, end, step))
    kind = kind_of(dtype, dtypes.int64 if whole else None)
    values = start + np.arange(count) * step
    return Tensor(np.asarray(values).astype(kind.np), requires_grad)


def _one(value: Any) -> bool:
    return isinstance(value, Tensor) and value.numel() == 1


def linspace(
    start: float,
    end: float,
    steps: int,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """`steps` numbers from `start` to `end`, both included, evenly spaced."""
    check_device(device)
    if steps < 0:
        raise ValueRangeError(f"linspace: steps is {steps}; it must not be negative.")
    values = np.linspace(float(start), float(end), steps)
    return Tensor(values.astype(kind_of(dtype).np), requires_grad)


def logspace(
    start: float,
    end: float,
    steps: int,
    base: float = 10.0,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """`steps` numbers from base^start to base^end, whose logarithms are evenly
    spaced.
    """
    check_device(device)
    if steps < 0:
        raise ValueRangeError(f"logspace: steps is {steps}; it must not be negative.")
    powers = np.linspace(float(start), float(end), steps)
    return Tensor(np.power(base, powers).astype(kind_of(dtype).np), requires_grad)


def vander(x: Tensor, N: int | None = None, increasing: bool = False) -> Tensor:
    """The powers of a vector's elements as columns: x^(N - 1), …, x, 1.

    >>> vander(tensor([1, 2, 3]))
    tensor([[1, 1, 1],
            [4, 2, 1],
            [9, 3, 1]])
    """
    if not isinstance(x, Tensor):
        raise not_a_tensor("vander", x)
    if x.ndim != 1:
        raise ShapeError(f"vander: {x.shape}; a vector is expected.")
    n = x.shape[0] if N is None else N
    if n < 0:
        raise ValueRangeError(f"vander: N is {n}; it must not be negative.")
    columns = [ops.expand(ops.like(x._node, 1), x._node.shape)]
    for _ in range(n - 1):
        columns.append(ops.mul(columns[-1], x._node))
    wide = [ops.reshape(c, (x.shape[0], 1)) for c in columns[:n]]
    if not wide:
        return zeros(x.shape[0], 0, dtype=x.dtype)
    return _wrap(ops.concat(wide if increasing else wide[::-1], 1))


def tril_indices(
    row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Any = None
) -> Tensor:
    """Rows and columns of the elements on and below a diagonal."""
    check_device(device)
    found = np.stack(np.tril_indices(row, offset, col))
    return Tensor(found.astype(kind_of(dtype, dtypes.int64).np))


def triu_indices(
    row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Any = None
) -> Tensor:
    """Rows and columns of the elements on and above a diagonal."""
    check_device(device)
    found = np.stack(np.triu_indices(row, offset, col))
    return Tensor(found.astype(kind_of(dtype, dtypes.int64).np))


def asarray(
    obj: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    copy: bool | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """`obj` as a tensor; itself where it is one of that type already."""
    made = as_tensor(obj, dtype, device)
    made = made.clone() if copy and made is obj else made
    return made.requires_grad_() if requires_grad else made


def scalar_tensor(s: float, *, dtype: Any = None, device: Any = None) -> Tensor:
    """A number as a tensor without dimensions, floating point unless a type is
    named.
    """
    return full((), s, dtype=kind_of(dtype), device=device)
