"""The groups of parameters that an optimiser is given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ranvier.errors import DTypeError, GradientError, ValueRangeError
from ranvier.tensor import Tensor


def of(params: Any, name: str) -> list[dict[str, Any]]:
    """A dict for every group: `params` is a list of tensors, or of such dicts."""
    if isinstance(params, Tensor):
        raise DTypeError(
            f"{name}: got one tensor; give a list of tensors, such as {name}([w], "
            "lr=0.1), or model.parameters()."
        )
    if not isinstance(params, Iterable):
        raise DTypeError(
            f"{name}: got {type(params).__name__}; give model.parameters(), or a list "
            "of tensors."
        )
    found = list(params)
    if not found:
        raise ValueRangeError(none_given(name, params))
    if isinstance(found[0], Mapping):
        return [dict(group) for group in found]
    return [{"params": found}]


def none_given(name: str, given: Any) -> str:
    """The message for an empty list, or for an iterator that was gone through."""
    if isinstance(given, Iterator):
        return (
            f"{name}: got no parameters. model.parameters() can be gone through only "
            "once; if it was, call it again. Or the model has none."
        )
    return f"{name}: got an empty list of parameters."


def check_parameter(name: str, p: Any, known: Iterable[Tensor]) -> None:
    """A leaf that is not yet known."""
    if not isinstance(p, Tensor):
        raise DTypeError(
            f"{name}: parameters are tensors; got {type(p).__name__} {p!r:.40}. "
            "Use model.parameters()."
        )
    if not p.is_leaf:
        raise GradientError(
            f"{name}: a tensor of shape {p.shape} was computed from others; only "
            f"leaves "
            "can be learnt. Use x.detach().requires_grad_()."
        )
    if p in known:
        raise ValueRangeError(f"{name}: a parameter of shape {p.shape} is given twice.")
