"""The matrix product."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ranvier.dtypes import promote
from ranvier.errors import DTypeError, ShapeError
from ranvier.graph import Node
from ranvier.ops.movement import reshape, swap
from ranvier.ops.primitive import broadcast, cast, node, row


def matmul(a: Node, b: Node) -> Node:
    """``C = A B`` over the last two dimensions, the ones in front broadcast; vectors as
    in PyTorch.
    """
    if not a.shape or not b.shape:
        raise ShapeError(
            f"matmul: got shapes {a.shape} and {b.shape}; both need at least one "
            f"dimension. "
            "Use * to multiply by a number."
        )
    if len(a.shape) == 1 or len(b.shape) == 1:
        return _with_vector(a, b)
    m, k = a.shape[-2:]
    k2, n = b.shape[-2:]
    if k != k2:
        raise ShapeError(
            f"matmul: {a.shape} @ {b.shape}: the inner sizes differ, {k} ≠ {k2}. "
            "The last dimension of the left must equal the last but one of the right; "
            "transpose one of them with .T or .transpose(-1, -2)."
        )
    dtype = promote(a.dtype, b.dtype)
    if dtype.name == "bool":
        raise DTypeError("matmul: both sides are boolean; convert one with .float().")
    a, b = cast(a, dtype), cast(b, dtype)
    if len(b.shape) == 2 and len(a.shape) > 2:
        rows = reshape(a, (math.prod(a.shape[:-1]), k))
        return reshape(matmul(rows, b), (*a.shape[:-1], n))
    shape = (*broadcast(a.shape[:-2], b.shape[:-2], "matmul"), m, n)
    return node("matmul", (a, b), None, shape, dtype)


def _with_vector(a: Node, b: Node) -> Node:
    if len(a.shape) == 1 and len(b.shape) == 1:
        if a.shape != b.shape:
            raise ShapeError(
                f"matmul: vectors of {a.shape[0]} and {b.shape[0]} elements."
            )
        return reshape(
            matmul(reshape(a, (1, a.shape[0])), reshape(b, (b.shape[0], 1))), ()
        )
    if len(a.shape) == 1:
        out = matmul(reshape(a, (1, a.shape[0])), b)
        return reshape(out, (*out.shape[:-2], out.shape[-1]))
    out = matmul(a, reshape(b, (b.shape[0], 1)))
    return reshape(out, out.shape[:-1])


def _numpy(attrs: Any, a: Any, b: Any) -> Any:
    with np.errstate(all="ignore"):
        return np.matmul(a, b)


def _grad(g: Node, y: Node, a: Node, b: Node, attrs: Any) -> tuple[Node | None, ...]:
    """dA = g Bᵀ, dB = Aᵀ g."""
    return (matmul(g, swap(b)) if a.rg else None, matmul(swap(a), g) if b.rg else None)


row("matmul", "matmul", _numpy, _grad, "matmul")
