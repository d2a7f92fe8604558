"""Recurrent layers: one native loop over the steps of a sequence."""

from __future__ import annotations

import math
from typing import Any

import ranvier.nn.init as init
import ranvier.nn.packed as packed
import ranvier.nn.recurrence as recurrence
from ranvier import ops
from ranvier.dtypes import DType
from ranvier.errors import (
    DTypeError,
    LayerShapeError,
    ShapeError,
    UnknownNameError,
    ValueRangeError,
    nearest,
)
from ranvier.graph import Node
from ranvier.nn.dropout import Dropout
from ranvier.nn.functions.checks import probability
from ranvier.nn.module import Module
from ranvier.nn.packed import PackedSequence
from ranvier.nn.parameter import Parameter
from ranvier.tensor import Tensor, _wrap
from ranvier.tensors.creation import check_device, empty


class RNNBase(Module):
    """What `RNN`, `LSTM` and `GRU` share; `mode` is the kind of step.

    Weights have PyTorch's names: `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`,
    `bias_hh_l0`, then those of layer 1, …; the backward direction's end in `_reverse`.
    """

    _between: Dropout

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        check_device(device)
        self.mode = mode
        self.kind = recurrence.KINDS[mode]
        self.input_size = _positive(self, "input_size", input_size)
        self.hidden_size = _positive(self, "hidden_size", hidden_size)
        self.num_layers = _positive(self, "num_layers", num_layers)
        self.bias = bool(bias)
        self.batch_first = bool(batch_first)
        self.dropout = probability(dropout, type(self).__name__)
        self.bidirectional = bool(bidirectional)
        self.proj_size = proj_size
        if not 0 <= proj_size < hidden_size:
            raise ValueRangeError(
                f"{type(self).__name__}: proj_size is {proj_size}; it must be smaller "
                f"than hidden_size ({hidden_size}), or 0 for no projection."
            )
        object.__setattr__(self, "_between", Dropout(self.dropout))  # no child of ours
        for layer in range(num_layers):
            for suffix in self._suffixes():
                self._weights_of(layer, suffix, dtype)
        self.reset_parameters()

    def _suffixes(self) -> list[str]:
        return ["", "_reverse"] if self.bidirectional else [""]

    @property
    def _out(self) -> int:
        """Numbers in h."""
        return self.proj_size or self.hidden_size

    def _weights_of(self, layer: int, suffix: str, dtype: Any) -> None:
        width = self._out * len(self._suffixes()) if layer else self.input_size
        gates, place = self.kind.gates * self.hidden_size, f"l{layer}{suffix}"
        shapes: dict[str, tuple[int, ...]] = {
            "weight_ih": (gates, width),
            "weight_hh": (gates, self._out),
        }
        if self.bias:
            shapes |= {"bias_ih": (gates,), "bias_hh": (gates,)}
        if self.proj_size:
            shapes["weight_hr"] = (self.proj_size, self.hidden_size)
        for name, shape in shapes.items():
            setattr(self, f"{name}_{place}", Parameter(empty(*shape, dtype=dtype)))

    def reset_parameters(self) -> None:
        """Draw all weights and biases anew, evenly from ±1/√hidden_size."""
        bound = 1 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def flatten_parameters(self) -> None:
        """Nothing to do: weights are read where they are."""

    # ---- forward ---------------------------------------------------------------------

    def _run(
        self, input: Tensor | PackedSequence, given: list[Tensor] | None
    ) -> tuple[Any, list[Any]]:
        """(output, final values of the carries), both as the user sees them."""
        if isinstance(input, PackedSequence):
            return self._run_packed(input, given)
        x = input._node
        self._check(x)
        batched = len(x.shape) == 3
        if not batched:
            x = ops.reshape(x, (x.shape[0], 1, x.shape[1]))
        elif self.batch_first:
            x = ops.permute(x, (1, 0, 2))
        start = self._start(x, x.shape[1], given, batched)
        x, finals = self._layers(x, start, None)
        stacked = [self._stacked(f, batched) for f in finals]
        if not batched:
            x = ops.reshape(x, (x.shape[0], x.shape[2]))
        elif self.batch_first:
            x = ops.permute(x, (1, 0, 2))
        return _wrap(x), [_wrap(s) for s in stacked]

    def _run_packed(
        self, input: PackedSequence, given: list[Tensor] | None
    ) -> tuple[Any, list[Any]]:
        """The same for sequences of different lengths."""
        x = input.data._node
        if len(x.shape) != 2:
            raise LayerShapeError(
                self._title(),
                x.shape,
                f"{len(x.shape)} dimensions",
                f"packed values of shape (Σ lengths, {self.input_size})",
            )
        self._check(ops.reshape(x, (1, *x.shape)))
        place = packed.layout_of(input)
        start = [
            packed.permuted(s, input.sorted_indices)
            for s in self._start(x, len(place.lengths), given, True)
        ]
        x, finals = self._layers(x, start, place)
        stacked = [
            packed.permuted(self._stacked(f, True), input.unsorted_indices)
            for f in finals
        ]
        return input._replace(data=_wrap(x)), [_wrap(s) for s in stacked]

    def _layers(
        self, x: Node, start: list[Node], place: packed.Layout | None
    ) -> tuple[Node, list[list[Node]]]:
        """All layers over x (steps, batch, width), or over packed rows that lie at
        `place`: the last one's values, and the final ones of every carry.
        """
        finals: list[list[Node]] = [[] for _ in start]
        for layer in range(self.num_layers):
            if layer and self.dropout:
                self._between.training = self.training
                x = self._between(_wrap(x))._node
            outs = []
            for suffix in self._suffixes():
                at = len(finals[0])
                first = [_part(s, at) for s in start]
                out, last = self._layer(x, f"l{layer}{suffix}", first, place)
                outs.append(out)
                for final, value in zip(finals, last, strict=True):
                    final.append(value)
            x = outs[0] if len(outs) == 1 else ops.concat(outs, len(x.shape) - 1)
        return x, finals

    def _layer(
        self, x: Node, name: str, first: list[Node], place: packed.Layout | None
    ) -> tuple[Node, list[Node]]:
        """One layer in one direction."""

        def weight(kind: str) -> Node:
            node: Node = getattr(self, f"{kind}_{name}")._node
            return node

        constants = [weight("weight_hh")]
        width = x.shape[-1]
        # One product for all steps.
        rows = ops.reshape(x, (math.prod(x.shape[:-1]), width))
        gates = ops.matmul(rows, ops.swap(weight("weight_ih")))
        if self.bias:
            own = weight("bias_hh")
            both = ops.add(weight("bias_ih"), own) if self.kind.one_bias else None
            gates = ops.add(gates, both or weight("bias_ih"))
            constants += [] if self.kind.one_bias else [own]
        if self.proj_size:
            constants.append(weight("weight_hr"))
        reverse = name.endswith("_reverse")
        if place is None:
            gates = ops.reshape(gates, (*x.shape[:-1], gates.shape[-1]))
            return recurrence.run(self.mode, first, gates, constants, reverse)
        gates, mask = place.padded(gates), place.mask(gates)
        out, last = recurrence.run(self.mode, first, gates, constants, reverse, mask)
        return place.packed(out), last

    def _start(
        self, x: Node, batch: int, given: list[Tensor] | None, batched: bool
    ) -> list[Node]:
        """Initial values (layers · directions, batch, width) of every carry."""
        rows = self.num_layers * len(self._suffixes())
        widths = [self._out, self.hidden_size][: self.kind.carries]
        shapes = [(rows, batch, w) for w in widths]
        if given is None:
            return [ops.expand(ops.like(x, 0.0), s) for s in shapes]
        found = []
        for name, tensor, shape in zip(("h_0", "c_0"), given, shapes, strict=False):
            node = tensor._node
            expected = shape if batched else (shape[0], shape[2])
            if node.shape != expected:
                raise ShapeError(
                    f"{self._title()}: {name} has shape {node.shape}; expected "
                    f"{expected} (layers x directions{', batch' if batched else ''}, "
                    "hidden)."
                )
            if node.dtype is not x.dtype:
                raise DTypeError(
                    f"{self._title()}: {name} is {node.dtype.name}, the input "
                    f"{x.dtype.name}; both must be alike."
                )
            found.append(ops.reshape(node, shape))
        return found

    def _stacked(self, values: list[Node], batched: bool) -> Node:
        parts = [ops.reshape(v, (1, *v.shape)) for v in values]
        whole = parts[0] if len(parts) == 1 else ops.concat(parts, 0)
        shape = whole.shape
        return whole if batched else ops.reshape(whole, (shape[0], shape[2]))

    # ---- messages --------------------------------------------------------------------

    def _check(self, x: Node) -> None:
        if len(x.shape) not in (2, 3):
            order = "batch, steps" if self.batch_first else "steps, batch"
            raise LayerShapeError(
                self._title(),
                x.shape,
                f"{len(x.shape)} dimensions",
                f"an input of shape ({order}, {self.input_size}), or (steps, "
                f"{self.input_size}) for one sequence",
            )
        n = x.shape[-1]
        if n != self.input_size:
            raise LayerShapeError(
                self._title(),
                x.shape,
                f"{n} ≠ {self.input_size}",
                f"{type(self).__name__}({n}, {self.hidden_size})",
            )
        if x.shape[1 if self.batch_first and len(x.shape) == 3 else 0] == 0:
            raise LayerShapeError(
                self._title(), x.shape, "no steps", "a sequence of at least one step"
            )
        have: DType = getattr(self, "weight_ih_l0").dtype  # noqa: B009
        if x.dtype is not have:
            raise DTypeError(
                f"{self._title()} got values of {x.dtype.name}, its weights are "
                f"{have.name}; convert the input with "
                f"{'x.float()' if have.name == 'float32' else 'x.double()'}."
            )

    def _title(self) -> str:
        return f"{type(self).__name__}({self.input_size} → {self.hidden_size})"

    def extra_repr(self) -> str:
        facts = [f"{self.input_size}, {self.hidden_size}"]
        defaults = {
            "proj_size": 0,
            "num_layers": 1,
            "bias": True,
            "batch_first": False,
            "dropout": 0.0,
            "bidirectional": False,
        }
        for name, default in defaults.items():
            if getattr(self, name) != default:
                facts.append(f"{name}={getattr(self, name)}")
        return ", ".join(facts)


def _positive(layer: Module, name: str, n: Any) -> int:
    if not isinstance(n, int) or isinstance(n, bool) or n < 1:
        raise ValueRangeError(
            f"{type(layer).__name__}: {name} is {n!r}; it must be at least 1."
        )
    return n


def _part(stack: Node, at: int) -> Node:
    rest = tuple((0, n, 1) for n in stack.shape[1:])
    return ops.reshape(ops.cut(stack, ((at, at + 1, 1), *rest)), stack.shape[1:])


class RNN(RNNBase):
    """h[t] = tanh(W_ih x[t] + b_ih + W_hh h[t-1] + b_hh), or max(0, …) with
    ``nonlinearity="relu"``.

    Shapes: input (steps, batch, input_size), or (batch, steps, input_size) with
    `batch_first`, or (steps, input_size); h_0 (layers · directions, batch,
    hidden_size), zeros without it. Returns (output, h_n): h of the last layer after
    every step, and h of every layer after the last one. Weights start evenly spread in
    ±1/√hidden_size. Raises LayerShapeError for another last dimension.

    >>> import ranvier as rv
    >>> y, h = rv.nn.RNN(28, 64)(rv.zeros(5, 3, 28))
    >>> y.shape, h.shape
    ((5, 3, 64), (1, 3, 64))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        mode = rnn_mode("RNN", nonlinearity)
        self.nonlinearity = nonlinearity
        super().__init__(
            mode,
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            0,
            device,
            dtype,
        )

    def forward(
        self, input: Tensor | PackedSequence, hx: Tensor | None = None
    ) -> tuple[Any, Tensor]:
        """(output, h_n); the output is packed where the input is."""
        out, (h,) = self._run(input, None if hx is None else [hx])
        return out, h


class GRU(RNNBase):
    """r, z = σ(W_ih x + b_ih + W_hh h + b_hh); n = tanh(W_in x + b_in + r (W_hn h +
    b_hn)); h' = (1 - z) n + z h.

    Shapes, arguments and initial weights as in `RNN`; the gates stand in the order r,
    z, n.

    >>> import ranvier as rv
    >>> y, h = rv.nn.GRU(28, 64, bidirectional=True)(rv.zeros(5, 3, 28))
    >>> y.shape, h.shape
    ((5, 3, 128), (2, 3, 64))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            "GRU",
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            0,
            device,
            dtype,
        )

    def forward(
        self, input: Tensor | PackedSequence, hx: Tensor | None = None
    ) -> tuple[Any, Tensor]:
        """(output, h_n); the output is packed where the input is."""
        out, (h,) = self._run(input, None if hx is None else [hx])
        return out, h


class LSTM(RNNBase):
    """i, f, o = σ(W_ih x + b_ih + W_hh h + b_hh), g = tanh(…); c' = f c + i g; h' = o
    tanh(c') (Hochreiter and Schmidhuber, 1997).

    Shapes, arguments and initial weights as in `RNN`; the state is a pair (h, c), and
    the gates stand in the order i, f, g, o. With `proj_size`, h' = W_hr o tanh(c') of
    that size.

    >>> import ranvier as rv
    >>> y, (h, c) = rv.nn.LSTM(28, 64, num_layers=2, batch_first=True)(
    ...     rv.zeros(3, 5, 28)
    ... )
    >>> y.shape, h.shape, c.shape
    ((3, 5, 64), (2, 3, 64), (2, 3, 64))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            "LSTM",
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            proj_size,
            device,
            dtype,
        )

    def forward(
        self, input: Tensor | PackedSequence, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Any, tuple[Tensor, Tensor]]:
        """(output, (h_n, c_n)); the output is packed where the input is."""
        if hx is not None and (not isinstance(hx, (tuple, list)) or len(hx) != 2):
            raise ShapeError(f"{self._title()}: the state is a pair (h_0, c_0).")
        out, (h, c) = self._run(input, None if hx is None else list(hx))
        return out, (h, c)


def rnn_mode(layer: str, nonlinearity: str) -> str:
    """The kind of step for a nonlinearity."""
    modes = {"tanh": "RNN_TANH", "relu": "RNN_RELU"}
    if nonlinearity not in modes:
        hint = nearest(str(nonlinearity), modes) or "; expected 'tanh' or 'relu'."
        raise UnknownNameError(f"{layer}: nonlinearity {nonlinearity!r}{hint}")
    return modes[nonlinearity]
