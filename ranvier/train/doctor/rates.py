"""Rules about the learning rate: how far a step goes, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ranvier.train.doctor.evidence import Array, Evidence
from ranvier.train.doctor.finding import Finding

TOO_FAR = 1.0
TOO_SHORT = 1e-4


def update_ratios(seen: Evidence) -> Array | None:
    """The median over the weights of ‖Δw‖ / ‖w‖, one number a reading."""
    series = seen.series("update_ratio")
    found = [series[name] for name in seen.weights if name in series]
    return np.median(found, axis=0) if found else None


def rate_too_large(seen: Evidence) -> Iterator[Finding]:
    """Steps as long as the weights themselves, and the loss is worse for it."""
    ratios = update_ratios(seen)
    if ratios is None:
        return
    # Weights that shrink to nothing make a ratio large too, but not at the beginning.
    looked_at = ratios if has_blown_up(seen) else seen.early(ratios)
    over = ~(looked_at <= TOO_FAR)
    if over.any() and (has_blown_up(seen) or seen.learned < 0.1):
        at = int(over.argmax())
        values = {
            "ratio": float(ratios[at]),
            "lr": rate(seen),
            "better": rate(seen) / 10,
            "threshold": TOO_FAR,
        }
        yield Finding("learning_rate_too_large", "", int(seen.steps[at]), values)


def has_blown_up(seen: Evidence) -> bool:
    """The loss is no number any more, or far above what it has been."""
    losses = seen.train_loss
    if seen.stopped_because == "not finite":
        return True
    return len(losses) > 2 and bool(losses[-1] > 1.5 * losses.min())


def rate_too_small(seen: Evidence) -> Iterator[Finding]:
    """Steps that hardly move the weights, while the loss is high and still falling."""
    ratios, losses = update_ratios(seen), seen.train_loss
    if ratios is None or len(losses) < 2:
        return
    ratio = float(np.median(ratios))
    is_falling = losses[0] > losses[-1] > 0.5 * losses[0]
    if 0 < ratio < TOO_SHORT and is_falling and seen.learned < 0.5:
        values = {
            "ratio": ratio,
            "lr": rate(seen),
            "better": rate(seen) * 10,
            "first": float(losses[0]),
            "last": float(losses[-1]),
            "epochs": len(losses),
            "threshold": TOO_SHORT,
        }
        yield Finding("learning_rate_too_small", "", int(seen.steps[0]), values)


def not_finite(seen: Evidence) -> Iterator[Finding]:
    """The run ended because the loss was no number any more."""
    if seen.stopped_because == "not finite":
        values = {"error": seen.error, "lr": rate(seen), "better": rate(seen) / 10}
        yield Finding("not_finite", "", 0, values)


def rate(seen: Evidence) -> float:
    """The learning rate that the run ended with."""
    return float(seen.optimizer.param_groups[0]["lr"])
