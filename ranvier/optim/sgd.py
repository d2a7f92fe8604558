"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ranvier.errors import ValueRangeError
from ranvier.optim.optimizer import Optimizer, State, Update
from ranvier.optim.options import not_negative, number, refuse_options
from ranvier.tensor import Tensor
from ranvier.tensors.functions import where


class SGD(Optimizer):
    """Gradient descent with momentum μ, dampening τ and weight decay λ.

        g ← g + λ p
        b ← μ b + (1 - τ) g          (b = g at the first step)
        g ← g + μ b with nesterov, else b
        p ← p - lr g

    Source: Sutskever et al., 2013, in the form that PyTorch uses.
    """

    numbers = ("lr", "momentum", "dampening", "weight_decay")
    switches = ("momentum", "dampening", "weight_decay", "nesterov")

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        **options: Any,
    ) -> None:
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
        }
        refuse_options("SGD", options, defaults)
        super().__init__(params, defaults)

    def check(self, group: Mapping[str, Any]) -> None:
        super().check(group)
        not_negative("SGD", group, "momentum", "weight_decay")
        if group["nesterov"] and (group["momentum"] <= 0 or group["dampening"] != 0):
            raise ValueRangeError(
                f"SGD: nesterov=True with momentum {group['momentum']} and dampening "
                f"{group['dampening']}; it needs momentum above 0 and dampening 0."
            )
        number("SGD", "dampening", group["dampening"])

    def scalars(self, group: Mapping[str, Any]) -> dict[str, float]:
        return {"step": 0.0} if group["momentum"] and group["dampening"] else {}

    def slots(self, group: Mapping[str, Any]) -> dict[str, float]:
        return {"momentum_buffer": 0.0} if group["momentum"] else {}

    def update(
        self, p: Tensor, g: Tensor, state: State, n: Any, group: Mapping[str, Any]
    ) -> Update:
        if group["weight_decay"]:
            g = g + n.weight_decay * p
        if not group["momentum"]:
            return Update(p - n.lr * g, {})
        fresh = g
        if group["dampening"]:
            fresh = where(n.t == 1.0, 1.0, 1.0 - n.dampening) * g
        b = n.momentum * state["momentum_buffer"] + fresh
        g = g + n.momentum * b if group["nesterov"] else b
        return Update(p - n.lr * g, {"momentum_buffer": b})
