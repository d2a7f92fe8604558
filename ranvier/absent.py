"""PyTorch's names that Ranvier leaves out on purpose, and what to write instead.

Looked at only when a name is missing: what is there costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ranvier.errors import UnknownAttributeError, nearest
from ranvier.remedies import FUNCTIONAL as FUNCTIONAL
from ranvier.remedies import INIT as INIT
from ranvier.remedies import MODULE as MODULE
from ranvier.remedies import NN as NN
from ranvier.remedies import NN_UTILS as NN_UTILS
from ranvier.remedies import OPTIM as OPTIM
from ranvier.remedies import PACKAGE as PACKAGE
from ranvier.remedies import RANDOM as RANDOM
from ranvier.remedies import SPECIAL as SPECIAL
from ranvier.remedies import TENSOR as TENSOR
from ranvier.remedies import UTILS_DATA as UTILS_DATA


def unknown(
    where: str, name: str, known: Iterable[str], instead: dict[str, str]
) -> UnknownAttributeError:
    """The error for a name that `where` does not have.

    >>> print(unknown("ranvier.nn", "Liner", ["Linear"], NN))
    ranvier.nn has no 'Liner'; did you mean 'Linear'?
    >>> print(unknown("ranvier.nn", "Quantized", ["Linear"], NN))
    ranvier.nn has no 'Quantized' in this version.
    >>> print(unknown("Tensor", "cuda", [], TENSOR))
    Tensor.cuda: Ranvier runs on the CPU only; leave .cuda() out.
    """
    if name in instead:
        return UnknownAttributeError(f"{where}.{name}: {instead[name]}.")
    if name.startswith("_"):
        return UnknownAttributeError(f"{where} has no '{name}'.")
    hint = nearest(name, known, 0.72) or " in this version."
    return UnknownAttributeError(f"{where} has no '{name}'{hint}")


class Absent:
    """Stands in a class for such a name.

    A `__getattr__` would do the same, and would make every attribute that is there
    three times as slow to reach.
    """

    def __init__(self, name: str, instead: dict[str, str]) -> None:
        self.name = name
        self.instead = instead

    def __get__(self, instance: Any, owner: type) -> Any:
        raise unknown(owner.__name__, self.name, (), self.instead)
