"""What a checkpoint says about its run: how it was asked for, and from what data."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from typing import Any

import numpy as np

from ranvier.data.dataset import Dataset
from ranvier.data.transforms.transform import Transform
from ranvier.tensor import Tensor
from ranvier.train.plan import Plan
from ranvier.train.scoring import Scoring
from ranvier.version import version

SAMPLED = 4096  # rows that stand for all; a larger set is not read a second time


def configuration(plan: Plan) -> dict[str, Any]:
    """The arguments of `rv.fit`, as texts and numbers."""
    rows = {"training set": len(plan.train)}
    if plan.val is not None:
        rows["validation set"] = len(plan.val)
    return {
        "ranvier": version(),
        "task": task_of(plan),
        "rows": rows,
        "parameters": sum(p.numel() for p in plan.model.parameters()),
        "model": repr(plan.model),
        "loss": loss_text(plan.loss),
        "optimizer": type(plan.optimizer).__name__,
        "scheduler": None if plan.scheduler is None else type(plan.scheduler).__name__,
        "epochs": plan.epochs,
        "batch_size": plan.batch_size,
        "shuffle": plan.shuffle,
        "seed": plan.seed,
        "patience": plan.patience,
        "min_delta": plan.min_delta,
        **asdict(plan.extras),
    }


def loss_text(loss: Any) -> str:
    """A loss as text: equal for two of one class with the same numbers and words.

    >>> from ranvier import nn
    >>> loss_text(nn.CrossEntropyLoss(label_smoothing=0.1))
    "CrossEntropyLoss(reduction='mean', ignore_index=-100, label_smoothing=0.1)"
    """
    if not hasattr(loss, "named_modules"):
        return str(getattr(loss, "__name__", repr(loss)))
    said = [
        f"{name}={value.tolist() if isinstance(value, Tensor) else value!r}"
        for name, value in vars(loss).items()
        if isinstance(value, float | int | str | Tensor) and name != "training"
    ]
    return f"{type(loss).__name__}({', '.join(said)})"


def task_of(plan: Plan) -> dict[str, str | None]:
    """What is learned: from which data, and whether it is classes or values."""
    of_classes = type(plan.loss).__name__ in ("CrossEntropyLoss", "NLLLoss")
    is_value = plan.scoring is Scoring.NONE and not of_classes
    name = None if plan.train.name == "data" else plan.train.name
    kind = "regression" if is_value else "classification"
    return {"data": name, "target": None, "kind": kind}


def preparation(data: Dataset) -> dict[str, Any]:
    """How inputs and targets reach the model; arrays as arrays."""
    return {
        "scale": data.scale,
        "shift": data.shift,
        "classes": None if data.classes is None else list(map(str, data.classes)),
        "image_shape": None if data.image_shape is None else list(data.image_shape),
        "transform": of_transform(data.transform),
        "target_transform": of_transform(data.target_transform),
        "augmentation": kind_of(data.augmentation),
    }


def of_transform(value: Any) -> Any:
    """A transform as its name and fields."""
    if isinstance(value, Transform) and is_dataclass(value):
        parts = {f.name: of_transform(getattr(value, f.name)) for f in fields(value)}
        return {"kind": type(value).__name__, **parts}
    if isinstance(value, Mapping):
        return {str(key): of_transform(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [of_transform(part) for part in value]
    plain = isinstance(value, str | int | float | np.ndarray | np.generic)
    return value if plain or value is None else kind_of(value)


def kind_of(value: Any) -> str | None:
    """What it is, without its address, which is another one in the next process."""
    if value is None:
        return None
    changes = getattr(value, "changes", (value,))
    return ", ".join(getattr(c, "__name__", type(c).__name__) for c in changes)


def fingerprint(data: Dataset) -> str:
    """CRC-32 of up to 4,096 rows, evenly spread: other data of the same size shows."""
    every = -(-len(data) // SAMPLED)
    total = 0
    for array in data.arrays:
        total = zlib.crc32(str((array.dtype, array.shape)).encode(), total)
        some = array[::every] if data.source is None else array[:0]  # others each time
        total = zlib.crc32(np.ascontiguousarray(some).tobytes(), total)
    return f"{total:08x}"
