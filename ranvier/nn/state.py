"""Values of a model from a state_dict, and one message for all that does not fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from ranvier.errors import DTypeError, StateError, nearest
from ranvier.graph import Array, leaf
from ranvier.tensor import Tensor


class IncompatibleKeys(NamedTuple):
    """What `load_state_dict` left out with ``strict=False``."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return (
            f"IncompatibleKeys(missing_keys={self.missing_keys}, "
            f"unexpected_keys={self.unexpected_keys})"
        )


def load(
    model: str, own: dict[str, Tensor], given: Mapping[str, Any], strict: bool
) -> IncompatibleKeys:
    """Put the values `given` into the tensors `own` of a model, if all of them fit."""
    if not isinstance(given, Mapping):
        raise DTypeError(
            f"load_state_dict: got a {type(given).__name__}, expected a dict of "
            "arrays by name; use model.state_dict() or rv.load(path)."
        )
    arrays = {name: np.asarray(_plain(value)) for name, value in given.items()}
    missing = [
        name
        for name in own
        if name not in arrays and not name.endswith("num_batches_tracked")
    ]
    unexpected = [name for name in arrays if name not in own]
    faults = _shape_faults(own, arrays)
    if strict:
        faults = [
            *(f"missing: {name}" for name in missing),
            *(f"unexpected: {name}{nearest(name, missing)}" for name in unexpected),
            *faults,
        ]
    if faults:
        lines = "".join(f"\n  {fault}" for fault in faults)
        remedy = "\nstrict=False leaves out keys that are missing or unexpected."
        remedy += _prefix_remedy(missing, unexpected)
        raise StateError(
            f"this state_dict does not fit {model}:{lines}{remedy if strict else ''}"
        )
    for name, tensor in own.items():
        if name in arrays:
            array = np.array(arrays[name], tensor.dtype.np, order="C")
            tensor._rebind(leaf(array, tensor.requires_grad))
    return IncompatibleKeys(missing, unexpected)


def _plain(value: Any) -> Any:
    return value._value() if isinstance(value, Tensor) else value


def _prefix_remedy(missing: list[str], unexpected: list[str]) -> str:
    """What to type where one name stands before all keys, as DataParallel puts it."""
    prefix = unexpected[0].partition(".")[0] + "." if missing and unexpected else ""
    inner = {key.removeprefix(prefix) for key in unexpected if key.startswith(prefix)}
    if not prefix or not inner.issuperset(missing):
        return ""
    return (
        f"\n{prefix!r} stands before the keys; write "
        f"{{k.removeprefix({prefix!r}): v for k, v in state_dict.items()}}."
    )


def _shape_faults(own: dict[str, Tensor], arrays: dict[str, Array]) -> list[str]:
    return [
        f"shape: {name} is {arrays[name].shape}, the model has {tensor.shape}"
        for name, tensor in own.items()
        if name in arrays and arrays[name].shape != tensor.shape
    ]
