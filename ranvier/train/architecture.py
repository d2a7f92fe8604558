"""A network in a few characters: ``784-10-14-10`` is a multi-layer perceptron, ``cnn``
a small convolutional network.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ranvier.errors import ValueRangeError

LARGEST = 200_000_000
CNN = "cnn"
CHANNELS = (16, 32, 64)
SMALLEST_PICTURE = 8  # high and wide, which three poolings make 1
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


def check_pictures(shape: Sequence[int] | None, name: str) -> None:
    """There are pictures, large enough for a convolutional network."""
    if shape is None:
        raise ValueRangeError(
            f"model {CNN} is for pictures, and {name} has none. Give the widths of the "
            "layers, such as 10-64-32-1, or leave it out."
        )
    if min(shape[1:]) < SMALLEST_PICTURE:
        raise ValueRangeError(
            f"model {CNN} takes pictures of {SMALLEST_PICTURE}x{SMALLEST_PICTURE} and "
            f"larger; those of {name} are {shape[1]}x{shape[2]}. Use --size 32."
        )
