"""Everything that `rv.fit` looks at before it starts, cheapest first.

A mistake is reported here with the user's own numbers, not after minutes of training.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ranvier.data.arrays import is_whole
from ranvier.data.dataset import Dataset
from ranvier.errors import (
    DataError,
    DTypeError,
    ShapeError,
    UnsupportedError,
    ValueRangeError,
)
from ranvier.optim.lr_scheduler import ReduceLROnPlateau
from ranvier.optim.options import number
from ranvier.tensor import NoGrad, Tensor
from ranvier.train.step import mode

Array = np.ndarray[Any, Any]
Shape = tuple[int, ...]
ELEMENTWISE_LOSSES = ("MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss")
YES_NO_LOSSES = ("BCEWithLogitsLoss", "BCELoss")


def check_numbers(
    epochs: Any, batch_size: Any, patience: Any, min_delta: Any, has_val: bool
) -> None:
    """Counts are whole and positive; patience has something to look at."""
    whole("epochs", epochs, "epochs=10")
    whole("batch_size", batch_size, "batch_size=32")
    if patience is not None:
        whole("patience", patience, "patience=3")
        if not has_val:
            raise ValueRangeError(
                "fit: patience watches the validation loss, and there is no validation "
                "set. Pass val=..., for example train, val, test = data.split(…)."
            )
    if not (isinstance(min_delta, int | float) and min_delta >= 0):
        raise ValueRangeError(
            f"fit: min_delta is {min_delta!r}; expected how much the validation loss "
            "has to fall to count as better, 0 or above."
        )


def check_given(loss: Any, optimizer: Any) -> None:
    """There is something to make small, and something that does it."""
    if loss is None:
        raise DTypeError(
            "fit: no loss was given; pass loss=nn.CrossEntropyLoss() for classes, or "
            "loss=nn.MSELoss() for numbers."
        )
    if optimizer is None:
        raise DTypeError(
            "fit: no optimizer was given; pass "
            "optimizer=rv.optim.Adam(model.parameters(), lr=0.001)."
        )
    for what, given in (("loss", loss), ("optimizer", optimizer)):
        if isinstance(given, type):
            name = given.__name__
            inside = "" if what == "loss" else "model.parameters(), lr=…"
            raise DTypeError(
                f"fit: {what} is the class {name}; write {what}={name}({inside})."
            )
    if not callable(loss):
        raise DTypeError(
            f"fit: loss is {loss!r:.40}; expected a loss such as nn.MSELoss() or "
            "nn.CrossEntropyLoss(), or a function (outputs, targets) → loss."
        )


def check_places(val: Any, others: tuple[Any, ...]) -> None:
    """Behind the data everything has a name; so a loss is not taken for data."""
    given = [x for x in (val, *others) if callable(x) or hasattr(x, "param_groups")]
    if given or others:
        kinds = ", ".join(type(x).__name__ for x in given or others)
        raise DTypeError(
            f"fit: {kinds} given by place; after the data everything is given by name. "
            "Write fit(model, train, val=val, loss=criterion, optimizer=optimizer, "
            "epochs=10)."
        )


def check_scheduler(scheduler: Any, optimizer: Any, has_val: bool) -> None:
    """It steps this optimiser, and has what it looks at."""
    if scheduler is None:
        return
    if isinstance(scheduler, type) or not hasattr(scheduler, "step"):
        raise DTypeError(
            f"fit: scheduler is {scheduler!r:.60}; expected an object such as "
            "rv.optim.lr_scheduler.StepLR(optimizer, step_size=10)."
        )
    if getattr(scheduler, "optimizer", optimizer) is not optimizer:
        raise ValueRangeError(
            "fit: the scheduler belongs to another optimizer, so this one's learning "
            f"rate would not change. Write {type(scheduler).__name__}(optimizer, …) "
            "with the optimizer that fit gets."
        )
    if isinstance(scheduler, ReduceLROnPlateau) and not has_val:
        raise ValueRangeError(
            "fit: ReduceLROnPlateau watches the validation loss, and there is no "
            "validation set. Pass val=..., or take another schedule."
        )


def check_metrics(metrics: Any, has_val: bool) -> None:
    """There is something to measure them on."""
    if metrics and not has_val:
        raise ValueRangeError(
            "fit: metrics are measured on the validation set, and there is no "
            "validation set. Pass val=0.2, or rv.evaluate(model, data, metrics=…) "
            "afterwards."
        )


def check_number(name: str, value: Any) -> float:
    """A metric as one number, for a column of the history."""
    if np.ndim(value):
        raise DTypeError(
            f"fit: metric {name!r} gave {type(value).__name__} of shape "
            f"{np.shape(value)}; expected one number an epoch. Tables: "
            "rv.evaluate(model, data, metrics=…)."
        )
    return float(value)


def check_interval(interval: Any, scheduler: Any) -> None:
    """An epoch or a step; what looks at the validation loss needs an epoch."""
    if interval not in ("epoch", "step"):
        raise ValueRangeError(
            f"fit: scheduler_interval is {interval!r}; expected 'epoch' or 'step'."
        )
    if interval == "step" and isinstance(scheduler, ReduceLROnPlateau):
        raise ValueRangeError(
            "fit: ReduceLROnPlateau looks at the validation loss, which is known after "
            "an epoch. Leave scheduler_interval='step' out."
        )


def whole(name: str, value: Any, example: str) -> None:
    if not is_whole(value):
        raise ValueRangeError(
            f"fit: {name} is {value!r}; expected a whole number of at least 1, "
            f"such as {example}."
        )


def check_optimizer(model: Any, optimizer: Any) -> None:
    """The optimiser moves parameters of this model, at a rate that makes sense."""
    if not hasattr(optimizer, "param_groups"):
        raise DTypeError(
            f"fit: optimizer is {type(optimizer).__name__}; expected an optimiser, "
            "such as rv.optim.SGD(model.parameters(), lr=0.1)."
        )
    if getattr(optimizer, "needs_closure", False):
        name = type(optimizer).__name__
        raise UnsupportedError(
            f"fit: {name} needs a closure that it can call several times, and fit "
            f"computes each loss once. Write the loop: optimizer.step(closure)."
        )
    for group in optimizer.param_groups:
        check_rate(group["lr"], "initial_lr" in group)
    own = {id(parameter) for parameter in model.parameters()}
    held = {id(p) for group in optimizer.param_groups for p in group["params"]}
    if not own:
        raise ValueRangeError(
            "fit: the model has no parameters; nothing can be learned."
        )
    if not own & held:
        raise ValueRangeError(
            "fit: the optimizer holds none of the model's parameters, so the model "
            "would not change. Make it from this model: "
            f"{type(optimizer).__name__}(model.parameters(), lr=…)."
        )


def check_rate(lr: Any, is_scheduled: bool) -> None:
    """Above 0; a schedule may begin with 0."""
    rate = number("fit", "lr", lr)
    if not (math.isfinite(rate) and (rate > 0 or (is_scheduled and rate == 0))):
        raise ValueRangeError(
            f"fit: the learning rate is {rate:g}; expected a number above 0. Usual "
            "values are 0.1 to 0.01 for SGD, 0.001 for Adam."
        )


def check_data(name: str, data: Dataset, batch_size: int | None = None) -> None:
    """Inputs with targets, finite, and enough of them for one mini-batch."""
    if len(data.arrays) != 2:
        raise ShapeError(
            f"fit: {name} has {len(data.arrays)} array(s); expected a pair "
            "(inputs, targets)."
        )
    if batch_size is not None and batch_size > len(data):
        raise ValueRangeError(
            f"fit: batch_size {batch_size:,} is larger than {name} ({len(data):,} "
            f"rows). Use batch_size={len(data)} (one step an epoch) or less."
        )
    data.check_finite()


def check_alike(train: Dataset, val: Dataset) -> None:
    """Validation rows look like training rows, and are never changed at random."""
    if val.augmentation is not None:
        raise DataError(
            f"fit: the validation set is augmented ({val.augmentation!r}); it would be "
            "judged on other rows every epoch. Pass val=val.plain()."
        )
    for what, a, b in zip(("inputs", "targets"), train.arrays, val.arrays, strict=True):
        if a.shape[1:] != b.shape[1:]:
            raise ShapeError(
                f"fit: a row of the {what} has shape {a.shape[1:]} in the training set "
                f"and {b.shape[1:]} in the validation set; expected the same."
            )


def output_shape(model: Any, data: Dataset, rows: int) -> Shape:
    """The shape of the model's output on `rows` rows; nothing is computed."""
    x, *_ = data.prepare_numpy(*(array[:rows] for array in data.arrays))
    with NoGrad(), mode(model, training=False):
        outputs = model(Tensor(x))
    if not isinstance(outputs, Tensor):
        raise UnsupportedError(
            f"the model returns {type(outputs).__name__}; expected one tensor. "
            + remedy_for_several(model)
        )
    return outputs.shape


def check_heads(model: Any) -> None:
    """It gives one tensor while it trains, too."""
    if getattr(model, "aux1", None) is not None and getattr(model, "aux_logits", None):
        name = type(model).__name__
        raise UnsupportedError(
            f"fit: {name} gives the scores of its auxiliary heads, too, while it "
            "trains, and fit takes one tensor. Use rv.models.googlenet(…, "
            "aux_logits=False), or write the loop with rv.compile and the three losses."
        )


def remedy_for_several(model: Any) -> str:
    if type(model).__name__ == "CharLSTM":
        return "For the scores without the state pass rv.models.NextToken(model)."
    return (
        "For a model with several outputs write the loop yourself, with rv.compile, or "
        "pass a module whose forward returns the one that the loss takes."
    )


def check_targets(loss: Any, outputs: Shape, data: Dataset) -> None:
    """Targets have the type, shape and range that the loss and the outputs ask for."""
    name = type(loss).__name__
    targets = data.arrays[1]
    if name in ("CrossEntropyLoss", "NLLLoss", "MultiMarginLoss"):
        check_classes(name, loss, outputs, targets)
    elif name in ELEMENTWISE_LOSSES + YES_NO_LOSSES:
        check_elementwise(name, outputs, targets)


def check_classes(name: str, loss: Any, outputs: Shape, targets: Array) -> None:
    """Class numbers (n,) from 0 to outputs - 1, or probabilities like the outputs."""
    if len(outputs) < 2:
        raise ShapeError(
            f"fit: {name} needs outputs of shape (n, classes), the model gives "
            f"{outputs}. Let its last layer have one output per class."
        )
    if targets.dtype.kind == "f":
        check_probabilities(name, outputs, targets)
        return
    if targets.ndim == 2 and targets.shape[1] == 1 and len(outputs) == 2:
        raise ShapeError(
            f"fit: labels have shape {targets.shape}; {name} takes class numbers of "
            f"shape ({len(targets)},). Use y[:, 0] or y.ravel()."
        )
    last = outputs[-1]
    if len(outputs) > 2 and outputs[1:-1] == targets.shape[1:] != outputs[2:]:
        raise ShapeError(
            f"fit: the model gives {outputs}, its {last} classes last; {name} takes "
            "them in second place, as in PyTorch: "
            f"{(outputs[0], last, *outputs[1:-1])}. "
            "Let forward return scores.movedim(-1, 1); for the language models of "
            "rv.models pass rv.models.NextToken(model)."
        )
    if targets.shape[1:] != outputs[2:]:
        raise ShapeError(
            f"fit: labels have shape {targets.shape}, the model gives {outputs}; "
            f"{name} takes class numbers of shape {(len(targets), *outputs[2:])}. "
            "One-hot rows: use y.argmax(1), or y.astype('float32')."
        )
    check_range(name, outputs[1], targets, getattr(loss, "ignore_index", None))


def check_probabilities(name: str, outputs: Shape, targets: Array) -> None:
    if name == "CrossEntropyLoss" and targets.shape[1:] == outputs[1:]:
        return
    raise DTypeError(
        f"fit: labels are {targets.dtype} of shape {targets.shape}; {name} takes class "
        "numbers, whole numbers from 0. Use y.astype('int64')."
        + remedy_for_regression(targets)
    )


def remedy_for_regression(targets: Array) -> str:
    whole_numbers = bool((targets == np.round(targets)).all())
    return "" if whole_numbers else " For measured values use nn.MSELoss()."


def check_range(name: str, classes: int, targets: Array, ignored: int | None) -> None:
    labels = targets if ignored is None else targets[targets != ignored]
    if not labels.size:
        return
    low, high = int(labels.min()), int(labels.max())
    if low >= 0 and high < classes:
        return
    if low == 1 and high == classes:
        remedy = f"They seem to count from 1: use y - 1, or {classes + 1} outputs."
    elif low < 0:
        remedy = "Class numbers count from 0."
    else:
        remedy = f"Let the last layer have {high + 1} outputs."
    raise ValueRangeError(
        f"fit: labels run from {low} to {high}, but the model has {classes} outputs, "
        f"for the classes 0 to {classes - 1} ({name}). {remedy}"
    )


def check_elementwise(name: str, outputs: Shape, targets: Array) -> None:
    """Targets of the shape of the outputs: (n,) against (n, 1) would broadcast."""
    if targets.shape[1:] != outputs[1:]:
        raise ShapeError(
            f"fit: the model gives {outputs[1:]} per row, the targets have "
            f"{targets.shape[1:]}; {name} compares number with number. "
            + shape_remedy(outputs, targets)
        )
    if name in YES_NO_LOSSES:
        low, high = targets.min(), targets.max()
        if low < 0 or high > 1:
            raise ValueRangeError(
                f"fit: targets run from {low:g} to {high:g}; {name} takes 0 for no and "
                "1 for yes. For more than two classes use nn.CrossEntropyLoss()."
            )
    if targets.dtype.kind != "f":
        raise DTypeError(
            f"fit: targets are {targets.dtype}; {name} takes floating point. "
            "Use y.astype('float32')."
        )


def shape_remedy(outputs: Shape, targets: Array) -> str:
    if targets.ndim == 1 and outputs[1:] == (1,):
        return "Use y[:, None], so that the targets have shape (n, 1) too."
    if targets.shape[1:] == (1,) and len(outputs) == 1:
        return "Use y[:, 0], so that the targets have shape (n,) too."
    if targets.ndim == 1 and targets.dtype.kind in "iu":
        return "For class numbers use nn.CrossEntropyLoss()."
    wanted = math.prod(targets.shape[1:])
    return f"Let the last layer have {wanted} output{'s' * (wanted != 1)}."
