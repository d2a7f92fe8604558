"""Numbers from a piece of the Gaussian."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ranvier.graph import Array, Shape
from ranvier.random import Generator

F64 = np.dtype(np.float64)
Proposal = Callable[[int], tuple[Array, Array]]


def truncated_normal(source: Generator, shape: Shape, low: float, high: float) -> Array:
    """Standard Gaussian numbers that lie in [low, high], exactly so.

    Of three proposals the one is taken that is refused least: the Gaussian itself, its
    tail, or even numbers.
    """
    if low == high:
        return np.full(shape, low)
    if _below(high) - _below(low) > 0.3:
        return _accepted(shape, lambda n: _plain(source, n, low, high))
    if low > 0.5:
        return _accepted(shape, lambda n: _tail(source, n, low, high))
    if high < -0.5:
        return -_accepted(shape, lambda n: _tail(source, n, -high, -low))
    return _accepted(shape, lambda n: _even(source, n, low, high))


def _below(x: float) -> float:
    """Φ(x)."""
    return math.erfc(-x / math.sqrt(2)) / 2


def _accepted(shape: Shape, proposal: Proposal) -> Array:
    """As many as the shape has; what is refused is drawn again."""
    out = np.empty(math.prod(shape))
    open_ = np.arange(out.size)
    while open_.size:
        out[open_], good = proposal(open_.size)
        open_ = open_[~good]
    return out.reshape(shape)


def _plain(source: Generator, n: int, low: float, high: float) -> tuple[Array, Array]:
    x = source.normal(0.0, 1.0, (n,), F64)
    return x, (x >= low) & (x <= high)


def _even(source: Generator, n: int, low: float, high: float) -> tuple[Array, Array]:
    """Even numbers, taken as often as the density says, relative to its peak."""
    x, u = source.uniform(low, high, (n,), F64), source.uniform(0.0, 1.0, (n,), F64)
    peak = min(max(low, 0.0), high)
    return x, u < np.exp((peak**2 - x**2) / 2)


def _tail(source: Generator, n: int, low: float, high: float) -> tuple[Array, Array]:
    """√(low² - 2 ln v) taken with the chance low / x; v starts where x is `high`."""
    u, w = (source.uniform(0.0, 1.0, (n,), F64) for _ in range(2))
    least = math.exp((low**2 - high**2) / 2)
    x = np.sqrt(low**2 - 2 * np.log1p(-u * (1 - least)))
    return x, w * x < low
