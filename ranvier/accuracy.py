"""How exact the results of compiled programs are: one switch for the process."""

from __future__ import annotations

import os

from ranvier.errors import ValueRangeError


class Setting:
    """Whether the compiler keeps to the sums as they are written: RANVIER_STRICT, else
    `set_strict_accuracy`, else no.
    """

    def __init__(self) -> None:
        self.chosen: bool | None = None

    def get(self) -> bool:
        if self.chosen is None:
            self.chosen = _from_environment()
        return self.chosen


def _from_environment() -> bool:
    text = os.environ.get("RANVIER_STRICT", "")
    if text not in ("", "0", "1"):
        raise ValueRangeError(
            f"RANVIER_STRICT={text!r}: expected 1 for strict accuracy, 0 for none."
        )
    return text == "1"


setting = Setting()


def set_strict_accuracy(on: bool) -> None:
    """Whether convolutions are summed term by term, as they are written, from now on.

    Without it (the default) the compiler may use Winograd's method for 3x3
    convolutions. Its rounding errors stay within 16 γ(C + 10) max|x| Σ|w| for C input
    channels, γ(n) = n u / (1 - n u), u = 2⁻²⁴, where term by term they stay within
    γ(9 C) max|x| Σ|w|; on random images they are the smaller ones, but where a very
    large value meets a very small weight more digits are lost, and an infinity may
    come out as NaN. The environment variable ``RANVIER_STRICT=1`` does the same from
    outside.

    >>> import ranvier as rv
    >>> rv.set_strict_accuracy(True)
    >>> rv.get_strict_accuracy()
    True
    >>> rv.set_strict_accuracy(False)
    """
    if not isinstance(on, bool):
        raise ValueRangeError(f"set_strict_accuracy({on!r}): expected True or False.")
    setting.chosen = on


def get_strict_accuracy() -> bool:
    """Whether strict accuracy is switched on."""
    return setting.get()
