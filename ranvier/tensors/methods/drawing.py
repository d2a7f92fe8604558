"""Random values, in place and element by element."""

from __future__ import annotations

import math
from typing import Any, Self

import numpy as np

from ranvier import dtypes, ops, random
from ranvier.errors import DTypeError, ShapeError, UnsupportedError, ValueRangeError
from ranvier.graph import Array, Node, leaf
from ranvier.random import Generator
from ranvier.tensors.drawing import evenly
from ranvier.tensors.handles import guard, hooks
from ranvier.tensors.methods.inplace import InPlace

WEIGHTS = "are finite numbers from 0 on, with one above 0 in every row."


class Drawing(InPlace):
    """Random values."""

    __slots__ = ()

    def _not_traced(self, what: str) -> None:
        if hooks.recorder is not None:
            raise UnsupportedError(
                f"{what}() inside a compiled function would give the same numbers at "
                "every call; use rv.rand, rv.randn or rv.bernoulli there."
            )

    def _floating(self, what: str) -> None:
        if not self.dtype.is_float:
            raise DTypeError(f"{what} of {self.dtype.name}; use .float() first.")

    def _drawn(self, what: str, generator: Generator | None) -> Array:
        """Numbers evenly from [0, 1) in float64."""
        self._not_traced(what)
        source = generator or random.default_generator
        values: Array = source.numpy.uniform(0.0, 1.0, self.shape)
        return values

    def _take(self, values: Array, what: str) -> Self:
        made = np.asarray(values).astype(self.dtype.np)
        return self._assign(leaf(made), what)

    def uniform_(
        self,
        from_: float = 0.0,
        to: float = 1.0,
        *,
        generator: Generator | None = None,
    ) -> Self:
        """Fill with numbers drawn evenly from [from_, to)."""
        self._not_traced("uniform_")
        self._floating("uniform_")
        if from_ > to:
            raise ValueRangeError(f"uniform_: from {from_} to {to}.")
        source = generator or random.default_generator
        draw = source.uniform(from_, to, self.shape, self.dtype.np)
        return self._assign(leaf(draw), "uniform_")

    def normal_(
        self,
        mean: float = 0.0,
        std: float = 1.0,
        *,
        generator: Generator | None = None,
    ) -> Self:
        """Fill with Gaussian numbers."""
        self._not_traced("normal_")
        self._floating("normal_")
        if std < 0:
            raise ValueRangeError(f"normal_: std is {std}; it must not be negative.")
        source = generator or random.default_generator
        draw = source.normal(mean, std, self.shape, self.dtype.np)
        return self._assign(leaf(draw), "normal_")

    def random_(self, *bounds: int, generator: Generator | None = None) -> Self:
        """Fill with integers: ``random_(to)`` from 0, ``random_(from, to)``; all that
        the type holds exactly without bounds.
        """
        self._not_traced("random_")
        low, high = (0, *bounds)[-2:] if bounds else (0, _SPANS[self.dtype.name])
        if low >= high:
            raise ValueRangeError(f"random_: from {low} to {high}.")
        source = generator or random.default_generator
        drawn = source.numpy.integers(low, high, self.shape)
        return self._take(drawn, "random_")

    def bernoulli_(self, p: Any = 0.5, *, generator: Generator | None = None) -> Self:
        """Fill with 1 with probability `p`, else 0."""
        chance = p._value() if hasattr(p, "_value") else p
        if not np.all((np.asarray(chance) >= 0) & (np.asarray(chance) <= 1)):
            raise ValueRangeError(f"bernoulli_: p is {p!r:.60}; it lies in 0 to 1.")
        drawn = self._drawn("bernoulli_", generator) < chance
        return self._take(drawn, "bernoulli_")

    def exponential_(
        self, lambd: float = 1.0, *, generator: Generator | None = None
    ) -> Self:
        """Fill with numbers of density λ e^(-λ x)."""
        self._floating("exponential_")
        if lambd <= 0:
            raise ValueRangeError(f"exponential_: lambd is {lambd}; it is positive.")
        drawn = self._drawn("exponential_", generator)
        values = -np.log1p(-drawn) / lambd
        return self._take(values, "exponential_")

    def _evenly(self, generator: Generator | None) -> Node:
        return evenly(self.shape, self.dtype, generator)

    def bernoulli(self, *, generator: Generator | None = None) -> Self:
        """1 with the probability that x says, else 0, element by element."""
        self._floating("bernoulli")
        drawn = self._evenly(generator)
        hit = ops.lt(drawn, ops.detach(self._node))
        return self._new(ops.cast(hit, self.dtype))

    def multinomial(
        self,
        num_samples: int,
        replacement: bool = False,
        *,
        generator: Generator | None = None,
    ) -> Self:
        """`num_samples` numbers of elements drawn from every row, with weights x."""
        self._floating("multinomial")
        if not 1 <= self.ndim <= 2:
            raise ShapeError(f"multinomial: {self.shape}; one or two dimensions.")
        n = self.shape[-1]
        if num_samples < 1 or (num_samples > n and not replacement):
            raise ValueRangeError(
                f"multinomial: {num_samples} samples of {n}; without replacement there "
                "are at most as many as elements."
            )
        weights = self._new(ops.detach(self._node))
        check_weights(weights._node)
        if replacement:
            return weights._with_replacement(num_samples, generator)
        # The smallest of exponential times belong to a draw without replacement.
        even = self._evenly(generator)
        time = ops.neg(ops.log(ops.sub(ops.like(even, 1.0), even)))
        score = ops.div(weights._node, ops.add(time, ops.like(time, 1e-30)))
        return self._new(score).topk(num_samples).indices

    def _with_replacement(self, count: int, generator: Generator | None) -> Self:
        """By where even numbers fall among the running sums of the weights."""
        shape = (*self.shape[:-1], count)
        sums = self.cumsum(-1)
        even = self._new(evenly(shape, self.dtype, generator))
        at = even * sums._slice(self.ndim - 1, self.shape[-1] - 1, self.shape[-1])
        return (
            sums.unsqueeze(-2)
            .le(at.unsqueeze(-1))
            .sum(-1)
            .clamp(max=self.shape[-1] - 1)
        )


# The first integer that the type no longer holds, or that has no exact neighbour.
_SPANS = {
    kind.name: 2
    if kind is dtypes.bool_
    else 2 ** (24 if kind is dtypes.float32 else 53)
    if kind.is_float
    else int(np.iinfo(kind.np).max)
    for kind in dtypes.ALL
}


def check_weights(x: Node) -> None:
    """No weight is negative or not finite, and no row has only zeros."""
    if not math.prod(x.shape):
        return
    least, most = ops.amin(x), ops.amax(x)
    lightest = ops.amin(ops.amax(x, (len(x.shape) - 1,)))
    if hooks.recorder is not None:
        right = ops.both(
            ops.ge(least, ops.like(least, 0)), ops.lt(most, ops.like(most, math.inf))
        )
        right = ops.both(right, ops.gt(lightest, ops.like(lightest, 0)))
        guard(right, f"multinomial: weights {WEIGHTS}")
        return
    hooks.evaluate([least, most, lightest])
    low, high, light = (float(np.asarray(n.value)) for n in (least, most, lightest))
    if not (low >= 0 and high < math.inf and light > 0):
        found = "a row of zeros" if light == 0 else f"weights from {low} to {high}"
        raise ValueRangeError(f"multinomial: {found}; weights {WEIGHTS}")
