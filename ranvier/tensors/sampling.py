"""Random tensors: `rv.rand`, `rv.randn`, `rv.randint`, `rv.normal`, ….

Numbers are drawn at once by NumPy from `ranvier.random.default_generator`; inside a
compiled function they are nodes that advance a state, so that each call draws new ones.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ranvier import dtypes, ops
from ranvier.devices import check_device
from ranvier.dtypes import DType
from ranvier.errors import DTypeError, ShapeError, UnsupportedError, ValueRangeError
from ranvier.graph import Shape
from ranvier.random import Generator, default_generator
from ranvier.size import Size
from ranvier.tensor import Tensor, _wrap, hooks
from ranvier.tensors.creation import kind_of, sizes
from ranvier.tensors.drawing import draw_normal, draw_uniform


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
    kind = kind_of(dtype)
    if not kind.is_float:
        raise DTypeError(f"{what}: dtype {kind.name}; it draws float32 or float64.")
    return kind


def rand_like(input: Tensor, *, dtype: Any = None, **options: Any) -> Tensor:
    """`rand` with the shape and type of `input`."""
    return rand(input.shape, dtype=kind_of(dtype, input.dtype), **options)


def randn_like(input: Tensor, *, dtype: Any = None, **options: Any) -> Tensor:
    """`randn` with the shape and type of `input`."""
    return randn(input.shape, dtype=kind_of(dtype, input.dtype), **options)


def normal(
    mean: Any,
    std: Any = 1.0,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
) -> Tensor:
    """Gaussian numbers with that mean and standard deviation: numbers with a `size`, or
    tensors of which each element has its own.
    """
    given = [x for x in (mean, std) if isinstance(x, Tensor)]
    if size is None and not given:
        raise ShapeError("normal: give a size, or mean or std as a tensor.")
    if not isinstance(std, Tensor) and std < 0:
        raise ValueRangeError(f"normal: std is {std}; it must not be negative.")
    if given:
        shape = given[0].shape
        for x in given[1:]:
            shape = Size(ops.broadcast(shape, x.shape, "normal"))
        dtype = given[0].dtype if dtype is None else dtype
    else:
        shape = Size(sizes((size,)))
    draw = randn(shape, generator=generator, dtype=dtype, device=device)
    made: Tensor = draw * std + mean
    return made


def randint_like(input: Tensor, *bounds: int, **options: Any) -> Tensor:
    """`randint` with the shape and type of `input`."""
    options.setdefault("dtype", input.dtype)
    return randint(*bounds, size=input.shape, **options)


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
    kind = kind_of(dtype, dtypes.int64)
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
    return Tensor(source.numpy.permutation(n).astype(kind_of(dtype, dtypes.int64).np))


def get_rng_state() -> Tensor:
    """Where `manual_seed`'s generator stands, as bytes: what `set_rng_state` takes.

    >>> import ranvier as rv
    >>> state = rv.get_rng_state(); a = rv.rand(3)
    >>> rv.set_rng_state(state); bool((rv.rand(3) == a).all())
    True
    """
    return Tensor(default_generator.get_state())


def set_rng_state(new_state: Any) -> None:
    """Let everything random go on from where `get_rng_state` was called.

    Raises ValueRangeError: bytes of something else.
    """
    default_generator.set_state(new_state)
