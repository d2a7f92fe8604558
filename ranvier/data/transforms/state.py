"""Transforms as text: JSON, with arrays as their bytes in base64.

It goes into the header of a model's file, so that the weights keep their own names and
nothing is ever unpickled.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from dataclasses import fields, is_dataclass
from typing import Any, Final

import numpy as np

from ranvier.data.transforms.categories import Categories, OneHot
from ranvier.data.transforms.grayscale import Grayscale
from ranvier.data.transforms.impute import Impute
from ranvier.data.transforms.normalize import Normalize
from ranvier.data.transforms.transform import Compose, Transform
from ranvier.data.transforms.whiten import Whiten
from ranvier.errors import DataError, RanvierError

KINDS: Final = {
    kind.__name__: kind
    for kind in (Categories, Compose, Grayscale, Impute, Normalize, OneHot, Whiten)
}
KIND, ARRAY = "transform", "array"


def to_json(transform: Transform) -> str:
    """A fitted transform as text; `from_json` makes the same one of it.

    >>> text = to_json(Normalize([1.0, 2.0], [0.5, 0.5]))
    >>> from_json(text).mean
    array([1., 2.])
    """
    return json.dumps(packed(transform))


def from_json(text: str) -> Transform:
    """The transform that `to_json` was given.

    Raises DataError: the text is of another kind, or damaged.
    """
    try:
        found = unpacked(json.loads(text))
    except RanvierError:
        raise
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise DataError(f"these are no transforms, or damaged ones: {error}.") from None
    if not isinstance(found, Transform):
        raise DataError("these are no transforms, or damaged ones: no kind is named.")
    return found


def packed(value: Any) -> Any:
    """Nothing but what JSON has."""
    if isinstance(value, Transform):
        name = type(value).__name__
        if KINDS.get(name) is not type(value) or not is_dataclass(value):
            raise DataError(
                f"{name} is not one of Ranvier's transforms ({', '.join(KINDS)}), so "
                "it cannot be kept in a file."
            )
        parts = {f.name: packed(getattr(value, f.name)) for f in fields(value)}
        return {KIND: name, **parts}
    if isinstance(value, np.ndarray):
        data = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode("ascii")
        return {ARRAY: data, "dtype": value.dtype.str, "shape": list(value.shape)}
    if isinstance(value, list | tuple):
        return [packed(part) for part in value]
    return value


def unpacked(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(unpacked(part) for part in value)
    if not isinstance(value, dict):
        return value
    if ARRAY in value:
        return array_of(value)
    name = value[KIND]
    if name not in KINDS:
        raise DataError(
            f"the transform {name!r} is not known to this version; there are: "
            f"{', '.join(KINDS)}."
        )
    parts = {key: unpacked(part) for key, part in value.items() if key != KIND}
    return KINDS[name](**parts)


def array_of(value: dict[str, Any]) -> np.ndarray[Any, Any]:
    """An array of numbers; its bytes are as many as its shape says."""
    kind, shape = np.dtype(value["dtype"]), tuple(value["shape"])
    if kind.kind not in "biuf":
        raise DataError(f"an array of {kind} was found; expected numbers.")
    try:
        data = base64.b64decode(value[ARRAY], validate=True)
    except binascii.Error as error:
        raise DataError(f"an array is damaged: {error}.") from None
    if math.prod(shape) * kind.itemsize != len(data):
        raise DataError(f"an array of shape {shape} has {len(data)} bytes.")
    return np.frombuffer(data, kind).reshape(shape)
