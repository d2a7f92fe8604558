"""One step of a recurrent layer as a module of its own."""

from __future__ import annotations

import math
from typing import Any

import ranvier.nn.init as init
import ranvier.nn.recurrence as recurrence
from ranvier import ops
from ranvier.errors import DTypeError, LayerShapeError, ShapeError, ValueRangeError
from ranvier.graph import Node
from ranvier.nn.module import Module
from ranvier.nn.parameter import Parameter
from ranvier.nn.recurrent import rnn_mode
from ranvier.tensor import Tensor, _wrap
from ranvier.tensors.creation import check_device, empty


class RNNCellBase(Module):
    """What the three cells share: `weight_ih`, `weight_hh`, `bias_ih`, `bias_hh`."""

    weight_ih: Parameter
    weight_hh: Parameter
    bias_ih: Parameter | None
    bias_hh: Parameter | None

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        bias: bool,
        device: Any,
        dtype: Any,
    ) -> None:
        super().__init__()
        check_device(device)
        for name, n in (("input_size", input_size), ("hidden_size", hidden_size)):
            if not isinstance(n, int) or n < 1:
                raise ValueRangeError(
                    f"{type(self).__name__}: {name} is {n!r}; it must be at least 1."
                )
        self.kind = recurrence.KINDS[mode]
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bool(bias)
        gates = self.kind.gates * hidden_size
        self.weight_ih = Parameter(empty(gates, input_size, dtype=dtype))
        self.weight_hh = Parameter(empty(gates, hidden_size, dtype=dtype))
        for name in ("bias_ih", "bias_hh"):
            made = Parameter(empty(gates, dtype=dtype)) if bias else None
            self.register_parameter(name, made)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw all weights and biases anew, evenly from ±1/√hidden_size."""
        bound = 1 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def _step(self, input: Tensor, given: list[Tensor] | None) -> list[Tensor]:
        x = input._node
        self._check(x)
        batched = len(x.shape) == 2
        rows = x if batched else ops.reshape(x, (1, *x.shape))
        state = self._given(rows, given, batched)
        gates = ops.matmul(rows, ops.swap(self.weight_ih._node))
        constants = [self.weight_hh._node]
        if self.bias_ih is not None and self.bias_hh is not None:
            gates = ops.add(gates, self.bias_ih._node)
            if self.kind.one_bias:
                gates = ops.add(gates, self.bias_hh._node)
            else:
                constants.append(self.bias_hh._node)
        after = self.kind.step(*state, gates, *constants)
        shape = (rows.shape[0], self.hidden_size) if batched else (self.hidden_size,)
        return [_wrap(ops.reshape(s, shape)) for s in after]

    def _given(
        self, rows: Node, given: list[Tensor] | None, batched: bool
    ) -> list[Node]:
        shape = (rows.shape[0], self.hidden_size)
        if given is None:
            zeros = ops.expand(ops.like(rows, 0.0), shape)
            return [zeros] * self.kind.carries
        expected = shape if batched else shape[1:]
        for tensor in given:
            if tensor._node.shape != expected:
                raise ShapeError(
                    f"{self._title()}: the state has shape {tensor._node.shape}; "
                    f"expected {expected}."
                )
        return [ops.reshape(tensor._node, shape) for tensor in given]

    def _check(self, x: Node) -> None:
        name, n = type(self).__name__, x.shape[-1] if x.shape else 0
        if len(x.shape) not in (1, 2):
            reason = f"{len(x.shape)} dimensions"
            remedy = f"an input of shape (batch, {self.input_size})"
            raise LayerShapeError(self._title(), x.shape, reason, remedy)
        if n != self.input_size:
            reason = f"{n} ≠ {self.input_size}"
            remedy = f"{name}({n}, {self.hidden_size})"
            raise LayerShapeError(self._title(), x.shape, reason, remedy)
        have = self.weight_ih.dtype
        if x.dtype is not have:
            raise DTypeError(
                f"{self._title()} got values of {x.dtype.name}, its weights are "
                f"{have.name}; convert the input with "
                f"{'x.float()' if have.name == 'float32' else 'x.double()'}."
            )

    def _title(self) -> str:
        return f"{type(self).__name__}({self.input_size} → {self.hidden_size})"

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}" + (
            "" if self.bias else ", bias=False"
        )


class RNNCell(RNNCellBase):
    """h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or max(0, …) with
    ``nonlinearity="relu"``.

    Shapes: x (batch, input_size) and h (batch, hidden_size), or both without the batch;
    h is zeros if left out. Raises LayerShapeError for another last dimension.

    >>> import ranvier as rv
    >>> rv.nn.RNNCell(3, 5)(rv.zeros(2, 3)).shape
    (2, 5)
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        mode = rnn_mode("RNNCell", nonlinearity)
        super().__init__(mode, input_size, hidden_size, bias, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """h after the step."""
        (h,) = self._step(input, None if hx is None else [hx])
        return h


class LSTMCell(RNNCellBase):
    """One step of `LSTM`: (h', c') from x and (h, c), both zeros if left out.

    >>> import ranvier as rv
    >>> h, c = rv.nn.LSTMCell(3, 5)(rv.zeros(2, 3))
    >>> h.shape, c.shape
    ((2, 5), (2, 5))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__("LSTM", input_size, hidden_size, bias, device, dtype)

    def forward(
        self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        """(h, c) after the step."""
        if hx is not None and (not isinstance(hx, (tuple, list)) or len(hx) != 2):
            raise ShapeError(f"{self._title()}: the state is a pair (h, c).")
        h, c = self._step(input, None if hx is None else list(hx))
        return h, c


class GRUCell(RNNCellBase):
    """One step of `GRU`: h' from x and h, zeros if left out.

    >>> import ranvier as rv
    >>> rv.nn.GRUCell(3, 5)(rv.zeros(2, 3)).shape
    (2, 5)
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__("GRU", input_size, hidden_size, bias, device, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """h after the step."""
        (h,) = self._step(input, None if hx is None else [hx])
        return h
