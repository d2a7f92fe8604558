"""A tensor that a module learns, and one that it only keeps."""

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


class Buffer(Tensor):
    """A tensor that is state but is not learnt; a Module registers it when it is
    assigned. It holds a copy of `data`, and is in the state_dict if `persistent`.

    >>> from ranvier import nn
    >>> model = nn.Identity()
    >>> model.mean = nn.Buffer([0.0, 0.0])
    >>> list(model.state_dict())
    ['mean']
    """

    __slots__ = ("persistent",)

    def __init__(self, data: Any, *, persistent: bool = True) -> None:
        super().__init__(default_array(data))
        self.persistent = persistent

    def __deepcopy__(self, memo: dict[int, Any]) -> Buffer:
        copy = Buffer(self._value(), persistent=self.persistent)
        memo[id(self)] = copy
        return copy
