"""The workloads as data; every subject builds its network from one row of this table.

A layer is the name and the arguments of a class in `torch.nn`, so a new workload with
convolutions is a new row here, and only PyTorch and Ranvier can run it as it stands.
"""

from dataclasses import dataclass
from itertools import pairwise


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
    required_ratio: float
    check_steps: int = 200
    initial: str = "fan_in"

    @property
    def full_batch(self) -> bool:
        return self.batch == self.rows

    @property
    def steps_per_epoch(self) -> int:
        return self.rows // self.batch

    @property
    def linear(self) -> list[tuple[int, Layer]]:
        """The linear layers with their places, which name them in a state dict."""
        numbered = enumerate(self.layers)
        return [(i, layer) for i, layer in numbered if layer.kind == "Linear"]


def mlp(
    *widths: int, activation: str = "ReLU", last: str = "", bias: bool = True
) -> tuple[Layer, ...]:
    """Return Linear layers of these widths, `activation` between, `last` at the end."""
    layers = []
    for inputs, outputs in pairwise(widths):
        layers += [Layer("Linear", (inputs, outputs, bias)), Layer(activation)]
    return (*layers[:-1], *([Layer(last)] if last else []))


XOR_LAYERS = mlp(2, 10, 1, activation="Sigmoid", last="Sigmoid", bias=False)

# fmt: off
WORKLOADS = {
    workload.name: workload
    for workload in (
        Workload("xor",     XOR_LAYERS,             "MSELoss",          "SGD",  0.1,     4,      4, "xor",    10.0, initial="unit"),  # noqa: E501
        Workload("cubic",   mlp(1, 100, 1),         "MSELoss",          "Adam", 0.01,  256,    256, "cubic",   3.0),  # noqa: E501
        Workload("tabular", mlp(10, 64, 64, 1),     "MSELoss",          "Adam", 0.001,  32,  8_192, "tabular", 3.0),  # noqa: E501
        Workload("mlp-s",   mlp(784, 10, 14, 10),   "CrossEntropyLoss", "SGD",  0.1,   100, 55_000, "mnist",   5.0),  # noqa: E501
        Workload("mlp-m",   mlp(784, 256, 128, 10), "CrossEntropyLoss", "Adam", 0.001,  64, 55_000, "mnist",   1.5),  # noqa: E501
    )
}
# fmt: on
