"""Losses that ask for a margin, as modules; and the classification of sequences.

`reduction` is "mean", "sum" or "none", as in the losses of `ranvier.nn.losses`.
"""

from __future__ import annotations

from typing import Any

from ranvier.nn.loss_binary import (
    hinge_loss,
    multilabel_soft_margin_loss,
    soft_margin_loss,
)
from ranvier.nn.loss_classes import check_power, multi_margin_loss
from ranvier.nn.loss_ctc import check_blank, ctc_loss
from ranvier.nn.loss_distance import (
    Distance,
    check_distance,
    check_norm,
    cosine_embedding_loss,
    triplet_margin_loss,
    triplet_margin_with_distance_loss,
)
from ranvier.nn.loss_margin import (
    hinge_embedding_loss,
    margin_ranking_loss,
    multilabel_margin_loss,
)
from ranvier.nn.losses import Loss
from ranvier.nn.reduction import number
from ranvier.tensor import Tensor


class HingeLoss(Loss):
    """max(0, m - y x) for labels y of 1 and -1, or its square; PyTorch has none.

    >>> import ranvier as rv
    >>> rv.nn.HingeLoss()(rv.tensor([0.5, 2.0]), rv.tensor([1.0, -1.0]))
    tensor(1.7500)
    """

    def __init__(
        self, margin: float = 1.0, squared: bool = False, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction)
        self.margin = number("HingeLoss", "margin", margin)
        self.squared = bool(squared)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return hinge_loss(input, target, self.margin, self.squared, self.reduction)


class SoftMarginLoss(Loss):
    """ln(1 + e^(-y x)) for labels y of 1 and -1.

    >>> import ranvier as rv
    >>> rv.nn.SoftMarginLoss()(rv.tensor([0.0]), rv.tensor([1.0]))
    tensor(0.6931)
    """

    def __init__(
        self, size_average: Any = None, reduce: Any = None, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction, size_average, reduce)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return soft_margin_loss(input, target, reduction=self.reduction)


class MultiLabelSoftMarginLoss(Loss):
    """-Σ_c (y ln σ(x) + (1 - y) ln σ(-x)) / C over the last dimension.

    >>> import ranvier as rv
    >>> loss = rv.nn.MultiLabelSoftMarginLoss()
    >>> loss(rv.tensor([[0.0, 0.0]]), rv.tensor([[1.0, 0.0]]))
    tensor(0.6931)
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: Any = None,
        reduce: Any = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction, size_average, reduce)
        self.weigh("weight", weight)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return multilabel_soft_margin_loss(
            input, target, self.weight, reduction=self.reduction
        )


class MultiMarginLoss(Loss):
    """Σ_{i ≠ y} w_y max(0, m - x_y + x_i)^p / C for scores x (N, C) and class
    numbers y (N).

    >>> import ranvier as rv
    >>> x, y = rv.tensor([[0.1, 0.2, 0.4, 0.8]]), rv.tensor([3])
    >>> rv.nn.MultiMarginLoss()(x, y)
    tensor(0.3250)
    """

    def __init__(
        self,
        p: int = 1,
        margin: float = 1.0,
        weight: Tensor | None = None,
        size_average: Any = None,
        reduce: Any = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction, size_average, reduce)
        self.p = check_power("MultiMarginLoss", p)
        self.margin = number("MultiMarginLoss", "margin", margin)
        self.weigh("weight", weight)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return multi_margin_loss(
            input, target, self.p, self.margin, self.weight, reduction=self.reduction
        )


class MultiLabelMarginLoss(Loss):
    """Σ_j Σ_i max(0, 1 - (x_j - x_i)) / C, j over the labels of a row and i over the
    other classes; the labels of a row end at its first -1.

    >>> import ranvier as rv
    >>> x, y = rv.tensor([[0.1, 0.2, 0.4, 0.8]]), rv.tensor([[3, 0, -1, 1]])
    >>> rv.nn.MultiLabelMarginLoss()(x, y)
    tensor(0.8500)
    """

    def __init__(
        self, size_average: Any = None, reduce: Any = None, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction, size_average, reduce)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return multilabel_margin_loss(input, target, reduction=self.reduction)


class HingeEmbeddingLoss(Loss):
    """x where y = 1, max(0, m - x) where y = -1, for distances x.

    >>> import ranvier as rv
    >>> rv.nn.HingeEmbeddingLoss()(rv.tensor([0.25]), rv.tensor([-1.0]))
    tensor(0.7500)
    """

    def __init__(
        self,
        margin: float = 1.0,
        size_average: Any = None,
        reduce: Any = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction, size_average, reduce)
        self.margin = number("HingeEmbeddingLoss", "margin", margin)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return hinge_embedding_loss(
            input, target, self.margin, reduction=self.reduction
        )


class MarginRankingLoss(Loss):
    """max(0, m - y (a - b)): y = 1 asks for a > b, y = -1 for b > a.

    >>> import ranvier as rv
    >>> a, b, y = rv.tensor([3.0]), rv.tensor([5.0]), rv.tensor([1])
    >>> rv.nn.MarginRankingLoss()(a, b, y)
    tensor(2.)
    """

    def __init__(
        self,
        margin: float = 0.0,
        size_average: Any = None,
        reduce: Any = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction, size_average, reduce)
        self.margin = number("MarginRankingLoss", "margin", margin)

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        return margin_ranking_loss(
            input1, input2, target, self.margin, reduction=self.reduction
        )


class CosineEmbeddingLoss(Loss):
    """1 - cos(a, b) where y = 1, max(0, cos(a, b) - m) where y = -1.

    >>> import ranvier as rv
    >>> a, b = rv.tensor([[1.0, 0.0]]), rv.tensor([[0.0, 1.0]])
    >>> rv.nn.CosineEmbeddingLoss()(a, b, rv.tensor([1]))
    tensor(1.)
    """

    def __init__(
        self,
        margin: float = 0.0,
        size_average: Any = None,
        reduce: Any = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction, size_average, reduce)
        self.margin = number("CosineEmbeddingLoss", "margin", margin)

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        return cosine_embedding_loss(
            input1, input2, target, self.margin, reduction=self.reduction
        )


class TripletMarginLoss(Loss):
    """max(0, d(a, p) - d(a, n) + m) with d(x, y) = ‖x - y + ε‖_p.

    >>> import ranvier as rv
    >>> a, p, n = rv.zeros(1, 2), rv.tensor([[3.0, 4.0]]), rv.tensor([[0.0, 2.0]])
    >>> rv.nn.TripletMarginLoss()(a, p, n)
    tensor(4.0000)
    """

    def __init__(
        self,
        margin: float = 1.0,
        p: float = 2.0,
        eps: float = 1e-6,
        swap: bool = False,
        size_average: Any = None,
        reduce: Any = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction, size_average, reduce)
        self.margin = number("TripletMarginLoss", "margin", margin, 0.0)
        self.p = check_norm("TripletMarginLoss", p)
        self.eps = number("TripletMarginLoss", "eps", eps)
        self.swap = bool(swap)

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        return triplet_margin_loss(
            anchor,
            positive,
            negative,
            self.margin,
            self.p,
            self.eps,
            self.swap,
            reduction=self.reduction,
        )


class TripletMarginWithDistanceLoss(Loss):
    """max(0, d(a, p) - d(a, n) + m) with a distance d of your own.

    >>> import ranvier as rv
    >>> a, p, n = rv.zeros(1, 2), rv.tensor([[3.0, 4.0]]), rv.tensor([[0.0, 2.0]])
    >>> rv.nn.TripletMarginWithDistanceLoss(margin=0.5)(a, p, n)
    tensor(3.5000)
    """

    def __init__(
        self,
        *,
        distance_function: Distance | None = None,
        margin: float = 1.0,
        swap: bool = False,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction)
        name = "TripletMarginWithDistanceLoss"
        self.distance_function = check_distance(name, distance_function)
        self.margin = number(name, "margin", margin, 0.0)
        self.swap = bool(swap)

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        return triplet_margin_with_distance_loss(
            anchor,
            positive,
            negative,
            distance_function=self.distance_function,
            margin=self.margin,
            swap=self.swap,
            reduction=self.reduction,
        )


class CTCLoss(Loss):
    """-ln of the probability of targets over all ways to lay them over the steps with
    repetitions and blanks: see `F.ctc_loss`.

    >>> import ranvier as rv
    >>> x = rv.zeros(2, 1, 3).log_softmax(2)
    >>> rv.nn.CTCLoss()(x, rv.tensor([[1]]), [2], [1])
    tensor(1.0986)
    """

    def __init__(
        self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False
    ) -> None:
        super().__init__(reduction)
        self.blank = check_blank(blank)
        self.zero_infinity = bool(zero_infinity)

    def forward(
        self,
        log_probs: Tensor,
        targets: Tensor,
        input_lengths: Any,
        target_lengths: Any,
    ) -> Tensor:
        return ctc_loss(
            log_probs,
            targets,
            input_lengths,
            target_lengths,
            self.blank,
            self.reduction,
            self.zero_infinity,
        )
