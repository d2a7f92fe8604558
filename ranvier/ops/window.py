"""Windows over an array: `window` shows them as a view, `fold` adds them up again, and
`window_max` takes the largest element of each.
"""

from __future__ import annotations

import itertools
import math
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ranvier import dtypes
from ranvier.errors import ShapeError
from ranvier.graph import Node, Shape
from ranvier.ops.elementwise import either, eq, like, ne, sub, where
from ranvier.ops.movement import pad, reshape
from ranvier.ops.primitive import COMPOSITES, cast, const, node, row
from ranvier.ops.reduce import amax, amin, iota, total


class Slide(NamedTuple):
    """How a window goes along one dimension: `size` elements that lie `dilation` apart;
    the next window begins `step` further on.
    """

    size: int
    step: int = 1
    dilation: int = 1

    @property
    def reach(self) -> int:
        """Places from the first element of a window to its last, both counted."""
        return self.dilation * (self.size - 1) + 1

    def count(self, n: int) -> int:
        """How many windows `n` places hold."""
        return (n - self.reach) // self.step + 1 if n >= self.reach else 0


Windows = tuple[Slide | None, ...]


def window(x: Node, windows: Windows) -> Node:
    """Each dimension with a Slide becomes two, which window and which element of it:
    ``y[…, o, i, …] = x[…, o * step + i * dilation, …]``.
    """
    return node("window", (x,), windows, _opened(x.shape, windows), x.dtype)


def fold(g: Node, windows: Windows, shape: Shape) -> Node:
    """Windows added up where they lie in `shape`: the transpose of `window`."""
    if disjoint(shape, windows):
        return reshape(g, shape)
    inner = _inner(windows)
    if g.op == "expand" and g.srcs[0].shape == _kept(g.shape, inner):
        first = reshape(g.srcs[0], _shut(g.shape, inner))
        return total(_containing(first, windows, shape), inner)
    return node("fold", (g,), (windows, shape), shape, g.dtype)


def window_max(x: Node, windows: Windows) -> Node:
    """The largest element of each window, NaN where one is among them; its gradient
    goes to the first of equals.
    """
    shape = _shut(_opened(x.shape, windows), _inner(windows))
    return node("window_max", (x,), windows, shape, x.dtype)


def window_argmax(x: Node, y: Node, windows: Windows) -> Node:
    """int32 number, in its window, of the first element equal to the maximum `y`."""
    return reshape(_first(x, y, windows), y.shape)


def _opened(shape: Shape, windows: Windows) -> Shape:
    out: list[int] = []
    for n, w in zip(shape, windows, strict=True):
        out += [n] if w is None else [w.count(n), w.size]
    if 0 in out and 0 not in shape:
        raise ShapeError(
            f"window: {shape} is smaller than a window of "
            f"{tuple(w.reach for w in windows if w)}."
        )
    return tuple(out)


def _inner(windows: Windows) -> tuple[int, ...]:
    """The dimensions inside windows, in the shape that `window` gives."""
    found, at = [], 0
    for w in windows:
        at += 1 if w is None else 2
        if w is not None:
            found.append(at - 1)
    return tuple(found)


def _shut(shape: Shape, inner: tuple[int, ...]) -> Shape:
    return tuple(n for d, n in enumerate(shape) if d not in inner)


def _kept(shape: Shape, inner: tuple[int, ...]) -> Shape:
    return tuple(1 if d in inner else n for d, n in enumerate(shape))


def disjoint(shape: Shape, windows: Windows) -> bool:
    """Whether the windows lie side by side and fill `shape`: a mere reshape."""
    return all(
        w is None or (w.dilation == 1 and w.step == w.size and n % w.size == 0)
        for n, w in zip(shape, windows, strict=True)
    )


def _places(windows: Windows, opened: Shape) -> Node:
    """int32 number of each element in its window, row-major."""
    inner = _inner(windows)
    shape = tuple(n if d in inner else 1 for d, n in enumerate(opened))
    return cast(reshape(iota(math.prod(shape)), shape), dtypes.int32)


def _first(x: Node, y: Node, windows: Windows) -> Node:
    """The number of the first maximum, dimensions inside windows kept as 1."""
    over, inner = window(x, windows), _inner(windows)
    top = reshape(y, _kept(over.shape, inner))
    hit = eq(over, top)
    if x.dtype.is_float:  # the maximum is NaN where one is among them
        hit = either(hit, ne(over, over))
    places = _places(windows, over.shape)
    return amin(where(hit, places, const(2**31 - 1, dtypes.int32)), inner, True)


def _containing(g: Node, windows: Windows, shape: Shape, spread: float = 0.0) -> Node:
    """For each place of `shape` the values in `g` of the windows that may contain it,
    the window's last element first; `spread` where there is none.

    A view of `g` with room around and between: no array of windows is ever stored.
    """
    parts: list[tuple[int, int, int]] = []
    slides: list[Slide | None] = []
    for n, count, w in zip(shape, g.shape, windows, strict=True):
        if w is None:
            parts.append((0, 0, 0))
            slides.append(None)
        else:
            after = n - 1 - (count - 1) * w.step
            parts.append((w.reach - 1, after, w.step - 1))
            slides.append(Slide(w.size, 1, w.dilation))
    return window(pad(g, tuple(parts), spread), tuple(slides))


def _max_grad(g: Node, y: Node, x: Node, attrs: Windows) -> tuple[Node]:
    """To the first maximum of each window, found again from x and y."""
    first = _first(x, y, attrs)
    inner = _inner(attrs)
    opened = _opened(x.shape, attrs)
    places = _places(attrs, opened)
    zero = like(g, 0.0)
    if disjoint(x.shape, attrs):
        kept = reshape(g, first.shape)
        return (reshape(where(eq(places, first), kept, zero), x.shape),)
    winners = _containing(reshape(first, y.shape), attrs, x.shape, -1)
    given = _containing(g, attrs, x.shape)
    last = const(math.prod(opened[d] for d in inner) - 1, dtypes.int32)
    mine = eq(winners, sub(last, places))
    return (total(where(mine, given, zero), inner),)


def _max_made(attrs: Windows, x: Node) -> Node:
    """The maximum over a view of the windows."""
    y = amax(window(x, attrs), _inner(attrs), True)
    return reshape(y, _shut(y.shape, _inner(attrs)))


# ---- NumPy ---------------------------------------------------------------------------


def _window_numpy(attrs: Windows, x: Any) -> Any:
    if disjoint(x.shape, attrs):
        return x.reshape(_opened(x.shape, attrs))
    steps: list[int] = []
    for s, w in zip(x.strides, attrs, strict=True):
        steps += [s] if w is None else [s * w.step, s * w.dilation]
    return as_strided(x, _opened(x.shape, attrs), tuple(steps), writeable=False)


def _max_numpy(attrs: Windows, x: Any) -> Any:
    return _window_numpy(attrs, x).max(axis=_inner(attrs))


def _fold_numpy(attrs: tuple[Windows, Shape], g: Any) -> Any:
    windows, shape = attrs
    out = np.zeros(shape, g.dtype)
    slides = [w for w in windows if w is not None]
    for places in itertools.product(*(range(w.size) for w in slides)):
        at = iter(places)
        chosen: list[Any] = []
        written: list[Any] = []
        for n, w in zip(shape, windows, strict=True):
            chosen.append(slice(None))
            if w is None:
                written.append(slice(None))
            else:
                i = next(at)
                chosen.append(i)
                start = i * w.dilation
                stop = start + (w.count(n) - 1) * w.step + 1
                written.append(slice(start, stop, w.step))
        out[tuple(written)] += g[tuple(chosen)]
    return out


def _window_grad(g: Node, y: Node, x: Node, attrs: Windows) -> tuple[Node]:
    return (fold(g, attrs, x.shape),)


def _fold_grad(g: Node, y: Node, x: Node, attrs: tuple[Windows, Shape]) -> tuple[Node]:
    return (window(g, attrs[0]),)


row("window", "view", _window_numpy, _window_grad, "view")
row("fold", "move", _fold_numpy, _fold_grad, "fold")
row("window_max", "composite", _max_numpy, _max_grad, "amax")
COMPOSITES["window_max"] = _max_made
