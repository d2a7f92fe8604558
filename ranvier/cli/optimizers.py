"""The optimisers that `--optimizer` names, and what `--schedule` does to them."""

from __future__ import annotations

from inspect import signature
from typing import Any

from ranvier import optim
from ranvier.cli.settings import DROP, Settings
from ranvier.errors import ValueRangeError


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


def optimizer_of(settings: Settings, parameters: Any) -> Any:
    """The optimizer with the rate and the decay of its settings."""
    decay = settings.weight_decay
    options = {} if decay is None else {"weight_decay": decay}
    return optimizers()[settings.optimizer](parameters, lr=settings.lr, **options)


def check_decay(settings: Settings) -> None:
    """Raise ValueRangeError: the optimizer has no weight decay that was asked for."""
    kind = optimizers()[settings.optimizer]
    if settings.weight_decay and "weight_decay" not in signature(kind).parameters:
        raise ValueRangeError(
            f"{settings.optimizer} has no weight decay; leave it out, or use "
            "--optimizer adamw."
        )


def scheduler(settings: Settings, optimizer: Any) -> Any:
    """What changes the learning rate after every epoch."""
    if settings.schedule == "none":
        return None
    if settings.schedule == "cosine":
        return optim.lr_scheduler.CosineAnnealingLR(optimizer, settings.epochs)
    patience = (settings.patience or 30) // 3
    return optim.lr_scheduler.ReduceLROnPlateau(optimizer, "min", DROP, patience)
