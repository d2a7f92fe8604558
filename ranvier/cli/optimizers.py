"""The optimisers that `--optimizer` names, and what `--schedule` does to them."""

from __future__ import annotations

from typing import Any

from ranvier import optim
from ranvier.cli.settings import DROP, Settings


def optimizers() -> dict[str, Any]:
    """The optimisers of `rv.optim` that one loss a step is enough for, by their name in
    small letters.
    """
    return {
        name.lower(): kind
        for name, kind in vars(optim).items()
        if isinstance(kind, type)
        and issubclass(kind, optim.Optimizer)
        and kind is not optim.Optimizer
        and not kind.needs_closure
    }


def scheduler(settings: Settings, optimizer: Any) -> Any:
    """What changes the learning rate after every epoch."""
    if settings.schedule == "none":
        return None
    if settings.schedule == "cosine":
        return optim.lr_scheduler.CosineAnnealingLR(optimizer, settings.epochs)
    patience = (settings.patience or 30) // 3
    return optim.lr_scheduler.ReduceLROnPlateau(optimizer, "min", DROP, patience)
