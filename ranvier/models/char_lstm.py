"""A language model of characters: embedding, LSTM, scores of the next character."""

from __future__ import annotations

from typing import Any

from ranvier import nn
from ranvier.models.options import count, made
from ranvier.tensor import Tensor

State = tuple[Tensor, Tensor]


class CharLSTM(nn.Module):
    """Scores of the next character after each character.

    Shapes: (N, L) of int64, and optionally the state (h, c) of each
    (num_layers, N, hidden_size) → (N, L, vocab_size) and the new state.
    """

    embedding: nn.Embedding
    lstm: nn.LSTM
    fc: nn.Linear

    def __init__(
        self,
        vocab_size: int,
        embedding_dim: int = 64,
        hidden_size: int = 128,
        num_layers: int = 2,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        count("char_lstm", "vocab_size", vocab_size)
        self.embedding = nn.Embedding(vocab_size, embedding_dim)
        self.lstm = nn.LSTM(
            embedding_dim, hidden_size, num_layers, batch_first=True, dropout=dropout
        )
        self.fc = nn.Linear(hidden_size, vocab_size)

    def forward(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Scores and the state to go on from."""
        hidden, state = self.lstm(self.embedding(x), state)
        return self.fc(hidden), state


def char_lstm(vocab_size: int, **options: Any) -> CharLSTM:
    """A language model of characters.

    Options: embedding_dim, hidden_size, num_layers, dropout.

    >>> import ranvier as rv
    >>> model = rv.models.char_lstm(65)
    >>> scores, (h, c) = model(rv.zeros(4, 32, dtype=rv.int64))
    >>> scores.shape, h.shape
    ((4, 32, 65), (2, 4, 128))
    """
    return made("char_lstm", CharLSTM, (vocab_size,), options)
