"""The layers that drop values at random."""

from __future__ import annotations

import numpy as np

import ranvier.nn.functional as F
from ranvier.creation import draw_uniform
from ranvier.graph import Shape, leaf
from ranvier.nn.module import Module
from ranvier.tensor import Tensor, _wrap, hooks


class Dropout(Module):
    """Each value is 0 with probability `p`, else x / (1 - p); in eval mode, x.

    `p` is a run-time value of a compiled step: changing it does not compile again.
    """

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        F.no_inplace("Dropout", inplace)
        self.p = F.probability(p, "Dropout")
        self._copied = self.p
        self._rate = Tensor(np.array(self.p, np.float32))

    def forward(self, input: Tensor) -> Tensor:
        """`input` with values dropped, when training."""
        if not self.training or not self.p:
            return input
        self._refresh()
        if hooks.recorder is not None:
            hooks.recorder.refresh.append(self._refresh)
        x = input._node
        drawn = draw_uniform(self._drawn(x.shape))
        return _wrap(F.drop(x, drawn, self._rate._node))

    def _drawn(self, shape: Shape) -> Shape:
        """The shape of what is drawn: one number a value."""
        return shape

    def _refresh(self) -> None:
        if self.p != self._copied:
            self._copied = self.p = F.probability(self.p, "Dropout")
            self._rate._bind(leaf(np.array(self.p, np.float32)))

    def extra_repr(self) -> str:
        return f"p={self.p}"


class Dropout1d(Dropout):
    """Each row of (N, C, L) or (C, L) is 0 with probability `p`, else x / (1 - p)."""

    rank = 1

    def _drawn(self, shape: Shape) -> Shape:
        return F.channels_drawn(type(self).__name__, shape, self.rank)


class Dropout2d(Dropout1d):
    """Each picture of (N, C, H, W) or (C, H, W) is 0 with probability `p`, else
    x / (1 - p).

    >>> import ranvier as rv
    >>> y = rv.nn.Dropout2d(0.5)(rv.ones(1, 8, 4, 4))
    >>> bool((y.amax((2, 3)) == y.amin((2, 3))).all())
    True
    """

    rank = 2
