"""Every exception a user can meet, and the words they share.

A message says what happened with your values, what was expected, and what to type
instead.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class RanvierError(Exception):
    """Base of every error that Ranvier raises on purpose."""


class ShapeError(RanvierError, ValueError):
    """Shapes do not fit together."""


class LayerShapeError(ShapeError):
    """A layer got a shape that it does not take.

    Names of layers are known only to the modules around them, which fill in `name` and
    `source` (the layer that made the input) while the error passes through them.

    >>> layer, remedy = "Linear(784 → 10)", "Linear(128, 10)"
    >>> e = LayerShapeError(layer, (32, 128), "128 ≠ 784", remedy)
    >>> e.name, e.source = "fc2", "relu1"
    >>> print(e)
    fc2: Linear(784 → 10) got (32, 128) from relu1; 128 ≠ 784. Use Linear(128, 10).
    """

    def __init__(
        self, layer: str, got: tuple[int, ...], reason: str, remedy: str
    ) -> None:
        super().__init__(layer, got, reason, remedy)
        self.name = self.source = ""

    def __str__(self) -> str:
        layer, got, reason, remedy = self.args
        name = f"{_layer(self.name)}: " if self.name else ""
        source = f" from {_layer(self.source)}" if self.source else ""
        return f"{name}{layer} got {got}{source}; {reason}. Use {remedy}."


def _layer(name: str) -> str:
    return f"layer {name}" if name.isdigit() else name


class DTypeError(RanvierError, TypeError):
    """A value has a type that the operation does not take."""


class ValueRangeError(RanvierError, ValueError):
    """A number lies outside what the operation allows."""


class DataError(RanvierError, ValueError):
    """A data set cannot be used as it is."""


class FileError(RanvierError, OSError):
    """A file is missing, unreadable, corrupt or cannot be written."""


class UnknownNameError(RanvierError, LookupError):
    """A name is not known; the message suggests the nearest one."""


class UnknownAttributeError(UnknownNameError, AttributeError):
    """An object has no attribute of that name; the message suggests the nearest one."""


class StateError(RanvierError, RuntimeError):
    """A state_dict does not belong to this model or optimiser."""


class UnsupportedError(RanvierError, NotImplementedError):
    """PyTorch has it, Ranvier does not: said by name, never ignored."""


class CaptureError(RanvierError, RuntimeError):
    """A function cannot be turned into one program."""


class GradientError(RanvierError, RuntimeError):
    """A gradient was asked for that does not exist, or disagrees with its check."""


class OutOfMemoryError(RanvierError, MemoryError):
    """Something needs more memory than this process can have."""


class NotFiniteError(RanvierError, ArithmeticError):
    """A loss or a value became NaN or infinite; `first` says which was the first, where
    that is known.
    """

    first = ""


class InterruptedRun(RanvierError, KeyboardInterrupt):
    """Ctrl-C stopped a native run; the state is that after the last whole step.

    `steps` were done, `results` is what they gave.
    """

    steps = 0
    results: object = None


class RanvierWarning(UserWarning):
    """Something that is allowed but is probably not what was meant."""


def nearest(name: str, known: Iterable[str], cutoff: float = 0.5) -> str:
    """A suggestion to append to a message: ``"; did you mean 'relu'?"`` or ``""``.

    It ends the sentence. `cutoff` is the similarity asked for, from 0 to 1.

    >>> nearest("rleu", ["relu", "tanh"])
    "; did you mean 'relu'?"
    """
    names = {word.lower(): word for word in known}
    # Letters in another order are the likeliest slip: 'Adma' is Adam, not Adamax.
    match = [word for word in names if sorted(word) == sorted(name.lower())]
    match = match or difflib.get_close_matches(name.lower(), names, n=1, cutoff=cutoff)
    return f"; did you mean '{names[match[0]]}'?" if match else ""
