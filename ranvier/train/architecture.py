"""A network in a few characters: ``784-10-14-10`` is a multi-layer perceptron."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from ranvier import nn
from ranvier.errors import UnknownNameError, ValueRangeError, nearest

LARGEST = 200_000_000
ACTIVATIONS = {
    "relu": "ReLU",
    "tanh": "Tanh",
    "sigmoid": "Sigmoid",
    "elu": "ELU",
    "leaky-relu": "LeakyReLU",
}


def widths(text: str) -> list[int]:
    """The numbers of ``784-10-14-10``.

    >>> widths("784-10-14-10")
    [784, 10, 14, 10]
    """
    parts = text.replace(" ", "").split("-")
    if len(parts) < 2 or not all(p.isascii() and p.isdecimal() for p in parts):
        raise ValueRangeError(
            f"model {text!r} is not understood; expected the widths of the layers, "
            "inputs first, with dashes between them: 784-256-128-10."
        )
    numbers = [int(part) for part in parts]
    if min(numbers) < 1:
        raise ValueRangeError(f"model {text!r} has a layer without a unit.")
    count = sum((a + 1) * b for a, b in pairwise(numbers))
    if count > LARGEST:
        raise ValueRangeError(
            f"model {text} would have {count:,} parameters; {LARGEST:,} are the most "
            "that this command trains. Use narrower layers."
        )
    return numbers


def check_ends(text: str, inputs: int, outputs: int, name: str) -> None:
    """The first and last width are those of the data."""
    numbers = widths(text)
    if numbers[0] == inputs and numbers[-1] == outputs:
        return
    fitting = "-".join(map(str, [inputs, *numbers[1:-1], outputs]))
    raise ValueRangeError(
        f"model {text} begins with {numbers[0]} and ends with {numbers[-1]}; {name} "
        f"has {inputs} inputs and {outputs} outputs. Use {fitting}."
    )


def perceptron(text: str, activation: str = "relu") -> Any:
    """Linear layers of these widths with an activation between them.

    >>> len(perceptron("784-256-10"))
    3
    """
    if activation not in ACTIVATIONS:
        hint = nearest(activation, ACTIVATIONS) or "."
        raise UnknownNameError(
            f"no activation is called {activation!r}{hint} There are: "
            f"{', '.join(ACTIVATIONS)}."
        )
    numbers = widths(text)
    layers: list[Any] = []
    for inputs, outputs in pairwise(numbers):
        layers += [nn.Linear(inputs, outputs), getattr(nn, ACTIVATIONS[activation])()]
    return nn.Sequential(*layers[:-1])
