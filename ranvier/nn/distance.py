"""Distances between rows as modules."""

from __future__ import annotations

from ranvier.nn.loss_distance import check_norm, cosine_similarity, pairwise_distance
from ranvier.nn.module import Module
from ranvier.nn.reduction import number
from ranvier.tensor import Tensor


class CosineSimilarity(Module):
    """x · y / (max(‖x‖, ε) max(‖y‖, ε)) along `dim`; x and y are broadcast.

    >>> import ranvier as rv
    >>> x, y = rv.tensor([[1.0, 0.0]]), rv.tensor([[1.0, 1.0]])
    >>> rv.nn.CosineSimilarity()(x, y)
    tensor([0.7071])
    """

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        super().__init__()
        self.dim = dim
        self.eps = number("CosineSimilarity", "eps", eps)

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        return cosine_similarity(x1, x2, self.dim, self.eps)


class PairwiseDistance(Module):
    """‖x - y + ε‖_p over the last dimension; x and y are broadcast.

    >>> import ranvier as rv
    >>> x, y = rv.tensor([[0.0, 0.0]]), rv.tensor([[3.0, 4.0]])
    >>> rv.nn.PairwiseDistance()(x, y)
    tensor([5.0000])
    """

    def __init__(
        self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
    ) -> None:
        super().__init__()
        self.norm = check_norm("PairwiseDistance", p)
        self.eps = number("PairwiseDistance", "eps", eps)
        self.keepdim = bool(keepdim)

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        return pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)
