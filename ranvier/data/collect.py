"""Data sets that somebody wrote as a class: their items, stacked into arrays.

A native run gathers its mini-batches itself, so it needs arrays, not a method to call.
Items that are others at every reading (random changes in `__getitem__`) are noticed, so
that a run can read them again before every epoch.
"""

from __future__ import annotations

import random as python_random
from collections.abc import Mapping
from typing import Any

import numpy as np

from ranvier import random
from ranvier.data.collate import default_collate
from ranvier.errors import DataError
from ranvier.tensor import Tensor

Array = np.ndarray[Any, Any]
KNOWN = (list, tuple, str, bytes, Mapping, np.ndarray, Tensor)
PROBES = 32


def has_items(data: Any) -> bool:
    """Whether it is an object with `__len__` and `__getitem__` by number."""
    methods = hasattr(data, "__len__") and hasattr(data, "__getitem__")
    return methods and not isinstance(data, (*KNOWN, type)) and not hasattr(data, "loc")


def collected(data: Any) -> tuple[Array, ...]:
    """Every item once, in order, stacked as a loader does it: (inputs, targets).

    Raises DataError: no items, items that are no tuples of numbers, arrays or tensors,
        of different shapes.
    """
    name = type(data).__name__
    if len(data) == 0:
        raise DataError(f"{name}: there are no rows; expected at least one example.")
    return of_items(name, [data[row] for row in range(len(data))])


def of_items(name: str, items: list[Any]) -> tuple[Array, ...]:
    try:
        batch = default_collate(items)
    except DataError as error:
        raise DataError(f"{name}: {error}") from None
    parts = batch if isinstance(batch, list) else [batch]
    for part in parts:
        if not isinstance(part, Tensor):
            raise DataError(
                f"{name}: item 0 is {described(items[0])}; a run that gathers its "
                "mini-batches itself (rv.fit, step.over) takes a tuple (input, target) "
                "of numbers, arrays or tensors. Return one from __getitem__, or write "
                "the loop over the DataLoader in Python."
            )
    return tuple(part.detach().numpy() for part in parts)


def described(item: Any) -> str:
    if isinstance(item, tuple | list):
        return f"a {type(item).__name__} of {', '.join(type(p).__name__ for p in item)}"
    return f"a {type(item).__name__}"


def read(data: Any) -> tuple[tuple[Array, ...], bool]:
    """Every item, and whether items are others when they are read again."""
    before = drawn()
    arrays = collected(data)
    return arrays, drawn() != before or differs(data, arrays)


def differs(data: Any, arrays: tuple[Array, ...]) -> bool:
    """Whether some of the items, read again, are not what they were."""
    rows = np.unique(np.linspace(0, len(data) - 1, PROBES).astype(int)).tolist()
    again = of_items(type(data).__name__, [data[row] for row in rows])
    pairs = zip(arrays, again, strict=True)
    return any(a[rows].tobytes() != b.tobytes() for a, b in pairs)


def drawn() -> Any:
    """Where the generators stand from which random changes are usually drawn."""
    name, key, *rest = np.random.get_state()
    numpy = name, np.asarray(key).tobytes(), rest
    ours = random.default_generator
    inside = None if ours.state is None else np.asarray(ours.state).tobytes()
    return python_random.getstate(), numpy, repr(ours.numpy.bit_generator.state), inside
