"""A tensor that a module learns."""

from __future__ import annotations

from typing import Any

from ranvier.tensor import Tensor, default_array


class Parameter(Tensor):
    """A leaf tensor with a gradient; a Module registers it when it is assigned.

    It holds a copy of `data`.

    >>> import ranvier as rv
    >>> rv.nn.Parameter(rv.zeros(2))
    Parameter containing:
    tensor([0., 0.], requires_grad=True)
    """

    __slots__ = ()

    def __init__(self, data: Any, requires_grad: bool = True) -> None:
        super().__init__(default_array(data), requires_grad)

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"
