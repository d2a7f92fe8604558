"""Adamax."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ranvier.optim.optimizer import Optimizer, State, Update
from ranvier.optim.options import below_one, not_negative, refuse_options, two
from ranvier.tensor import Tensor


class Adamax(Optimizer):
    """Adam with the largest gradient in place of squares (Kingma and Ba, 2015, §7.1).

    g ← g + λ p
    m ← β₁ m + (1 - β₁) g
    u ← max(β₂ u, |g| + ε)
    p ← p - lr / (1 - β₁ᵗ) · m / u
    """

    numbers = ("lr", "betas", "eps", "weight_decay")
    switches = ("weight_decay",)

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        **options: Any,
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
        }
        refuse_options("Adamax", {"foreach": foreach, **options}, defaults)
        super().__init__(params, defaults)

    def check(self, group: Mapping[str, Any]) -> None:
        super().check(group)
        below_one("Adamax", "betas", two("Adamax", "betas", group["betas"]))
        not_negative("Adamax", group, "eps", "weight_decay")

    def slots(self, group: Mapping[str, Any]) -> dict[str, float]:
        return {"exp_avg": 0.0, "exp_inf": 0.0}

    def update(
        self, p: Tensor, g: Tensor, state: State, n: Any, group: Mapping[str, Any]
    ) -> Update:
        if group["weight_decay"]:
            g = g + n.weight_decay * p
        m = n.beta1 * state["exp_avg"] + (1.0 - n.beta1) * g
        u = (n.beta2 * state["exp_inf"]).maximum(g.abs() + n.eps)
        size = n.lr / (1.0 - n.beta1**n.t)
        return Update(p - size * (m / u), {"exp_avg": m, "exp_inf": u})
