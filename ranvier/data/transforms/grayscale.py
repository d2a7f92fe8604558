"""Colour pictures in grey."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ranvier.data.transforms.transform import Transform
from ranvier.errors import ShapeError, ValueRangeError


@dataclass(frozen=True, eq=False)
class Grayscale(Transform):
    """y = 0.2989 R + 0.587 G + 0.114 B, as torchvision: (n, 3, h, w) → (n, 1, h, w).

    num_output_channels: 1, or 3 for three equal ones.
    Raises ShapeError: inputs without three channels.

    >>> import numpy as np
    >>> Grayscale()(np.ones((5, 3, 8, 8), np.float32)).shape
    (5, 1, 8, 8)
    """

    is_native = True

    num_output_channels: int = 1

    def __post_init__(self) -> None:
        if self.num_output_channels not in (1, 3):
            raise ValueRangeError(
                f"Grayscale: num_output_channels is {self.num_output_channels!r}; "
                "expected 1 or 3."
            )

    def __call__(self, x: Any) -> Any:
        if x.ndim != 4 or x.shape[1] != 3:
            raise ShapeError(
                f"Grayscale: got shape {tuple(x.shape)}; expected pictures in colour, "
                "(n, 3, height, width). Load them with flatten=False."
            )
        red, green, blue = x[:, 0:1], x[:, 1:2], x[:, 2:3]
        grey = red * 0.2989 + green * 0.587 + blue * 0.114
        return grey if self.num_output_channels == 1 else grey + 0 * x
