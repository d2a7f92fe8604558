"""Pairs of examples mixed, and their targets with them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ranvier import ops
from ranvier.data.transforms.augment import Augment, drawn
from ranvier.errors import ShapeError, ValueRangeError
from ranvier.tensor import Tensor, _wrap
from ranvier.tensors import creation, joining

Array = np.ndarray[Any, Any]
STEPS = 1024


class MixUp(Augment):
    """λ x + (1 - λ) x', with the targets alike; x' is the row before in the mini-batch.

    λ ~ Beta(alpha, alpha), one a mini-batch (Zhang et al., 2018), as torchvision's
    v2.MixUp.
    num_classes: by default those of the data. Class numbers become probabilities, so
        the loss has to take these: nn.CrossEntropyLoss does.
    """

    def __init__(self, *, alpha: float = 1.0, num_classes: int | None = None) -> None:
        if not (np.isfinite(alpha) and 0.01 <= alpha <= 100):
            raise ValueRangeError(
                f"MixUp: alpha is {alpha!r}; expected a number from 0.01 to 100."
            )
        self.alpha = float(alpha)
        self.num_classes = num_classes
        self.quantiles = beta_quantiles(self.alpha)

    def __call__(self, x: Tensor) -> Tensor:
        raise ShapeError(
            "MixUp changes inputs and targets together; give it to "
            "train.augmented(…), or call batch(x, y)."
        )

    def batch(self, x: Tensor, *targets: Tensor) -> tuple[Tensor, ...]:
        share = self.share()
        return tuple(mixed(part, share) for part in (x, *map(self.as_numbers, targets)))

    def share(self) -> Tensor:
        """One λ, by linear interpolation in the quantiles of its distribution."""
        place = drawn(0, STEPS, 1)
        below = place.floor()
        table = creation.tensor(self.quantiles)
        low, high = (
            _wrap(ops.take(table._node, (below.int() + i)._node)) for i in (0, 1)
        )
        return low + (high - low) * (place - below)

    def as_numbers(self, y: Tensor) -> Tensor:
        """Class numbers as probabilities; measured values as they are."""
        if y.dtype.is_float:
            return y
        if y.ndim != 1 or self.num_classes is None:
            raise ShapeError(
                f"MixUp: targets of shape {y.shape} are whole numbers; expected class "
                "numbers (n,) and num_classes=…, or floating point."
            )
        return (y.unsqueeze(1) == creation.arange(self.num_classes)).float()

    def __repr__(self) -> str:
        return f"MixUp(alpha={self.alpha}, num_classes={self.num_classes})"


def mixed(x: Tensor, share: Tensor) -> Tensor:
    """Every row with the one before it."""
    if x.shape[0] < 2:
        return x
    rolled = joining.cat([x[-1:], x[:-1]])
    return rolled + (x - rolled) * share.reshape(*(1,) * x.ndim)


def beta_quantiles(alpha: float, steps: int = STEPS) -> Array:
    """The quantiles i / steps of Beta(alpha, alpha), i = 0 … steps, float32.

    Below 1/2 the density t^(α-1) (1-t)^(α-1) is integrated over s = t^α, where it is
    smooth; above, the distribution is symmetric.

    >>> bool(np.allclose(beta_quantiles(1.0), np.linspace(0, 1, 1025), atol=1e-6))
    True
    """
    s = np.linspace(0, 0.5**alpha, 20_001)
    t = s ** (1 / alpha)
    density = (1 - t) ** (alpha - 1)
    area = np.concatenate([[0], np.cumsum((density[1:] + density[:-1]) / 2)])
    half = np.interp(np.linspace(0, 1, steps // 2 + 1), area / area[-1], s)
    lower = half ** (1 / alpha)
    return np.concatenate([lower, 1 - lower[-2::-1]]).astype(np.float32)
