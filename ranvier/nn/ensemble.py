"""Several networks that answer together."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ranvier.errors import (
    DTypeError,
    ShapeError,
    UnknownNameError,
    ValueRangeError,
    nearest,
)
from ranvier.nn.containers import ModuleList
from ranvier.nn.functional import log_softmax, one_hot
from ranvier.nn.module import Module
from ranvier.tensor import Tensor
from ranvier.tensors.joining import stack

WAYS = ("average", "probability", "vote")


class Ensemble(Module):
    """Networks that answer together; they are held, not copied.

        average      y = 1/K Σ f_k(x)
        probability  y = ln(1/K Σ softmax f_k(x)), of scores (N, C): a score again, so
                     that cross-entropy and argmax go on working
        vote         y[n, c] = the share of networks whose largest score of row n is c

    Shapes: those of one network's input and output. In a vote a network with equal
    scores votes for the first class, and argmax of equal shares is the first class.

    Raises ValueRangeError for no models, DTypeError for what is none, UnknownNameError
    for another way; ShapeError where one output a row is to vote.

    >>> import ranvier as rv
    >>> from ranvier import nn
    >>> both = rv.Ensemble([nn.Identity(), nn.ReLU()])
    >>> both(rv.tensor([[2.0, -2.0]]))
    tensor([[ 2., -1.]])
    """

    models: ModuleList

    def __init__(self, models: Sequence[Module], combine: str = "average") -> None:
        super().__init__()
        if isinstance(models, Module) and not isinstance(models, ModuleList):
            raise DTypeError(
                "Ensemble: got one module; expected a list of them: Ensemble([a, b])."
            )
        if combine not in WAYS:
            raise UnknownNameError(
                f"Ensemble: combine={combine!r}{nearest(str(combine), WAYS) or ';'} "
                f"there are: {', '.join(WAYS)}."
            )
        members = list(models)
        if not members:
            raise ValueRangeError("Ensemble: got no models; expected at least one.")
        self.combine = combine
        self.models = ModuleList(members)

    def forward(self, x: Tensor) -> Tensor:
        """The networks' answers combined."""
        outputs = stack([model(x) for model in self.models])
        if self.combine == "average":
            return outputs.mean(0)
        if outputs.ndim < 3 or outputs.shape[2] < 2:
            raise ShapeError(
                f"Ensemble: combine='{self.combine}' needs scores of shape (N, classes)"
                f", the models give {outputs.shape[1:]}. Use combine='average'."
            )
        if self.combine == "probability":
            return log_softmax(outputs, 2).logsumexp(0) - math.log(len(self.models))
        if outputs.ndim > 3:
            raise ShapeError(
                f"Ensemble: combine='vote' takes scores of shape (N, classes), the "
                f"models give {outputs.shape[1:]}. Use combine='probability'."
            )
        return one_hot(outputs.argmax(2), outputs.shape[2]).float().mean(0)

    def extra_repr(self) -> str:
        return f"combine={self.combine!r}"
