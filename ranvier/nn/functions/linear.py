"""Products with a weight as functions."""

from __future__ import annotations

from ranvier import ops
from ranvier.errors import LayerShapeError
from ranvier.nn.functions import checks
from ranvier.tensor import Tensor, _wrap, no_tensor


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x Wᵀ + b: (…, in) with W (out, in) and b (out) → (…, out)."""
    try:
        y = ops.matmul(input._node, ops.swap(weight._node))
    except AttributeError as error:
        raise no_tensor("linear", error) from None
    return _wrap(y if bias is None else ops.add(y, bias._node))


def bilinear(
    input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None
) -> Tensor:
    """y_k = x1ᵀ W_k x2 + b_k: (…, in1) and (…, in2) with W (out, in1, in2) and b (out)
    → (…, out).

    Raises LayerShapeError where sizes do not fit, DTypeError where types differ.

    >>> import ranvier as rv
    >>> w = rv.ones(1, 2, 3)
    >>> rv.nn.functional.bilinear(rv.ones(4, 2), rv.ones(4, 3), w).shape
    (4, 1)
    """
    x, z = checks.node("bilinear", input1), checks.node("bilinear", input2)
    w = checks.node("bilinear", weight)
    checks.one_type("bilinear", x, weight, bias)
    checks.one_type("bilinear", z, weight)
    out, *sizes = w.shape
    for i, (value, n) in enumerate(zip((x, z), sizes, strict=True)):
        if not value.shape or value.shape[-1] != n:
            reason = f"the last dimension of input{i + 1} ≠ {n}"
            remedy = f"weights of shape {(out, x.shape[-1:], z.shape[-1:])}"
            raise LayerShapeError("bilinear", value.shape, reason, remedy)
    if x.shape[:-1] != z.shape[:-1]:
        reason = f"the dimensions in front differ from those of {z.shape}"
        raise LayerShapeError("bilinear", x.shape, reason, "inputs of one batch")
    n1, n2 = sizes
    # (…, 1, in1) @ (in1, out in2) → (…, out, in2), then with x2 over in2
    wide = ops.reshape(ops.permute(w, (1, 0, 2)), (n1, out * n2))
    left = ops.reshape(ops.matmul(x, wide), (*x.shape[:-1], out, n2))
    right = ops.reshape(z, (*z.shape[:-1], 1, n2))
    y = ops.total(ops.mul(left, right), -1)
    return _wrap(y if bias is None else ops.add(y, bias._node))
