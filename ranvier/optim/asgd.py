"""ASGD."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ranvier.optim.optimizer import Optimizer, State, Update
from ranvier.optim.options import not_negative, number, plain, refuse_options
from ranvier.tensor import Tensor
from ranvier.tensors.functions import where


class ASGD(Optimizer):
    """Gradient descent whose average is kept beside (Polyak and Juditsky, 1992).

        g ← g + weight_decay p
        p ← p - η (g + λ p)
        a ← a + μ (p - a)
        η ← lr / (1 + λ lr t)^α,  μ ← 1 / max(1, t - t₀)     (at first lr and 1)

    The average a is `optimizer.state[p]["ax"]`; it begins after step t₀.
    """

    numbers = ("lr", "lambd", "alpha", "t0", "weight_decay")
    switches = ("weight_decay",)

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        maximize: bool = False,
        **options: Any,
    ) -> None:
        defaults = {
            "lr": lr,
            "lambd": lambd,
            "alpha": alpha,
            "t0": t0,
            "weight_decay": weight_decay,
            "maximize": maximize,
        }
        refuse_options("ASGD", {"foreach": foreach, **options}, defaults)
        super().__init__(params, defaults)

    def check(self, group: Mapping[str, Any]) -> None:
        super().check(group)
        not_negative("ASGD", group, "weight_decay")
        for option in ("lambd", "alpha", "t0"):
            number("ASGD", option, group[option])

    def scalars(self, group: Mapping[str, Any]) -> dict[str, float]:
        return {"step": 0.0, "eta": plain(group["lr"]), "mu": 1.0}

    def advance(self, n: Any) -> State:
        eta = n.lr / (1.0 + n.lambd * n.lr * n.t) ** n.alpha
        mu = 1.0 / (n.t - n.t0).maximum(1.0)
        return {"step": n.t, "eta": eta, "mu": mu}

    def slots(self, group: Mapping[str, Any]) -> dict[str, float]:
        return {"ax": 0.0}

    def update(
        self, p: Tensor, g: Tensor, state: State, n: Any, group: Mapping[str, Any]
    ) -> Update:
        if group["weight_decay"]:
            g = g + n.weight_decay * p
        p = p * (1.0 - n.lambd * n.eta) - n.eta * g
        a = state["ax"]
        a = where(n.mu == 1.0, p, a + n.mu * (p - a))
        return Update(p, {"ax": a})
