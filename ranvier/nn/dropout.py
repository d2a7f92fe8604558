"""The layer that drops values at random."""

from __future__ import annotations

import numpy as np

import ranvier.nn.functional as F
from ranvier.creation import draw_uniform
from ranvier.graph import leaf
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
        return _wrap(F.drop(x, draw_uniform(x.shape), self._rate._node))

    def _refresh(self) -> None:
        if self.p != self._copied:
            self._copied = self.p = F.probability(self.p, "Dropout")
            self._rate._bind(leaf(np.array(self.p, np.float32)))

    def extra_repr(self) -> str:
        return f"p={self.p}"
