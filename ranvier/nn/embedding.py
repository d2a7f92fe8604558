"""Rows of a table by number."""

from __future__ import annotations

from typing import Any

import ranvier.nn.init as init
from ranvier.errors import ShapeError, ValueRangeError
from ranvier.graph import leaf
from ranvier.nn.functions import bags
from ranvier.nn.functions import embedding as rows
from ranvier.nn.module import Module
from ranvier.nn.parameter import Parameter
from ranvier.tensor import Tensor
from ranvier.tensors.creation import check_device, empty


class Embedding(Module):
    """Row `i` of a table of `num_embeddings` rows that are learnt: whole numbers (…) →
    (…, embedding_dim).

    Rows start Gaussian with standard deviation 1; row `padding_idx` starts at 0 and
    gets no gradient. Raises ValueRangeError for a number outside
    0 … num_embeddings - 1, also inside a compiled step.

    >>> import ranvier as rv
    >>> rv.nn.Embedding(10, 4)(rv.tensor([[1, 2, 9]])).shape
    (1, 3, 4)
    """

    weight: Parameter

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Tensor | None = None,
        _freeze: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        check_device(device)
        rows.no_rescaling("Embedding", max_norm, scale_grad_by_freq, sparse)
        sizes = (("num_embeddings", num_embeddings), ("embedding_dim", embedding_dim))
        for name, n in sizes:
            if not isinstance(n, int) or n < 1:
                raise ValueRangeError(
                    f"Embedding: {name} is {n!r}; it must be at least 1."
                )
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.padding_idx = rows.padding_row("Embedding", padding_idx, num_embeddings)
        if _weight is None:
            shape = (num_embeddings, embedding_dim)
            self.weight = Parameter(empty(*shape, dtype=dtype), not _freeze)
            self.reset_parameters()
        else:
            self._take_over(_weight, _freeze)

    def _take_over(self, weight: Tensor, freeze: bool) -> None:
        wanted = (self.num_embeddings, self.embedding_dim)
        if weight.shape != wanted:
            raise ShapeError(
                f"Embedding: weights of shape {weight.shape}; expected {wanted}."
            )
        self.weight = Parameter(weight.detach().clone(), not freeze)

    def reset_parameters(self) -> None:
        """Draw the rows anew."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            table = self.weight._value().copy()
            table[self.padding_idx] = 0
            self.weight._rebind(leaf(table, self.weight.requires_grad))

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        padding_idx: int | None = None,
    ) -> Embedding:
        """A layer with the rows of `embeddings` (rows, dim), not learnt unless
        ``freeze=False``.

        >>> import ranvier as rv
        >>> layer = rv.nn.Embedding.from_pretrained(rv.tensor([[1.0, 2.0], [3.0, 4.0]]))
        >>> layer(rv.tensor([1]))
        tensor([[3., 4.]])
        """
        if embeddings.ndim != 2:
            raise ShapeError(
                f"Embedding.from_pretrained: {embeddings.shape}; expected (rows, dim)."
            )
        rows, dim = embeddings.shape
        return cls(rows, dim, padding_idx, _weight=embeddings, _freeze=freeze)

    def forward(self, input: Tensor) -> Tensor:
        """The rows with the numbers `input`."""
        return rows.embedding(input, self.weight, self.padding_idx)

    def extra_repr(self) -> str:
        padding = (
            "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        )
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"


class EmbeddingBag(Module):
    """Rows of a table that are learnt, summed, averaged or maximised a bag: whole
    numbers (bags, n), or (n) with `offsets` that say where each bag starts → (bags,
    embedding_dim).

    Rows start Gaussian with standard deviation 1; row `padding_idx` starts at 0, gets
    no gradient and does not count. An empty bag gives 0. Raises ValueRangeError for a
    number out of range.

    >>> import ranvier as rv
    >>> bags = rv.nn.EmbeddingBag(10, 4, mode="sum")
    >>> bags(rv.tensor([1, 2, 9]), rv.tensor([0, 2])).shape
    (2, 4)
    """

    weight: Parameter

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        _weight: Tensor | None = None,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        rows.no_rescaling("EmbeddingBag", max_norm, scale_grad_by_freq, sparse)
        self.mode = bags.known_mode("EmbeddingBag", mode)
        self.include_last_offset = include_last_offset
        table = Embedding(
            num_embeddings, embedding_dim, padding_idx, _weight=_weight,
            device=device, dtype=dtype,
        )  # fmt: skip
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.padding_idx = table.padding_idx
        self.weight = table.weight

    def forward(
        self,
        input: Tensor,
        offsets: Tensor | None = None,
        per_sample_weights: Tensor | None = None,
    ) -> Tensor:
        """One row a bag."""
        return bags.embedding_bag(
            input,
            self.weight,
            offsets,
            mode=self.mode,
            per_sample_weights=per_sample_weights,
            include_last_offset=self.include_last_offset,
            padding_idx=self.padding_idx,
        )

    def extra_repr(self) -> str:
        padding = (
            "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        )
        return (
            f"{self.num_embeddings}, {self.embedding_dim}, mode={self.mode!r}{padding}"
        )
