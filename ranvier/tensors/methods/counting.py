"""How often elements come: `unique`, `bincount`, `histc`."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from ranvier import dtypes, ops
from ranvier.errors import DTypeError, ValueRangeError
from ranvier.graph import leaf
from ranvier.tensors.methods.quantiles import Quantiles


class Counting(Quantiles):
    """How often elements come."""

    __slots__ = ()

    def unique(
        self,
        sorted: bool = True,
        return_inverse: bool = False,
        return_counts: bool = False,
        dim: int | None = None,
    ) -> Any:
        """The different elements in rising order (slices along `dim`); with
        `return_inverse` also where each element went, with `return_counts` how often
        each comes.
        """
        found = np.unique(
            self._value(), return_inverse=True, return_counts=True, axis=dim
        )
        values, inverse, counts = found
        shape = self.shape if dim is None else (self.shape[dim],)
        parts = [values]
        parts += [inverse.reshape(shape)] if return_inverse else []
        parts += [counts] if return_counts else []
        return self._parts(parts)

    def unique_consecutive(
        self,
        return_inverse: bool = False,
        return_counts: bool = False,
        dim: int | None = None,
    ) -> Any:
        """Each run of equal elements (slices along `dim`) once, as in `unique`."""
        value = self._value()
        rows = value.ravel() if dim is None else np.moveaxis(value, dim, 0)
        differ = rows[1:] != rows[:-1]
        new = differ.reshape(len(differ), -1).any(1) if rows.ndim > 1 else differ
        starts = np.concatenate([np.ones(min(1, len(rows)), bool), new])
        inverse = np.cumsum(starts) - 1
        kept = rows[starts]
        parts = [kept if dim is None else np.moveaxis(kept, 0, dim)]
        parts += (
            [inverse.reshape(self.shape) if dim is None else inverse]
            if return_inverse
            else []
        )
        parts += [np.bincount(inverse)] if return_counts else []
        return self._parts(parts)

    def _parts(self, arrays: list[Any]) -> Any:
        made = [self._new(leaf(np.ascontiguousarray(a))) for a in arrays]
        return made[0] if len(made) == 1 else tuple(made)

    def bincount(self, weights: Any = None, minlength: int = 0) -> Self:
        """How often each of 0, 1, … comes; with `weights`, the sum of theirs."""
        if self.ndim != 1 or self.dtype.order != 1:
            raise DTypeError(
                f"bincount of {self.dtype.name} with shape {self.shape}; integers in "
                "one dimension are expected."
            )
        value = self._value()
        if value.size and value.min() < 0:
            raise ValueRangeError(f"bincount: {value.min()}; no negative numbers.")
        given = None if weights is None else self._lift(weights)._value()
        found = np.bincount(value, given, minlength)
        if given is not None and given.dtype == np.float32:
            found = found.astype(np.float32)
        return self._new(leaf(found))

    def histc(self, bins: int = 100, min: float = 0, max: float = 0) -> Self:
        """How many elements fall into each of `bins` equal parts of [min, max]; of
        their own range where both are equal.
        """
        if not self.dtype.is_float:
            raise DTypeError(f"histc of {self.dtype.name}; use .float() first.")
        if bins < 1 or min > max:
            raise ValueRangeError(f"histc: {bins} bins from {min} to {max}.")
        x = ops.reshape(ops.detach(self._node), (self.numel(),))
        if not self.numel():
            return self._new(ops.expand(ops.like(x, 0.0), (bins,)))
        low, high = ops.like(x, min), ops.like(x, max)
        if min == max:
            low, high = ops.amin(x), ops.amax(x)
            flat = ops.eq(low, high)
            low = ops.where(flat, ops.sub(low, ops.like(x, 1.0)), low)
            high = ops.where(flat, ops.add(high, ops.like(x, 1.0)), high)
        inside = ops.both(ops.ge(x, low), ops.le(x, high))
        part = ops.div(ops.mul(ops.sub(x, low), ops.like(x, bins)), ops.sub(high, low))
        part = ops.where(inside, part, ops.like(x, 0.0))
        place = ops.cast(ops.floor(part), dtypes.int64)
        place = ops.minimum(place, ops.const(bins - 1, dtypes.int64))
        return self._new(ops.scatter_add(ops.cast(inside, x.dtype), place, bins))
