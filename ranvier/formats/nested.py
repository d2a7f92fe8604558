"""Dicts and lists of tensors, numbers and texts as arrays by name and one JSON text.

    {"epoch": 3, "model": {"0.bias": tensor}}
    ⇄ arrays     model.0.bias
      structure  {"epoch": 3, "model": {"0.bias": {"@tensor": "model.0.bias"}}}

An array's name is the path to it, its keys joined by points; where two paths read alike
the second name ends in ~2. What JSON does not know (tuples, keys that are no texts) has
a mark of its own, so that everything comes back as what it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ranvier.errors import DTypeError
from ranvier.tensor import Tensor

Array = np.ndarray[Any, Any]
POINT = "."
ALONE = "tensor"  # the name of one that stands in no dict
MARK = "@"
TENSOR, TUPLE, DICT = MARK + "tensor", MARK + "tuple", MARK + "dict"
PLAIN = (str, int, float, bool, type(None))
KINDS = {"float16", "float32", "float64", "bool", "uint8"} | {
    f"int{bits}" for bits in (8, 16, 32, 64)
}


def pack(value: Any, arrays: dict[str, Array], path: tuple[Any, ...] = ()) -> Any:
    """The structure of a value, for JSON; copies of its arrays are put into `arrays`.

    Raises DTypeError for what cannot be kept, with the path to it.

    >>> arrays = {}
    >>> pack({"w": [np.ones(2), 3]}, arrays)
    {'w': [{'@tensor': 'w.0'}, 3]}
    >>> list(arrays)
    ['w.0']
    """
    if type(value) in PLAIN:  # most of a state, and quickly told
        return value
    if isinstance(value, Tensor | np.ndarray):
        name = free_name(path, arrays)
        arrays[name] = copied(value, path)
        return {TENSOR: name}
    if isinstance(value, Mapping):
        return packed_dict(value, arrays, path)
    if isinstance(value, list | tuple):
        found = [pack(v, arrays, (*path, i)) for i, v in enumerate(value)]
        return {TUPLE: found} if isinstance(value, tuple) else found
    if isinstance(value, np.generic):
        value = value.item()
    if not isinstance(value, PLAIN):
        raise refusal(value, path)
    return value


def packed_dict(
    value: Mapping[Any, Any], arrays: dict[str, Array], path: tuple[Any, ...]
) -> dict[str, Any]:
    """As it is where all keys are texts, else as a list of pairs."""
    found = [(k, pack(v, arrays, (*path, k))) for k, v in value.items()]
    if all(type(k) is str and not k.startswith(MARK) for k in value):
        return dict(found)
    return {DICT: [[pack(k, {}, (*path, k)), v] for k, v in found]}


def unpack(value: Any, arrays: Mapping[str, Any]) -> Any:
    """What `pack` was given, with `arrays` in the places of its tensors."""
    if isinstance(value, list):
        return [unpack(v, arrays) for v in value]
    if not isinstance(value, dict):
        return value
    if TENSOR in value:
        return arrays[value[TENSOR]]
    if TUPLE in value:
        return tuple(unpack(v, arrays) for v in value[TUPLE])
    if DICT in value:
        return {unpack(k, arrays): unpack(v, arrays) for k, v in value[DICT]}
    return {k: unpack(v, arrays) for k, v in value.items()}


def free_name(path: tuple[Any, ...], taken: Mapping[str, Array]) -> str:
    """The path as a name that no other array has."""
    name = POINT.join(map(str, path)) if path else ALONE
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name}~{number}"
    return found


def copied(value: Any, path: tuple[Any, ...]) -> Array:
    """An array of its own, that later steps do not change."""
    array = np.array(value.detach() if isinstance(value, Tensor) else value, order="C")
    if array.dtype.name not in KINDS:
        raise DTypeError(
            f"save: {place(path)} is an array of {array.dtype}, which is not one of "
            "the number types that a file holds; use .astype('float32') or another."
        )
    return array


def refusal(value: Any, path: tuple[Any, ...]) -> DTypeError:
    """What is said of something that is not kept."""
    remedy = "Leave it out."
    if callable(getattr(value, "state_dict", None)):
        remedy = f"Save its .state_dict() there: {{{path[-1]!r}: x.state_dict()}}."
    elif isinstance(value, set | frozenset):
        remedy = "Make it a list."
    elif hasattr(value, "__dict__") and not callable(value):
        remedy = "Save its numbers and texts there, such as vars(x)."
    return DTypeError(
        f"save: {place(path)} is a {type(value).__name__}; a file holds tensors, "
        f"numbers, texts, None, and lists, tuples and dicts of these. {remedy}"
    )


def place(path: tuple[Any, ...]) -> str:
    """The path as somebody types it.

    >>> place(("epochs", 3, "loss"))
    "['epochs'][3]['loss']"
    """
    return "".join(f"[{key!r}]" for key in path) or "the object"
