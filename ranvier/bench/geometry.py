"""What follows from a layer's arguments: parameters, sizes, multiplications."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import NamedTuple

from .workloads import Layer, Shape, Workload


class Array(NamedTuple):
    """A parameter as in a state dict; `fan_in` 0 means ones, -1 zeros."""

    name: str
    shape: Shape
    fan_in: int

    @property
    def size(self) -> int:
        return prod(self.shape)


def parameters(workload: Workload) -> list[Array]:
    """Every parameter in the order of the state dict."""
    return [
        array._replace(name=f"{place}.{array.name}")
        for place, layer in enumerate(workload.layers)
        for array in of_layer(layer)
    ]


def of_layer(layer: Layer) -> list[Array]:
    known = PARAMETERS.get(layer.kind)
    return known(*layer.arguments) if known else []


def _linear(inputs: int, outputs: int, bias: int = 1) -> list[Array]:
    weight = Array("weight", (outputs, inputs), inputs)
    return [weight, *([Array("bias", (outputs,), inputs)] if bias else [])]


def _conv(inputs: int, outputs: int, size: int, *_: int) -> list[Array]:
    fan_in = inputs * size * size
    weight = Array("weight", (outputs, inputs, size, size), fan_in)
    return [weight, Array("bias", (outputs,), fan_in)]


def _norm(channels: int) -> list[Array]:
    return [Array("weight", (channels,), 0), Array("bias", (channels,), -1)]


def _lstm(inputs: int, hidden: int, layers: int) -> list[Array]:
    widths = [inputs] + [hidden] * (layers - 1)
    return [
        Array(f"lstm.{kind}_l{i}", shape, hidden)
        for i, width in enumerate(widths)
        for kind, shape in (
            ("weight_ih", (4 * hidden, width)),
            ("weight_hh", (4 * hidden, hidden)),
            ("bias_ih", (4 * hidden,)),
            ("bias_hh", (4 * hidden,)),
        )
    ]


def _conv_norm(inputs: int, outputs: int, size: int, *_: int) -> list[Array]:
    weight = _conv(inputs, outputs, size)[0]
    norm = [a._replace(name=f"1.{a.name}") for a in _norm(outputs)]
    return [weight._replace(name="0.weight"), *norm]


def _block(inputs: int, outputs: int, stride: int) -> list[Array]:
    return [
        array._replace(name=f"{part}.{array.name}")
        for part, sizes in block_parts(inputs, outputs, stride)
        for array in _conv_norm(*sizes)
    ]


def block_parts(
    inputs: int, outputs: int, stride: int
) -> list[tuple[str, tuple[int, int, int, int]]]:
    """A residual block's convolutions: name and (inputs, outputs, size, stride)."""
    parts = [
        ("first", (inputs, outputs, 3, stride)),
        ("second", (outputs, outputs, 3, 1)),
    ]
    if inputs != outputs or stride != 1:
        parts.append(("shortcut", (inputs, outputs, 1, stride)))
    return parts


PARAMETERS: dict[str, Callable[..., list[Array]]] = {
    "Linear": _linear,
    "Conv2d": _conv,
    "BatchNorm2d": _norm,
    "LastState": _lstm,
    "ConvNorm": _conv_norm,
    "BasicBlock": _block,
}


class Cost(NamedTuple):
    """Of one layer on one sample: shape of the result, multiplications forward, and
    how many operations of one chain follow each other, there and back.
    """

    shape: Shape
    multiplications: int = 0
    chain: int = 0


def costs(workload: Workload) -> list[Cost]:
    """One row a layer, from the sample's shape on."""
    shape, found = workload.sample, []
    for layer in workload.layers:
        found.append(_cost(layer, shape))
        shape = found[-1].shape
    return found


def _cost(layer: Layer, shape: Shape) -> Cost:
    known = COSTS.get(layer.kind)
    return known(shape, *layer.arguments) if known else Cost(shape)


def _linear_cost(shape: Shape, inputs: int, outputs: int, bias: int = 1) -> Cost:
    return Cost((*shape[:-1], outputs), inputs * outputs, 6)


def _conv_cost(
    shape: Shape, inputs: int, outputs: int, size: int, stride: int, padding: int
) -> Cost:
    height, width = ((n + 2 * padding - size) // stride + 1 for n in shape[1:])
    each = inputs * size * size
    return Cost((outputs, height, width), height * width * outputs * each, 6)


def _conv_norm_cost(
    shape: Shape, inputs: int, outputs: int, size: int, stride: int
) -> Cost:
    return _conv_cost(shape, inputs, outputs, size, stride, size // 2)


def _block_cost(shape: Shape, inputs: int, outputs: int, stride: int) -> Cost:
    first = _conv_norm_cost(shape, inputs, outputs, 3, stride)
    second = _conv_norm_cost(first.shape, outputs, outputs, 3, 1)
    work = first.multiplications + second.multiplications
    if inputs != outputs or stride != 1:
        side = _conv_norm_cost(shape, inputs, outputs, 1, stride)
        work += side.multiplications
    return Cost(first.shape, work, 12)


def _pool_cost(shape: Shape, size: int) -> Cost:
    return Cost((shape[0], shape[1] // size, shape[2] // size), 0, 4)


def _lstm_cost(shape: Shape, inputs: int, hidden: int, layers: int) -> Cost:
    steps = shape[0]
    rows = (inputs + hidden) + (layers - 1) * 2 * hidden
    return Cost((hidden,), steps * 4 * hidden * rows, 60 * (steps + layers - 1))


COSTS: dict[str, Callable[..., Cost]] = {
    "Linear": _linear_cost,
    "Conv2d": _conv_cost,
    "ConvNorm": _conv_norm_cost,
    "BasicBlock": _block_cost,
    "MaxPool2d": _pool_cost,
    "LastState": _lstm_cost,
    "Flatten": lambda shape: Cost((prod(shape),)),
    "GlobalAverage": lambda shape: Cost(shape[:1]),
    "ReLU": lambda shape: Cost(shape, 0, 2),
    "Sigmoid": lambda shape: Cost(shape, 0, 21),
}
