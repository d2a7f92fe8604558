"""RAdam."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ranvier.optim.optimizer import Optimizer, State, Update
from ranvier.optim.options import below_one, not_negative, refuse_options, two
from ranvier.tensor import Tensor
from ranvier.tensors.functions import where


class RAdam(Optimizer):
    """Adam that waits until the squares are known well enough (Liu et al., 2020).

        g ← g + λ p              (decoupled_weight_decay: p ← p - lr λ p instead)
        m ← β₁ m + (1 - β₁) g
        v ← β₂ v + (1 - β₂) g²
        ρ∞ = 2 / (1 - β₂) - 1,  ρ = ρ∞ - 2 t β₂ᵗ / (1 - β₂ᵗ)
        r = √((ρ - 4)(ρ - 2) ρ∞ / ((ρ∞ - 4)(ρ∞ - 2) ρ))
        p ← p - lr m̂ r √(1 - β₂ᵗ) / (√v + ε)  where ρ > 5, else p - lr m̂

    with m̂ = m / (1 - β₁ᵗ).
    """

    numbers = ("lr", "betas", "eps", "weight_decay")
    switches = ("weight_decay", "decoupled_weight_decay")

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
        **options: Any,
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
        }
        refuse_options("RAdam", options, defaults)
        super().__init__(params, defaults)

    def check(self, group: Mapping[str, Any]) -> None:
        super().check(group)
        below_one("RAdam", "betas", two("RAdam", "betas", group["betas"]))
        not_negative("RAdam", group, "eps", "weight_decay")

    def slots(self, group: Mapping[str, Any]) -> dict[str, float]:
        return {"exp_avg": 0.0, "exp_avg_sq": 0.0}

    def update(
        self, p: Tensor, g: Tensor, state: State, n: Any, group: Mapping[str, Any]
    ) -> Update:
        if group["weight_decay"] and group["decoupled_weight_decay"]:
            p = p * (1.0 - n.lr * n.weight_decay)
        elif group["weight_decay"]:
            g = g + n.weight_decay * p
        m = n.beta1 * state["exp_avg"] + (1.0 - n.beta1) * g
        v = n.beta2 * state["exp_avg_sq"] + (1.0 - n.beta2) * (g * g)
        most = 2.0 / (1.0 - n.beta2) - 1.0
        left = 1.0 - n.beta2**n.t
        rho = most - 2.0 * n.t * (1.0 - left) / left
        known = rho > 5.0
        rho = where(known, rho, 6.0)  # no root of a number below 0, no 0 / 0
        above, below = (rho - 4.0) * (rho - 2.0) * most, (most - 4.0) * (most - 2.0)
        r = (above / (below * rho)).sqrt() * left.sqrt()
        scale = where(known, (r / (v.sqrt() + n.eps)).to(p.dtype), 1.0)
        size = n.lr / (1.0 - n.beta1**n.t)
        return Update(p - size * m * scale, {"exp_avg": m, "exp_avg_sq": v})
