"""Rules about what came out: over- and underfitting, answers that never differ."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ranvier.train.doctor.evidence import Evidence
from ranvier.train.doctor.finding import Finding
from ranvier.train.scoring import Scoring

RISEN = 1.2
LEARNED = 0.1
SAME_LOGITS, SAME_SHARES, SAME_NUMBERS = 0.05, 0.02, 0.05
LOSS_OF = {
    # last layer      loss that does the same once more
    "Softmax": "CrossEntropyLoss",
    "LogSoftmax": "",
    "Sigmoid": "BCEWithLogitsLoss",
}


def overfitting(seen: Evidence) -> Iterator[Finding]:
    """The validation loss has turned while the training loss went on falling."""
    val, train = seen.val_loss, seen.train_loss
    if len(val) < 3:
        return
    best = int(val.argmin())
    end = float(np.median(val[-3:]))
    has_learned = not seen.learned < LEARNED
    has_turned = end > RISEN * val[best] and train[-1] < train[best]
    if has_learned and has_turned:
        values = {
            "best": best + 1,
            "low": float(val[best]),
            "end": float(val[-1]),
            "epochs": len(val),
            "train": float(train[-1]),
            "threshold": RISEN,
        }
        yield Finding("overfitting", "", 0, values)


def underfitting(seen: Evidence) -> Iterator[Finding]:
    """The training loss itself is hardly below that of one answer for all rows."""
    if seen.learned < LEARNED and seen.stopped_because != "not finite":
        values = {
            "loss": float(seen.train_loss[-1]),
            "baseline": seen.baseline,
            "epochs": len(seen.train_loss),
            "threshold": 1 - LEARNED,
        }
        yield Finding("underfitting", "", 0, values)


def constant_predictions(seen: Evidence) -> Iterator[Finding]:
    """The outputs of different rows are the same."""
    spread = seen.columns.get("output.spread")
    if spread is None or seen.batch_size < 4:
        return
    found, least = float(np.median(seen.late(spread))), least_spread(seen)
    if found < least:
        step = int(seen.steps[-len(seen.late(spread))])
        values = {"spread": found, "threshold": least, "until": int(seen.steps[-1])}
        yield Finding("constant_predictions", "", step, values)


def least_spread(seen: Evidence) -> float:
    """How far outputs differ at least where something was learned."""
    if type(seen.loss).__name__ in ("CrossEntropyLoss", "BCEWithLogitsLoss"):
        return SAME_LOGITS
    if seen.scoring is not Scoring.NONE:
        return SAME_SHARES
    return SAME_NUMBERS * float(seen.sample[1].astype(np.float64).std())


def loss_twice(seen: Evidence) -> Iterator[Finding]:
    """The last layer does what the loss does once more."""
    last = type(seen.leaves[seen.last_leaf]).__name__
    loss = type(seen.loss).__name__
    if LOSS_OF.get(last) == loss:
        yield Finding("loss_twice", seen.layer(seen.last_leaf), 0, {"loss": loss})
