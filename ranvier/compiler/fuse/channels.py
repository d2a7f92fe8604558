"""Rules that keep images channels last.

A convolution makes (N, *P, C) and shows it as (N, C, *P) through a permute. What is
computed from it element by element, reduced, padded or cut is computed channels last
too, and shown through the same permute, so that the layout changes at the borders of a
region only: where something else, such as a matrix product, needs another order.
"""

from __future__ import annotations

from ranvier import ops
from ranvier.compiler.fuse.rewriting import Rewriting
from ranvier.graph import Node, Shape
from ranvier.ops.conv import Window, span

FAR = 1024  # bytes between places from which on they crowd each other in the cache
LINE = 64  # bytes


def channels_second(rank: int) -> tuple[int, ...]:
    """The permute from channels last to channels second.

    >>> channels_second(4)
    (0, 3, 1, 2)
    """
    return (0, rank - 1, *range(1, rank - 1))


def _shown(x: Node) -> bool:
    """Whether `x` is an array with channels last, shown with channels second."""
    return (
        x.op == "permute"
        and len(x.shape) > 2
        and x.attrs == channels_second(len(x.shape))
    )


def _show(r: Rewriting, x: Node) -> Node:
    order = channels_second(len(x.shape))
    shape = tuple(x.shape[i] for i in order)
    return r.make("permute", (x,), order, shape, x.dtype)


def _hide(r: Rewriting, x: Node, rank: int) -> Node:
    """`x` (broadcast to `rank` dimensions) with channels last."""
    if not x.shape:
        return x
    wide: Shape = (1,) * (rank - len(x.shape)) + x.shape
    x = r.make("reshape", (x,), wide, wide, x.dtype)
    order = (0, *range(2, rank), 1)
    shape = tuple(wide[i] for i in order)
    return r.make("permute", (x,), order, shape, x.dtype)


def elementwise(r: Rewriting, n: Node) -> Node | None:
    """f(show(x), …) = show(f(x, …)), unless state of the program, which lies as the
    user sees it, is among the sources.
    """
    if ops.TABLE[n.op].kind != "elementwise":
        return None
    if not any(_shown(s) and s.shape == n.shape for s in n.srcs):
        return None
    rank = len(n.shape)
    full = [s for s in n.srcs if s.shape == n.shape and not _shown(s)]
    # With three dimensions the permute is its own inverse: what is hidden would be
    # taken for shown, and the rule would go round in circles.
    if any(map(_given, full)) or (full and rank == 3):
        return None
    srcs = tuple(_hide(r, s, rank) for s in n.srcs)
    shape = tuple(n.shape[i] for i in (0, *range(2, rank), 1))
    return _show(r, r.make(n.op, srcs, n.attrs, shape, n.dtype))


def alike(r: Rewriting, n: Node) -> Node | None:
    """f(permute(x), permute(y)) = permute(f(x, y)), for any one order: weights and
    their gradients that lie in the same order are not turned over.
    """
    if ops.TABLE[n.op].kind != "elementwise" or len(n.shape) < 3:
        return None
    full = [s for s in n.srcs if s.shape == n.shape and s.shape]
    if not full or any(s.shape for s in n.srcs if s not in full):
        return None
    order = full[0].attrs
    if any(s.op != "permute" or s.attrs != order for s in full):
        return None
    srcs = tuple(s.srcs[0] if s in full else s for s in n.srcs)
    shape = full[0].srcs[0].shape
    made = r.make(n.op, srcs, n.attrs, shape, n.dtype)
    return r.make("permute", (made,), order, n.shape, n.dtype)


def _given(x: Node) -> bool:
    """Whether `x` is an input of the program, or a view of one."""
    while x.srcs and ops.TABLE[x.op].kind == "view":
        x = x.srcs[0]
    return x.op == "input"


def reduction(r: Rewriting, n: Node) -> Node | None:
    """Σ over dimensions of show(x) = show(Σ over the same dimensions of x)."""
    if ops.TABLE[n.op].kind != "reduce" or not _shown(n.srcs[0]):
        return None
    x = n.srcs[0].srcs[0]
    order = channels_second(len(n.shape))
    over = tuple(sorted(order[d] for d in n.attrs))
    shape = tuple(1 if d in over else m for d, m in enumerate(x.shape))
    return _show(r, r.make(n.op, (x,), over, shape, n.dtype))


def moved(r: Rewriting, n: Node) -> Node | None:
    """pad, cut, flip and concat of what is shown."""
    if n.op not in ("pad", "cut", "flip", "concat") or not all(map(_shown, n.srcs)):
        return None
    order = channels_second(len(n.shape))
    if n.op == "concat":
        attrs = order[n.attrs]
    elif n.op == "flip":
        attrs = tuple(sorted(order[d] for d in n.attrs))
    else:
        attrs = _hidden(n.attrs, order)
    shape = _hidden(n.shape, order)
    return _show(
        r, r.make(n.op, tuple(s.srcs[0] for s in n.srcs), attrs, shape, n.dtype)
    )


def _hidden(values: tuple, order: tuple[int, ...]) -> tuple:  # type: ignore[type-arg]
    """One value a dimension, in the order before the permute."""
    return tuple(values[order.index(d)] for d in range(len(order)))


def cut_convolution(r: Rewriting, n: Node) -> Node | None:
    """A piece of a convolution's result is the convolution of a piece of its input."""
    if n.op != "cut" or n.srcs[0].op != "conv":
        return None
    y = n.srcs[0]
    x, w = y.srcs
    window: Window = y.attrs
    places = n.attrs[1:-1]
    if n.attrs[0] != (0, y.shape[0], 1) or n.attrs[-1] != (0, y.shape[-1], 1):
        return None
    if any(s != 1 for s in window.stride) or any(
        p[2] != 1 or p[0] >= p[1] for p in places
    ):
        return None
    reach = [span(k, d) - 1 for k, d in zip(w.shape, window.dilation, strict=False)]
    parts = (
        (0, x.shape[0], 1),
        *((a, b + e, 1) for (a, b, _), e in zip(places, reach, strict=True)),
        (0, x.shape[-1], 1),
    )
    shape = tuple(b - a for a, b, _ in parts)
    piece = r.make("cut", (x,), parts, shape, x.dtype)
    return r.make("conv", (piece, w), window, n.shape, n.dtype)


def cut_padding(r: Rewriting, n: Node) -> Node | None:
    """Zeros that are cut off again are not put there."""
    if n.op != "cut" or n.srcs[0].op != "pad" or any(p[2] != 1 for p in n.attrs):
        return None
    y = n.srcs[0]
    (x,) = y.srcs
    pads: list[tuple[int, int, int]] = []
    for (a, b, _), (before, after, between), m in zip(
        n.attrs, y.attrs, y.shape, strict=True
    ):
        less, more = before - a, after - (m - b)
        if less < 0 or more < 0:
            return None
        pads.append((less, more, between))
    return r.make("pad", (x,), tuple(pads), n.shape, n.dtype)


def pitched(r: Rewriting, n: Node) -> Node | None:
    """A padded image whose places lie a power of two apart gets a few channels more,
    which are never read: places that are a multiple of 1 KiB apart share a handful of
    places in the first cache and drive each other out.
    """
    if n.op not in ("conv", "conv_weight") or n.srcs[0].op != "pad":
        return None
    x = n.srcs[0]
    channels = x.shape[-1]
    if x.attrs[-1] != (0, 0, 0) or channels * x.dtype.itemsize % FAR:
        return None
    more = LINE // x.dtype.itemsize
    wide = (*x.shape[:-1], channels + more)
    pads = (*x.attrs[:-1], (0, more, 0))
    image = r.make("pad", x.srcs, pads, wide, x.dtype)
    parts = tuple((0, size, 1) for size in x.shape)
    # Not `make`: the rule that cuts zeros off again would undo it.
    shown = Node("cut", (image,), parts, x.shape, x.dtype, False)
    shown = r.known.setdefault(("cut", (image,), parts, x.shape, x.dtype), shown)
    return r.make(n.op, (shown, n.srcs[1]), n.attrs, n.shape, n.dtype)
