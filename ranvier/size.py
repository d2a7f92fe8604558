"""What `x.shape` is: a tuple of sizes."""

from __future__ import annotations

import math


class Size(tuple[int, ...]):
    """A tuple of sizes that also knows how many elements there are.

    >>> Size((2, 3)).numel()
    6
    """

    __slots__ = ()

    def numel(self) -> int:
        """The product of all sizes."""
        return math.prod(self)
