"""Whether gradients are recorded: `no_grad`, `enable_grad`, `set_grad_enabled`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ContextDecorator
from typing import Any

from ranvier.graph import grad_mode
from ranvier.tensor import NoGrad


class no_grad(NoGrad, ContextDecorator):
    """Nodes made inside do not remember where they came from.

    A context, ``with rv.no_grad():``, and a decorator, with or without brackets.

    >>> import ranvier as rv
    >>> x = rv.tensor(2.0, requires_grad=True)
    >>> with rv.no_grad():
    ...     y = x * x
    >>> y.requires_grad
    False
    """

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        made = super().__new__(cls)
        return made if function is None else made(function)

    def __init__(self, function: Callable[..., Any] | None = None) -> None:
        super().__init__(False)

    def _recreate_cm(self) -> no_grad:
        return type(self)()


class enable_grad(no_grad):
    """Nodes made inside remember where they came from, also within `no_grad`."""

    def __init__(self, function: Callable[..., Any] | None = None) -> None:
        NoGrad.__init__(self, True)


class set_grad_enabled(NoGrad):
    """Switch gradients on or off: at once when called, and back when
    left as a context.
    """

    def __init__(self, mode: bool) -> None:
        super().__init__(bool(mode))
        self.before.append(grad_mode.enabled)
        grad_mode.enabled = self.mode

    def __enter__(self) -> None:
        grad_mode.enabled = self.mode


inference_mode = no_grad


def is_grad_enabled() -> bool:
    """Whether new nodes remember where they came from."""
    return grad_mode.enabled
