"""The layers that drop values at random."""

from __future__ import annotations

import numpy as np

from ranvier.graph import Node, Shape, leaf
from ranvier.nn.functions import dropout as functions
from ranvier.nn.functions.checks import in_place, probability
from ranvier.nn.module import Module
from ranvier.tensor import Tensor, _wrap, hooks
from ranvier.tensors.drawing import draw_uniform


class Dropout(Module):
    """Each value is 0 with probability `p`, else x / (1 - p); in eval mode, x.

    `p` is a run-time value of a compiled step: changing it does not compile again.
    """

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = bool(inplace)
        self.p = probability(p, type(self).__name__)
        self._copied = self.p
        self._rate = Tensor(np.array(self.p, np.float32))
        self._scale = Tensor(np.array(functions.scale(self.p), np.float32))

    def forward(self, input: Tensor) -> Tensor:
        """`input` with values dropped, when training."""
        if not self.training or not self.p:
            return input
        self._refresh()
        if hooks.recorder is not None:
            hooks.recorder.refresh.append(self._refresh)
        x = input._node
        drawn = draw_uniform(self._drawn(x.shape))
        result = _wrap(self._drop(x, drawn, self._rate._node))
        return in_place("dropout", input, result) if self.inplace else result

    def _drawn(self, shape: Shape) -> Shape:
        """The shape of what is drawn: one number a value."""
        return shape

    def _drop(self, x: Node, drawn: Node, p: Node) -> Node:
        return functions.drop(x, drawn, p, self._scale._node)

    def _refresh(self) -> None:
        if self.p != self._copied:
            self._copied = self.p = probability(self.p, type(self).__name__)
            self._rate._bind(leaf(np.array(self.p, np.float32)))
            self._scale._bind(leaf(np.array(functions.scale(self.p), np.float32)))

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout1d(Dropout):
    """Each row of (N, C, L) or (C, L) is 0 with probability `p`, else x / (1 - p)."""

    rank = 1

    def _drawn(self, shape: Shape) -> Shape:
        return functions.channels_drawn(type(self).__name__, shape, self.rank)


class Dropout2d(Dropout1d):
    """Each picture of (N, C, H, W) or (C, H, W) is 0 with probability `p`, else
    x / (1 - p).

    >>> import ranvier as rv
    >>> y = rv.nn.Dropout2d(0.5)(rv.ones(1, 8, 4, 4))
    >>> bool((y.amax((2, 3)) == y.amin((2, 3))).all())
    True
    """

    rank = 2


class Dropout3d(Dropout1d):
    """Each volume of (N, C, D, H, W) or (C, D, H, W) is 0 with probability `p`, else
    x / (1 - p).
    """

    rank = 3


class AlphaDropout(Dropout):
    """a x + b, and a α' + b with probability `p`, where α' is what SELU falls to and
    a, b keep mean 0 and variance 1 (Klambauer et al. 2017, arXiv:1706.02515); in eval
    mode, x.

    >>> import ranvier as rv
    >>> y = rv.nn.AlphaDropout(0.2)(rv.randn(100, 100))
    >>> bool(abs(y.mean()) < 0.1), bool(abs(y.std() - 1) < 0.1)
    (True, True)
    """

    def _drop(self, x: Node, drawn: Node, p: Node) -> Node:
        return functions.drop_alpha(x, drawn, p)


class FeatureAlphaDropout(AlphaDropout):
    """AlphaDropout of whole channels of (N, C, …)."""

    def _drawn(self, shape: Shape) -> Shape:
        return functions.features_drawn(type(self).__name__, shape)
