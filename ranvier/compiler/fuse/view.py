"""Where the elements of a node lie: an offset and strides into the memory of another
node.
"""

from __future__ import annotations

from typing import NamedTuple

from ranvier.graph import Node, Shape


class View(NamedTuple):
    """Element (i, j, …) of a node is at ``offset + i * strides[0] + j * strides[1] +
    …`` of `root`: a node with memory, or one that is computed from the position (iota,
    uniform).
    """

    root: Node
    offset: int
    strides: tuple[int, ...]

    @staticmethod
    def whole(node: Node) -> View:
        """The node's own memory."""
        return View(node, 0, View.steps(node.shape))

    @staticmethod
    def steps(shape: Shape) -> tuple[int, ...]:
        """Row-major strides.

        >>> View.steps((2, 3, 4))
        (12, 4, 1)
        """
        strides, step = [], 1
        for n in reversed(shape):
            strides.append(step)
            step *= n
        return tuple(reversed(strides))

    @staticmethod
    def spread(shape: Shape, strides: tuple[int, ...], to: Shape) -> tuple[int, ...]:
        """Strides over the dimensions of `to`: 0 where a size of 1 is repeated."""
        front = len(to) - len(shape)
        return (0,) * front + tuple(
            0 if n == 1 and m != 1 else s
            for n, s, m in zip(shape, strides, to[front:], strict=True)
        )


def through(node: Node, source: View) -> View | None:
    """The view of a movement node, given that of its source; None where a copy is
    needed.
    """
    shape, old = node.srcs[0].shape, source.strides
    if node.op == "reshape":
        strides = restride(shape, old, node.shape)
        return None if strides is None else source._replace(strides=strides)
    if node.op == "permute":
        return source._replace(strides=tuple(old[i] for i in node.attrs))
    if node.op == "expand":
        return source._replace(strides=View.spread(shape, old, node.shape))
    if node.op == "cut":
        offset = source.offset + sum(
            p[0] * s for p, s in zip(node.attrs, old, strict=True)
        )
        strides = tuple(p[2] * s for p, s in zip(node.attrs, old, strict=True))
        return View(source.root, offset, strides)
    if node.op == "window":
        steps: list[int] = []
        for s, w in zip(old, node.attrs, strict=True):
            steps += [s] if w is None else [s * w.step, s * w.dilation]
        return source._replace(strides=tuple(steps))
    assert node.op == "flip", node.op
    offset = source.offset + sum((shape[d] - 1) * old[d] for d in node.attrs)
    strides = tuple(-s if d in node.attrs else s for d, s in enumerate(old))
    return View(source.root, offset, strides)


def restride(
    shape: Shape, strides: tuple[int, ...], to: Shape
) -> tuple[int, ...] | None:
    """Strides of a reshape without moving anything, or None.

    >>> restride((4, 6), (6, 1), (2, 2, 6))
    (12, 6, 1)
    """
    if 0 in shape:
        return View.steps(to)
    runs = _runs(shape, strides)
    out: list[int] = []
    rest = [n for n in to if n != 1]
    for size, step in runs:
        taken: list[int] = []
        while rest and size > 1:
            n = rest.pop(0)
            if size % n:
                return None
            size //= n
            taken.append(size * step)
        if size != 1:
            return None
        out += taken
    found = iter(out)
    return tuple(next(found) if n != 1 else 0 for n in to)


def _runs(shape: Shape, strides: tuple[int, ...]) -> list[tuple[int, int]]:
    """(size, step of the last element) of groups of dimensions that lie one behind the
    other.
    """
    runs: list[tuple[int, int]] = []
    for n, s in zip(shape, strides, strict=True):
        if n == 1:
            continue
        if runs and runs[-1][1] == n * s:
            runs[-1] = (runs[-1][0] * n, s)
        else:
            runs.append((n, s))
    return runs
