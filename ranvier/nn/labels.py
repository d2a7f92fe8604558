"""What a loss checks about its target before it uses it."""

from __future__ import annotations

import warnings

import numpy as np

from ranvier import dtypes, ops
from ranvier.errors import DTypeError, RanvierWarning, ShapeError, ValueRangeError
from ranvier.graph import Array, Node, Shape
from ranvier.tensor import guard, hooks
from ranvier.tensors.bounds import known_bounds

SIGMOID = "Apply sigmoid, or use BCEWithLogitsLoss, which does so itself."


def same_shape(
    what: str, x: Node, y: Node, names: tuple[str, str] = ("prediction", "target")
) -> None:
    """Two arguments have one shape; nothing is broadcast silently."""
    if x.shape != y.shape:
        one, other = names
        raise ShapeError(
            f"{what}: the {one} has shape {x.shape}, the {other} {y.shape}; they "
            f"must be equal. {_remedy(x.shape, y.shape, *names)}"
        )


def _remedy(x: Shape, y: Shape, one: str, other: str) -> str:
    one, other = one.split()[0], other.split()[0]
    if x == (*y, 1):
        return f"Use {other}.unsqueeze(-1) or {one}.squeeze(-1)."
    if y == (*x, 1):
        return f"Use {other}.squeeze(-1) or {one}.unsqueeze(-1)."
    return f"Reshape one of them, for example with {other}.reshape({one}.shape)."


def class_labels(what: str, x: Node, y: Node) -> Node:
    """Labels are whole numbers, one for each row of scores."""
    wanted = (x.shape[0], *x.shape[2:]) if len(x.shape) > 1 else ()
    if y.dtype.order != 1:
        other = f" Probabilities have the shape {x.shape}."
        raise DTypeError(
            f"{what}: labels of {y.dtype.name} with shape {y.shape} for scores of "
            f"shape {x.shape}. Class numbers are integers: use target.long()."
            f"{other if what == 'cross_entropy' else ''}"
        )
    if len(x.shape) == 1 and y.shape == (1,):  # PyTorch takes it too
        return ops.reshape(y, ())
    if y.shape != wanted:
        remedy = " Use target.squeeze(1)." if y.shape == (*wanted, 1) else ""
        raise ShapeError(
            f"{what}: labels of shape {y.shape} for scores of shape {x.shape}; "
            f"expected "
            f"{wanted}, one class number a row.{remedy}"
        )
    return y


def in_range(what: str, y: Node, classes: int, ignored: int | None = None) -> bool:
    """Check that labels lie in 0 … classes - 1 or are `ignored`; True where some may be
    ignored.

    Labels that were picked from an array that is all in range need no look of their
    own. Inside a compiled step the check becomes a guard of the program.
    """
    if 0 in y.shape:
        return False
    kind = np.iinfo(y.dtype.np)
    if ignored is not None and not kind.min <= ignored <= kind.max:
        ignored = None
    captured = hooks.recorder is not None
    bounds = known_bounds(y, lasting=captured)
    if bounds is not None and bounds[0] >= 0 and bounds[1] < classes:
        return ignored is not None and bounds[0] <= ignored <= bounds[1]
    if captured:
        _guard(what, y, classes, ignored)
        return ignored is not None
    if y.value is None:
        hooks.evaluate([y])
    assert y.value is not None, "evaluate leaves a value"
    return _refuse(what, y.value, classes, ignored)


def _refuse(what: str, values: Array, classes: int, ignored: int | None) -> bool:
    kept = values if ignored is None else values[values != ignored]
    bad = kept[(kept < 0) | (kept >= classes)]
    if bad.size:
        two = bool(kept.min() >= 0 and kept.max() <= 1)
        raise ValueRangeError(f"{what}: label {bad.flat[0]} {_expected(classes, two)}")
    return bool(kept.size < values.size)


def _expected(classes: int, two: bool | None = None) -> str:
    """`two`: whether the labels are those of two classes; None where nobody knows."""
    text = f"is out of range for {classes} classes, numbered 0 to {classes - 1}."
    if classes == 1:
        text = "is out of range for 1 class, numbered 0."
    if classes == 1 and two:
        return f"{text} For two classes with one output use BCEWithLogitsLoss."
    text = f"{text} Count from 0, and let the last layer have one output a class."
    if classes == 1 and two is None:
        return f"{text} For two classes with one output use BCEWithLogitsLoss."
    return text


def _guard(what: str, y: Node, classes: int, ignored: int | None) -> None:
    low = ops.ge(y, ops.like(y, 0))
    high = ops.lt(y, ops.const(classes, dtypes.int64))
    good = ops.both(low, high)
    if ignored is not None:
        good = ops.either(good, ops.eq(y, ops.const(ignored, dtypes.int64)))
    guard(_every(good), f"{what}: a label {_expected(classes)}")


def _every(x: Node) -> Node:
    return ops.ne(ops.amin(ops.cast(x, dtypes.int64)), ops.const(0, dtypes.int64))


def warn_softmax(what: str, x: Node) -> None:
    """Scores that went through softmax already; cross entropy applies it itself."""
    if x.op == "div" and len(x.srcs) == 2:
        top, bottom = x.srcs
        if top.op == "exp" and bottom.op == "sum" and bottom.srcs[0] is top:
            _warn(f"{what} applies softmax itself, and its input went through one")


def warn_sigmoid(what: str, x: Node) -> None:
    """Scores that went through a sigmoid already."""
    if x.op == "sigmoid":
        _warn(f"{what} applies the sigmoid itself, and its input went through one")


def _warn(text: str) -> None:
    warnings.warn(
        f"{text} already: gradients become small. Leave the last layer out of the "
        f"model.",
        RanvierWarning,
        stacklevel=5,
    )


def probabilities(what: str, x: Node, role: str, remedy: str) -> None:
    """Binary cross entropy wants numbers from 0 to 1.

    What is not computed yet is not looked at; a compiled step checks it as it runs.
    """
    if x.op == "sigmoid" or 0 in x.shape:
        return
    if hooks.recorder is not None:
        low, high = (ops.like(x, edge) for edge in (0.0, 1.0))
        outside = ops.either(ops.lt(x, low), ops.gt(x, high))
        text = f"the {role} holds a number outside [0, 1]"
        guard(_never(outside), f"{what}: {text}. {remedy}")
    elif x.value is not None:
        least, most = float(np.min(x.value)), float(np.max(x.value))
        if least < 0 or most > 1:
            raise ValueRangeError(
                f"{what}: the {role} holds {least if least < 0 else most:.6g}; it "
                f"must lie in [0, 1]. {remedy}"
            )


def not_negative(what: str, role: str, x: Node) -> None:
    """As `probabilities`, for what is at least 0."""
    if 0 in x.shape:
        return
    remedy = "Let the model give its logarithm and use .exp()."
    if hooks.recorder is not None:
        below = ops.lt(x, ops.like(x, 0.0))
        guard(_never(below), f"{what}: {role} holds a negative number. {remedy}")
    elif x.value is not None and np.min(x.value) < 0:
        raise ValueRangeError(
            f"{what}: {role} holds {float(np.min(x.value)):.6g}; it must be at least "
            f"0. {remedy}"
        )


def _never(x: Node) -> Node:
    count = ops.amax(ops.cast(x, dtypes.int64))
    return ops.eq(count, ops.const(0, dtypes.int64))


def lengths(what: str, role: str, x: Node, most: int) -> None:
    """Whole numbers from 0 to `most`, checked as labels are."""
    if 0 in x.shape:
        return
    captured = hooks.recorder is not None
    bounds = known_bounds(x, lasting=captured)
    if bounds is not None and bounds[0] >= 0 and bounds[1] <= most:
        return
    text = f"out of range: lengths go from 0 to {most}."
    if captured:
        high = ops.le(ops.amax(x), ops.const(most, dtypes.int64))
        low = ops.ge(ops.amin(x), ops.like(x, 0))
        guard(ops.both(low, high), f"{what}: {role} holds a number {text}")
        return
    if x.value is None:
        hooks.evaluate([x])
    assert x.value is not None, "evaluate leaves a value"
    bad = x.value[(x.value < 0) | (x.value > most)]
    if bad.size:
        raise ValueRangeError(f"{what}: {role} holds {bad[0]}, {text}")
