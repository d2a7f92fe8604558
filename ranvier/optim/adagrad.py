"""Adagrad."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ranvier.optim.optimizer import Optimizer, State, Update
from ranvier.optim.options import not_negative, refuse_options
from ranvier.tensor import Tensor


class Adagrad(Optimizer):
    """Steps divided by the root of all squared gradients so far (Duchi et al., 2011).

    g ← g + λ p
    s ← s + g²
    p ← p - lr / (1 + (t - 1) η) · g / (√s + ε)
    """

    numbers = ("lr", "lr_decay", "weight_decay", "eps")
    switches = ("weight_decay",)

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        **options: Any,
    ) -> None:
        defaults = {
            "lr": lr,
            "lr_decay": lr_decay,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "eps": eps,
            "maximize": maximize,
        }
        refuse_options("Adagrad", {"foreach": foreach, **options}, defaults)
        super().__init__(params, defaults)

    def check(self, group: Mapping[str, Any]) -> None:
        super().check(group)
        options = ("lr_decay", "weight_decay", "initial_accumulator_value", "eps")
        not_negative("Adagrad", group, *options)

    def slots(self, group: Mapping[str, Any]) -> dict[str, float]:
        return {"sum": group["initial_accumulator_value"]}

    def update(
        self, p: Tensor, g: Tensor, state: State, n: Any, group: Mapping[str, Any]
    ) -> Update:
        if group["weight_decay"]:
            g = g + n.weight_decay * p
        s = state["sum"] + g * g
        lr = n.lr / (1.0 + (n.t - 1.0) * n.lr_decay)
        return Update(p - lr * (g / (s.sqrt() + n.eps)), {"sum": s})
