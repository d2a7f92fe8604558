"""The workloads as data; every subject builds its network from one row of this table.

A layer is the name and the arguments of a class in `torch.nn`, or of one in
`networks.py`, so a new workload is a new row here.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import prod

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Layer:
    """One module: `getattr(nn, kind)(*arguments)`."""

    kind: str
    arguments: tuple[int, ...] = ()


@dataclass(frozen=True)
class Workload:
    """One training job; `check_steps` is where all subjects' losses are compared."""

    name: str
    layers: tuple[Layer, ...]
    loss: str
    optimizer: str
    lr: float
    batch: int
    rows: int
    data: str
    sample: Shape
    required_ratio: float
    check_steps: int = 200
    initial: str = "fan_in"
    momentum: float = 0.0

    @property
    def full_batch(self) -> bool:
        return self.batch == self.rows

    @property
    def steps_per_epoch(self) -> int:
        return self.rows // self.batch

    @property
    def options(self) -> dict[str, float]:
        """What the optimiser gets beside the parameters."""
        momentum = {"momentum": self.momentum} if self.momentum else {}
        return {"lr": self.lr, **momentum}

    @property
    def linear(self) -> list[tuple[int, Layer]]:
        """The linear layers with their places, which name them in a state dict."""
        numbered = enumerate(self.layers)
        return [(i, layer) for i, layer in numbered if layer.kind == "Linear"]

    @property
    def is_plain(self) -> bool:
        """Whether linear layers and activations are all there is."""
        kinds = {layer.kind for layer in self.layers}
        return kinds <= {"Linear", "ReLU", "Sigmoid"}

    @property
    def sample_size(self) -> int:
        return prod(self.sample)


def mlp(
    *widths: int, activation: str = "ReLU", last: str = "", bias: bool = True
) -> tuple[Layer, ...]:
    """Return Linear layers of these widths, `activation` between, `last` at the end."""
    layers = []
    for inputs, outputs in pairwise(widths):
        layers += [Layer("Linear", (inputs, outputs, bias)), Layer(activation)]
    return (*layers[:-1], *([Layer(last)] if last else []))


def conv(inputs: int, outputs: int, size: int, padding: int = 0) -> Layer:
    return Layer("Conv2d", (inputs, outputs, size, 1, padding))


def stage(inputs: int, outputs: int, stride: int) -> tuple[Layer, ...]:
    """Two residual blocks; the first one changes the width and the size."""
    first, second = (inputs, outputs, stride), (outputs, outputs, 1)
    return Layer("BasicBlock", first), Layer("BasicBlock", second)


RELU, POOL, FLATTEN = Layer("ReLU"), Layer("MaxPool2d", (2,)), Layer("Flatten")
XOR = mlp(2, 10, 1, activation="Sigmoid", last="Sigmoid", bias=False)
LENET = (
    *(conv(1, 6, 5), RELU, POOL),
    *(conv(6, 16, 5), RELU, POOL),
    *(FLATTEN, *mlp(256, 120, 84, 10)),
)
CNN = (
    *(conv(1, 16, 5, 2), Layer("BatchNorm2d", (16,)), RELU, POOL),
    *(conv(16, 32, 5, 2), Layer("BatchNorm2d", (32,)), RELU, POOL),
    *(FLATTEN, *mlp(1568, 10)),
)
LSTM = (Layer("LastState", (28, 128, 2)), *mlp(128, 10))
RESNET18 = (
    *(Layer("ConvNorm", (3, 64, 3, 1)), RELU),
    *(*stage(64, 64, 1), *stage(64, 128, 2), *stage(128, 256, 2), *stage(256, 512, 2)),
    *(Layer("GlobalAverage"), *mlp(512, 10)),
)

ENTROPY, SQUARES = "CrossEntropyLoss", "MSELoss"
FLAT, IMAGE, ROWS, COLOUR = (784,), (1, 28, 28), (28, 28), (3, 32, 32)
# fmt: off
WORKLOADS = {
    workload.name: workload
    for workload in (
        # name, layers, loss, optimizer, lr, batch, rows, data, sample, required ratio
        Workload("xor",     XOR,                     SQUARES, "SGD",  0.1,     4,      4, "xor",      (2,),   10.0, initial="unit"),  # noqa: E501
        Workload("cubic",   mlp(1, 100, 1),          SQUARES, "Adam", 0.01,  256,    256, "cubic",    (1,),    3.0),  # noqa: E501
        Workload("tabular", mlp(10, 64, 64, 1),      SQUARES, "Adam", 0.001,  32,  8_192, "tabular",  (10,),   3.0),  # noqa: E501
        Workload("mlp-s",   mlp(784, 10, 14, 10),    ENTROPY, "SGD",  0.1,   100, 55_000, "mnist",    FLAT,    5.0),  # noqa: E501
        Workload("mlp-m",   mlp(784, 256, 128, 10),  ENTROPY, "Adam", 0.001,  64, 55_000, "mnist",    FLAT,    1.5),  # noqa: E501
        Workload("mlp-l",   mlp(784, 1024, 1024, 10), ENTROPY, "Adam", 0.0003, 128, 55_000, "mnist",  FLAT,    1.15, check_steps=20),  # noqa: E501
        Workload("lenet",   LENET,                   ENTROPY, "Adam", 0.001, 128, 55_000, "mnist",    IMAGE,   3.5,  check_steps=20),  # noqa: E501
        Workload("cnn",     CNN,                     ENTROPY, "Adam", 0.001, 100, 55_000, "mnist",    IMAGE,   2.0,  check_steps=10),  # noqa: E501
        Workload("lstm",    LSTM,                    ENTROPY, "Adam", 0.001, 100, 55_000, "mnist",    ROWS,    1.6,  check_steps=10),  # noqa: E501
        Workload("resnet18", RESNET18,               ENTROPY, "SGD",  0.01,   32,  2_048, "pictures", COLOUR,  1.1,  check_steps=2, momentum=0.9),  # noqa: E501
    )
}
# fmt: on
