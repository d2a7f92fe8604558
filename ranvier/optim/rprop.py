"""Rprop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ranvier.errors import ValueRangeError
from ranvier.optim.optimizer import Optimizer, State, Update
from ranvier.optim.options import not_negative, number, plain, refuse_options, two
from ranvier.tensor import Tensor
from ranvier.tensors.functions import where


class Rprop(Optimizer):
    """A step length for every number, from signs alone (Riedmiller and Braun, 1993).

        s ← s η₊ where g h > 0, s η₋ where g h < 0      (h: the gradient before)
        s ← s within step_sizes; at first s = lr
        g ← 0 where g h < 0
        p ← p - s sign(g),  h ← g

    For the whole data set as one batch: the signs of mini-batches are mostly noise.
    """

    numbers = ("lr", "etas", "step_sizes")

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        maximize: bool = False,
        **options: Any,
    ) -> None:
        defaults = {
            "lr": lr,
            "etas": etas,
            "step_sizes": step_sizes,
            "maximize": maximize,
        }
        refuse_options("Rprop", options, defaults)
        super().__init__(params, defaults)

    def check(self, group: Mapping[str, Any]) -> None:
        super().check(group)
        down, up = two("Rprop", "etas", group["etas"])
        down, up = number("Rprop", "etas", down), number("Rprop", "etas", up)
        if not 0 < down < 1 < up:
            raise ValueRangeError(
                f"Rprop: etas is {group['etas']}; the first shortens steps and must "
                "lie in (0, 1), the second lengthens them and must be above 1."
            )
        least, most = two("Rprop", "step_sizes", group["step_sizes"])
        not_negative("Rprop", {"step_sizes": least}, "step_sizes")
        if not least <= number("Rprop", "step_sizes", most):
            raise ValueRangeError(
                f"Rprop: step_sizes is {group['step_sizes']}; expected the shortest "
                "step, then the longest."
            )

    def slots(self, group: Mapping[str, Any]) -> dict[str, float]:
        return {"prev": 0.0, "step_size": plain(group["lr"])}

    def update(
        self, p: Tensor, g: Tensor, state: State, n: Any, group: Mapping[str, Any]
    ) -> Update:
        turn = (g * state["prev"]).sign()
        factor = where(turn > 0, n.eta2, where(turn < 0, n.eta1, 1.0)).to(p.dtype)
        s = state["step_size"] * factor
        s = s.maximum(n.step_size1.to(p.dtype)).minimum(n.step_size2.to(p.dtype))
        g = where(turn < 0, 0.0, g)
        return Update(p - g.sign() * s, {"prev": g, "step_size": s})
