"""Lion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ranvier.optim.optimizer import Optimizer, State, Update
from ranvier.optim.options import below_one, not_negative, refuse_options, two
from ranvier.tensor import Tensor


class Lion(Optimizer):
    """Steps of the same length for every number: the sign of a running mean.

        c ← β₁ m + (1 - β₁) g
        p ← p - lr (sign(c) + λ p)
        m ← β₂ m + (1 - β₂) g

    Needs a third to a tenth of Adam's learning rate, and 3 to 10 times its weight
    decay. Not in PyTorch. Source: Chen et al., 2023, Symbolic Discovery of Optimization
    Algorithms (arXiv 2302.06675), Algorithm 2.

    >>> import ranvier as rv
    >>> w = rv.tensor([1.0, -4.0], requires_grad=True)
    >>> optimizer = rv.optim.Lion([w], lr=0.5)
    >>> (w**2).sum().backward()
    >>> optimizer.step()
    >>> w.detach()
    tensor([ 0.5000, -3.5000])
    """

    numbers = ("lr", "betas", "weight_decay")
    switches = ("weight_decay",)

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-4,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0,
        *,
        maximize: bool = False,
        **options: Any,
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": betas,
            "weight_decay": weight_decay,
            "maximize": maximize,
        }
        refuse_options("Lion", options, defaults)
        super().__init__(params, defaults)

    def check(self, group: Mapping[str, Any]) -> None:
        super().check(group)
        below_one("Lion", "betas", two("Lion", "betas", group["betas"]))
        not_negative("Lion", group, "weight_decay")

    def scalars(self, group: Mapping[str, Any]) -> dict[str, float]:
        return {}

    def slots(self, group: Mapping[str, Any]) -> dict[str, float]:
        return {"exp_avg": 0.0}

    def update(
        self, p: Tensor, g: Tensor, state: State, n: Any, group: Mapping[str, Any]
    ) -> Update:
        m = state["exp_avg"]
        move = (n.beta1 * m + (1.0 - n.beta1) * g).sign()
        if group["weight_decay"]:
            move = move + n.weight_decay * p
        m = n.beta2 * m + (1.0 - n.beta2) * g
        return Update(p - n.lr * move, {"exp_avg": m})
