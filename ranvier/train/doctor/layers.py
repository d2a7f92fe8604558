"""Rules about layers: units that are dead or saturated, gradients that do not arrive.

Every rule takes the evidence and yields findings; a constant is a threshold, and the
reason for it stands in `texts`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ranvier.train.doctor.evidence import Array, Evidence
from ranvier.train.doctor.finding import Finding

DEAD = 0.75
ROWS_TO_DIE = 100
SATURATED = 0.5
VANISHES = 1e-3
EXPLODES = 100.0
SLOPE_AT_MOST_1 = ("CrossEntropyLoss", "NLLLoss", "BCEWithLogitsLoss", "L1Loss")


def dead_relu(seen: Evidence) -> Iterator[Finding]:
    """Units that gave 0 for every row of every later reading."""
    for name, active in seen.series("active").items():
        silent = silent_since(active)
        rows = (len(active) - silent) * seen.batch_size
        dead = rows >= ROWS_TO_DIE
        share = float(dead.mean())
        if share >= DEAD:
            since = int(seen.steps[np.sort(silent[dead])[int(dead.sum() / 2)]])
            values = {
                "dead": int(dead.sum()),
                "units": len(dead),
                "threshold": DEAD,
                "until": int(seen.steps[-1]),
            }
            yield Finding("dead_relu", seen.layer(name), since, values)


def silent_since(active: Array) -> Array:
    """The reading from which on each unit gave nothing; their number if it still does.

    >>> silent_since(np.array([[1, 0], [0, 0], [0, 1]]))
    array([1, 3])
    """
    backwards = active[::-1] != 0
    later = np.where(backwards.any(0), backwards.argmax(0), len(active))
    found: Array = len(active) - later
    return found


def saturated(seen: Evidence) -> Iterator[Finding]:
    """Sigmoids and tanhs at their ends early on, or at the end of a run that failed."""
    has_failed = seen.learned < 0.1
    for name, share in seen.series("saturated").items():
        if name == seen.last_leaf:  # there it is certainty
            continue
        parts = [seen.early(share), *([seen.late(share)] if has_failed else [])]
        worst = max(parts, key=lambda part: float(np.median(part)))
        found = float(np.median(worst))
        if found >= SATURATED:
            step = int(seen.steps[int(np.argmax(share >= SATURATED))])
            values = {"share": found, "threshold": SATURATED}
            yield Finding("saturated", seen.layer(name), step, values)


def rms_of_gradients(seen: Evidence) -> dict[str, Array]:
    """‖g‖ / √n of every weight matrix: the size of one of its numbers."""
    norms = seen.series("grad_norm")
    return {
        name: norms[name] / np.sqrt(p.numel())
        for name, p in seen.weights.items()
        if name in norms
    }


def vanishing_gradients(seen: Evidence) -> Iterator[Finding]:
    """The first layer's gradient is nothing beside the last one's."""
    sizes = rms_of_gradients(seen)
    if len(sizes) < 3:
        return
    first, *_, last = sizes
    low = float(np.median(seen.early(sizes[first])))
    high = float(np.median(seen.early(sizes[last])))
    if 0 < low < VANISHES * high:
        values = {
            "first": low,
            "last": high,
            "other": last,
            "ratio": low / high,
            "threshold": VANISHES,
        }
        yield Finding("vanishing_gradients", first, int(seen.steps[0]), values)


def exploding_gradients(seen: Evidence) -> Iterator[Finding]:
    """The gradient is so long that the loss alone cannot be why."""
    norms = seen.series("grad_norm")
    losses = loss_read(seen)
    if not norms or losses is None:
        return
    squares = sum(norm.astype(np.float64) ** 2 for norm in norms.values())
    is_flat = type(seen.loss).__name__ in SLOPE_AT_MOST_1
    scale = np.maximum(1, np.sqrt(np.abs(losses))) ** (0 if is_flat else 1)
    length = np.sqrt(squares) / scale
    over = ~(length <= EXPLODES)
    if over.any():
        at = int(over.argmax())
        name = max(norms, key=lambda n: float(norms[n][at]))
        values = {
            "norm": float(np.sqrt(squares)[at]),
            "scale": float(scale[at]),
            "threshold": EXPLODES,
        }
        yield Finding("exploding_gradients", name, int(seen.steps[at]), values)


def loss_read(seen: Evidence) -> Array | None:
    """The loss of every step that was read."""
    values = seen.columns.get("result.0", seen.columns.get("result"))
    return None if values is None else np.asarray(values, np.float64)


def no_gradient(seen: Evidence) -> Iterator[Finding]:
    """Parameters that should learn and never get anything to learn from."""
    if not len(seen.steps):
        return
    norms = seen.series("grad_norm")
    for name, p in seen.model.named_parameters():
        if not p.requires_grad:
            continue
        if name not in norms or not norms[name].any():
            steps = len(seen.steps)
            values = {"readings": steps, "until": int(seen.steps[-1])}
            yield Finding("no_gradient", name, int(seen.steps[0]), values)


def not_in_optimizer(seen: Evidence) -> Iterator[Finding]:
    """Parameters that ask for a gradient and that the optimiser does not hold."""
    held = {id(p) for group in seen.optimizer.param_groups for p in group["params"]}
    for name, p in seen.model.named_parameters():
        if p.requires_grad and id(p) not in held:
            kind = type(seen.optimizer).__name__
            yield Finding("not_in_optimizer", name, 0, {"optimizer": kind})
