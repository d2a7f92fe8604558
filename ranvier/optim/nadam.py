"""NAdam."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ranvier.optim.optimizer import Optimizer, State, Update
from ranvier.optim.options import below_one, not_negative, refuse_options, two
from ranvier.tensor import Tensor


class NAdam(Optimizer):
    """Adam with Nesterov's momentum (Dozat, 2016).

    g ← g + λ p              (decoupled_weight_decay: p ← p - lr λ p instead)
    μₜ = β₁ (1 - 0.96^(t ψ) / 2),  Mₜ = μ₁ μ₂ ⋯ μₜ       (ψ: momentum_decay)
    m ← β₁ m + (1 - β₁) g
    v ← β₂ v + (1 - β₂) g²
    m̂ = μₜ₊₁ m / (1 - Mₜ₊₁) + (1 - μₜ) g / (1 - Mₜ)
    p ← p - lr m̂ / (√v̂ + ε),    v̂ = v / (1 - β₂ᵗ)
    """

    numbers = ("lr", "betas", "eps", "weight_decay", "momentum_decay")
    switches = ("weight_decay", "decoupled_weight_decay")

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
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
            "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
        }
        refuse_options("NAdam", options, defaults)
        super().__init__(params, defaults)

    def check(self, group: Mapping[str, Any]) -> None:
        super().check(group)
        below_one("NAdam", "betas", two("NAdam", "betas", group["betas"]))
        not_negative("NAdam", group, "eps", "weight_decay", "momentum_decay")

    def scalars(self, group: Mapping[str, Any]) -> dict[str, float]:
        return {"step": 0.0, "mu_product": 1.0}

    def advance(self, n: Any) -> State:
        return {"step": n.t, "mu_product": n.mu_product * momentum(n, n.t)}

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
        now, ahead = momentum(n, n.t), momentum(n, n.t + 1.0)
        product = n.mu_product * now
        of_m = n.lr * ahead / (1.0 - product * ahead)
        of_g = n.lr * (1.0 - now) / (1.0 - product)
        scale = 1.0 / (1.0 - n.beta2**n.t).sqrt()
        move = (of_m * m + of_g * g) / (v.sqrt() * scale + n.eps)
        return Update(p - move, {"exp_avg": m, "exp_avg_sq": v})


def momentum(n: Any, t: Tensor) -> Tensor:
    """μₜ, which grows from β₁ / 2 to β₁."""
    found: Tensor = n.beta1 * (1.0 - 0.5 * 0.96 ** (t * n.momentum_decay))
    return found
