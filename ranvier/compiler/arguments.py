"""What a compiled function was given, and how its programs are told apart by it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ranvier.errors import CaptureError
from ranvier.tensor import Tensor, default_array


def arguments(args: Sequence[Any]) -> tuple[list[Tensor], Any]:
    """Tensors of the arguments (arrays are taken as they are), and a key of their
    shapes.
    """
    tensors, key = [], []
    for arg in args:
        if isinstance(arg, np.ndarray):
            arg = Tensor(arg)
        elif isinstance(arg, (list, tuple)):
            arg = Tensor(default_array(arg))
        if isinstance(arg, Tensor):
            node = arg._node
            tensors.append(arg)
            key.append((node.shape, node.dtype, node.rg))
        else:
            key.append(fact(arg))
    return tensors, tuple(key)


def fact(arg: Any) -> Any:
    """A part of the key: 1, 1.0 and True differ, 0.0 and -0.0 too, and nan is nan."""
    if isinstance(arg, (int, float)):
        return type(arg), repr(arg)
    try:
        hash(arg)
    except TypeError:
        raise CaptureError(
            f"a compiled function got a {type(arg).__name__}; its arguments may be "
            "tensors, arrays, lists of numbers, and values that can be hashed."
        ) from None
    return arg


class Expected:
    """The arguments of one program, to tell at a glance whether it is called again.

    Only plain tensors are recognised; for all else the whole key decides.
    """

    def __init__(self, args: Sequence[Any]) -> None:
        self.plain = all(a.__class__ is Tensor for a in args)
        self.count = len(args)
        self.facts: list[Any] = [_facts(a) for a in args] if self.plain else []

    def are(self, args: Sequence[Any]) -> bool:
        if len(args) != self.count or not self.plain:
            return False
        for i, (shape, dtype, rg) in enumerate(self.facts):
            arg = args[i]
            if arg.__class__ is not Tensor:
                return False
            node = arg._node
            if node.shape != shape or node.dtype is not dtype or node.rg is not rg:
                return False
        return True


def _facts(tensor: Tensor) -> tuple[Any, ...]:
    node = tensor._node
    return node.shape, node.dtype, node.rg
