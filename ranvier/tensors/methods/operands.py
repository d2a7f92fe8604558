"""What may stand beside a tensor in an operation: numbers, lists and arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from ranvier import dtypes, ops
from ranvier.errors import DTypeError, ShapeError
from ranvier.graph import Array, Node, leaf
from ranvier.tensors.handles import hooks, pending
from ranvier.tensors.methods.handle import Handle

# Python floats that belong to a formula. Any other is data of the graph, so that a
# loop which lets its learning rate fall makes the same graph in every step.
FIXED = frozenset((0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5))


def node_of(value: Any, like: Handle) -> Node:
    """The node of an operand: a tensor, a Python number of a fitting type, an array, a
    list.
    """
    if isinstance(value, Handle):
        return value._node
    kind = type(value)
    if kind is float or kind is int or kind is bool:
        dtype = like._node.dtype
        if kind is float and not dtype.is_float:
            dtype = dtypes.default.float
        elif kind is int and dtype.order == 0:
            dtype = dtypes.int64
        inside = hooks.recorder is not None or pending.held  # a leaf has no value there
        if kind is float and value not in FIXED and not inside:
            return leaf(np.array(value, dtype.np))
        return ops.const(value, dtype)
    if isinstance(value, (np.ndarray, np.generic)):
        return leaf(np.array(value))
    if isinstance(value, (list, tuple)):
        return leaf(default_array(value))
    raise DTypeError(
        f"cannot combine a tensor with {type(value).__name__} {value!r:.60}; "
        "use a tensor, a number, a list or a NumPy array."
    )


def no_tensor(what: str, error: Exception, *given: Any) -> Exception:
    """The error in our words where `error` came of something that is no tensor: of the
    object that has no `_node`, or of `given`; else `error` itself.
    """
    if isinstance(error, AttributeError) and error.name == "_node":
        given = (error.obj,)
    if not given or isinstance(given[0], Handle):
        return error
    return not_a_tensor(what, given[0])


def not_a_tensor(what: str, value: Any) -> DTypeError:
    """The error for an argument that should have been a tensor."""
    got = f"{type(value).__name__} {value!r:.60}"
    if value is None:
        got = "None"
    elif isinstance(value, (list, tuple)):
        got = f"a {type(value).__name__}"
    elif isinstance(value, np.ndarray):
        got = f"a NumPy array of shape {value.shape}"
    return DTypeError(f"{what}: expected a tensor, got {got}; use rv.tensor(x).")


def default_array(value: Any) -> Array:
    """A NumPy copy of `value`; Python floats become the default type, Python
    integers int64.
    """
    if isinstance(value, Handle):
        return value._value().copy()
    if isinstance(value, (np.ndarray, np.generic)):
        array = np.array(value)
    else:
        try:
            array = np.array(_plain(value))
        except ValueError:
            raise ragged(value) from None
        if array.dtype == np.float64 and not _holds_numpy(value):
            array = array.astype(dtypes.default.float.np)
    dtypes.of(array)
    return array


Handle._array_of = staticmethod(default_array)


def ragged(value: Any) -> ShapeError:
    """The error for nested lists that are no array, with the first rows that differ."""
    where = _uneven(value)
    return ShapeError(
        f"rows of different lengths do not make a tensor{where and f': {where}'}. "
        "Give all rows one length, for example by filling up with zeros."
    )


def _uneven(rows: Any) -> str:
    if not isinstance(rows, (list, tuple)):
        return ""
    lengths = [len(r) if hasattr(r, "__len__") else 0 for r in rows]
    for i, n in enumerate(lengths):
        if n != lengths[0]:
            return f"row 0 has {lengths[0]} elements, row {i} has {n}"
    return next(filter(None, map(_uneven, rows)), "")


def _plain(value: Any) -> Any:
    """Nested sequences with tensors replaced by their values."""
    if isinstance(value, Handle):
        return value._value()
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return value


def _holds_numpy(value: Any) -> bool:
    while isinstance(value, (list, tuple)) and value:
        value = value[0]
    return isinstance(value, (np.ndarray, np.generic, Handle))
