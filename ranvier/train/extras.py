"""What a step does besides loss, gradient and update: penalties, clipping, pieces."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ranvier import nn
from ranvier.data.arrays import is_whole
from ranvier.errors import ShapeError, UnsupportedError, ValueRangeError
from ranvier.nn.utils import clip_grad_norm_, clip_grad_value_
from ranvier.tensor import Tensor

BALANCED = "balanced"


@dataclass(frozen=True)
class Extras:
    """Options of `rv.fit` that change what a step computes.

    The penalty is l1 Σ|w| + l2 Σw² over the weights: parameters of two and more
    dimensions. All gradients as one vector are made no longer than `clip_norm`, then
    each number is limited to ± `clip_value`. A step takes `accumulate` mini-batches.
    """

    l1: float = 0.0
    l2: float = 0.0
    clip_norm: float | None = None
    clip_value: float | None = None
    accumulate: int = 1

    def __post_init__(self) -> None:
        for name in ("l1", "l2"):
            if not is_number(getattr(self, name), at_least=0.0):
                raise ValueRangeError(
                    f"fit: {name} is {getattr(self, name)!r}; expected a number from "
                    f"0, such as {name}=1e-4."
                )
        for name in ("clip_norm", "clip_value"):
            limit = getattr(self, name)
            if limit is not None and not (is_number(limit) and limit > 0):
                raise ValueRangeError(
                    f"fit: {name} is {limit!r}; expected a number above 0, such as "
                    f"{name}=1.0, or None for no limit."
                )
        if not is_whole(self.accumulate):
            raise ValueRangeError(
                f"fit: accumulate is {self.accumulate!r}; expected a whole number of "
                "mini-batches, such as accumulate=4."
            )

    def penalty(self, model: Any) -> Tensor | None:
        """l1 Σ|w| + l2 Σw², or None where there is none."""
        weights = [p for p in model.parameters() if p.requires_grad and p.ndim > 1]
        terms = []
        if self.l1:
            terms += [self.l1 * w.abs().sum() for w in weights]
        if self.l2:
            terms += [self.l2 * w.square().sum() for w in weights]
        total: Tensor | None = None
        for term in terms:
            total = term if total is None else total + term
        return total

    def clip(self, parameters: Iterable[Tensor]) -> None:
        """Limit the gradients in place."""
        given = list(parameters)
        if self.clip_norm is not None:
            clip_grad_norm_(given, self.clip_norm)
        if self.clip_value is not None:
            clip_grad_value_(given, self.clip_value)


def is_number(value: Any, at_least: float = -math.inf) -> bool:
    """A finite number; True is none here."""
    is_real = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    return is_real and math.isfinite(value) and value >= at_least


def weighted(loss: Any, weight: Any, smoothing: float, labels: Any) -> Any:
    """The cross-entropy with these weights of classes and this label smoothing.

    weight: one number a class, or "balanced": n / (classes · rows of the class), as in
        scikit-learn. Raises UnsupportedError: a loss that has no classes, or is told
        twice; ShapeError, ValueRangeError: weights that do not fit.
    """
    if weight is None and smoothing == 0:
        return loss
    if type(loss) is not nn.CrossEntropyLoss:
        raise UnsupportedError(
            "fit: class_weight and label_smoothing belong to CrossEntropyLoss, and the "
            f"loss is {type(loss).__name__}. For yes and no use "
            "nn.BCEWithLogitsLoss(pos_weight=…)."
        )
    has_own = loss.weight is not None or loss.label_smoothing
    if has_own:
        raise UnsupportedError(
            "fit: the loss has weights or label smoothing of its own; give them there "
            "or here, not twice."
        )
    return nn.CrossEntropyLoss(
        weight=None if weight is None else Tensor(class_weights(weight, labels)),
        ignore_index=loss.ignore_index,
        reduction=loss.reduction,
        label_smoothing=smoothing,
    )


def class_weights(weight: Any, labels: Any) -> Any:
    """One number a class, float32."""
    if isinstance(weight, str):
        if weight != BALANCED or labels.dtype.kind not in "iu":
            raise ValueRangeError(
                f"fit: class_weight is {weight!r} for {labels.dtype} labels; expected "
                'one number a class, or "balanced" for class numbers.'
            )
        counts = np.bincount(labels.ravel())
        if not counts.all():
            raise ValueRangeError(
                f"fit: class {int(counts.argmin())} has no rows in the training set, "
                'so class_weight="balanced" is not defined. Give one number a class.'
            )
        return (counts.sum() / (len(counts) * counts)).astype(np.float32)
    values = np.asarray(weight, np.float32)
    if values.ndim != 1:
        raise ShapeError(
            f"fit: class_weight has shape {values.shape}; expected one number a class."
        )
    if not (np.isfinite(values).all() and (values >= 0).all()):
        raise ValueRangeError(
            f"fit: class_weight holds {values.min():g}; expected numbers from 0."
        )
    return values
