"""Parameters as one long vector, for optimisers that look at values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ranvier.compiler.compiled import Compiled, compile
from ranvier.errors import CaptureError, DTypeError, ShapeError, ValueRangeError
from ranvier.graph import Array, leaf
from ranvier.tensor import Tensor, hooks
from ranvier.tensors.functions import enable_grad


def joined(arrays: Sequence[Array]) -> Array:
    """All numbers of these arrays, one after the other."""
    return np.concatenate([np.ravel(array) for array in arrays])


def values(params: Sequence[Tensor]) -> Array:
    """The parameters' values as one vector."""
    return joined([np.asarray(p.detach()) for p in params])


def put(params: Sequence[Tensor], vector: Array) -> None:
    """Give the parameters these values."""
    start = 0
    for p in params:
        part = vector[start : start + p.numel()].reshape(p.shape)
        # An array of its own: programs write where parameters lie.
        p._rebind(leaf(np.array(part, p.dtype.np), p.requires_grad))
        start += p.numel()


def only_group(optimizer: Any) -> list[Tensor]:
    """The parameters of an optimiser that has one group."""
    groups = optimizer.param_groups
    if len(groups) > 1:
        raise ValueRangeError(
            f"{type(optimizer).__name__}: got {len(groups)} groups of parameters; it "
            "looks at all numbers together. Give one list of parameters."
        )
    params: list[Tensor] = groups[0]["params"]
    return params


def check_closure(name: str, closure: Any, example: str) -> None:
    """A closure is there, and nobody captures."""
    if closure is None:
        raise DTypeError(
            f"{name}: step() needs a function that it can call several times: "
            f"optimizer.step(closure), where closure {example}."
        )
    if not callable(closure):
        raise DTypeError(
            f"{name}: step() got {type(closure).__name__}; expected a function that "
            f"{example}."
        )
    if hooks.recorder is not None:
        raise CaptureError(
            f"{name}.step() inside a compiled function: it decides by the values that "
            "it sees. Leave step() outside and compile the closure: "
            "optimizer.step(rv.compile(closure))."
        )


class Losses:
    """Calls of a closure: the loss and the gradient by all parameters.

    A compiled closure is compiled once more with its gradients as results, so that an
    evaluation is one native call.
    """

    def __init__(self, closure: Callable[[], Tensor], params: list[Tensor]) -> None:
        self.closure, self.params = closure, params
        self.count = 0
        self.native: Compiled | None = None
        if isinstance(closure, Compiled):
            self.native = compile(self._with_gradients)

    def _with_gradients(self) -> tuple[Any, list[Tensor | None]]:
        assert isinstance(self.closure, Compiled), "made for one"
        loss = self.closure.function()
        return loss, [p.grad for p in self.params]

    def __call__(self) -> tuple[Tensor, Array]:
        """The loss as the closure gave it, and the gradient as one vector."""
        self.count += 1
        if self.native is not None:
            loss, gradients = self.native()
            for p, gradient in zip(self.params, gradients, strict=True):
                p._grad = gradient
        else:
            with enable_grad():
                loss = self.closure()
        if not isinstance(loss, Tensor) or loss.numel() != 1:
            got = tuple(loss.shape) if isinstance(loss, Tensor) else type(loss).__name__
            raise ShapeError(
                f"the closure of an optimiser returned {got}; expected the loss, a "
                "tensor of one number."
            )
        parts = [
            np.zeros(p.shape, p.dtype.np) if p.grad is None else np.asarray(p.grad)
            for p in self.params
        ]
        return loss, joined(parts)
