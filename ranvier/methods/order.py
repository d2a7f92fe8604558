"""Along one dimension in order: sorting, and what it finds."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from ranvier import dtypes, ops, picking
from ranvier.errors import DTypeError, ShapeError, ValueRangeError
from ranvier.graph import Node, leaf
from ranvier.methods.handle import MaxResult
from ranvier.methods.running import Running


class Order(Running):
    """Sorting, and what it finds."""

    __slots__ = ()

    def argsort(
        self, dim: int = -1, descending: bool = False, stable: bool = True
    ) -> Self:
        """int64 positions along `dim` in rising (falling) order; equal elements stay
        in their order, NaN counts as larger than any number.
        """
        x = ops.detach(self._node)
        if x.dtype.order == 0:
            x = ops.cast(x, dtypes.uint8)
        if not x.shape:
            ops.axis(dim, 0, "argsort")
            return self._new(ops.const(0, dtypes.int64))
        return self._new(ops.argsort(x, dim, descending))

    def sort(
        self, dim: int = -1, descending: bool = False, stable: bool = True
    ) -> MaxResult[Self]:
        """Values along `dim` in rising (falling) order, and where they were.

        >>> import ranvier as rv
        >>> values, places = rv.tensor([3.0, 1.0, 2.0]).sort()
        >>> values, places
        (tensor([1., 2., 3.]), tensor([1, 2, 0]))
        """
        places = self.argsort(dim, descending)
        if not self.ndim:
            return MaxResult(self, places)
        return MaxResult(self._at(places._node, dim), places)

    def msort(self) -> Self:
        """Values along dimension 0 in rising order."""
        return self.sort(0).values

    def topk(
        self, k: int, dim: int = -1, largest: bool = True, sorted: bool = True
    ) -> MaxResult[Self]:
        """The `k` largest (smallest) elements along `dim`, the largest (smallest)
        first, and where they were.

        >>> import ranvier as rv
        >>> rv.tensor([3.0, 1.0, 2.0]).topk(2).indices
        tensor([0, 2])
        """
        x = self if self.ndim else self.reshape(1)
        d, n = self._extent("topk", dim)
        k = ops.integer(k, "topk", "k")
        if not 0 <= k <= n:
            raise ShapeError(f"topk: k is {k} for {n} elements along dimension {d}.")
        places = x.argsort(d, largest)._slice(d, 0, k)
        values = x._at(places._node, d)
        if self.ndim:
            return MaxResult(values, places)
        return MaxResult(values.reshape(()), places.reshape(()))

    def _extent(self, what: str, dim: int) -> tuple[int, int]:
        """The dimension and its size; without dimensions there is one element."""
        d = ops.axis(dim, self.ndim, what)
        return d, self.shape[d] if self.ndim else 1

    def kthvalue(self, k: int, dim: int = -1, keepdim: bool = False) -> MaxResult[Self]:
        """The `k`-th smallest element along `dim` (k = 1 is the smallest), and where it
        was.
        """
        d, n = self._extent("kthvalue", dim)
        k = ops.integer(k, "kthvalue", "k")
        if not 1 <= k <= n:
            raise ShapeError(
                f"kthvalue: k is {k} for {n} elements along dimension {d}; it is 1 to "
                f"{n}."
            )
        if not self.ndim:
            return MaxResult(self.clone(), self._new(ops.const(0, dtypes.int64)))
        places = self.argsort(d)._slice(d, k - 1, k)
        return self._one_of(places._node, d, keepdim)

    def _one_of(self, places: Node, d: int, keepdim: bool) -> MaxResult[Self]:
        """The elements at `places`, which has size 1 in `d`."""
        values = self._at(places, d)
        if keepdim:
            return MaxResult(values, self._new(places))
        return MaxResult(
            self._new(ops.drop(values._node, (d,))), self._new(ops.drop(places, (d,)))
        )

    # ---- median, mode, quantiles -----------------------------------------------------

    def median(self, dim: int | None = None, keepdim: bool = False) -> Any:
        """The middle one of the sorted elements, the lower one of two; NaN where one is
        among them. With `dim` the pair (values, indices).
        """
        return self._median("median", False, dim, keepdim)

    def nanmedian(self, dim: int | None = None, keepdim: bool = False) -> Any:
        """The median of what is not NaN."""
        return self._median("nanmedian", True, dim, keepdim)

    def _median(
        self, what: str, skips: bool, dim: int | None, keepdim: bool
    ) -> Self | MaxResult[Self]:
        if dim is None:
            x = self.ravel()
            middle = x._median(what, skips, 0, True) if x.numel() else None
            if not isinstance(middle, MaxResult):
                return self._new(ops.expand(self._lift([float("nan")])._node, (1,)))[0]
            return self._new(_shared(x._node, middle.values._node))
        d, n = self._extent(what, dim)
        if not self.ndim:
            return MaxResult(self.clone(), self._new(ops.const(0, dtypes.int64)))
        if not n:
            raise ShapeError(f"{what}: dimension {dim} of {self.shape} is empty.")
        order = self.argsort(d)._node
        place = ops.expand(
            _middle(ops.detach(self._node), d, skips), _with(self.shape, d, 1)
        )
        return self._one_of(picking.picked(order, d, place), d, keepdim)

    def mode(self, dim: int = -1, keepdim: bool = False) -> MaxResult[Self]:
        """The most frequent element along `dim`, the smallest of several, and the last
        place where it stands.
        """
        d, n = self._extent("mode", dim)
        if not self.ndim:
            return MaxResult(self.clone(), self._new(ops.const(0, dtypes.int64)))
        if not n:
            raise ShapeError(f"mode: dimension {dim} of {self.shape} is empty.")
        order = self.argsort(d)
        x = self._new(ops.detach(self._at(order._node, d)._node))
        same = x._slice(d, 1, n).eq(x._slice(d, 0, n - 1))
        first = self._new(
            ops.pad(ops.cast(same._node, dtypes.int64), _front(x.shape, d))
        )
        place = self._new(_places(n, d, self.ndim))
        start = self._new(
            ops.where(first.ne(0)._node, ops.const(-1, dtypes.int64), place._node)
        )
        length = place - start.cummax(d).values
        at = length.argmax(d, True)._node
        return self._one_of(picking.picked(order._node, d, at), d, keepdim)

    def quantile(
        self,
        q: Any,
        dim: int | None = None,
        keepdim: bool = False,
        *,
        interpolation: str = "linear",
    ) -> Self:
        """The value below which the share `q` of the elements lies, between the two
        nearest by "linear", "lower", "higher", "midpoint" or "nearest" `interpolation`.
        Several q (a tensor of one dimension) become dimension 0.

        >>> import ranvier as rv
        >>> rv.arange(5.0).quantile(0.5)
        tensor(2.)
        """
        return self._quantile("quantile", q, dim, keepdim, interpolation)

    def nanquantile(
        self,
        q: Any,
        dim: int | None = None,
        keepdim: bool = False,
        *,
        interpolation: str = "linear",
    ) -> Self:
        """The quantile of what is not NaN."""
        return self._quantile("nanquantile", q, dim, keepdim, interpolation)

    def _quantile(
        self, what: str, q: Any, dim: int | None, keepdim: bool, way: str
    ) -> Self:
        shares = self._lift(q)
        if not self.dtype.is_float:
            raise DTypeError(f"{what} of {self.dtype.name}; use .float() first.")
        if shares.ndim > 1:
            raise ShapeError(f"{what}: q of shape {shares.shape}; one dimension.")
        if isinstance(q, (int, float)) and not 0 <= q <= 1:
            raise ValueRangeError(f"{what}: q is {q}; it lies in 0 to 1.")
        x = self.movedim(dim, -1) if dim is not None and self.ndim else self.ravel()
        if not x.shape[-1]:
            raise ShapeError(f"{what} of an empty dimension of {self.shape}.")
        row = ops.reshape(ops.cast(shares._node, self.dtype), (shares.numel(),))
        out = self._new(_between(x.sort(-1).values._node, row, what[0] == "n", way))
        if keepdim:
            d = ops.axis(dim, self.ndim, what) if dim is not None else 0
            kept = _with(self.shape, d, 1) if dim is not None else (1,) * self.ndim
            out = out.movedim(-1, 0).reshape(shares.numel(), *kept)
        else:
            out = out.movedim(-1, 0)
        return out if shares.ndim else out.select(0, 0)

    # ---- of equal elements -----------------------------------------------------------

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


def _with(shape: tuple[int, ...], d: int, n: int) -> tuple[int, ...]:
    return (*shape[:d], n, *shape[d + 1 :])


def _front(shape: tuple[int, ...], d: int) -> tuple[tuple[int, int, int], ...]:
    """One 0 before everything along `d`."""
    return tuple((int(i == d), 0, 0) for i in range(len(shape)))


def _places(n: int, d: int, rank: int) -> Node:
    return ops.reshape(ops.iota(n), (n,) + (1,) * (rank - d - 1))


def _shared(x: Node, value: Node) -> Node:
    """`value`, one of `x`, so that equal ones share its gradient; NaN as it is."""
    found = ops.detach(ops.reshape(value, ()))
    hit = ops.where(ops.eq(x, found), x, ops.like(x, _lowest(x)))
    return ops.where(ops.ne(found, found), found, ops.amax(hit, 0))


def _lowest(x: Node) -> float:
    if x.dtype.is_float:
        return -np.inf
    return int(np.iinfo(x.dtype.np).min)


def _middle(x: Node, d: int, skips: bool) -> Node:
    """Where the median stands among the sorted elements: behind all numbers where it is
    NaN, or in the middle of the numbers.
    """
    n = ops.const(x.shape[d], dtypes.int64)
    one, two = ops.const(1, dtypes.int64), ops.const(2.0, dtypes.float64)
    numbers = ops.total(ops.eq(x, x), d, True)
    count = numbers if skips else ops.like(numbers, x.shape[d])
    wide = ops.cast(ops.sub(count, one), dtypes.float64)
    half = ops.cast(ops.floor(ops.div(wide, two)), dtypes.int64)
    whole = ops.gt(numbers, ops.like(numbers, 0)) if skips else ops.eq(numbers, n)
    return ops.where(whole, half, ops.like(half, 0 if skips else x.shape[d] - 1))


def _between(x: Node, q: Node, skips: bool, way: str) -> Node:
    """Quantiles of sorted rows, as a new last dimension."""
    ways = ("linear", "lower", "higher", "midpoint", "nearest")
    if way not in ways:
        raise ValueRangeError(
            f"quantile: interpolation is {way!r}; expected one of {', '.join(ways)}."
        )
    d, n = len(x.shape) - 1, x.shape[-1]
    numbers = ops.cast(ops.total(ops.eq(x, x), d, True), x.dtype)
    last = ops.sub(numbers, ops.like(x, 1.0))
    rank = ops.mul(q, ops.maximum(last, ops.like(x, 0.0)))
    if not skips:  # NaN is sorted behind all numbers
        some = ops.lt(numbers, ops.like(x, float(n)))
        rank = ops.where(some, ops.like(x, n - 1.0), ops.mul(q, ops.like(x, n - 1.0)))
        rank = ops.expand(rank, (*x.shape[:-1], q.shape[0]))
    if way in ("lower", "higher", "nearest"):
        whole = {"lower": ops.floor, "higher": ops.ceil, "nearest": ops.rint}[way]
        return picking.picked(x, d, ops.cast(whole(rank), dtypes.int64))
    low, high = ops.floor(rank), ops.ceil(rank)
    a = picking.picked(x, d, ops.cast(low, dtypes.int64))
    b = picking.picked(x, d, ops.cast(high, dtypes.int64))
    w = ops.like(x, 0.5) if way == "midpoint" else ops.sub(rank, low)
    return ops.add(a, ops.mul(w, ops.sub(b, a)))
