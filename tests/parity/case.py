"""Rows of the tables of parity: what is called, and how its inputs are drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Draw = Callable[[np.random.Generator], np.ndarray]

# `second` of a row that PyTorch differentiates only once: ours is compared with
# differences of the first.
NO_SECOND = "PyTorch has none"
# `native` or `second` of a row whose function has them in another row: a program costs
# a test more than an interpretation.
ELSEWHERE = "in another row"


@dataclass(frozen=True)
class Case:
    """One row. `make(torch)` gives what is called with the tensors of `draws`.

    gradient, second: whether derivatives are compared (the reason, where they are not).
    native: True, or why it is only interpreted.
    bounds: (rtol, atol, reason) in place of PyTorch's own for float32.
    """

    name: str
    make: Callable[[Any], Callable[..., Any]]
    draws: tuple[Draw, ...]
    gradient: bool | str = True
    second: bool | str = True
    native: bool | str = True
    bounds: tuple[float, float, str] | None = None
    refused: bool = False

    @property
    def covers(self) -> str:
        return self.name.partition("/")[0]

    def arrays(self, seed: int = 0) -> list[np.ndarray]:
        """The inputs; floating ones in float64, with values that float32 holds."""
        rng = np.random.default_rng([seed, *self.name.encode()])
        return [exact(draw(rng)) for draw in self.draws]


def exact(array: np.ndarray) -> np.ndarray:
    if array.dtype.kind == "f":
        return array.astype(np.float32).astype(np.float64)
    return array


def function(name: str, call: Callable[..., Any], *draws: Draw, **options: Any) -> Case:
    """A row for `call(torch, *tensors)`."""
    return Case(name, lambda torch: lambda *xs: call(torch, *xs), draws, **options)


def layer(name: str, make: Callable[[Any], Any], *draws: Draw, **options: Any) -> Case:
    """A row for the module `make(nn)`; its name is given without "nn."."""
    return Case(f"nn.{name}", lambda torch: make(torch.nn), draws, **options)


def refuses(name: str, call: Callable[..., Any], *draws: Draw) -> Case:
    """A row that PyTorch answers with an error, and so must we, with one of ours."""
    return Case(name, lambda torch: lambda *xs: call(torch, *xs), draws, refused=True)


def normal(*shape: int) -> Draw:
    return lambda rng: rng.normal(size=shape)


def uniform(low: float, high: float, *shape: int) -> Draw:
    return lambda rng: rng.uniform(low, high, shape)


def integers(low: int, high: int, *shape: int) -> Draw:
    """int64 from `low` up to but not with `high`."""
    return lambda rng: rng.integers(low, high, shape)


def booleans(*shape: int) -> Draw:
    return lambda rng: rng.random(shape) < 0.5


def distinct(*shape: int) -> Draw:
    """Numbers that differ by at least 0.1: no ties, no order that rounding decides."""
    return lambda rng: (rng.permutation(int(np.prod(shape))) / 10 - 1.05).reshape(shape)


def values(*numbers: Any, dtype: str | None = None) -> Draw:
    """These numbers, always."""
    return lambda rng: np.array(numbers, dtype)
