"""Tensors from numbers: `rv.tensor`, `rv.zeros`, `rv.arange`, `rv.randn`, ….

Random numbers are drawn at once by NumPy from `ranvier.random.default_generator`;
inside a compiled function they are nodes that advance a state, so that each call draws
new ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ranvier import dtypes, ops
from ranvier.dtypes import DType, as_dtype
from ranvier.errors import (
    DTypeError,
    ShapeError,
    UnsupportedError,
    ValueRangeError,
)
from ranvier.graph import Array, Node, Shape
from ranvier.memory import require
from ranvier.random import Generator, default_generator
from ranvier.tensor import Tensor, _wrap, default_array, hooks, ragged


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


def check_device(device: Any) -> None:
    """Only "cpu" (or nothing) is a device here."""
    if device is not None and str(device) != "cpu":
        raise UnsupportedError(f"device {device!r}: Ranvier runs on the CPU only.")


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
    shape = tuple(int(n) for n in size)
    if any(n < 0 for n in shape):
        raise ShapeError(f"a shape cannot hold a negative size: {shape}.")
    return shape


def _filled(shape: Shape, value: Any, dtype: DType, grad: bool, device: Any) -> Tensor:
    check_device(device)
    require(math.prod(shape) * dtype.itemsize, f"a tensor of shape {shape}")
    if value == 0:  # memory that the system has cleared is not touched again
        return Tensor(np.zeros(shape, dtype.np), grad)
    return Tensor(np.full(shape, value, dtype.np), grad)


def _dtype(dtype: Any, default: DType = dtypes.float32) -> DType:
    return default if dtype is None else as_dtype(dtype)


def zeros(
    *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """All elements 0.

    >>> zeros(2, 2)
    tensor([[0., 0.],
            [0., 0.]])
    """
    return _filled(sizes(size), 0, _dtype(dtype), requires_grad, device)


def ones(
    *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """All elements 1."""
    return _filled(sizes(size), 1, _dtype(dtype), requires_grad, device)


def empty(
    *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A tensor whose values do not matter; they are 0, so runs can be repeated."""
    return _filled(sizes(size), 0, _dtype(dtype), requires_grad, device)


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
    kind = _dtype(dtype, as_dtype(type(fill_value)))
    return _filled(shape, fill_value, kind, requires_grad, device)


def zeros_like(input: Tensor, *, dtype: Any = None, **options: Any) -> Tensor:
    """All elements 0, with the shape and type of `input`."""
    return zeros(input.shape, dtype=_dtype(dtype, input.dtype), **options)


def ones_like(input: Tensor, *, dtype: Any = None, **options: Any) -> Tensor:
    """All elements 1, with the shape and type of `input`."""
    return ones(input.shape, dtype=_dtype(dtype, input.dtype), **options)


def empty_like(input: Tensor, *, dtype: Any = None, **options: Any) -> Tensor:
    """Values that do not matter, with the shape and type of `input`."""
    return empty(input.shape, dtype=_dtype(dtype, input.dtype), **options)


def full_like(
    input: Tensor, fill_value: float, *, dtype: Any = None, **options: Any
) -> Tensor:
    """All elements `fill_value`, with the shape and type of `input`."""
    kind = _dtype(dtype, input.dtype)
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
    return Tensor(np.eye(n, m, dtype=_dtype(dtype).np), requires_grad)


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
    if step == 0:
        raise ValueRangeError("arange: step is 0; it must not be.")
    whole = all(isinstance(v, (int, np.integer)) for v in (start, end, step))
    kind = _dtype(dtype, dtypes.int64 if whole else dtypes.float32)
    count = max(0, math.ceil((end - start) / step))
    values = start + np.arange(count) * step
    return Tensor(np.asarray(values).astype(kind.np), requires_grad)


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
    return Tensor(values.astype(_dtype(dtype).np), requires_grad)


# ---- random --------------------------------------------------------------------------


def draw_uniform(shape: Shape, generator: Generator = default_generator) -> Node:
    """float32 in [0, 1) as a node; the generator's state moves on by one draw."""
    state = _advance(generator)
    return ops.uniform(shape, state, 0)


def draw_normal(shape: Shape, generator: Generator = default_generator) -> Node:
    """Gaussian float32 as a node, by Box and Muller: √(-2 ln(1 - u)) cos(2π v)."""
    state = _advance(generator)
    u, v = ops.uniform(shape, state, 0), ops.uniform(shape, state, 1)
    log = ops.log(ops.sub(ops.like(u, 1.0), u))
    radius = ops.sqrt(ops.mul(ops.like(u, -2.0), log))
    return ops.mul(radius, ops.cos(ops.mul(ops.like(v, 2 * math.pi), v)))


def _advance(generator: Generator) -> Node:
    """The state's node before this draw; the state is bound to the next one."""
    if generator.state is None:
        generator.state = _wrap(generator.first_state())
    before = generator.state._node
    generator.state._rebind(ops.add(before, ops.iota(2)))
    return before


def rand(
    *size: Any,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Drawn evenly from [0, 1)."""
    check_device(device)
    shape, kind = sizes(size), _float(dtype, "rand")
    source = generator or default_generator
    if hooks.recorder is not None:
        return _wrap(ops.cast(draw_uniform(shape, source), kind))
    return Tensor(source.uniform(0.0, 1.0, shape, kind.np), requires_grad)


def randn(
    *size: Any,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Gaussian with mean 0 and standard deviation 1."""
    check_device(device)
    shape, kind = sizes(size), _float(dtype, "randn")
    source = generator or default_generator
    if hooks.recorder is not None:
        return _wrap(ops.cast(draw_normal(shape, source), kind))
    return Tensor(source.normal(0.0, 1.0, shape, kind.np), requires_grad)


def _float(dtype: Any, what: str) -> DType:
    kind = _dtype(dtype)
    if not kind.is_float:
        raise DTypeError(f"{what}: dtype {kind.name}; it draws float32 or float64.")
    return kind


def rand_like(input: Tensor, *, dtype: Any = None, **options: Any) -> Tensor:
    """`rand` with the shape and type of `input`."""
    return rand(input.shape, dtype=_dtype(dtype, input.dtype), **options)


def randn_like(input: Tensor, *, dtype: Any = None, **options: Any) -> Tensor:
    """`randn` with the shape and type of `input`."""
    return randn(input.shape, dtype=_dtype(dtype, input.dtype), **options)


def randint(
    *bounds: Any,
    size: Any = None,
    low: int = 0,
    high: int | None = None,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
) -> Tensor:
    """Integers in [low, high): ``randint(high, size)`` or
    ``randint(low, high, size)``.
    """
    check_device(device)
    low, high, shape = _bounds(bounds, low, high, size)
    kind = _dtype(dtype, dtypes.int64)
    source = generator or default_generator
    if hooks.recorder is not None:
        wide = ops.cast(draw_uniform(shape, source), dtypes.float64)
        step = ops.floor(ops.mul(wide, ops.like(wide, float(high - low))))
        return _wrap(ops.cast(ops.add(step, ops.like(step, float(low))), kind))
    drawn = np.asarray(source.numpy.integers(low, high, shape))
    return Tensor(drawn.astype(kind.np))


def _bounds(
    bounds: tuple[Any, ...], low: int, high: int | None, size: Any
) -> tuple[int, int, Shape]:
    values = list(bounds)
    if size is None and values and isinstance(values[-1], (tuple, list)):
        size = values.pop()
    if len(values) == 2:
        low, high = values
    elif len(values) == 1:
        low, high = (low, values[0]) if high is None else (values[0], high)
    if size is None or high is None:
        raise ShapeError("randint: write rv.randint(low, high, (rows, columns)).")
    if high <= low:
        raise ValueRangeError(f"randint: high {high} must be above low {low}.")
    return int(low), int(high), sizes((size,))


def randperm(
    n: int,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
) -> Tensor:
    """The numbers 0 … n - 1 in random order."""
    check_device(device)
    if hooks.recorder is not None:
        raise UnsupportedError(
            "randperm inside a compiled function; shuffle outside it, for example with "
            "rv.data.DataLoader(..., shuffle=True)."
        )
    source = generator or default_generator
    return Tensor(source.numpy.permutation(n).astype(_dtype(dtype, dtypes.int64).np))
