"""A language model as `rv.fit` and `CrossEntropyLoss` take it."""

from __future__ import annotations

from typing import Any

from ranvier import nn
from ranvier.errors import DTypeError
from ranvier.tensor import Tensor


class NextToken(nn.Module):
    """Only the scores of a language model, with the classes in second place.

    Shapes: (N, L) of int64 → (N, vocab_size, L), for labels (N, L). The parameters are
    the model's own: what is trained is `model`, which afterwards generates by itself.

    >>> import ranvier as rv
    >>> model = rv.models.char_lstm(65)
    >>> rv.models.NextToken(model)(rv.zeros(4, 32, dtype=rv.int64)).shape
    (4, 65, 32)
    """

    model: nn.Module

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        if not isinstance(model, nn.Module):
            raise DTypeError(
                f"NextToken: model is {type(model).__name__}; expected a model such as "
                "rv.models.char_lstm(65)."
            )
        self.model = model

    def forward(self, x: Any) -> Tensor:
        """The scores without the state, (N, L, vocab_size) → (N, vocab_size, L)."""
        found = self.model(x)
        scores: Tensor = found[0] if isinstance(found, tuple) else found
        return scores.movedim(-1, 1)
