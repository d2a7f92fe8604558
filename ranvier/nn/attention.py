"""Attention with several heads."""

from __future__ import annotations

import math
from typing import Any

import ranvier.nn.init as init
from ranvier import ops
from ranvier.errors import DTypeError, LayerShapeError, ShapeError, ValueRangeError
from ranvier.graph import Node
from ranvier.nn.dropout import Dropout
from ranvier.nn.functions import checks
from ranvier.nn.functions.attention import attention_weights
from ranvier.nn.linear import Linear
from ranvier.nn.module import Module
from ranvier.nn.parameter import Parameter
from ranvier.tensor import Tensor, _wrap
from ranvier.tensors.creation import check_device, empty


class MultiheadAttention(Module):
    """Concat(head_1, …, head_h) Wᴼ with head_i = softmax(Q_i K_iᵀ / √d + mask) V_i; Q,
    K and V are products of the query, key and value with weights that are learnt
    (Vaswani et al. 2017, arXiv:1706.03762).

    Shapes: query (L, N, embed_dim), key (S, N, kdim), value (S, N, vdim) → output
    (L, N, embed_dim) and weights (N, L, S), the mean over heads unless
    ``average_attn_weights=False`` gives (N, heads, L, S); with ``batch_first`` N stands
    first, without a batch it is not there.

    Boolean masks are True where attention must not be paid, floating point ones are
    added: `key_padding_mask` (N, S), `attn_mask` (L, S) or (N · heads, L, S). A row
    that may see nothing gets weights of 0. ``is_causal`` is a hint, for which PyTorch
    wants `attn_mask` too.

    Raises LayerShapeError, ShapeError and DTypeError for what does not fit.

    >>> import ranvier as rv
    >>> attention = rv.nn.MultiheadAttention(16, 4, batch_first=True)
    >>> x = rv.zeros(2, 5, 16)
    >>> y, weights = attention(x, x, x)
    >>> y.shape, weights.shape
    ((2, 5, 16), (2, 5, 5))
    """

    in_proj_weight: Parameter | None
    q_proj_weight: Parameter | None
    k_proj_weight: Parameter | None
    v_proj_weight: Parameter | None
    in_proj_bias: Parameter | None
    bias_k: Parameter | None
    bias_v: Parameter | None

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        check_device(device)
        checks.positive("MultiheadAttention", "embed_dim", embed_dim)
        checks.positive("MultiheadAttention", "num_heads", num_heads)
        if embed_dim % num_heads:
            raise ValueRangeError(
                f"MultiheadAttention: embed_dim {embed_dim} does not divide into "
                f"{num_heads} heads."
            )
        self.embed_dim = embed_dim
        self.num_heads = num_heads
        self.head_dim = embed_dim // num_heads
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self.dropout = checks.probability(dropout, "MultiheadAttention")
        self.batch_first = batch_first
        self.add_zero_attn = add_zero_attn
        self.__dict__["_dropping"] = Dropout(self.dropout)
        self._register(bias, add_bias_kv, dtype)
        self._reset_parameters()

    def _register(self, bias: bool, bias_kv: bool, dtype: Any) -> None:
        e = self.embed_dim
        one = self.kdim == e and self.vdim == e
        sizes = {"q": e, "k": self.kdim, "v": self.vdim}
        for letter, n in sizes.items():
            made = None if one else Parameter(empty(e, n, dtype=dtype))
            self.register_parameter(f"{letter}_proj_weight", made)
        made = Parameter(empty(3 * e, e, dtype=dtype)) if one else None
        self.register_parameter("in_proj_weight", made)
        made = Parameter(empty(3 * e, dtype=dtype)) if bias else None
        self.register_parameter("in_proj_bias", made)
        self.out_proj = Linear(e, e, bias, dtype=dtype)
        for name in ("bias_k", "bias_v"):
            made = Parameter(empty(1, 1, e, dtype=dtype)) if bias_kv else None
            self.register_parameter(name, made)

    def _reset_parameters(self) -> None:
        """Draw the weights anew."""
        for letter in ("in", "q", "k", "v"):
            weight = getattr(self, f"{letter}_proj_weight")
            if weight is not None:
                init.xavier_uniform_(weight)
        if self.in_proj_bias is not None:
            init.zeros_(self.in_proj_bias)
            assert self.out_proj.bias is not None, "both have a bias or neither"
            init.zeros_(self.out_proj.bias)
        for bias in (self.bias_k, self.bias_v):
            if bias is not None:
                init.xavier_normal_(bias)

    # ---- forward ---------------------------------------------------------------------

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """The output and, if needed, the weights."""
        self._check(query, key, value)
        if is_causal and attn_mask is None:
            raise ShapeError(
                f"{self._label()}: is_causal=True without attn_mask; give "
                "nn.Transformer.generate_square_subsequent_mask(length) as attn_mask."
            )
        batched = query.ndim == 3
        q, k, v = (
            self._batch_first(x, batched) for x in self._project(query, key, value)
        )
        k, v, extra = self._with_more_places(k, v)
        shape = (q.shape[0], self.num_heads, q.shape[1], k.shape[1])
        mask = self._mask(key_padding_mask, attn_mask, shape, extra)
        q, k, v = (self._heads(x) for x in (q, k, v))
        weights = attention_weights(self._label(), q, k, mask)
        dropped = self._dropped(weights)
        n, heads, rows, d = q.shape
        y = ops.permute(ops.matmul(dropped, v), (0, 2, 1, 3))
        y = ops.reshape(y, (n, rows, heads * d))
        y = y if self.batch_first else ops.permute(y, (1, 0, 2))
        out = self.out_proj(_wrap(y if batched else ops.reshape(y, (rows, heads * d))))
        if not need_weights:
            return out, None
        if average_attn_weights:
            dropped = ops.mean(dropped, 1)
        shown = dropped if batched else ops.reshape(dropped, dropped.shape[1:])
        return out, _wrap(shown)

    def _label(self) -> str:
        return f"MultiheadAttention({self.embed_dim}, {self.num_heads})"

    def _check(self, query: Tensor, key: Tensor, value: Tensor) -> None:
        given = {"query": query, "key": key, "value": value}
        sizes = (self.embed_dim, self.kdim, self.vdim)
        for (name, tensor), n in zip(given.items(), sizes, strict=True):
            x = checks.node(f"MultiheadAttention ({name})", tensor)
            if len(x.shape) not in (2, 3) or x.shape[-1] != n:
                reason = f"the {name} needs 2 or 3 dimensions, the last of {n}"
                remedy = f"a {name} of shape (…, {n})"
                raise LayerShapeError(self._label(), x.shape, reason, remedy)
            checks.one_type(self._label(), x, self.out_proj.weight)
        shapes = [x.shape for x in given.values()]
        batch = 0 if self.batch_first else 1
        ranks = {len(s) for s in shapes}
        alike = len(ranks) == 1 and shapes[1][:-1] == shapes[2][:-1]
        if not alike or (ranks == {3} and shapes[0][batch] != shapes[1][batch]):
            places = "(N, L, E)" if self.batch_first else "(L, N, E)"
            raise ShapeError(
                f"{self._label()}: query {shapes[0]}, key {shapes[1]}, value "
                f"{shapes[2]}; key and value need one length, and all of them one "
                f"batch. The order here is {places}; batch_first says which."
            )

    def _project(self, query: Tensor, key: Tensor, value: Tensor) -> list[Node]:
        """Query, key and value times their weights."""
        e, bias = self.embed_dim, self.in_proj_bias
        if self.in_proj_weight is not None and query is key is value:
            y = ops.matmul(query._node, ops.swap(self.in_proj_weight._node))
            y = y if bias is None else ops.add(y, bias._node)
            front = [(0, n, 1) for n in y.shape[:-1]]
            return [ops.cut(y, (*front, (i * e, (i + 1) * e, 1))) for i in range(3)]
        out = []
        for i, x in enumerate((query, key, value)):
            y = ops.matmul(x._node, ops.swap(self._weight(i)))
            if bias is not None:
                y = ops.add(y, ops.cut(bias._node, ((i * e, (i + 1) * e, 1),)))
            out.append(y)
        return out

    def _weight(self, i: int) -> Node:
        e = self.embed_dim
        if self.in_proj_weight is not None:
            parts = ((i * e, (i + 1) * e, 1), (0, e, 1))
            return ops.cut(self.in_proj_weight._node, parts)
        weight: Parameter = getattr(self, f"{'qkv'[i]}_proj_weight")
        return weight._node

    def _batch_first(self, x: Node, batched: bool) -> Node:
        if not batched:
            return ops.reshape(x, (1, *x.shape))
        return x if self.batch_first else ops.permute(x, (1, 0, 2))

    def _with_more_places(self, k: Node, v: Node) -> tuple[Node, Node, int]:
        """Key and value with a learnt place, and one of zeros, at the end."""
        n, _, e = k.shape
        extra = 0
        if self.bias_k is not None and self.bias_v is not None:
            learnt = (self.bias_k._node, self.bias_v._node)
            k, v = (
                ops.concat([x, ops.expand(b, (n, 1, e))], 1)
                for x, b in zip((k, v), learnt, strict=True)
            )
            extra += 1
        if self.add_zero_attn:
            nothing = ops.expand(ops.like(k, 0.0), (n, 1, e))
            k, v = (ops.concat([x, nothing], 1) for x in (k, v))
            extra += 1
        return k, v, extra

    def _heads(self, x: Node) -> Node:
        """(N, L, E) → (N, heads, L, E / heads)."""
        split = ops.reshape(x, (*x.shape[:2], self.num_heads, self.head_dim))
        return ops.permute(split, (0, 2, 1, 3))

    def _dropped(self, weights: Node) -> Node:
        if not self.training or not self.dropout:
            return weights
        dropping: Dropout = self.__dict__["_dropping"]
        dropping.p = self.dropout
        return dropping.forward(_wrap(weights))._node

    # ---- masks -----------------------------------------------------------------------

    def _mask(
        self,
        padding: Tensor | None,
        mask: Tensor | None,
        shape: tuple[int, ...],
        extra: int,
    ) -> Node | None:
        """What is added to the scores (N, heads, L, S), of whose places the last
        `extra` are always seen.
        """
        n, heads, rows, columns = shape
        seen = columns - extra
        total: Node | None = None
        if mask is not None:
            m = checks.node("MultiheadAttention (attn_mask)", mask)
            if m.shape not in ((rows, seen), (n * heads, rows, seen)):
                raise ShapeError(
                    f"{self._label()}: attn_mask of shape {m.shape}; expected "
                    f"{(rows, seen)} or {(n * heads, rows, seen)}."
                )
            m = self._added(m)
            total = ops.reshape(m, (n, heads, rows, seen)) if len(m.shape) == 3 else m
        if padding is not None:
            p = checks.node("MultiheadAttention (key_padding_mask)", padding)
            wanted = [(n, seen)] + [(seen,)] * (n == 1)
            if p.shape not in wanted:
                raise ShapeError(
                    f"{self._label()}: key_padding_mask of shape {p.shape}; expected "
                    f"{(n, seen)}, one flag a key."
                )
            p = ops.reshape(self._added(p), (n, 1, 1, seen))
            total = p if total is None else ops.add(total, p)
        if total is None or not extra:
            return total
        around = [(0, 0, 0)] * (len(total.shape) - 1) + [(0, extra, 0)]
        return ops.pad(total, tuple(around))

    def _added(self, mask: Node) -> Node:
        """-∞ where a boolean mask is True, else 0; a floating point mask itself."""
        kind = self.out_proj.weight.dtype
        if mask.dtype.order == 0:
            none, zero = ops.const(-math.inf, kind), ops.const(0.0, kind)
            return ops.where(mask, none, zero)
        if not mask.dtype.is_float:
            raise DTypeError(
                f"{self._label()}: a mask of {mask.dtype.name}; it is boolean (True: "
                "not seen) or floating point (added). Use mask.bool()."
            )
        return ops.cast(mask, kind)
