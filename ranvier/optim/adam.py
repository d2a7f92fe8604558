"""Adam and AdamW."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ranvier.optim.optimizer import Optimizer, State, Update
from ranvier.optim.options import below_one, not_negative, refuse_options, two
from ranvier.tensor import Tensor


class Adam(Optimizer):
    """Running means of gradients and their squares (Kingma and Ba, 2015).

        g ← g + λ p                  (decoupled_weight_decay: p ← p - lr λ p instead)
        m ← β₁ m + (1 - β₁) g
        v ← β₂ v + (1 - β₂) g²
        p ← p - lr m̂ / (√v̂ + ε),    m̂ = m / (1 - β₁ᵗ),  v̂ = v / (1 - β₂ᵗ)

    With `amsgrad` the largest v so far stands in v̂ (Reddi et al., 2018).
    """

    numbers = ("lr", "betas", "eps", "weight_decay")
    switches = ("weight_decay", "amsgrad", "decoupled_weight_decay")

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        decoupled_weight_decay: bool = False,
        **options: Any,
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        refuse_options(type(self).__name__, options, defaults)
        super().__init__(params, defaults)

    def check(self, group: Mapping[str, Any]) -> None:
        super().check(group)
        name = type(self).__name__
        below_one(name, "betas", two(name, "betas", group["betas"]))
        not_negative(name, group, "eps", "weight_decay")

    def slots(self, group: Mapping[str, Any]) -> dict[str, float]:
        names = ["exp_avg", "exp_avg_sq"]
        names += ["max_exp_avg_sq"] if group["amsgrad"] else []
        return dict.fromkeys(names, 0.0)

    def update(
        self, p: Tensor, g: Tensor, state: State, n: Any, group: Mapping[str, Any]
    ) -> Update:
        if group["weight_decay"] and group["decoupled_weight_decay"]:
            p = p * (1.0 - n.lr * n.weight_decay)
        elif group["weight_decay"]:
            g = g + n.weight_decay * p
        m = n.beta1 * state["exp_avg"] + (1.0 - n.beta1) * g
        v = n.beta2 * state["exp_avg_sq"] + (1.0 - n.beta2) * (g * g)
        new = {"exp_avg": m, "exp_avg_sq": v}
        if group["amsgrad"]:
            v = new["max_exp_avg_sq"] = v.maximum(state["max_exp_avg_sq"])
        # The corrections are numbers: float64 until they meet the parameter.
        size = n.lr / (1.0 - n.beta1**n.t)
        scale = 1.0 / (1.0 - n.beta2**n.t).sqrt()
        return Update(p - size * (m / (v.sqrt() * scale + n.eps)), new)


class AdamW(Adam):
    """Adam with the weight decay apart from the gradient (Loshchilov and Hutter, 2019).

    p ← p - lr λ p, then as Adam without λ
    """

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            maximize=maximize,
            decoupled_weight_decay=True,
            **options,
        )
