"""The momentum that a cyclic schedule moves against the learning rate."""

from __future__ import annotations

from typing import Any

from ranvier.errors import ValueRangeError
from ranvier.optim.lr_scheduler.scheduler import one_a_group
from ranvier.optim.optimizer import Optimizer


def prepare(
    name: str, optimizer: Optimizer, base: Any, most: Any, *, resumes: bool
) -> None:
    """Check that there is a momentum; begin with its largest value."""
    if "momentum" not in optimizer.defaults and "betas" not in optimizer.defaults:
        raise ValueRangeError(
            f"{name}: cycle_momentum=True, but {type(optimizer).__name__} has neither "
            "momentum nor betas. Pass cycle_momentum=False."
        )
    base = one_a_group(name, "base_momentum", base, optimizer)
    most = one_a_group(name, "max_momentum", most, optimizer)
    if resumes:
        return
    for group, low, high in zip(optimizer.param_groups, base, most, strict=True):
        group["base_momentum"], group["max_momentum"] = low, high
        put(group, high)


def put(group: dict[str, Any], value: float) -> None:
    """Set the group's momentum, or the first of its betas."""
    if "betas" in group:
        group["betas"] = (value, *group["betas"][1:])
    else:
        group["momentum"] = value
