"""The modules of the table that `torch.nn` has under no name of its own.

Everything is a function of `nn`, PyTorch's or Ranvier's: one text for both.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .workloads import Layer, Workload


def build(nn: Any, workload: Workload) -> Any:
    """The network as `nn.Sequential`."""
    return nn.Sequential(*(module(nn, layer) for layer in workload.layers))


def module(nn: Any, layer: Layer) -> Any:
    own = OWN.get(layer.kind)
    if own is not None:
        return own(nn, *layer.arguments)
    return getattr(nn, layer.kind)(*layer.arguments)


def last_state(nn: Any, inputs: int, hidden: int, layers: int) -> Any:
    """The last state of an LSTM's upper layer, (batch, hidden)."""

    class LastState(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.lstm = nn.LSTM(inputs, hidden, layers, batch_first=True)

        def forward(self, x: Any) -> Any:
            states, _ = self.lstm(x)
            return states[:, -1]

    return LastState()


def conv_norm(nn: Any, inputs: int, outputs: int, size: int, stride: int) -> Any:
    """A convolution without bias that keeps the size, and batch norm."""
    conv = nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs))


def basic_block(nn: Any, inputs: int, outputs: int, stride: int) -> Any:
    """relu(f(x) + x) with two 3x3 convolutions; a 1x1 one where the shapes differ."""

    class BasicBlock(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.first = conv_norm(nn, inputs, outputs, 3, stride)
            self.second = conv_norm(nn, outputs, outputs, 3, 1)
            self.shortcut = nn.Identity()
            if inputs != outputs or stride != 1:
                self.shortcut = conv_norm(nn, inputs, outputs, 1, stride)
            self.relu = nn.ReLU()

        def forward(self, x: Any) -> Any:
            y = self.second(self.relu(self.first(x)))
            return self.relu(y + self.shortcut(x))

    return BasicBlock()


def global_average(nn: Any) -> Any:
    """The mean of every channel, (batch, channels)."""

    class GlobalAverage(nn.Module):  # type: ignore[misc]
        def forward(self, x: Any) -> Any:
            return x.mean(dim=(2, 3))

    return GlobalAverage()


OWN: dict[str, Callable[..., Any]] = {
    "LastState": last_state,
    "ConvNorm": conv_norm,
    "BasicBlock": basic_block,
    "GlobalAverage": global_average,
}
