"""A hundred tensors, and how PyTorch prints them.

python tests/reference/printing.py     where torch is installed: writes printed.txt
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

FILE = Path(__file__).with_name("printed.txt")
BETWEEN = "\n\n"
SHAPES = (
    (), (1,), (5,), (30,), (1001,), (2, 3), (1, 8), (40, 40), (2, 2, 3), (0,), (2, 0),
    (7, 13, 12), (2, 1, 2, 2),
)  # fmt: skip
TYPES = ("float32", "float64", "int64", "int32", "uint8", "bool")


def arrays() -> Iterator[np.ndarray[Any, Any]]:
    """Types, shapes and magnitudes by turns; some with NaN, infinities and zeros."""
    numbers = np.random.RandomState(0)  # its numbers are the same for good
    for i in range(100):
        shape, dtype = (
            SHAPES[i % len(SHAPES)],
            TYPES[i // 2 % 2 if i % 3 else i // 3 % 6],
        )
        x = np.asarray(numbers.standard_normal(shape))
        x = x * 10.0 ** ((0, 0, 3, -6, 9, 0)[i % 6])
        x = np.round(x * 4) if i % 5 == 0 else x
        if dtype.startswith("float") and i % 4 == 1:
            odd = numbers.random_sample(shape)
            x = np.select([odd < 0.2, odd < 0.3, odd < 0.5], [np.nan, -np.inf, 0.0], x)
        elif not dtype.startswith("float"):
            x = abs(x) % 100 if dtype == "uint8" else x > 0 if dtype == "bool" else x
        yield np.asarray(x).astype(dtype)


def texts(tensor: Any) -> list[str]:
    """The tensors printed; every seventh of those with a point requires a gradient."""
    return [
        repr(tensor(a, requires_grad=a.dtype.kind == "f" and i % 7 == 0))
        for i, a in enumerate(arrays())
    ]


if __name__ == "__main__":
    import torch

    FILE.write_text(BETWEEN.join(texts(torch.tensor)) + "\n")
