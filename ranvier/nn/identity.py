"""The layer that does nothing."""

from __future__ import annotations

from typing import Any

from ranvier.nn.module import Module
from ranvier.tensor import Tensor


class Identity(Module):
    """y = x; takes any arguments, so that it can stand in for any layer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        """`input`."""
        return input
