"""Losses as modules. Each says how far a prediction is from its target.

`reduction` is "mean" over all elements, "sum", or "none". `size_average` and `reduce`,
which PyTorch keeps from before `reduction`, are refused by name.
"""

from __future__ import annotations

from typing import Any

from ranvier.nn.loss_binary import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
)
from ranvier.nn.loss_classes import check_smoothing, cross_entropy, nll_loss
from ranvier.nn.loss_likelihood import (
    BATCHMEAN,
    gaussian_nll_loss,
    kl_div,
    poisson_nll_loss,
)
from ranvier.nn.loss_regression import (
    check_beta,
    check_delta,
    huber_loss,
    l1_loss,
    mse_loss,
    smooth_l1_loss,
)
from ranvier.nn.module import Module
from ranvier.nn.reduction import REDUCTIONS, check_reduction, number
from ranvier.tensor import Tensor, not_a_tensor


class Loss(Module):
    """What all losses share: `reduction`."""

    known: tuple[str, ...] = REDUCTIONS

    def __init__(
        self, reduction: str, size_average: Any = None, reduce: Any = None
    ) -> None:
        super().__init__()
        name = type(self).__name__
        self.reduction = check_reduction(
            reduction, size_average, reduce, name, self.known
        )

    def weigh(self, name: str, weight: Tensor | None) -> None:
        """Keep a weight as a buffer: it goes where the module goes, and is not learnt.

        Left out it is None.
        """
        if weight is not None and not isinstance(weight, Tensor):
            raise not_a_tensor(f"{type(self).__name__} ({name})", weight)
        self.register_buffer(name, weight)


class MSELoss(Loss):
    """(x - y)² for x and y of one shape.

    >>> import ranvier as rv
    >>> rv.nn.MSELoss()(rv.tensor([1.0, 2.0]), rv.tensor([1.0, 4.0]))
    tensor(2.)
    """

    def __init__(
        self, size_average: Any = None, reduce: Any = None, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction, size_average, reduce)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return mse_loss(input, target, reduction=self.reduction)


class L1Loss(Loss):
    """|x - y| for x and y of one shape."""

    def __init__(
        self, size_average: Any = None, reduce: Any = None, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction, size_average, reduce)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return l1_loss(input, target, reduction=self.reduction)


class SmoothL1Loss(Loss):
    """d²/2β where |d| < β, else |d| - β/2, with d = x - y."""

    def __init__(
        self,
        size_average: Any = None,
        reduce: Any = None,
        reduction: str = "mean",
        beta: float = 1.0,
    ) -> None:
        super().__init__(reduction, size_average, reduce)
        self.beta = check_beta("SmoothL1Loss", beta)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class HuberLoss(Loss):
    """d²/2 where |d| < δ, else δ (|d| - δ/2), with d = x - y."""

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction)
        self.delta = check_delta("HuberLoss", delta)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return huber_loss(input, target, reduction=self.reduction, delta=self.delta)


class CrossEntropyLoss(Loss):
    """-ln softmax(x)[y] for scores x (N, C, …) and class numbers y (N, …).

    The scores are the last layer's plain outputs: softmax is part of the loss.

    >>> import ranvier as rv
    >>> rv.nn.CrossEntropyLoss()(rv.tensor([[2.0, 0.0]]), rv.tensor([0]))
    tensor(0.1269)
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: Any = None,
        ignore_index: int = -100,
        reduce: Any = None,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(reduction, size_average, reduce)
        self.weigh("weight", weight)
        self.ignore_index = ignore_index
        self.label_smoothing = check_smoothing("CrossEntropyLoss", label_smoothing)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return cross_entropy(
            input,
            target,
            self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )


class NLLLoss(Loss):
    """-x[y] for log-probabilities x (N, C, …), which LogSoftmax gives."""

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: Any = None,
        ignore_index: int = -100,
        reduce: Any = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction, size_average, reduce)
        self.weigh("weight", weight)
        self.ignore_index = ignore_index

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return nll_loss(
            input,
            target,
            self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
        )


class BCELoss(Loss):
    """-(y ln x + (1 - y) ln(1 - x)) for probabilities x; prefer BCEWithLogitsLoss."""

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
        return binary_cross_entropy(
            input, target, self.weight, reduction=self.reduction
        )


class BCEWithLogitsLoss(Loss):
    """Binary cross entropy of sigmoid(x); `pos_weight` scales the y = 1 part."""

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: Any = None,
        reduce: Any = None,
        reduction: str = "mean",
        pos_weight: Tensor | None = None,
    ) -> None:
        super().__init__(reduction, size_average, reduce)
        self.weigh("weight", weight)
        self.weigh("pos_weight", pos_weight)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return binary_cross_entropy_with_logits(
            input,
            target,
            self.weight,
            reduction=self.reduction,
            pos_weight=self.pos_weight,
        )


class KLDivLoss(Loss):
    """y (ln y - x) for log-probabilities x and probabilities y: see `F.kl_div`.

    >>> import ranvier as rv
    >>> x, y = rv.tensor([[0.5, 0.5]]).log(), rv.tensor([[1.0, 0.0]])
    >>> rv.nn.KLDivLoss(reduction="batchmean")(x, y)
    tensor(0.6931)
    """

    known = BATCHMEAN

    def __init__(
        self,
        size_average: Any = None,
        reduce: Any = None,
        reduction: str = "mean",
        log_target: bool = False,
    ) -> None:
        super().__init__(reduction, size_average, reduce)
        self.log_target = bool(log_target)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return kl_div(
            input, target, reduction=self.reduction, log_target=self.log_target
        )


class PoissonNLLLoss(Loss):
    """e^x - y x for counts y and the logarithm x of their rate; without `log_input`
    x - y ln(x + ε); `full` adds an approximation of ln y!.

    >>> import ranvier as rv
    >>> rv.nn.PoissonNLLLoss()(rv.tensor([0.0]), rv.tensor([2.0]))
    tensor(1.)
    """

    def __init__(
        self,
        log_input: bool = True,
        full: bool = False,
        size_average: Any = None,
        eps: float = 1e-8,
        reduce: Any = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction, size_average, reduce)
        self.log_input = bool(log_input)
        self.full = bool(full)
        self.eps = number("PoissonNLLLoss", "eps", eps)

    def forward(self, log_input: Tensor, target: Tensor) -> Tensor:
        return poisson_nll_loss(
            log_input,
            target,
            log_input=self.log_input,
            full=self.full,
            eps=self.eps,
            reduction=self.reduction,
        )


class GaussianNLLLoss(Loss):
    """(ln max(v, ε) + (x - y)² / max(v, ε)) / 2 for means x and variances v; `full`
    adds ln(2π)/2.

    >>> import ranvier as rv
    >>> x, y, v = rv.tensor([1.0]), rv.tensor([3.0]), rv.tensor([4.0])
    >>> rv.nn.GaussianNLLLoss()(x, y, v)
    tensor(1.1931)
    """

    def __init__(
        self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction)
        self.full = bool(full)
        self.eps = number("GaussianNLLLoss", "eps", eps, 0.0)

    def forward(self, input: Tensor, target: Tensor, var: Tensor | float) -> Tensor:
        return gaussian_nll_loss(
            input, target, var, full=self.full, eps=self.eps, reduction=self.reduction
        )
