"""Attention as a function: softmax(Q Kᵀ / √E + mask) V."""

from __future__ import annotations

import math
from typing import Any

from ranvier import ops
from ranvier.errors import DTypeError, ShapeError, ValueRangeError
from ranvier.graph import Node
from ranvier.nn.functions import checks
from ranvier.nn.functions.dropout import dropped
from ranvier.nn.functions.resize import repeated
from ranvier.nn.functions.softmax import shares
from ranvier.tensor import Tensor, _wrap

WHAT = "scaled_dot_product_attention"


def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """softmax(s Q Kᵀ + mask) V, with s = 1/√E unless `scale` is given (Vaswani et al.
    2017, arXiv:1706.03762).

    Shapes: Q (…, L, E), K (…, S, E), V (…, S, Eᵥ) → (…, L, Eᵥ). `attn_mask` broadcasts
    to (…, L, S): boolean, True where attention is paid, or floating point and added;
    ``is_causal`` lets place i see places 0 … i. A row that may see nothing gives 0.
    With ``dropout_p`` weights are dropped, always. ``enable_gqa`` repeats the heads of
    K and V as often as Q needs them. Raises ShapeError, DTypeError and ValueRangeError.

    >>> import ranvier as rv
    >>> q, v = rv.zeros(1, 3, 4), rv.arange(3.0).reshape(1, 3, 1)
    >>> F = rv.nn.functional
    >>> F.scaled_dot_product_attention(q, q, v, is_causal=True).flatten()
    tensor([0.0000, 0.5000, 1.0000])
    """
    q, k, v = (checks.node(WHAT, x) for x in (query, key, value))
    checks.floats(WHAT, q)
    _check(q, k, v)
    if attn_mask is not None and is_causal:
        raise ValueRangeError(f"{WHAT}: attn_mask and is_causal=True; give one.")
    if enable_gqa:
        k, v = (_as_many_heads(q, x) for x in (k, v))
    mask = None if attn_mask is None else checks.node(WHAT, attn_mask)
    if is_causal:
        mask = causal(q.shape[-2], k.shape[-2])
    weights = attention_weights(WHAT, q, k, mask, scale)
    p = checks.probability(dropout_p, WHAT)
    if p:
        weights = dropped(weights, weights.shape, p)
    return _wrap(ops.matmul(weights, v))


def _check(q: Node, k: Node, v: Node) -> None:
    shapes = (q.shape, k.shape, v.shape)
    if min(map(len, shapes)) < 2:
        raise ShapeError(f"{WHAT}: {shapes}; each needs at least two dimensions.")
    if q.shape[-1] != k.shape[-1] or k.shape[-2] != v.shape[-2]:
        raise ShapeError(
            f"{WHAT}: query {q.shape}, key {k.shape}, value {v.shape}; expected "
            "(…, L, E), (…, S, E), (…, S, Ev)."
        )
    if not q.dtype is k.dtype is v.dtype:
        names = ", ".join(x.dtype.name for x in (q, k, v))
        raise DTypeError(f"{WHAT}: query, key and value hold {names}; use one type.")


def _as_many_heads(q: Node, x: Node) -> Node:
    heads, have = q.shape[-3], x.shape[-3]
    if heads % have:
        raise ShapeError(
            f"{WHAT}: {have} heads of key and value do not divide the {heads} of the "
            "query."
        )
    return repeated(x, len(x.shape) - 3, heads // have)


def causal(rows: int, columns: int) -> Node:
    """True where column j <= row i."""
    return ops.ge(ops.reshape(ops.iota(rows), (rows, 1)), ops.iota(columns))


def attention_weights(
    what: str, q: Node, k: Node, mask: Node | None, scale: float | None = None
) -> Node:
    """softmax(s q kᵀ + mask); 0 in a row that may see nothing."""
    s = 1 / math.sqrt(q.shape[-1]) if scale is None and q.shape[-1] else scale or 0.0
    scores = ops.matmul(ops.mul(q, ops.like(q, float(s))), ops.swap(k))
    if mask is None:
        return shares(scores, len(scores.shape) - 1)
    try:
        fits = ops.broadcast(scores.shape, mask.shape, what) == scores.shape
    except ShapeError:
        fits = False
    if not fits:
        raise ShapeError(
            f"{what}: a mask of shape {mask.shape} for weights of {scores.shape}; it "
            "must broadcast to them."
        )
    return masked_shares(masked(what, scores, mask))


def masked(what: str, scores: Node, mask: Node) -> Node:
    """-∞ where a boolean mask is False; plus a floating point one."""
    if mask.dtype.order == 0:
        return ops.where(mask, scores, ops.like(scores, -math.inf))
    if not mask.dtype.is_float:
        raise DTypeError(
            f"{what}: a mask of {mask.dtype.name}; it is boolean or floating point. "
            "Use mask.bool()."
        )
    return ops.add(scores, ops.cast(mask, scores.dtype))


def masked_shares(scores: Node) -> Node:
    """Softmax over the last dimension, 0 where all of it is -∞."""
    d: Any = len(scores.shape) - 1
    if 0 in scores.shape:
        return scores
    top = ops.detach(ops.amax(scores, d, True))
    none = ops.eq(top, ops.like(top, -math.inf))
    e = ops.exp(ops.sub(scores, ops.where(none, ops.like(top, 0.0), top)))
    total = ops.total(e, d, True)
    return ops.div(e, ops.where(none, ops.like(total, 1.0), total))
