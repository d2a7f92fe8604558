"""Adadelta."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ranvier.errors import ValueRangeError
from ranvier.optim.optimizer import Optimizer, State, Update
from ranvier.optim.options import not_negative, number, refuse_options
from ranvier.tensor import Tensor


class Adadelta(Optimizer):
    """Steps in the parameter's own unit, from running means of squares (Zeiler, 2012).

    g ← g + λ p
    v ← ρ v + (1 - ρ) g²
    Δ ← √(u + ε) / √(v + ε) · g
    u ← ρ u + (1 - ρ) Δ²
    p ← p - lr Δ
    """

    numbers = ("lr", "rho", "eps", "weight_decay")
    switches = ("weight_decay",)

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        **options: Any,
    ) -> None:
        defaults = {
            "lr": lr,
            "rho": rho,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
        }
        refuse_options("Adadelta", {"foreach": foreach, **options}, defaults)
        super().__init__(params, defaults)

    def check(self, group: Mapping[str, Any]) -> None:
        super().check(group)
        not_negative("Adadelta", group, "eps", "weight_decay")
        if not 0 <= number("Adadelta", "rho", group["rho"]) <= 1:
            raise ValueRangeError(
                f"Adadelta: rho is {group['rho']}; it must lie in [0, 1]."
            )

    def slots(self, group: Mapping[str, Any]) -> dict[str, float]:
        return {"square_avg": 0.0, "acc_delta": 0.0}

    def update(
        self, p: Tensor, g: Tensor, state: State, n: Any, group: Mapping[str, Any]
    ) -> Update:
        if group["weight_decay"]:
            g = g + n.weight_decay * p
        u = state["acc_delta"]
        v = n.rho * state["square_avg"] + (1.0 - n.rho) * (g * g)
        delta = (u + n.eps).sqrt() / (v + n.eps).sqrt() * g
        u = n.rho * u + (1.0 - n.rho) * (delta * delta)
        return Update(p - n.lr * delta, {"square_avg": v, "acc_delta": u})
