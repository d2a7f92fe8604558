"""What a row of the table of primitives holds, and the shape arithmetic that rows
share.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ranvier import dtypes
from ranvier.dtypes import DType, promote
from ranvier.errors import DTypeError, ShapeError
from ranvier.graph import Node, Shape, grad_mode

Gradient = Callable[..., tuple[Node | None, ...]]


class Primitive(NamedTuple):
    """One row.

    numpy:  ``(attrs, *arrays) -> array``, the oracle.
    grad:   ``(g, y, *xs, attrs) -> one cotangent a source`` written with primitives
            (None: no gradient flows there). A cotangent may have the broadcast shape:
            the reverse sweep sums it back to the source's.
    lower:  how native code makes it: an instruction of `compiler.lower` for
            elementwise rows, the kind of kernel for the others.
    """

    name: str
    kind: str
    numpy: Callable[..., Any]
    grad: Gradient
    lower: str


TABLE: dict[str, Primitive] = {}

# Primitives that have a gradient rule of their own but no kernel: ``(attrs, *sources)
# -> node`` says what they are made of. The fuse stage opens them.
COMPOSITES: dict[str, Callable[..., Node]] = {}


def row(
    name: str, kind: str, numpy: Callable[..., Any], grad: Gradient, lower: str
) -> None:
    assert name not in TABLE, f"primitive {name} defined twice"
    TABLE[name] = Primitive(name, kind, numpy, grad, lower)


def node(
    op: str, srcs: tuple[Node, ...], attrs: Any, shape: Shape, dtype: DType
) -> Node:
    """A new node that requires a gradient when one of its sources does."""
    rg = False
    for src in srcs:
        if src.rg:
            rg = grad_mode.enabled and dtype.is_float
            break
    return Node(op, srcs, attrs, shape, dtype, rg)


_CONSTS: dict[tuple[Any, ...], Node] = {}


def const(value: float | int | bool, dtype: DType) -> Node:
    """A Python number inside a graph, shape (). Equal numbers share one node."""
    if dtype.is_float:
        value = float(value)  # 1 and 1.0 are one number, written in one way
    # The text tells 0.0 from -0.0 and finds nan, which is not equal to itself.
    key = (value, dtype) if value and value == value else (str(value), dtype)
    found = _CONSTS.get(key)
    if found is None:
        if len(_CONSTS) > 4096:
            _CONSTS.clear()
        found = _CONSTS[key] = Node("const", (), value, (), dtype, False)
    return found


def broadcast(a: Shape, b: Shape, what: str) -> Shape:
    """The shape two shapes broadcast to.

    >>> broadcast((3, 1), (4,), "add")
    (3, 4)
    """
    if a == b:
        return a
    wide, narrow = (a, b) if len(a) >= len(b) else (b, a)
    offset = len(wide) - len(narrow)
    out = list(wide)
    for i, n in enumerate(narrow):
        m = out[offset + i]
        if m != n and n != 1:
            if m != 1:
                raise ShapeError(
                    f"{what}: shapes {a} and {b} do not broadcast: {m} ≠ {n} in "
                    f"dimension "
                    f"{offset + i - len(wide)}. Sizes must be equal or 1; reshape one "
                    f"of them, "
                    f"for example with .unsqueeze(dim) or .reshape(...)."
                )
            out[offset + i] = n
    return tuple(out)


def common(a: Node, b: Node) -> DType:
    """The type of ``a + b``; what has no dimensions does not widen what has some.

    A float64 learning rate times float32 weights is float32, as in PyTorch.
    """
    if a.dtype.order == b.dtype.order and bool(a.shape) != bool(b.shape):
        return a.dtype if a.shape else b.dtype
    return promote(a.dtype, b.dtype)


def integer(value: Any, what: str, name: str) -> int:
    """An argument that must be a whole number."""
    try:
        return operator.index(value)
    except TypeError:
        raise DTypeError(
            f"{what}: {name} is {value!r:.60}; expected an integer."
        ) from None


def axis(dim: int, rank: int, what: str) -> int:
    """A dimension number in 0..rank-1, negative numbers counted from the end."""
    if type(dim) is not int:
        dim = integer(dim, what, "dim")
    if not -rank <= dim < rank and not (rank == 0 and dim in (0, -1)):
        raise ShapeError(
            f"{what}: dimension {dim} of a tensor with {rank} dimensions; "
            f"expected {-rank} to {rank - 1}."
        )
    return dim % rank if rank else 0


def axes(dims: int | Sequence[int] | None, rank: int, what: str) -> tuple[int, ...]:
    """Sorted dimension numbers; None means all."""
    if dims is None:
        return tuple(range(rank))
    if rank == 0:
        for dim in dims if isinstance(dims, (tuple, list)) else (dims,):
            axis(dim, rank, what)
        return ()
    if not isinstance(dims, (tuple, list)):
        return (axis(dims, rank, what),)  # type: ignore[arg-type]
    out = tuple(sorted(axis(d, rank, what) for d in dims))
    if len(set(out)) != len(out):
        raise ShapeError(f"{what}: dimension given twice in {tuple(dims)}.")
    return out


def floating(x: Node) -> Node:
    """`x`, or as the default type when it holds integers or booleans."""
    return x if x.dtype.is_float else cast(x, dtypes.default.float)


def cast(x: Node, dtype: DType) -> Node:
    """`x` with another number type; float to integer truncates toward zero."""
    if x.dtype is dtype:
        return x
    if x.op == "const":
        value = x.attrs
        return const(
            float(value)
            if dtype.is_float
            else bool(value)
            if dtype.order == 0
            else int(value),
            dtype,
        )
    return node("cast", (x,), dtype, x.shape, dtype)
