"""A small language model: a stack of causal Transformer blocks."""

from __future__ import annotations

from typing import Any

import ranvier.nn.init as init
from ranvier import nn
from ranvier.errors import LayerShapeError, ValueRangeError
from ranvier.models.options import count, made
from ranvier.tensor import Tensor
from ranvier.tensors.creation import empty


class TransformerLM(nn.Module):
    """Scores of the next token after each token, which sees only those before it.

    Shapes: (N, L) of int64 with L ≤ max_len → (N, L, vocab_size). Blocks normalise
    first (Radford et al., 2019); places have learnt vectors.
    """

    embedding: nn.Embedding
    position: nn.Parameter
    blocks: nn.TransformerEncoder
    fc: nn.Linear

    def __init__(
        self,
        vocab_size: int,
        d_model: int = 64,
        nhead: int = 4,
        num_layers: int = 2,
        dim_feedforward: int | None = None,
        dropout: float = 0.0,
        max_len: int = 64,
    ) -> None:
        super().__init__()
        sizes = {"vocab_size": vocab_size, "num_layers": num_layers, "max_len": max_len}
        for what, n in (sizes | {"d_model": d_model, "nhead": nhead}).items():
            count("transformer", what, n)
        if d_model % nhead:
            raise ValueRangeError(
                f"transformer: d_model={d_model} and nhead={nhead}; the heads share "
                f"the width, expected a multiple: d_model={-d_model // nhead * -nhead}."
            )
        self.max_len = max_len
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.position = nn.Parameter(empty(max_len, d_model))
        block = nn.TransformerEncoderLayer(
            d_model,
            nhead,
            4 * d_model if dim_feedforward is None else dim_feedforward,
            dropout,
            activation="gelu",
            batch_first=True,
            norm_first=True,
        )
        self.blocks = nn.TransformerEncoder(block, num_layers, nn.LayerNorm(d_model))
        self.fc = nn.Linear(d_model, vocab_size)
        mask = nn.Transformer.generate_square_subsequent_mask(max_len)
        self.register_buffer("mask", mask, persistent=False)
        self.apply(_initialise)
        init.normal_(self.position, 0, 0.02)

    def forward(self, x: Tensor) -> Tensor:
        """Scores after each place."""
        length = x.shape[-1]
        if length > self.max_len:
            raise LayerShapeError(
                f"transformer(max_len={self.max_len})", x.shape,
                f"{length} > {self.max_len} places", f"max_len={length}",
            )  # fmt: skip
        hidden = self.embedding(x) + self.position[:length]
        hidden = self.blocks(hidden, mask=self.mask[:length, :length], is_causal=True)
        scores: Tensor = self.fc(hidden)
        return scores


def _initialise(layer: nn.Module) -> None:
    """Each block has weights of its own; the stack makes copies of one."""
    if isinstance(layer, nn.Linear | nn.Embedding):
        init.normal_(layer.weight, 0, 0.02)
    if isinstance(layer, nn.Linear) and layer.bias is not None:
        init.zeros_(layer.bias)
    if isinstance(layer, nn.MultiheadAttention) and layer.in_proj_weight is not None:
        init.xavier_uniform_(layer.in_proj_weight)


def transformer(vocab_size: int, **options: Any) -> TransformerLM:
    """A small language model of Transformer blocks.

    Options: d_model, nhead, num_layers, dim_feedforward (4 d_model unless given),
    dropout, max_len.
    Source: Attention is all you need, 2017; blocks as in GPT-2.

    >>> import ranvier as rv
    >>> model = rv.models.transformer(65, max_len=32)
    >>> model(rv.zeros(4, 32, dtype=rv.int64)).shape
    (4, 32, 65)
    """
    return made("transformer", TransformerLM, (vocab_size,), options)
