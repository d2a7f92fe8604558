"""RMSprop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ranvier.optim.optimizer import Optimizer, State, Update
from ranvier.optim.options import not_negative, refuse_options
from ranvier.tensor import Tensor


class RMSprop(Optimizer):
    """Steps divided by the root of a running mean of squared gradients (Hinton, 2012).

    g ← g + λ p
    v ← α v + (1 - α) g²
    a ← α a + (1 - α) g          (centered: v - a² in place of v below)
    b ← μ b + g / (√v + ε)
    p ← p - lr b
    """

    numbers = ("lr", "alpha", "eps", "weight_decay", "momentum")
    switches = ("weight_decay", "momentum", "centered")

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        *,
        maximize: bool = False,
        **options: Any,
    ) -> None:
        defaults = {
            "lr": lr,
            "alpha": alpha,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum": momentum,
            "centered": centered,
            "maximize": maximize,
        }
        refuse_options("RMSprop", options, defaults)
        super().__init__(params, defaults)

    def check(self, group: Mapping[str, Any]) -> None:
        super().check(group)
        not_negative("RMSprop", group, "alpha", "eps", "weight_decay", "momentum")

    def slots(self, group: Mapping[str, Any]) -> dict[str, float]:
        names = ["square_avg"]
        names += ["momentum_buffer"] if group["momentum"] else []
        names += ["grad_avg"] if group["centered"] else []
        return dict.fromkeys(names, 0.0)

    def update(
        self, p: Tensor, g: Tensor, state: State, n: Any, group: Mapping[str, Any]
    ) -> Update:
        if group["weight_decay"]:
            g = g + n.weight_decay * p
        v = n.alpha * state["square_avg"] + (1.0 - n.alpha) * (g * g)
        new = {"square_avg": v}
        if group["centered"]:
            a = new["grad_avg"] = n.alpha * state["grad_avg"] + (1.0 - n.alpha) * g
            v = v - a * a
        move = g / (v.sqrt() + n.eps)
        if group["momentum"]:
            move = n.momentum * state["momentum_buffer"] + move
            new["momentum_buffer"] = move
        return Update(p - n.lr * move, new)
