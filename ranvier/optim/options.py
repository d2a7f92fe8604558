"""Checks of an optimiser's options, shared by all of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ranvier.errors import (
    DTypeError,
    UnknownNameError,
    UnsupportedError,
    ValueRangeError,
    nearest,
)
from ranvier.graph import Array
from ranvier.tensor import Tensor


def plain(value: Any) -> float:
    """A number, or a tensor of one, as a float; its graph is left alone."""
    if isinstance(value, Tensor) and value._node.value is not None:
        array: Array = value._node.value
        return float(array.item())
    return float(value)


def number(name: str, option: str, value: Any) -> float:
    """`value` as a float; a text that looks like a number is none."""
    try:
        if not isinstance(value, str | bytes):
            return plain(value)
    except (TypeError, ValueError):
        pass
    raise DTypeError(
        f"{name}: {option} is {value!r:.40}, of type {type(value).__name__}; expected "
        f"a number, such as {option}=0.1."
    )


def above_zero(name: str, option: str, value: Any) -> None:
    """`value` is a number above 0 (NaN is not)."""
    if not 0 < number(name, option, value) < float("inf"):
        raise ValueRangeError(f"{name}: {option} is {value}; it must be above 0.")


def not_negative(name: str, group: Mapping[str, Any], *options: str) -> None:
    """These options are numbers of at least 0 (NaN is not)."""
    for option in options:
        value = group[option]
        if not 0 <= number(name, option, value) < float("inf"):
            raise ValueRangeError(
                f"{name}: {option} is {value}; it must be at least 0."
            )


def two(name: str, option: str, values: Any) -> tuple[Any, Any]:
    """`values` is a pair."""
    if isinstance(values, tuple | list) and len(values) == 2:
        return values[0], values[1]
    raise ValueRangeError(
        f"{name}: {option} is {values!r:.40}; expected two numbers, such as "
        f"{option}=(0.9, 0.999)."
    )


def below_one(name: str, option: str, values: Iterable[float]) -> None:
    """These numbers lie in [0, 1)."""
    for value in values:
        if not 0.0 <= number(name, option, value) < 1.0:
            raise ValueRangeError(f"{name}: {option} holds {value}; expected [0, 1).")


def at_least_one(name: str, group: Mapping[str, Any], *options: str) -> None:
    """These options are whole numbers from 1."""
    for option in options:
        value = group[option]
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ValueRangeError(
                f"{name}: {option} is {value!r:.40}; expected a whole number from 1."
            )


# What schedules keep in a group.
SCHEDULED = (
    "initial_lr",
    "max_lr",
    "min_lr",
    "max_momentum",
    "base_momentum",
    "swa_lr",
)
IDLE = ("foreach", "fused", "capturable")


def refuse_options(
    name: str, options: Mapping[str, Any], known: Collection[str]
) -> None:
    """PyTorch's remaining options: those about its speed have no effect here."""
    for option, value in options.items():
        if option not in (*IDLE, "differentiable"):
            raise no_option(name, option, (*known, *IDLE))
        if value is not None and not isinstance(value, bool):
            raise DTypeError(
                f"{name}: {option} is {value!r:.40}; expected True, False or None. It "
                "changes nothing here and may be left out."
            )
        if option == "differentiable" and value:
            raise UnsupportedError(
                f"{name}: differentiable=True is not supported. Write the update with "
                "tensors, as in w = w - lr * rv.grad(f)(w)."
            )


ALSO_CALLED = {
    "beta1": "betas",
    "beta2": "betas",
    "beta_1": "betas",
    "beta_2": "betas",
    "decay": "weight_decay",
    "epsilon": "eps",
    "l2": "weight_decay",
    "learning_rate": "lr",
    "step_size": "lr",
}


def no_option(name: str, option: str, known: Collection[str]) -> UnknownNameError:
    """The error for an option that an optimiser does not have."""
    meant = ALSO_CALLED.get(option.lower())
    hint = nearest(option, known)
    if meant is not None and meant in known:
        hint = f"; it is called {meant}."
        if meant == "betas":
            hint = "; both are given as betas=(beta1, beta2)."
    return UnknownNameError(f"{name} has no option '{option}'{hint or '.'}")
